"""Do two things ever fill the same place?"""

from collections.abc import Iterator
from math import ceil

import numpy as np

from lawful.generators.worlds.check.breach import Breach
from lawful.generators.worlds.check.timeline import Timeline
from lawful.generators.worlds.check.touches import Pair

_DEEP = 0.2
"""No touch lets a body in by so large a share of its least half extent."""
_TIGHT_M = 2e-4
"""Least depth that counts where no touch is recorded."""


def overlap_breaches(line: Timeline, pairs: list[Pair]) -> Iterator[Breach]:
    """Things that are in one another without having touched, or deeper than a touch lets them be."""
    joined = {frozenset((rod.one, rod.other)) for rod in line.rods if rod.other is not None}
    for pair in pairs:
        if pair.other is None or frozenset((pair.one, pair.other)) not in joined:
            yield from _of_pair(line, pair)


def _of_pair(line: Timeline, pair: Pair) -> Iterator[Breach]:
    track = line.tracks[pair.one]
    half = track.outline.half_size_m.min(axis=1)
    if pair.other is not None:
        half = np.minimum(half, line.tracks[pair.other].outline.half_size_m.min(axis=1))
    for start, end in pair.near:
        moments = np.arange(start, end + 1)
        depth = -pair.gap_m[moments]
        lawful_m = np.where(pair.met[moments], _DEEP * half[moments], _TIGHT_M)
        granted = pair.error_m[moments] + lawful_m
        wrong = np.flatnonzero(depth > granted)
        if not len(wrong):
            continue
        frame = min(ceil(moments[wrong[0]] / line.per_frame), line.n_frames - 1)
        deepest = float(depth.max())
        # What is wholly inside, or out again, has gone through.
        through = end < len(pair.gap_m) - 1 or deepest > 2 * half[moments].min()
        family = "pass_through" if through else "overlap"
        text = f"{track.body.name} is up to {deepest:.3f} m deep in {pair.name}."
        yield Breach("impenetrability", family, frame, frame / line.fps, track.body.name, deepest, "m", text)
