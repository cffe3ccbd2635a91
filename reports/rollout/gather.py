"""The clips that a curve is made of: the same ones at every time."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lawful.judge.reading import read_prefixes, read_run
from lawful.reports.compare.field import Field, SystemKind, fields
from lawful.reports.scores import ScoredClip, run_names, scored
from lawful.video.drift import Drift

LEAST_SHARE = 0.5
"""A time is on a generator's curve if at least this share of its videos was looked at there: one long video among
short ones would otherwise leave nothing but itself."""


@dataclass(frozen=True, eq=False)
class Early:
    """A look at a clip as if it ended early."""

    scores: ScoredClip
    """What the judge says of it."""
    drift: Drift | None
    """What the clip looks like just before; None where no frame was read."""


@dataclass(frozen=True, eq=False)
class RolloutClip:
    """A clip at all times of its curve."""

    whole: ScoredClip
    """The look at the whole clip."""
    duration_s: float
    """How long it is; NaN where that is not known."""
    early: tuple[Early, ...]
    """One look for each time, in their order."""


@dataclass(frozen=True, eq=False)
class RolloutGroup:
    """The clips of one generator under one suite and judge that have a look at every time."""

    suite: str
    """Id of the suite."""
    judge: str
    """Name of the judge; with the start of its fingerprint where the runs hold several of that name."""
    generator: str
    """Who made them; the run where that is not known."""
    until_s: tuple[float, ...]
    """The times, ascending, seconds from the first frame."""
    clips: tuple[RolloutClip, ...]
    """The clips, sorted by subject and sample."""
    n_left_out: int
    """Clips of the generator that have no look at one of the times: they are shorter, or not judged there yet."""
    too_late: Mapping[float, int]
    """Times that are not on the curve, and how many clips have a look there."""

    @property
    def subjects(self) -> np.ndarray:
        """Subject of each clip: clips of one subject are a cluster."""
        return np.array([clip.whole.subject for clip in self.clips], dtype=object).astype(str)


_Key = tuple[str, str, str, str, str]
"""Run, video, suite, judge and fingerprint."""


def gather(runs: Sequence[Path], by: SystemKind = "generator") -> tuple[RolloutGroup, ...]:
    """The groups of some runs, sorted by suite, judge and generator; empty where no run holds prefixes.

    Args:
        runs: Run folders.
        by: What is compared: generators, or runs whatever generators they hold.

    Raises:
        InputError: A folder holds no run, or a damaged one.
    """
    names = run_names(runs)
    early: dict[_Key, dict[float, Early]] = defaultdict(dict)
    for run, name in zip(runs, names, strict=True):
        for one in read_prefixes(run):
            clip = scored(one.clip, name)
            early[_key(clip)][one.until_s] = Early(clip, one.drift)
    if not early:
        return ()
    whole: list[ScoredClip] = []
    durations_s: dict[_Key, float] = {}
    for run, name in zip(runs, names, strict=True):
        for stored in read_run(run):
            clip = scored(stored, name)
            whole.append(clip)
            durations_s[_key(clip)] = float("nan") if stored.duration_s is None else stored.duration_s
    return tuple(
        group for field in fields(whole, by) for group in _groups(field, early, durations_s) if group.clips
    )


def _key(clip: ScoredClip) -> _Key:
    return clip.run, clip.video, clip.suite, clip.judge, clip.fingerprint


def _groups(
    field: Field, early: Mapping[_Key, Mapping[float, Early]], durations_s: Mapping[_Key, float]
) -> list[RolloutGroup]:
    found = []
    for system, row in zip(field.systems, field.clips, strict=True):
        clips = [clip for clip in row if clip is not None]
        looks = [early.get(_key(clip), {}) for clip in clips]
        counts = Counter(until_s for held in looks for until_s in held)
        times_s = tuple(sorted(time_s for time_s, n in counts.items() if n >= LEAST_SHARE * len(clips)))
        kept = tuple(
            RolloutClip(clip, durations_s[_key(clip)], tuple(held[time_s] for time_s in times_s))
            for clip, held in zip(clips, looks, strict=True)
            if times_s and all(time_s in held for time_s in times_s)
        )
        found.append(
            RolloutGroup(
                suite=field.suite,
                judge=field.judge,
                generator=system,
                until_s=times_s,
                clips=kept,
                n_left_out=len(clips) - len(kept),
                too_late={time_s: n for time_s, n in sorted(counts.items()) if time_s not in times_s},
            )
        )
    return found
