"""Agreement on yes and no of weighted items: AUROC and balanced accuracy for the bootstrap."""

import math

import numpy as np

from lawful.reports.stats.inputs import Values, binary, complete_pairs
from lawful.reports.stats.weighted import Replicates, WeightedStatistic, Weights, weighted_mean


def weighted_auroc(human: Values, judge: Values) -> WeightedStatistic:
    """AUROC for the bootstrap over items; see `auroc`. A resample without both answers is NaN.

    Raises:
        InputError: The arrays differ in length, or a human answer is not 0 or 1.
    """
    pairs = complete_pairs(human, judge, ("human", "judge"))
    order = np.argsort(pairs.y, kind="stable")
    yes = binary(pairs.x, "human")[order] * 1.0
    starts = np.flatnonzero(np.diff(pairs.y[order], prepend=-np.inf)) if len(order) else order

    def of(weights: Weights) -> Replicates:
        if not len(order):
            return np.full(len(weights), math.nan)
        used = weights[:, pairs.kept][:, order]
        # Weights of either answer at each distinct score.
        above = np.add.reduceat(used * yes, starts, axis=1)
        below = np.add.reduceat(used * (1 - yes), starts, axis=1)
        wins = np.einsum("rv,rv->r", above, np.cumsum(below, axis=1) - below / 2)
        both = above.sum(axis=1) * below.sum(axis=1)
        return np.divide(wins, both, out=np.full(len(wins), math.nan), where=both > 0)

    return WeightedStatistic("AUROC", pairs.kept, of)


def weighted_class_accuracy(human: Values, judge: Values, answer: float) -> WeightedStatistic:
    """Share of the items with one human answer on which the judge gives it too, for the bootstrap over items.

    Args:
        human: 0 or 1 an item; NaN is missing.
        judge: The judge's answer to the same items.
        answer: The human answer in question, 0 or 1.

    Raises:
        InputError: The arrays differ in length, or an answer is not 0 or 1.
    """
    pairs = complete_pairs(human, judge, ("human", "judge"))
    said, asked = np.full(len(pairs.kept), math.nan), np.full(len(pairs.kept), math.nan)
    asked[pairs.kept] = binary(pairs.x, "human") * 1.0
    said[pairs.kept] = binary(pairs.y, "judge") * 1.0
    mean = weighted_mean(np.where(asked == answer, (said == answer) * 1.0, math.nan))
    return WeightedStatistic(f"accuracy on {answer:g}", mean.present, mean.of)


def weighted_balanced(human: Values, judge: Values) -> WeightedStatistic:
    """Balanced accuracy for the bootstrap over items; see `binary_agreement`.

    Raises:
        InputError: The arrays differ in length, or an answer is not 0 or 1.
    """
    yes, no = (weighted_class_accuracy(human, judge, answer) for answer in (1.0, 0.0))

    def of(weights: Weights) -> Replicates:
        return (yes.of(weights) + no.of(weights)) / 2

    return WeightedStatistic("balanced accuracy", yes.present | no.present, of)
