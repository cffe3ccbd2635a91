"""The figures of agreement, all as functions of people's mean and of what is held against it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from jaxtyping import Float64

from lawful.reports.agree.records import AgreeRules
from lawful.reports.agree.sides import Sides
from lawful.reports.stats.categorical import (
    KappaWeights,
    auroc,
    binary_agreement,
    cohen_kappa,
    exact_accuracy,
    label_agreement,
    within_one_accuracy,
)
from lawful.reports.stats.clusters import clustered_share
from lawful.reports.stats.correlation import Method, correlate
from lawful.reports.stats.inputs import Labels, Values
from lawful.reports.stats.pairwise import MAX_PAIRS, tie_calibrated_accuracy
from lawful.reports.stats.result import Estimate, undefined
from lawful.reports.stats.weighted import (
    WeightedStatistic,
    weighted_difference,
    weighted_pearson,
    weighted_spearman,
)
from lawful.reports.stats.weighted_classes import weighted_auroc, weighted_balanced
from lawful.reports.stats.weighted_tables import weighted_kappa

MOST_FREELY_PAIRED = 1500
"""With more videos than this, only videos of one prompt are paired."""


@dataclass(frozen=True)
class Figure:
    """A figure of agreement."""

    name: str
    """What it is."""
    of: Callable[[Sides], Estimate]
    """The figure without an interval."""
    weighted: Callable[[Sides], WeightedStatistic] | None = None
    """The same for the bootstrap; None where no interval is made so."""
    lacks: Callable[[Sides], str] = lambda sides: ""
    """Why the scale does not allow it; empty where it does."""
    has_ceiling: bool = True
    """Whether more is better, so that a share of what raters reach means something."""
    hits: Callable[[Sides], Values] | None = None
    """What each video counts, 1, 0 or NaN, where the figure is a share of videos: its interval is Wilson's, for a
    bootstrap of four hits out of four finds no doubt at all."""

    @property
    def has_interval(self) -> bool:
        """Whether an interval is made."""
        return self.hits is not None or self.weighted is not None

    def plain(self, sides: Sides) -> Estimate:
        """The figure without an interval; NaN with its reason where the scale does not allow it."""
        lack = self.lacks(sides)
        if lack:
            return undefined(lack, 0, len(sides.human), self.name)
        return self.of(sides)

    def full(self, sides: Sides, rules: AgreeRules, rng: np.random.Generator) -> Estimate:
        """The figure with its interval."""
        found = self.plain(sides)
        if math.isnan(found.value) or not self.has_interval:
            return found
        if self.hits is not None:
            drawn = clustered_share(self.hits(sides), sides.subject, rules.level)
        else:
            assert self.weighted is not None
            drawn = rules.estimate(self.weighted(sides), rng, sides.subject)
        return replace(drawn, value=found.value, n=found.n, n_missing=found.n_missing)


def _correlation(sides: Sides, method: Method) -> Estimate:
    found = correlate(sides.human, sides.said, method, exact_up_to=0)
    return Estimate(found.value, found.n, method=method, n_missing=found.n_missing, reason=found.reason)


def _paired(sides: Sides, groups: Labels | None) -> Estimate:
    n = int(np.count_nonzero(~np.isnan(sides.human + sides.said)))
    if groups is None and n > MOST_FREELY_PAIRED:
        reason = f"more than {MOST_FREELY_PAIRED:,} videos: see the pairs of one prompt"
        return undefined(reason, n, method="tie-calibrated accuracy")
    if groups is not None and _n_pairs(groups) > MAX_PAIRS:
        return undefined(f"more than {MAX_PAIRS:,} pairs", n, method="tie-calibrated accuracy")
    # Rounded, so that differences that are equal but for rounding are one limit.
    found = tie_calibrated_accuracy(sides.human, np.round(sides.said, 9), groups)
    method = f"tie-calibrated accuracy, ties up to {found.epsilon:.3g}"
    reason = "no two videos of one prompt" if found.reason and groups is not None else found.reason
    return Estimate(found.value, found.n_pairs, method=method, n_missing=found.n_missing, reason=reason)


def _n_pairs(groups: Labels) -> int:
    sizes = np.unique(groups, return_counts=True)[1]
    return int(np.sum(sizes * (sizes - 1) // 2))


def _exact(sides: Sides) -> Estimate:
    return exact_accuracy(*sides.steps, sides.scale.steps)


def _within_one(sides: Sides) -> Estimate:
    return within_one_accuracy(*sides.steps, sides.scale.steps)


def _hits(sides: Sides, distance: int) -> Values:
    places = [np.searchsorted(sides.scale.steps, side) for side in sides.steps]
    hit = (np.abs(places[0] - places[1]) <= distance) * 1.0
    return np.where(np.isnan(sides.human + sides.said), math.nan, hit)


def _same_label(sides: Sides) -> Estimate:
    """Labels as text; what has none is left out, as RULER-Bench does."""
    return label_agreement(*(_texts(sides, side) for side in (sides.most, sides.label)), unparsed="left_out")


def _label_hits(sides: Sides) -> Values:
    human, judge = (_texts(sides, side) for side in (sides.most, sides.label))
    return np.where((human == "") | (judge == ""), math.nan, (human == judge) * 1.0)


def _texts(sides: Sides, values: Float64[np.ndarray, " videos"]) -> np.ndarray:
    steps = sides.scale.to_steps(values)
    return np.array(["" if math.isnan(step) else f"{step:g}" for step in steps], dtype=np.str_)


def _no_label(sides: Sides) -> str:
    if not sides.scale.no_steps and np.isnan(sides.label).all():
        return "the judge has no label: the measure is not one question"
    return sides.scale.no_steps


def _kappa(sides: Sides, weights: KappaWeights) -> Estimate:
    return cohen_kappa(*sides.steps, weights, sides.scale.steps)


def _weighted_kappa(sides: Sides, weights: KappaWeights) -> WeightedStatistic:
    return weighted_kappa(*sides.steps, weights, sides.scale.steps)


def _auroc(sides: Sides) -> Estimate:
    return auroc(sides.yes[0], sides.said)


def _balanced(sides: Sides) -> Estimate:
    found = binary_agreement(*sides.yes)
    n = found.accuracy.n
    return Estimate(
        found.balanced, n, method="balanced accuracy", n_missing=found.n_missing, reason=found.reason
    )


def _on_yes(sides: Sides) -> Estimate:
    return binary_agreement(*sides.yes).yes_accuracy


def _on_no(sides: Sides) -> Estimate:
    return binary_agreement(*sides.yes).no_accuracy


def _class_hits(sides: Sides, answer: float) -> Values:
    human, said = sides.yes
    return np.where((human == answer) & ~np.isnan(said), (said == answer) * 1.0, math.nan)


def _bias(sides: Sides) -> Estimate:
    found = binary_agreement(*sides.yes)
    reason = found.accuracy.reason
    return Estimate(found.bias, found.accuracy.n, method="bias", n_missing=found.n_missing, reason=reason)


def _no_steps(sides: Sides) -> str:
    return sides.scale.no_steps


def _no_yes(sides: Sides) -> str:
    return sides.scale.no_yes


FIGURES: tuple[Figure, ...] = (
    Figure("pearson", partial(_correlation, method="pearson"), lambda s: weighted_pearson(s.human, s.said)),
    Figure(
        "spearman", partial(_correlation, method="spearman"), lambda s: weighted_spearman(s.human, s.said)
    ),
    Figure("kendall tau-b", partial(_correlation, method="kendall_b")),
    Figure("kendall tau-c", partial(_correlation, method="kendall_c")),
    Figure("pairs of one prompt", lambda sides: _paired(sides, sides.subject)),
    Figure("pairs of all videos", lambda sides: _paired(sides, None)),
    Figure("exact", _exact, hits=partial(_hits, distance=0), lacks=_no_steps),
    Figure("within one", _within_one, hits=partial(_hits, distance=1), lacks=_no_steps),
    Figure("same label", _same_label, hits=_label_hits, lacks=_no_label),
    Figure(
        "kappa, linear",
        partial(_kappa, weights="linear"),
        partial(_weighted_kappa, weights="linear"),
        _no_steps,
    ),
    Figure(
        "kappa, quadratic",
        partial(_kappa, weights="quadratic"),
        partial(_weighted_kappa, weights="quadratic"),
        _no_steps,
    ),
    Figure("auroc", _auroc, lambda s: weighted_auroc(s.yes[0], s.said), _no_yes),
    Figure("balanced accuracy", _balanced, lambda s: weighted_balanced(*s.yes), _no_yes),
    Figure("accuracy on yes", _on_yes, hits=partial(_class_hits, answer=1.0), lacks=_no_yes),
    Figure("accuracy on no", _on_no, hits=partial(_class_hits, answer=0.0), lacks=_no_yes),
    Figure(
        "bias to yes", _bias, lambda s: weighted_difference(s.yes[1], s.yes[0]), _no_yes, has_ceiling=False
    ),
)
"""All of them, in the order in which they are shown."""
SPEARMAN = next(figure for figure in FIGURES if figure.name == "spearman")
"""The one that judges are compared by."""
