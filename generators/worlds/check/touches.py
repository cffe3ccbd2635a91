"""Which things touch which, as the truth of their places has it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from lawful.generators.worlds.check.outlines import Outline, block_outline, gap_m
from lawful.generators.worlds.check.timeline import Timeline, Track

_NORMALS = 3
"""At about so many moments of a touch the normal is looked at, and at its ends."""


@dataclass(frozen=True, eq=False)
class Touch:
    """Something that touches a body in a frame interval: a contact says so, and places bear it out."""

    other: int | None
    """Number of the other body; None for a block."""
    name: str
    """Name of the other thing."""
    outward: Float64[np.ndarray, "normals axes"]
    """Unit vectors towards it, at the first, the last, the deepest and some other moments."""
    friction: float
    """Friction of the two."""
    deep_m: float
    """How far they sink into each other."""
    start_s: float
    """It does not touch before, within the interval."""
    end_s: float
    """It does not touch after, within the interval."""

    def within(self, start_s: float, end_s: float) -> bool:
        """True where it may touch between two times."""
        return bool(self.start_s <= end_s and start_s <= self.end_s)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two things that come near each other."""

    one: int
    """Number of a body."""
    other: int | None
    """Number of another; None for a block."""
    name: str
    """Name of the other thing."""
    gap_m: Float64[np.ndarray, " moments"]
    """How far they are apart; negative where they overlap; infinite where they are not near."""
    error_m: Float64[np.ndarray, " moments"]
    """How well that is known."""
    near: tuple[tuple[int, int], ...]
    """First and last moments of the stretches in which they may touch."""
    met: Bool[np.ndarray, " moments"]
    """True where a contact tells that they do."""


Touches = dict[tuple[int, int], list[Touch]]
"""By number of the body and frame at the end of the interval."""
Groups = list[list[list[int]]]
"""For every frame the numbers of the bodies that hang together in the interval that ends in it."""


def find_touches(line: Timeline) -> tuple[Touches, list[Pair]]:
    """All touches of the bodies of a clip, and all pairs of things that come near each other."""
    touches: Touches = defaultdict(list)
    pairs = []
    for one, other, name, outline, friction, error_m in _candidates(line):
        may_touch_m = line.limits.touch_m + np.nan_to_num(error_m)
        near_m = 2 * float(may_touch_m.max())
        first = line.tracks[one].outline
        swap = outline.is_round and not first.is_round
        gaps, normals = gap_m(outline, first, near_m) if swap else gap_m(first, outline, near_m)
        normals = -normals if swap else normals
        if not np.isfinite(gaps).any():
            continue
        near, met, since_s = _stretches(line, one, name, gaps <= may_touch_m)
        pairs.append(Pair(one, other, name, gaps, error_m, near, met))
        for frame in range(1, line.n_frames):
            span = slice((frame - 1) * line.per_frame, frame * line.per_frame + 1)
            meets = np.flatnonzero(met[span])
            if not len(meets):
                continue
            moments = [*meets[:: max(1, len(meets) // _NORMALS)], meets[-1], int(np.argmin(gaps[span]))]
            outward = normals[span][moments]
            # Moments before the first and after the last are known to be apart.
            span_s = [
                float((frame - 1) * line.per_frame + moment) / (line.fps * line.per_frame)
                for moment in (meets[0] - 1, meets[-1] + 1)
            ]
            # What has not met yet does not touch.
            span_s[0] = max(span_s[0], float(since_s[span][meets[0]]) - 1.5 * line.limits.step_s)
            deep_m = max(0.0, -float(gaps[span].min()))
            touches[one, frame].append(Touch(other, name, outward, friction, deep_m, *span_s))
            if other is not None:
                back = line.tracks[one].body.name
                touches[other, frame].append(Touch(one, back, -outward, friction, deep_m, *span_s))
    return touches, pairs


def _stretches(
    line: Timeline, one: int, name: str, may_touch: Bool[np.ndarray, " moments"]
) -> tuple[tuple[tuple[int, int], ...], Bool[np.ndarray, " moments"], Float64[np.ndarray, " moments"]]:
    """First and last moments in which a body may touch a thing without a break; in which of them it does, since when."""
    moment_s, slack_s = 1 / (line.fps * line.per_frame), 2 * line.limits.step_s
    hit_s = np.array([hit.time_s for hit in line.tracks[one].hits if hit.other == name])
    met, since_s = np.zeros(len(may_touch), bool), np.full(len(may_touch), -np.inf)
    starts = np.flatnonzero(may_touch & ~np.append(False, may_touch[:-1]))
    ends = np.flatnonzero(may_touch & ~np.append(may_touch[1:], False))
    last_met = -np.inf
    for start, end in zip(starts, ends, strict=True):
        if (start - last_met) * moment_s <= line.limits.parted_s:
            met[start : end + 1], last_met = True, end
            continue
        first_s = _since_s(line, int(start)) - slack_s
        last_s = np.inf if end == len(may_touch) - 1 else (end + 1) * moment_s + slack_s
        inside = hit_s[(hit_s >= first_s) & (hit_s <= last_s)]
        if not len(inside):
            continue
        times = np.arange(start, end + 1) * moment_s
        met[start : end + 1], last_met = times + slack_s >= inside.min(), end
        since_s[start : end + 1] = inside.min()
    return tuple(zip(starts.tolist(), ends.tolist(), strict=True)), met, since_s


def _since_s(line: Timeline, start: int) -> float:
    """Time of the frame after which things that touch from a moment on may have met; the path from it is not sure."""
    return -np.inf if start == 0 else (start - 1) // line.per_frame / line.fps


def _candidates(
    line: Timeline,
) -> Iterator[tuple[int, int | None, str, Outline, float, Float64[np.ndarray, " moments"]]]:
    solid = [number for number, track in enumerate(line.tracks) if track.body.touches]
    blocks = [
        (block, block_outline(block, len(line.tracks[0].error_m)))
        for block in line.scene.blocks
        if block.solid
    ]
    for place, one in enumerate(solid):
        track = line.tracks[one]
        for other in solid[place + 1 :]:
            second = line.tracks[other]
            if track.moves or second.moves:
                friction = track.body.friction * second.body.friction
                error_m = track.error_m + second.error_m
                yield one, other, second.body.name, second.outline, friction, error_m
        if track.moves:
            for block, outline in blocks:
                friction = track.body.friction * block.friction
                yield one, None, block.name, outline, friction, track.error_m


def friction_with(line: Timeline, track: Track, name: str) -> float:
    """Friction of a body with something that is known by name."""
    if name in line.names:
        return track.body.friction * line.tracks[line.names[name]].body.friction
    return track.body.friction * max(block.friction for block in line.scene.blocks if block.name == name)


def find_groups(line: Timeline, touches: Touches) -> Groups:
    """Which bodies touch, hold or pull each other, directly or by others."""
    return [[], *(_groups(line, touches, frame) for frame in range(1, line.n_frames))]


def _groups(line: Timeline, touches: Touches, frame: int) -> list[list[int]]:
    """Numbers of the bodies that hang together in the interval that ends in a frame."""
    here = [
        number
        for number, track in enumerate(line.tracks)
        if track.driven
        or (track.motion.present[frame - 1] and track.motion.present[frame] and not track.body.fixed)
    ]
    group = {number: {number} for number in here}
    links = [
        (number, touch.other)
        for number in here
        for touch in touches.get((number, frame), [])
        if touch.other is not None
    ]
    names = line.names
    for contact in line.contacts:
        if (frame - 1) / line.fps < contact.time_s <= frame / line.fps + 1e-6:
            links.append((names.get(contact.first, -1), names.get(contact.second, -1)))
    links += [(rod.one, rod.other) for rod in line.rods if rod.other is not None and rod.holds[frame]]
    links += [(names[spring.body], names[spring.other]) for spring in line.scene.springs if spring.other]
    for one, other in links:
        if one in group and other in group and group[one] is not group[other]:
            group[one] |= group[other]
            for number in group[other]:
                group[number] = group[one]
    unique = {id(members): sorted(members) for members in group.values()}
    return [members for members in unique.values() if any(not line.tracks[n].driven for n in members)]
