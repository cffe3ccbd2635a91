"""Does time go on, evenly and forwards?"""

from collections.abc import Iterator

import numpy as np

from lawful.generators.worlds.check.breach import Breach
from lawful.generators.worlds.check.timeline import Timeline, Track


def freeze_breaches(line: Timeline) -> Iterator[Breach]:
    """Moments at which all that moved stands still where it was, to go on later as if nothing had been."""
    for frame in range(1, line.n_frames):
        here = [t for t in line.tracks if t.motion.present[frame - 1] and t.motion.present[frame]]
        if any((t.motion.position_m[frame] != t.motion.position_m[frame - 1]).any() for t in here):
            continue
        speeds = {t.body.name: float(np.linalg.norm(t.motion.velocity_m_s[frame - 1])) for t in here}
        # A body that moved so fast cannot come to rest without going on by something.
        moved = [t for t in here if speeds[t.body.name] / line.fps > 1e-3 * t.motion.reach_m[frame]]
        if not moved or (len(moved) == 1 and not _goes_on(line, moved[0], frame)):
            continue
        name = moved[0].body.name
        fastest = max(speeds.values())
        text = f"All that moved, at up to {fastest:.2f} m/s, stands still from one frame to the next."
        yield Breach("time", "freeze", frame, frame / line.fps, name, fastest, "m/s", text)


def _goes_on(line: Timeline, track: Track, frame: int) -> bool:
    """True where a body that stands still from a frame on goes on later with its old velocity."""
    motion = track.motion
    old = motion.velocity_m_s[frame - 1]
    for later in range(frame + 1, line.n_frames):
        if (motion.position_m[later] != motion.position_m[frame]).any():
            hits = [hit for hit in track.hits if later - 1 < hit.time_s * line.fps <= later]
            new = hits[0].before_m_s if hits else motion.velocity_m_s[later]
            change = float(np.linalg.norm(new - old))
            return change <= 1.5 * line.scene.gravity_m_s2 / line.fps + 0.3 * float(np.linalg.norm(old))
    return False


def reversal_breach(first: Breach) -> Breach:
    """The breach of a clip that is lawful when it is played backwards and not when it is played forwards."""
    text = "All that happens is lawful when played backwards, and not forwards."
    return Breach("time", "reversal", first.frame, first.time_s, first.subject, 1.0, "clip", text)
