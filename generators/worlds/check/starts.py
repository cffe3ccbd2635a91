"""Does anything that stands still move of itself, or get farther than it can?"""

from collections.abc import Iterator

import numpy as np

from lawful.generators.worlds.check.breach import Breach
from lawful.generators.worlds.check.timeline import Timeline, Track
from lawful.generators.worlds.check.touches import Touches

_REST_M_S = 0.05
"""Slower than this is rest, or nearly."""
_TWITCH = 0.05
"""A body that is moved by more than this share of its least half extent has moved."""
_FARTHER = 0.02
"""Error of how far a body gets, as a share."""
_LEAST = 0.1
"""Ways of less than this share of a body's reach are not looked at."""
_ASIDE = 0.01
"""Error of its place, as a share of its least half extent."""


def start_breaches(line: Timeline, touches: Touches) -> Iterator[Breach]:
    """Fixed things that move, and things at rest that are elsewhere a frame later though all about them rests."""
    for number, track in enumerate(line.tracks):
        if track.driven:
            continue
        if track.body.fixed:
            yield from _unfixed(line, track)
        else:
            yield from _twitches(line, touches, number)
            yield from _hurries(line, touches, number)


def _unfixed(line: Timeline, track: Track) -> Iterator[Breach]:
    speed = np.nan_to_num(np.linalg.norm(track.motion.velocity_m_s, axis=1))
    name = track.body.name
    for frame in np.flatnonzero(speed > 1e-6).tolist():
        if frame and track.motion.present[frame - 1]:
            text = (
                f"{name} stood still and starts to move, at {speed[frame]:.2f} m/s, though nothing moves it."
            )
            amount, time_s = float(speed[frame]), frame / line.fps
            yield Breach("causality", "spontaneous_start", frame, time_s, name, amount, "m/s", text)


def _twitches(line: Timeline, touches: Touches, number: int) -> Iterator[Breach]:
    track = line.tracks[number]
    motion, name = track.motion, track.body.name
    for frame in range(1, line.n_frames):
        step = motion.position_m[frame] - motion.position_m[frame - 1]
        # What rests in two frames may have hopped between them, straight up and down.
        step[-1] = np.sign(step[-1]) * max(0.0, abs(step[-1]) - line.scene.gravity_m_s2 / line.fps**2 / 4)
        way = float(np.linalg.norm(step))
        if not way > _TWITCH * motion.half_size_m[frame].min() or line.held(number, frame):
            continue
        if any(frame - 1 - 1e-6 < hit.time_s * line.fps <= frame + 1e-6 for hit in track.hits):
            continue
        if (motion.half_size_m[frame] != motion.half_size_m[frame - 1]).any():
            continue
        around = {number, *(t.other for t in touches.get((number, frame), []) if t.other is not None)}
        speeds = [np.linalg.norm(line.tracks[n].motion.velocity_m_s[frame - 1]) for n in around]
        # What is slow but lies on nothing may be at the top of a flight.
        stands = bool(touches.get((number, frame - 1))) or line.scene.gravity_m_s2 == 0
        now = np.linalg.norm(motion.velocity_m_s[frame])
        if stands and max(*speeds, now) < _REST_M_S and way * line.fps > 2 * _REST_M_S:
            text = f"{name} is {way:.2f} m farther on from one frame to the next, though it and all about it rests."
            yield Breach("causality", "spontaneous_start", frame, frame / line.fps, name, way, "m", text)


def _hurries(line: Timeline, touches: Touches, number: int) -> Iterator[Breach]:
    """Bodies that get farther between two frames than the greater of their speeds takes them.

    Under even forces a body is fastest at the start or the end of an interval; one that tumbles is not under such.
    """
    track = line.tracks[number]
    motion, name = track.motion, track.body.name
    # Where hits may be untold a body may have been faster between the frames.
    if line.scene.springs or line.limits.parted_s:
        return
    speed = np.linalg.norm(motion.velocity_m_s, axis=1)
    for frame in range(1, line.n_frames):
        way = float(np.linalg.norm(motion.position_m[frame] - motion.position_m[frame - 1]))
        most = max(speed[frame - 1], speed[frame]) / line.fps
        granted = _FARTHER * most + _ASIDE * motion.half_size_m[frame].min() + line.limits.sink_m
        if not way > most + granted or line.held(number, frame) or way < _LEAST * motion.reach_m[frame]:
            continue
        if (motion.half_size_m[frame] != motion.half_size_m[frame - 1]).any() or _tumbles(track, frame):
            continue
        around = {number, *(t.other for t in touches.get((number, frame), []) if t.other is not None)}
        since, until = frame - 1 - 1e-6, frame + 1e-6
        hits = [hit for n in around for hit in line.tracks[n].hits if since < hit.time_s * line.fps <= until]
        if all(line.contacts[hit.number].approach_m_s < _REST_M_S for hit in hits):
            text = f"{name} gets {way:.2f} m far where its speeds before and after take it {most:.2f} m."
            yield Breach(
                "inertia", "energy_gain", frame, frame / line.fps, name, float(way - most), "m", text
            )


def _tumbles(track: Track, frame: int) -> bool:
    """True where a body with corners turns."""
    spin = np.linalg.norm(track.motion.spin_rad_s[frame - 1 : frame + 1], axis=1).max()
    return bool(not track.outline.is_round and spin * track.motion.reach_m[frame] > _REST_M_S)
