"""How far a clip's score, and the labels of its questions, hang on how the judge looked."""

import math
import statistics
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from lawful.judge.records import Verdict
from lawful.judge.stored import Way
from lawful.judge.summary import SummaryRule, summarise
from lawful.judge.tiers import OPEN, Gate, gated
from lawful.reports.repeats import Outcomes, combine


@dataclass(frozen=True)
class Spread:
    """Standard deviations of a clip's score, by what was not the same; NaN where that was the same in all looks."""

    total: float
    """Over all looks."""
    rerun: float
    """Over looks at one frame rate with one wording, pooled."""
    wording: float
    """Over the means of wordings at one frame rate, pooled over the rates."""
    rate: float
    """Over the means of frame rates with one wording, pooled over the wordings."""
    n_compared: int
    """Questions with a label at two frame rates or more."""
    n_flipped: int
    """Of those, questions whose label is not the same at all of them."""


NO_SPREAD = Spread(math.nan, math.nan, math.nan, math.nan, 0, 0)
"""That of fewer than two looks."""


def spread_of(
    repeats: Sequence[Outcomes],
    ways: Sequence[Way],
    rule: SummaryRule,
    no_say: Collection[str] = (),
    gate: Gate = OPEN,
) -> Spread:
    """The spread over a clip's looks; those without a score are left out.

    Args:
        repeats: The outcomes of each look, in the order of the questions.
        ways: How each look was taken; empty where that is not known: then all are re-runs.
        rule: The judge's rule.
        no_say: As for `lawful.judge.summary.summarise`.
        gate: The suite's gate, for scores; labels are compared as they were given.
    """
    if len(repeats) < 2:
        return NO_SPREAD
    ways = ways or [Way(rerun=number) for number in range(len(repeats))]
    scores = [summarise(gated(outcomes, gate), rule, no_say).score for outcomes in repeats]
    scored = [(way, score) for way, score in zip(ways, scores, strict=True) if math.isfinite(score)]
    cells: dict[tuple[float | None, int], list[float]] = defaultdict(list)
    for way, score in scored:
        cells[way.fps, way.wording].append(score)
    at_rate: dict[float | None, list[float]] = defaultdict(list)
    with_wording: dict[int, list[float]] = defaultdict(list)
    for (fps, wording), values in cells.items():
        mean = math.fsum(values) / len(values)
        at_rate[fps].append(mean)
        with_wording[wording].append(mean)
    labels = _labels_by_rate(repeats, ways)
    return Spread(
        total=_pooled([[score for _, score in scored]]),
        rerun=_pooled(cells.values()),
        wording=_pooled(at_rate.values()),
        rate=_pooled(with_wording.values()),
        n_compared=len(labels),
        n_flipped=sum(len(set(each)) > 1 for each in labels),
    )


def _pooled(groups: Iterable[Sequence[float]]) -> float:
    """Standard deviation within groups: their variances weighted by n - 1; NaN if none has two values."""
    several = [group for group in groups if len(group) > 1]
    if not several:
        return math.nan
    squares = math.fsum(statistics.variance(group) * (len(group) - 1) for group in several)
    return math.sqrt(squares / sum(len(group) - 1 for group in several))


def _labels_by_rate(repeats: Sequence[Outcomes], ways: Sequence[Way]) -> list[list[str]]:
    """For each question that is scored at two rates or more, its label at each: all looks at a rate as one."""
    by_rate: dict[float | None, list[Outcomes]] = defaultdict(list)
    for way, outcomes in zip(ways, repeats, strict=True):
        by_rate[way.fps].append(outcomes)
    at_rates = zip(*(combine(looks) for looks in by_rate.values()), strict=True)
    labels = ([one.label for one in outcomes if isinstance(one, Verdict)] for outcomes in at_rates)
    return [each for each in labels if len(each) > 1]
