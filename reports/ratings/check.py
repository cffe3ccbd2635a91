"""What a table of ratings holds: how far raters agree, which of them were careless, what is missing."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from lawful.reports.ratings.record import Rating, RatingTable
from lawful.reports.ratings.videos import KnownVideos
from lawful.reports.stats.careless import CarelessRules, RaterCheck, check_raters
from lawful.reports.stats.raters import Metric, krippendorff_alpha, pairwise_agreement
from lawful.reports.stats.result import Estimate

_NAMES = ("generator", "axis", "rater", "case")
_COMPARED = ("generator", "axis", "item")


@dataclass(frozen=True)
class AxisCheck:
    """One axis."""

    axis: str
    """Its name."""
    scale: str
    """The scale, or "choice" for pairs."""
    n: int
    """Ratings, without those that cannot be judged."""
    items: int
    """Videos or pairs that were rated, or found impossible to judge."""
    raters: int
    """Raters."""
    cannot_judge: int
    """Answers that it cannot be judged."""
    single: int
    """Items with fewer than two ratings: no agreement can be told from them."""
    empty: int
    """Pairs of an item and a rater of this axis without an answer; by design where raters share the work."""
    metric: Metric
    """What alpha weighs: choices are nominal, words ordinal, numbers interval."""
    alpha: Estimate
    """Krippendorff's alpha; n counts items with two or more ratings."""
    agreement: Estimate
    """Share of pairs of ratings of one item that are equal; n counts pairs."""


@dataclass(frozen=True)
class CarelessRater:
    """A rater whom a rule names, on one axis."""

    axis: str
    """The axis."""
    rater: str
    """The rater."""
    check: RaterCheck
    """What the rules found."""

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that apply, in words."""
        found = self.check
        told = (
            (found.constant, f"constant: {found.top_share:.0%} of the answers are one"),
            (found.too_fast, f"too fast: {found.fast_share:.0%} of the timed answers"),
            (found.anti_correlated, f"against the others: Spearman {found.correlation:.2f}"),
        )
        return tuple(text for applies, text in told if applies)


@dataclass(frozen=True)
class NameDifference:
    """A name that is not the same everywhere."""

    what: str
    """What it names: generator, axis, rater, case or item."""
    name: str
    """The name."""
    text: str
    """Where it differs."""
    n: int = 1
    """How many such names there are; the first is shown."""


@dataclass(frozen=True)
class RatingsCheck:
    """What was found."""

    table: RatingTable
    """The ratings and the problems."""
    axes: tuple[AxisCheck, ...]
    """Each axis."""
    careless: tuple[CarelessRater, ...]
    """Raters whom a rule names."""
    names: tuple[NameDifference, ...]
    """Names that differ between the files, or look like two ways of writing one."""
    unrated: tuple[str, ...] | None
    """Known videos without any rating; None where no videos were given."""

    def distinct(self, name: str) -> tuple[str, ...]:
        """The raters, generators, items or sources that there are, sorted."""
        if name == "item":
            return tuple(sorted({_full(rating) for rating in self.table.ratings}))
        found = {getattr(rating, name) for rating in self.table.ratings}
        return tuple(sorted(value for value in found if value))


def check_ratings(
    table: RatingTable, videos: KnownVideos | None = None, rules: CarelessRules | None = None
) -> RatingsCheck:
    """Look at a table of ratings.

    Args:
        table: The ratings.
        videos: The videos that were to be rated.
        rules: When a rater is careless; set before the ratings are looked at.
    """
    by_axis: dict[str, list[Rating]] = defaultdict(list)
    for rating in table.ratings:
        by_axis[rating.axis].append(rating)
    unrated = None
    if videos is not None:
        rated = {name for r in table.ratings for name in _videos_of(r)}
        unrated = tuple(name for name in videos.names if name not in rated)
    return RatingsCheck(
        table=table,
        axes=tuple(_axis(axis, ratings) for axis, ratings in by_axis.items()),
        careless=tuple(c for axis, ratings in by_axis.items() for c in _careless(axis, ratings, rules)),
        names=(*_lookalikes(table.ratings), *_between_sources(table.ratings)),
        unrated=unrated,
    )


def seats(ratings: Sequence[Rating]) -> Float64[np.ndarray, "items seats"]:
    """Ratings of one axis as items by seats: the first rater of each item, the second and so on; NaN is none.

    Small however many raters there are, and enough for all that does not ask who gave a rating.
    """
    rows: dict[tuple[str, str], list[float]] = {}
    for rating in ratings:
        row = rows.setdefault(rating.key, [])
        if not rating.cannot_judge:
            row.append(rating.nominal)
    each = np.full((len(rows), max(map(len, rows.values()), default=0)), np.nan)
    for number, row in enumerate(rows.values()):
        each[number, : len(row)] = row
    return each


def _axis(axis: str, ratings: list[Rating]) -> AxisCheck:
    each = seats(ratings)
    choices = any(rating.choice is not None for rating in ratings)
    words = any(rating.scale.ordinal for rating in ratings)
    metric: Metric = "nominal" if choices else "ordinal" if words else "interval"
    raters = len({rating.rater for rating in ratings})
    given = np.count_nonzero(~np.isnan(each), axis=1)
    return AxisCheck(
        axis=axis,
        scale="choice" if choices else str(ratings[0].scale),
        n=int(given.sum()),
        items=len(each),
        raters=raters,
        cannot_judge=sum(rating.cannot_judge for rating in ratings),
        single=int(np.count_nonzero(given < 2)),
        empty=len(each) * raters - len(ratings),
        metric=metric,
        alpha=krippendorff_alpha(each, metric),
        agreement=pairwise_agreement(each),
    )


def _careless(axis: str, ratings: list[Rating], rules: CarelessRules | None) -> list[CarelessRater]:
    """Each rater in a table of two columns, own and others' mean, so that many raters need no large table."""
    sums: dict[tuple[str, str], float] = defaultdict(float)
    counts: Counter[tuple[str, str]] = Counter()
    by_rater: dict[str, list[Rating]] = defaultdict(list)
    for rating in ratings:
        if not rating.cannot_judge:
            sums[rating.key] += rating.code
            counts[rating.key] += 1
            by_rater[rating.rater].append(rating)
    found = []
    for rater in sorted(by_rater):
        own = by_rater[rater]
        table, seconds = np.full((len(own), 2), np.nan), np.full((len(own), 2), np.nan)
        for number, rating in enumerate(own):
            table[number, 0] = rating.code
            seconds[number, 0] = np.nan if rating.seconds is None else rating.seconds
            if counts[rating.key] > 1:
                table[number, 1] = (sums[rating.key] - rating.code) / (counts[rating.key] - 1)
        check = check_raters(table, seconds, rules)[0]
        if check.careless:
            found.append(CarelessRater(axis, rater, check))
    return found


def _full(rating: Rating) -> str:
    return "/".join(filter(None, rating.key))


def _videos_of(rating: Rating) -> list[str]:
    if rating.pair is None:
        return [rating.item]
    return [name for name in (rating.pair.left, rating.pair.right) if name is not None]


def _lookalikes(ratings: Sequence[Rating]) -> list[NameDifference]:
    """Names that differ in nothing but case, spaces and punctuation."""
    found = []
    for what in _NAMES:
        alike: dict[str, set[str]] = defaultdict(set)
        for name in {getattr(rating, what) for rating in ratings} - {None}:
            alike[re.sub(r"[\W_]+", "", name.casefold())].add(name)
        for core, names in sorted(alike.items()):
            # Numbers such as 1.2 and 12, or names of punctuation alone, are not alike.
            if len(names) > 1 and not core.isdecimal() and core:
                first, *others = sorted(names)
                found.append(NameDifference(what, first, f"looks like {', '.join(others)}"))
    return found


def _between_sources(ratings: Sequence[Rating]) -> list[NameDifference]:
    """Names that some files have and others lack, one line for each set of files that has them."""
    sources = sorted({rating.source for rating in ratings})
    if len(sources) < 2:
        return []
    found = []
    for what in _COMPARED:
        held: dict[str, set[str]] = defaultdict(set)
        for rating in ratings:
            name = _full(rating) if what == "item" else getattr(rating, what)
            if name is not None:
                held[name].add(rating.source)
        missing: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for name, places in held.items():
            if len(places) < len(sources):
                missing[tuple(s for s in sources if s in places)].append(name)
        for places, names in sorted(missing.items()):
            others = [source for source in sources if source not in places]
            text = f"in {_some(places)}, not in {_some(others)}"
            found.append(NameDifference(what, min(names), text, len(names)))
    return found


def _some(names: Sequence[str], shown: int = 3) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
