"""Do bodies go on existing, along a path, as what they are?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.check.breach import Breach
from lawful.generators.worlds.check.timeline import Timeline, Track
from lawful.generators.worlds.check.touches import Touches
from lawful.generators.worlds.motion import Simulated
from lawful.generators.worlds.records import ObjectTruth
from lawful.generators.worlds.truth import object_truths

_ASIDE = 0.3
"""A body that is less than this share of its least half extent off its path has not jumped."""
_CORNERS = 0.1
"""A body with corners that touches something may be so much further off, as a share of its reach."""
_HELD = 0.1
"""Error of the way of a body on a rod or a spring between two frames, as a share."""


def sameness_breaches(
    line: Timeline, touches: Touches, simulated: Simulated, truths: Sequence[ObjectTruth]
) -> Iterator[Breach]:
    """Bodies that come, go, jump or change."""
    for number, track in enumerate(line.tracks):
        visible = truths[number].visible
        yield from _existence(line, track, simulated, visible)
        yield from _form(line, track, visible)
        yield from _jumps(line, touches, number)


def _existence(
    line: Timeline, track: Track, simulated: Simulated, visible: Float64[np.ndarray, " frames"]
) -> Iterator[Breach]:
    motion, name = track.motion, track.body.name
    for frame in np.flatnonzero(motion.present[1:] != motion.present[:-1]) + 1:
        frame, time_s = int(frame), frame / line.fps
        if not motion.present[frame]:
            seen = _would_be_seen(line, simulated, line.names[name], frame)
            family = "vanish" if seen else "lost_behind"
            text = f"{name} is there and from one frame to the next is not."
            yield Breach("permanence", family, frame, time_s, name, 1.0, "body", text, seen)
            continue
        looks_like = [
            other.body.name
            for other in line.tracks
            if other is not track
            and other.motion.present[frame]
            and other.motion.looks[other.motion.look_index[frame]] == motion.looks[motion.look_index[frame]]
            and other.motion.shape(frame) == motion.shape(frame)
        ]
        seen = bool(visible[frame] > 0)
        text = f"{name} is there from one frame to the next, from nowhere."
        family = "duplicate" if looks_like else "appear"
        yield Breach("permanence", family, frame, time_s, name, 1.0, "body", text, seen)
        if looks_like:
            text = f"{looks_like[0]} has become two: {name} is just like it."
            yield Breach("identity", family, frame, time_s, name, 2.0, "bodies", text, seen)


def _would_be_seen(line: Timeline, simulated: Simulated, number: int, frame: int) -> bool:
    """True where a body that is gone in a frame would be seen there if it had gone on as it did before."""
    motion = simulated.motions[number]
    states = {
        name: getattr(motion, name).copy()
        for name in ("half_size_m", "present", "position_m", "velocity_m_s", "rotation", "spin_rad_s")
    }
    for values in states.values():
        values[frame] = values[frame - 1]
    states["position_m"][frame] += motion.velocity_m_s[frame - 1] / line.fps
    there = (*simulated.motions[:number], replace(motion, **states), *simulated.motions[number + 1 :])
    truth = object_truths(line.scene, replace(simulated, motions=there))[number]
    return bool(truth.visible[frame] > 0)


def _form(line: Timeline, track: Track, visible: Float64[np.ndarray, " frames"]) -> Iterator[Breach]:
    motion, name = track.motion, track.body.name
    for frame in range(1, line.n_frames):
        if not (motion.present[frame - 1] and motion.present[frame]):
            continue
        time_s, seen = frame / line.fps, bool(visible[frame] > 0)
        if motion.look_index[frame] != motion.look_index[frame - 1]:
            family = "colour_change" if seen else "changed_behind"
            one, two = (motion.looks[motion.look_index[at]].colour for at in (frame - 1, frame))
            text = f"{name} changes its look, from {one} to {two}."
            yield Breach("identity", family, frame, time_s, name, 1.0, "look", text, seen)
        if motion.shape(frame) != motion.shape(frame - 1):
            text = f"{name} turns from a {motion.shape(frame - 1)} into a {motion.shape(frame)}."
            yield Breach("identity", "shape_change", frame, time_s, name, 1.0, "shape", text, seen)
            continue
        grown = motion.half_size_m[frame] / motion.half_size_m[frame - 1]
        if np.abs(grown - 1).max() > 1e-6:
            most = float(grown[np.abs(np.log(grown)).argmax()])
            family = "size_change" if np.ptp(grown) < 1e-6 else "stretch"
            text = f"{name} becomes {most:.2f} times as large along one of its axes."
            yield Breach("rigidity", family, frame, time_s, name, most, "times", text, seen)


def _jumps(line: Timeline, touches: Touches, number: int) -> Iterator[Breach]:
    """Places that no path leads to."""
    track = line.tracks[number]
    motion = track.motion
    speed = np.linalg.norm(motion.velocity_m_s, axis=1)
    for frame in range(1, line.n_frames):
        if not (motion.present[frame - 1] and motion.present[frame]):
            continue
        if (motion.half_size_m[frame] != motion.half_size_m[frame - 1]).any():
            continue
        if (motion.position_m[frame] == motion.position_m[frame - 1]).all():
            continue
        pieces = [piece for piece in track.pieces if piece.frame == frame]
        fastest = max([speed[frame - 1], speed[frame], *(np.linalg.norm(p.start_m_s) for p in pieces)])
        granted = _ASIDE * motion.half_size_m[frame].min() + _HELD * fastest / line.fps
        if touches.get((number, frame)):
            # When in the interval the pushes came is not known, nor about which corner a body turned.
            granted += 0.0 if track.outline.is_round else _CORNERS * motion.reach_m[frame]
            granted += sum(
                np.linalg.norm(piece.end_m_s - piece.start_m_s) * (piece.end_s - piece.start_s) / 2
                for piece in pieces
            )
            # Nor how much faster it fell before they came.
            granted += line.scene.gravity_m_s2 / line.fps**2 / 4
        if track.jump_m[frame] > granted:
            amount, name = float(track.jump_m[frame]), track.body.name
            text = f"{name} is {amount:.2f} m away from where its path leads."
            yield Breach("permanence", "teleport", frame, frame / line.fps, name, amount, "m", text)
