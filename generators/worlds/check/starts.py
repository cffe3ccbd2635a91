"""Does anything that stands still move of itself, or get farther than it can?"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.check.breach import Breach
from lawful.generators.worlds.check.timeline import Timeline, Track
from lawful.generators.worlds.check.touches import Groups, Touches

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
_TURNS = 0.02
"""Turns that change directions by more than this count, whatever the spins at both ends."""
_ASLEEP_M_S = 0.02
"""Bodies that touch and are all slower than this stay as they are."""
_AWAKE_M_S = 0.1
"""What tips over does not get so fast from such rest between two frames."""


def start_breaches(line: Timeline, touches: Touches, groups: Groups) -> Iterator[Breach]:
    """Fixed things that move, and things at rest that are elsewhere a frame later though all about them rests."""
    yield from _wakings(line, groups)
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
        if _rocks(line, track, frame):
            continue
        around = {number, *(t.other for t in touches.get((number, frame), []) if t.other is not None)}
        speeds = [np.linalg.norm(line.tracks[n].motion.velocity_m_s[frame - 1]) for n in around]
        # What is slow but lies on nothing may be at the top of a flight.
        stands = bool(touches.get((number, frame - 1))) or line.scene.gravity_m_s2 == 0
        now = np.linalg.norm(motion.velocity_m_s[frame])
        if stands and max(*speeds, now) < _REST_M_S and way * line.fps > 2 * _REST_M_S:
            text = f"{name} is {way:.2f} m farther on from one frame to the next, though it and all about it rests."
            yield Breach("causality", "spontaneous_start", frame, frame / line.fps, name, way, "m", text)


def _wakings(line: Timeline, groups: Groups) -> Iterator[Breach]:
    """Bodies that rested, with all that they touch before and after, and move: what is at rest has no reason to leave it.

    Energy cannot tell where a body falls as it sets off, nor can pushes where it strikes another on its way.
    """
    if line.scene.springs:
        return
    fastest = [_fastest_m_s(track) for track in line.tracks]
    for frame in range(2, line.n_frames):
        for group in groups[frame]:
            around = {*group, *(n for old in groups[frame - 1] if set(old) & set(group) for n in old)}
            if any(
                line.tracks[number].driven or line.held(number, at)
                for number in around
                for at in (frame - 1, frame)
            ):
                continue
            # What rests in two frames may have hopped between them.
            if any(not _sleeps(line, number, fastest[number], frame) for number in around):
                continue
            first = max(group, key=lambda number: fastest[number][frame])
            speed = float(fastest[first][frame])
            if speed > _AWAKE_M_S:
                name = line.tracks[first].body.name
                text = f"{name} and all that it touches rested, and it moves at {speed:.2f} m/s."
                time_s = frame / line.fps
                yield Breach("causality", "spontaneous_start", frame, time_s, name, speed, "m/s", text)


def _fastest_m_s(track: Track) -> Float64[np.ndarray, " frames"]:
    """An upper bound of the speed of any point of a body; infinite where it is not present."""
    motion = track.motion
    speed = np.linalg.norm(motion.velocity_m_s, axis=1)
    if not track.outline.is_round:
        speed = speed + np.linalg.norm(motion.spin_rad_s, axis=1) * motion.reach_m
    return np.nan_to_num(speed, nan=np.inf)


def _sleeps(line: Timeline, number: int, fastest: Float64[np.ndarray, " frames"], frame: int) -> bool:
    """True for a body that rested in the two frames before one, and stayed where it was in between."""
    place = line.tracks[number].motion.position_m
    way = float(np.linalg.norm(place[frame - 1] - place[frame - 2]))
    return bool(max(*fastest[frame - 2 : frame], way * line.fps) < _ASLEEP_M_S)


def _hurries(line: Timeline, touches: Touches, number: int) -> Iterator[Breach]:
    """Bodies that get farther between two frames than the greatest of their known speeds takes them.

    Under even forces a body is fastest at a frame or a contact; one that tumbles is not under such.
    """
    track = line.tracks[number]
    motion, name = track.motion, track.body.name
    # Where hits may be untold a body may have been faster between the frames.
    if line.scene.springs or line.limits.parted_s:
        return
    for frame in range(1, line.n_frames):
        way = float(np.linalg.norm(motion.position_m[frame] - motion.position_m[frame - 1]))
        most = sum(
            max(np.linalg.norm(piece.start_m_s), np.linalg.norm(piece.end_m_s))
            * (piece.end_s - piece.start_s)
            for piece in track.pieces
            if piece.frame == frame
        )
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


def _rocks(line: Timeline, track: Track, frame: int) -> bool:
    """True where a body with corners has only just come to a halt: it may be about to fall back onto another of them."""
    if track.outline.is_round or frame < 2:
        return False
    place = track.motion.position_m
    way = float(np.linalg.norm(place[frame - 1] - place[frame - 2]))
    return bool(way > _TWITCH * track.motion.half_size_m[frame].min())


def _tumbles(track: Track, frame: int) -> bool:
    """True where a body with corners turns."""
    if track.outline.is_round:
        return False
    motion = track.motion
    spin = float(np.linalg.norm(motion.spin_rad_s[frame - 1 : frame + 1], axis=1).max())
    step = motion.rotation[frame] - motion.rotation[frame - 1]
    return bool(spin * motion.reach_m[frame] > _REST_M_S or np.linalg.norm(step) > _TURNS)
