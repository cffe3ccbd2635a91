"""Agreement on answers from a scale: accuracy, kappa, AUROC, class accuracies and bias."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool
from scipy import stats

from lawful.reports.stats.inputs import (
    Labels,
    Pairs,
    Values,
    binary,
    codes,
    complete_pairs,
    fraction,
    on_scale,
    same_length,
)
from lawful.reports.stats.result import Estimate, undefined

KappaWeights = Literal["none", "linear", "quadratic"]
NO_PAIR = "no item has both answers"


@dataclass(frozen=True)
class BinaryAgreement:
    """How yes-or-no answers of a judge stand to those of humans."""

    balanced: float
    """Mean of the two class accuracies; NaN where humans gave only one of the answers."""
    yes_accuracy: Estimate
    """Share of the humans' yes that the judge answered yes (sensitivity); n counts those items."""
    no_accuracy: Estimate
    """Share of the humans' no that the judge answered no (specificity); n counts those items."""
    accuracy: Estimate
    """Share of all items with the same answer."""
    bias: float
    """The judge's share of yes less the humans', -1 to 1: above 0 is lenient where yes is the good answer."""
    n_missing: int
    """Items left out because an answer was missing."""
    reason: str = ""
    """Why the balanced accuracy is NaN; empty where it is not."""


@dataclass(frozen=True)
class SystemBias:
    """What a judge gives one system beyond what humans give it."""

    system: str
    """The system."""
    bias: float
    """Mean of judge less human on its items; NaN for none."""
    relative: float
    """That bias less the mean bias of all systems: above 0 the judge favours this system over others."""
    n: int
    """Items with both scores."""


def proportion(hits: Bool[np.ndarray, " items"], level: float = 0.95, n_missing: int = 0) -> Estimate:
    """Share of True with Wilson's interval for independent items; NaN for none.

    Source: Wilson, JASA 22 (1927).
    """
    fraction(level, "level")
    n = len(hits)
    if n == 0:
        return undefined(NO_PAIR, 0, n_missing, "share, Wilson")
    p, z = float(np.mean(hits)), float(stats.norm.ppf(0.5 + level / 2))
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Estimate(p, n, max(0.0, centre - half), min(1.0, centre + half), level, "share, Wilson", n_missing)


def exact_accuracy(human: Values, judge: Values, scale: Sequence[float] | None = None) -> Estimate:
    """Share of items on which the judge gives the humans' value.

    Args:
        human: One value an item; NaN is missing.
        judge: The judge's value of the same items.
        scale: The values that there are, if others are to be refused.

    Raises:
        InputError: The arrays differ in length, or a value is not on the scale.
    """
    pairs = _on_scale(human, judge, scale)
    return proportion(pairs.x == pairs.y, n_missing=pairs.n_missing)


def within_one_accuracy(human: Values, judge: Values, scale: Sequence[float] | None = None) -> Estimate:
    """Share of items on which the judge is at most one step of the scale from the humans.

    Args:
        human: One value an item; NaN is missing.
        judge: The judge's value of the same items.
        scale: The values that there are; a step leads to the next of them. None counts steps of 1.

    Raises:
        InputError: The arrays differ in length, or a value is not on the scale.
    """
    pairs = _on_scale(human, judge, scale)
    steps = [np.searchsorted(np.sort(scale), side) if scale is not None else side for side in pairs[:2]]
    return proportion(np.abs(steps[0] - steps[1]) <= 1, n_missing=pairs.n_missing)


def label_agreement(
    human: Labels, judge: Labels, unparsed: Literal["left_out", "wrong"] = "left_out"
) -> Estimate:
    """Share of questions to which the judge gives the label that humans gave.

    RULER-Bench words it so ("agreement with human judgements", labels Good, Medium and Poor, question by
    question) and leaves failed parses out; `wrong` counts them, as GenAI-Bench does.

    Args:
        human: One label a question; an empty one is missing and always left out.
        judge: The judge's label; an empty one could not be parsed.
        unparsed: What an answer that could not be parsed is.

    Raises:
        InputError: The arrays differ in length.

    Source: He et al., arXiv 2512.02622 (2025); Jiang et al., GenAI Arena, arXiv 2406.04485 (2024).
    """
    first, second = np.asarray(human).astype(str), np.asarray(judge).astype(str)
    same_length(human=first, judge=second)
    asked = first != ""
    kept = asked & (second != "") if unparsed == "left_out" else asked
    return proportion(first[kept] == second[kept], n_missing=int(np.count_nonzero(~kept)))


def cohen_kappa(
    a: Values, b: Values, weights: KappaWeights = "none", scale: Sequence[float] | None = None
) -> Estimate:
    """Cohen's kappa: agreement beyond what the two distributions of answers give by chance.

    Args:
        a: One value an item; NaN is missing.
        b: The other rater's value of the same items.
        weights: `none` counts equal values; `linear` and `quadratic` by the distance in steps of the scale.
        scale: The values that there are, in steps of one; None takes the values that occur, in order.

    Returns:
        From -1 to 1; NaN where both give one and the same value throughout.

    Raises:
        InputError: The arrays differ in length, or a value is not on the scale.

    Source: Cohen, Psychol. Bull. 70 (1968), eq. 3.
    """
    pairs = _on_scale(a, b, scale)
    method, n = f"kappa, {weights} weights", len(pairs.x)
    if n == 0:
        return undefined(NO_PAIR, 0, pairs.n_missing, method)
    values = np.unique(np.concatenate([pairs.x, pairs.y])) if scale is None else np.sort(scale)
    first, second = (np.searchsorted(values, side) for side in pairs[:2])
    counts = np.bincount(first * len(values) + second, minlength=len(values) ** 2)
    counts = counts.reshape(len(values), len(values))
    steps = np.abs(np.subtract.outer(np.arange(len(values)), np.arange(len(values))))
    cost = {"none": (steps > 0) * 1.0, "linear": steps * 1.0, "quadratic": steps**2.0}[weights]
    chance = float(np.sum(cost * np.outer(counts.sum(1), counts.sum(0)))) / n
    if chance == 0:
        return undefined("both give one and the same value throughout", n, pairs.n_missing, method)
    return Estimate(1 - float(np.sum(cost * counts)) / chance, n, method=method, n_missing=pairs.n_missing)


def auroc(human: Values, judge: Values) -> Estimate:
    """Probability that the judge scores an item that humans call 1 above one that they call 0, ties half.

    Args:
        human: 0 or 1 an item; NaN is missing.
        judge: A score of the same items, higher for 1.

    Returns:
        From 0 to 1; NaN where humans gave only one of the answers.

    Raises:
        InputError: The arrays differ in length, or a human answer is not 0 or 1.

    Source: Hanley and McNeil, Radiology 143 (1982).
    """
    pairs = complete_pairs(human, judge, ("human", "judge"))
    yes = binary(pairs.x, "human")
    n_yes = int(np.count_nonzero(yes))
    n_no = len(yes) - n_yes
    if n_yes == 0 or n_no == 0:
        return undefined(_one_answer(n_yes, n_no), len(yes), pairs.n_missing, "AUROC")
    ranks = float(stats.rankdata(pairs.y)[yes].sum())
    area = (ranks - n_yes * (n_yes + 1) / 2) / (n_yes * n_no)
    return Estimate(area, len(yes), method="AUROC", n_missing=pairs.n_missing)


def binary_agreement(human: Values, judge: Values, level: float = 0.95) -> BinaryAgreement:
    """Balanced accuracy with both class accuracies and the bias.

    Args:
        human: 0 or 1 an item, 1 for yes; NaN is missing.
        judge: The judge's answer to the same items.
        level: Coverage of the intervals.

    Raises:
        InputError: The arrays differ in length, or an answer is not 0 or 1.
    """
    pairs = complete_pairs(human, judge, ("human", "judge"))
    truth, said = binary(pairs.x, "human"), binary(pairs.y, "judge")
    yes, no = proportion(said[truth], level), proportion(~said[~truth], level)
    reason = _one_answer(yes.n, no.n)
    return BinaryAgreement(
        balanced=(yes.value + no.value) / 2,
        yes_accuracy=yes,
        no_accuracy=no,
        accuracy=proportion(truth == said, level, pairs.n_missing),
        bias=float(np.mean(said) - np.mean(truth)) if len(truth) else math.nan,
        n_missing=pairs.n_missing,
        reason=reason,
    )


def system_bias(human: Values, judge: Values, systems: Labels) -> tuple[SystemBias, ...]:
    """What the judge gives each system beyond what humans give it, in the order of the systems' names.

    Both scores must be on one scale. A judge that is lenient to all alike has a bias and no relative bias;
    only the relative part changes who is ranked first.

    Args:
        human: One score an item; NaN is missing.
        judge: The judge's score of the same items.
        systems: The system of each item.

    Raises:
        InputError: The arrays differ in length.
    """
    pairs = complete_pairs(human, judge, ("human", "judge"))
    number, names = codes(systems, len(pairs.kept), "systems")
    number, difference = number[pairs.kept], pairs.y - pairs.x
    counts = [int(np.count_nonzero(number == index)) for index in range(len(names))]
    means = [float(difference[number == index].mean()) if n else math.nan for index, n in enumerate(counts)]
    known = [mean for mean in means if not math.isnan(mean)]
    overall = math.fsum(known) / len(known) if known else math.nan
    return tuple(
        SystemBias(str(name), mean, mean - overall, n)
        for name, mean, n in zip(names, means, counts, strict=True)
    )


def _on_scale(a: Values, b: Values, scale: Sequence[float] | None) -> Pairs:
    for name, side in (("the first array", a), ("the second array", b)):
        on_scale(np.asarray(side, dtype=np.float64), scale, name)
    return complete_pairs(a, b, ("a", "b"))


def _one_answer(n_yes: int, n_no: int) -> str:
    if n_yes and n_no:
        return ""
    return NO_PAIR if n_yes == n_no else f"humans never answered {'no' if n_yes else 'yes'}"
