"""Who is compared on what: the generators of one suite under one judge, and the prompts and seeds that they share."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float64

from lawful.reports.scores import Measure, ScoredClip

SystemKind = Literal["generator", "run"]


@dataclass(frozen=True, order=True)
class Item:
    """What two generators can both have made a video of."""

    subject: str
    """The case, the prompt, or the name of the file (`ScoredClip.subject`); items of one subject are a cluster."""
    sample: str
    """Its seed, or where seeds are not known its number among the videos of the subject, in the order of names."""


@dataclass(frozen=True, eq=False)
class Field:
    """All clips of one suite under one judge, by who made them and of what."""

    suite: str
    """Id of the suite."""
    judge: str
    """Name of the judge; with the start of its fingerprint where the runs hold several of that name."""
    systems: tuple[str, ...]
    """The generators, or the runs, sorted."""
    items: tuple[Item, ...]
    """Everything that any of them has a video of, sorted."""
    clips: tuple[tuple[ScoredClip | None, ...], ...]
    """The clip of each system (row) of each item (column); None where there is none."""
    notes: tuple[str, ...]
    """What people must know of it, a sentence each."""

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """What tells its results from those of other suites and judges."""
        return ("suite", self.suite), ("judge", self.judge)

    @property
    def subjects(self) -> np.ndarray:
        """Subject of each item, as an array of text."""
        return np.array([item.subject for item in self.items], dtype=object).astype(str)

    def table(self, measure: Measure) -> Float64[np.ndarray, "systems items"]:
        """The value of every clip, 0-1; NaN where there is no clip, or no value."""
        values = np.full((len(self.systems), len(self.items)), np.nan)
        for row, clips in enumerate(self.clips):
            for column, clip in enumerate(clips):
                if clip is not None:
                    values[row, column] = measure.of(clip)
        return values

    def n_clips(self, system: int) -> int:
        """How many videos a system (by its row) has, failed ones included."""
        return sum(clip is not None for clip in self.clips[system])

    @property
    def named_clips(self) -> tuple[ScoredClip, ...]:
        """All clips, each with its system for a generator."""
        named = zip(self.systems, self.clips, strict=True)
        return tuple(
            replace(clip, generator=system) for system, clips in named for clip in clips if clip is not None
        )

    @property
    def all_clips(self) -> tuple[ScoredClip, ...]:
        """All clips, system by system."""
        return tuple(clip for clips in self.clips for clip in clips if clip is not None)


def fields(clips: Iterable[ScoredClip], by: SystemKind = "generator") -> tuple[Field, ...]:
    """Sort clips by suite, judge, system and item.

    Clips of one suite are compared only where the same judge, by its fingerprint, looked at them. Clips of no
    named generator stand under the name of their run. A video that is there twice (same bytes, same subject and
    seed) counts once.

    Args:
        clips: The clips of any number of runs.
        by: What is compared: generators, or runs whatever generators they hold.
    """
    groups: dict[tuple[str, str, str], list[ScoredClip]] = defaultdict(list)
    for clip in clips:
        groups[clip.suite, clip.judge, clip.fingerprint].append(clip)
    versions = Counter((suite, judge) for suite, judge, _ in groups)
    found = []
    for (suite, judge, fingerprint), members in sorted(groups.items(), key=lambda item: item[0]):
        several = versions[suite, judge] > 1
        notes = [] if not several else [_several_versions(judge, versions[suite, judge])]
        found.append(_field(suite, f"{judge} [{fingerprint[:8]}]" if several else judge, members, by, notes))
    return tuple(found)


def _several_versions(judge: str, n: int) -> str:
    return (
        f"The runs hold {n} versions of judge {judge}; videos are compared under one version at a time. "
        "What a new version says of the same videos is shown by --changes."
    )


def _field(suite: str, judge: str, members: Sequence[ScoredClip], by: SystemKind, notes: list[str]) -> Field:
    by_system: dict[str, list[ScoredClip]] = defaultdict(list)
    nameless = 0
    for clip in members:
        nameless += by == "generator" and clip.generator is None
        by_system[(by == "generator" and clip.generator) or clip.run].append(clip)
    if nameless:
        notes.append(
            f"{nameless} of {len(members)} videos name no generator and stand under the name of their run."
        )
    systems = tuple(sorted(by_system))
    rows: list[dict[Item, ScoredClip]] = []
    n_twice = 0
    for system in systems:
        row, twice = _items(by_system[system])
        rows.append(row)
        n_twice += twice
    if n_twice:
        notes.append(f"{n_twice} videos were there twice (same bytes, subject and seed) and count once.")
    notes += _half_known_seeds(systems, by_system)
    items = tuple(sorted({item for row in rows for item in row}))
    clips = tuple(tuple(row.get(item) for item in items) for row in rows)
    return Field(suite, judge, systems, items, clips, tuple(notes))


def _half_known_seeds(systems: Sequence[str], by_system: Mapping[str, Sequence[ScoredClip]]) -> list[str]:
    """What must be said where some prompts have videos with seeds and videos without: those are never paired."""
    with_seeds: dict[bool, set[str]] = {True: set(), False: set()}
    holders: dict[bool, set[str]] = {True: set(), False: set()}
    for system in systems:
        for clip in by_system[system]:
            with_seeds[clip.seed is not None].add(clip.subject)
            holders[clip.seed is not None].add(system)
    n_mixed = len(with_seeds[True] & with_seeds[False])
    if not n_mixed:
        return []
    known, unknown = (", ".join(sorted(holders[which])) for which in (True, False))
    return [
        f"{n_mixed} prompts have videos with a known seed ({known}) and without ({unknown}): those are not paired. Give "
        "seeds to all of them or to none (`lawful score --prompts`)."
    ]


def _items(clips: Sequence[ScoredClip]) -> tuple[dict[Item, ScoredClip], int]:
    """The clips of one system by item, and how many were left out because they are there twice."""
    in_order = sorted(clips, key=lambda clip: (clip.subject, clip.video, clip.run))
    numbers: Counter[tuple[str, int | None]] = Counter()
    seen: set[tuple[str, int | None, str]] = set()
    row: dict[Item, ScoredClip] = {}
    twice = 0
    for clip in in_order:
        if clip.sha256 is not None:
            if (clip.subject, clip.seed, clip.sha256) in seen:
                twice += 1
                continue
            seen.add((clip.subject, clip.seed, clip.sha256))
        number = numbers[clip.subject, clip.seed]
        numbers[clip.subject, clip.seed] += 1
        if clip.seed is None:
            sample = f"#{number:04d}"
        else:
            sample = f"seed {clip.seed}" + (f" #{number:04d}" if number else "")
        row[Item(clip.subject, sample)] = clip
    return row, twice
