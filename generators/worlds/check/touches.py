"""Which things touch which, as the truth of their places has it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.check.outlines import Outline, block_outline, gap_m
from lawful.generators.worlds.check.timeline import Timeline, Track

_NORMALS = 3
"""At about so many moments of a touch the normal is looked at, and at its ends."""


@dataclass(frozen=True, eq=False)
class Touch:
    """Something that touches a body in a frame interval, or may do so as well as is known."""

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


Touches = dict[tuple[int, int], list[Touch]]
"""By number of the body and frame at the end of the interval."""


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
        pairs.append(Pair(one, other, name, gaps, error_m))
        for frame in range(1, line.n_frames):
            span = slice((frame - 1) * line.per_frame, frame * line.per_frame + 1)
            meets = np.flatnonzero(gaps[span] <= may_touch_m[span])
            if not len(meets):
                continue
            moments = [*meets[:: max(1, len(meets) // _NORMALS)], meets[-1], int(np.argmin(gaps[span]))]
            outward = normals[span][moments]
            # Moments before the first and after the last are known to be apart.
            span_s = [
                float((frame - 1) * line.per_frame + moment) / (line.fps * line.per_frame)
                for moment in (meets[0] - 1, meets[-1] + 1)
            ]
            deep_m = max(0.0, -float(gaps[span].min()))
            touches[one, frame].append(Touch(other, name, outward, friction, deep_m, *span_s))
            if other is not None:
                back = line.tracks[one].body.name
                touches[other, frame].append(Touch(one, back, -outward, friction, deep_m, *span_s))
    return touches, pairs


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
