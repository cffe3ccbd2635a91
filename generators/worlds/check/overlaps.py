"""Do two things ever fill the same place?"""

from collections.abc import Iterator
from math import ceil

import numpy as np

from lawful.generators.worlds.check.breach import Breach
from lawful.generators.worlds.check.timeline import Timeline
from lawful.generators.worlds.check.touches import Pair

_DEEP = 0.3
"""No touch lets a body in by so large a share of its least half extent."""
_TIGHT_M = 2e-4
"""Least depth that counts where no touch is recorded."""


def overlap_breaches(line: Timeline, pairs: list[Pair]) -> Iterator[Breach]:
    """Things that are in one another without having touched, or deeper than a touch lets them be."""
    joined = {frozenset((rod.one, rod.other)) for rod in line.rods}
    for pair in pairs:
        if frozenset((pair.one, pair.other)) not in joined:
            yield from _of_pair(line, pair)


def _of_pair(line: Timeline, pair: Pair) -> Iterator[Breach]:
    track = line.tracks[pair.one]
    moment_s = 1 / (line.fps * line.per_frame)
    touched_s = np.array([hit.time_s for hit in track.hits if hit.other == pair.name])
    half = track.outline.half_size_m.min(axis=1)
    if pair.other is not None:
        half = np.minimum(half, line.tracks[pair.other].outline.half_size_m.min(axis=1))
    inside = pair.gap_m <= pair.error_m + _TIGHT_M
    starts = np.flatnonzero(inside & ~np.append(False, inside[:-1]))
    ends = np.flatnonzero(inside & ~np.append(inside[1:], False))
    for start, end in zip(starts, ends, strict=True):
        moments = np.arange(start, end + 1)
        # A touch is written down at the end of a step, and the last moment apart may be a moment ago.
        first_s = -np.inf if start == 0 else (start - 1) * moment_s
        slack_s = 2 * line.limits.step_s
        depth = -pair.gap_m[moments]
        since = touched_s[touched_s >= first_s - slack_s]
        met = moments * moment_s + slack_s >= (since[0] if len(since) else np.inf)
        soft_m = line.limits.sink_m if line.limits.soft_s else 0.0
        granted = pair.error_m[moments] + np.where(met, _DEEP * half[moments], _TIGHT_M + soft_m)
        wrong = np.flatnonzero(depth > granted)
        if not len(wrong):
            continue
        frame = min(ceil(moments[wrong[0]] / line.per_frame), line.n_frames - 1)
        deepest = float(depth.max())
        # What is wholly inside, or out again, has gone through.
        through = end < len(inside) - 1 or deepest > 2 * half[moments].min()
        family = "pass_through" if through else "overlap"
        text = f"{track.body.name} is up to {deepest:.3f} m deep in {pair.name}."
        yield Breach("impenetrability", family, frame, frame / line.fps, track.body.name, deepest, "m", text)
