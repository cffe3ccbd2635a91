"""One table of awkward data run through every public statistic, each answer decided.

The rule: what the data do not define is NaN with its reason, never an error, never 0 and never a warning. Columns
are the cases below; a cell is the value, or the words of the reason, or NaN where the record says why elsewhere.
"""

import importlib
import inspect
import math
import pkgutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lawful.reports.stats as package
from lawful.reports.stats import (
    bradley_terry,
    calibration,
    careless,
    categorical,
    clusters,
    compare,
    correlation,
    labels,
    pairwise,
    permutation,
    power,
    raters,
    resample,
    selective,
    systems,
    weighted,
    weighted_classes,
    weighted_tables,
)

NAN = math.nan
CASES: dict[str, tuple[list[float], list[float]]] = {
    "empty": ([], []),
    "one item": ([2], [3]),
    "all missing": ([NAN] * 4, [NAN] * 4),
    "one side constant": ([3, 3, 3, 3], [1, 2, 3, 4]),
    "all constant": ([3, 3, 3, 3], [3, 3, 3, 3]),
    "ties": ([1, 1, 2, 2], [1, 2, 2, 2]),
    "some missing": ([1, NAN, 3, 2, 5], [2, 1, NAN, 2, 4]),
}
Answer = tuple[float, str]


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def yes(values: np.ndarray) -> np.ndarray:
    """1 from 2 up, 0 below, NaN stays."""
    return np.where(np.isnan(values), NAN, (values >= 2) * 1.0)


def share(values: np.ndarray) -> np.ndarray:
    return values / 5


def of(result: Any) -> Answer:
    """Value and reason of any record."""
    value = getattr(result, "value", getattr(result, "p", None))
    return float(value), result.reason


def statistic(made: weighted.WeightedStatistic) -> Answer:
    return made.value, ""


def both(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.stack([x, y], axis=1)


def votes(x: np.ndarray, y: np.ndarray) -> Answer:
    fit = bradley_terry.bradley_terry(
        np.full(len(x), "a"), np.full(len(x), "b"), np.sign(x - y), rng(), n_resamples=20
    )
    return (fit.strengths[0].value if fit.strengths else NAN), fit.reason


def held_out(x: np.ndarray, y: np.ndarray) -> Answer:
    # Folds need two clusters: without them there is nothing to hold out.
    if len(x) < 2:
        return NAN, "fewer than two clusters"
    found = calibration.calibrate_held_out(x, y, np.arange(len(x)), "isotonic", rng(), 2)
    return float(np.nanmean(found)) if not np.isnan(found).all() else NAN, ""


def of_groups(x: np.ndarray, y: np.ndarray) -> Answer:
    return of(correlation.correlate_by_group(x, y, np.zeros(len(x)), "pearson").within)


def first_pair(x: np.ndarray, y: np.ndarray) -> Answer:
    pair = systems.compare_systems(np.stack([x, y]), rng(), n_resamples=200).pairs[0]
    return pair.adjusted_p, pair.test.reason


def ends(result: Any) -> Answer:
    return result.low, result.reason


def named(values: np.ndarray) -> np.ndarray:
    return np.array(["" if math.isnan(value) else f"label {value:g}" for value in values], dtype=str)


def balanced(result: categorical.BinaryAgreement) -> Answer:
    return result.balanced, result.reason


def bias(result: tuple[categorical.SystemBias, ...]) -> Answer:
    return (result[0].bias if result else NAN), ""


def by_name(result: dict[str, labels.PoweredEstimate]) -> Answer:
    return of(result["g"].estimate) if result else (NAN, "no generator")


def components(ratings: np.ndarray) -> Answer:
    # One generator, items as prompts, one seed; missing ratings are refused there, so complete items only.
    complete = ratings[~np.isnan(ratings).any(axis=1)]
    if not len(complete):
        return NAN, "refused"
    return power.estimate_components(complete[None, :, None, :]).rater_sd, ""


def folds(x: np.ndarray) -> Answer:
    if len(x) < 2:
        return NAN, "refused"
    return float(calibration.folds_by_cluster(np.arange(len(x)), 2, rng()).sum()), ""


FEW = "fewer than two complete pairs"
CONSTANT = "one side is constant"
NO_ANSWERS = "no item has both answers"
NO_PAIR = "no complete pair"
NO_ITEMS = "no pair of items"
NOT_DEFINED = "the statistic is not defined on these items"
ONE_RATING = "no item has two ratings"
NOT_SHARED = "no two systems share an item"
NEVER_NO = "humans never answered no"
FEW_LABELS = "fewer than two labelled items"
NO_OTHERS = "no rater can be compared with others"
NO_SPLIT = "no split has a correlation"
ONE_RATER = "fewer than two raters"
NO_GROUP = "no group has a correlation of its own"
ONE_VALUE = "both give one and the same value throughout"
ALL_ONE = "all ratings are one value"
FEW_OR_CONSTANT = "fewer than two items, or a constant"
NO_AGREEMENT = "the agreement is not defined on these items"
NO_TRIPLE = "no item has all three scores"
NO_VALUE = "one side has no value"
NO_JUDGE = "no answer of the judge"
UNDECIDED = "no pair of items that humans decided"

# Random exchanges come this near to the share over all exchanges, which is what the table says.
DRAWN = {"superiority_p": 0.03, "soft_pairwise_accuracy": 0.06}

# name: how it is called, then one answer a case, in the order of CASES.
# fmt: off
TABLE: dict[str, tuple[Callable[[np.ndarray, np.ndarray], Answer], list[float | str]]] = {
    "correlate pearson": (lambda x, y: of(correlation.correlate(x, y, "pearson")),
        [FEW, FEW, FEW, CONSTANT, CONSTANT, 0.5774, 0.9707]),
    "correlate spearman": (lambda x, y: of(correlation.correlate(x, y, "spearman")),
        [FEW, FEW, FEW, CONSTANT, CONSTANT, 0.5774, 0.866]),
    "correlate kendall_b": (lambda x, y: of(correlation.correlate(x, y, "kendall_b")),
        [FEW, FEW, FEW, CONSTANT, CONSTANT, 0.5774, 0.8165]),
    "correlate kendall_c": (lambda x, y: of(correlation.correlate(x, y, "kendall_c")),
        [FEW, FEW, FEW, CONSTANT, CONSTANT, 0.5, 0.8889]),
    "correlate_by_group": (of_groups, [NO_GROUP, NO_GROUP, NO_GROUP, NO_GROUP, NO_GROUP, 0.5774, 0.9707]),
    "pairwise_accuracy": (lambda x, y: of(pairwise.pairwise_accuracy(x, y)),
        [NO_ITEMS, NO_ITEMS, NO_ITEMS, UNDECIDED, UNDECIDED, 0.5, 0.6667]),
    "tie_calibrated_accuracy": (lambda x, y: of(pairwise.tie_calibrated_accuracy(x, y)),
        [NO_ITEMS, NO_ITEMS, NO_ITEMS, 1.0, 1.0, 0.5, 0.6667]),
    "superiority_p": (lambda x, y: (float(pairwise.superiority_p(np.stack([x, y]), rng())[0, 1]), ""),
        [NAN, 0.75, NAN, 0.25, 0.5, 0.75, 0.5]),
    "soft_pairwise_accuracy": (lambda x, y: of(pairwise.soft_pairwise_accuracy(np.stack([x, y]), np.stack([y, x]), rng())),
        [NOT_SHARED, 0.5, NOT_SHARED, 0.5, 1.0, 0.5, 1.0]),
    "proportion": (lambda x, y: of(categorical.proportion(x == y)),
        [NO_ANSWERS, 0.0, 0.0, 0.25, 1.0, 0.75, 0.2]),
    "exact_accuracy": (lambda x, y: of(categorical.exact_accuracy(x, y)),
        [NO_ANSWERS, 0.0, NO_ANSWERS, 0.25, 1.0, 0.75, 0.3333]),
    "within_one_accuracy": (lambda x, y: of(categorical.within_one_accuracy(x, y)),
        [NO_ANSWERS, 1.0, NO_ANSWERS, 0.75, 1.0, 1.0, 1.0]),
    "label_agreement": (lambda x, y: of(categorical.label_agreement(named(x), named(y))),
        [NO_ANSWERS, 0.0, NO_ANSWERS, 0.25, 1.0, 0.75, 0.3333]),
    "cohen_kappa": (lambda x, y: of(categorical.cohen_kappa(x, y)),
        [NO_ANSWERS, 0.0, NO_ANSWERS, 0.0, ONE_VALUE, 0.5, 0.1429]),
    "cohen_kappa quadratic": (lambda x, y: of(categorical.cohen_kappa(x, y, "quadratic")),
        [NO_ANSWERS, 0.0, NO_ANSWERS, 0.0, ONE_VALUE, 0.5, 0.625]),
    "auroc": (lambda x, y: of(categorical.auroc(yes(x), y)),
        [NO_ANSWERS, NEVER_NO, NO_ANSWERS, NEVER_NO, NEVER_NO, 0.75, 0.75]),
    "binary_agreement": (lambda x, y: balanced(categorical.binary_agreement(yes(x), yes(y))),
        [NO_ANSWERS, NEVER_NO, NO_ANSWERS, NEVER_NO, NEVER_NO, 0.75, 0.5]),
    "system_bias": (lambda x, y: bias(categorical.system_bias(x, y, np.zeros(len(x)))),
        [NAN, 1.0, NAN, -0.5, 0.0, 0.25, 0.0]),
    "krippendorff_alpha nominal": (lambda x, y: of(raters.krippendorff_alpha(both(x, y), "nominal")),
        [ONE_RATING, 0.0, ONE_RATING, -0.1667, ALL_ONE, 0.5333, 0.1667]),
    "krippendorff_alpha ordinal": (lambda x, y: of(raters.krippendorff_alpha(both(x, y), "ordinal")),
        [ONE_RATING, 0.0, ONE_RATING, 0.0703, ALL_ONE, 0.5333, 0.7312]),
    "krippendorff_alpha interval": (lambda x, y: of(raters.krippendorff_alpha(both(x, y), "interval")),
        [ONE_RATING, 0.0, ONE_RATING, 0.0455, ALL_ONE, 0.5333, 0.8529]),
    "krippendorff_alpha one rater": (lambda x, y: of(raters.krippendorff_alpha(x[:, None], "interval")),
        [ONE_RATING] * 7),
    "mean_rating": (lambda x, y: (float(raters.mean_rating(both(x, y)).sum()), ""),
        [0.0, 2.5, NAN, 11.0, 12.0, 6.5, 12.0]),
    "most_frequent": (lambda x, y: (float(raters.most_frequent(both(x, y))[:1].sum()), ""),
        [0.0, NAN, NAN, NAN, 3.0, 1.0, NAN]),
    "pairwise_agreement": (lambda x, y: of(raters.pairwise_agreement(both(x, y))),
        [ONE_RATING, 0.0, ONE_RATING, 0.25, 1.0, 0.75, 0.3333]),
    "pairwise_agreement one rater": (lambda x, y: of(raters.pairwise_agreement(x[:, None])),
        [ONE_RATING] * 7),
    "leave_one_out_ceiling": (lambda x, y: of(raters.leave_one_out_ceiling(both(x, y), "pearson").raters),
        [NO_OTHERS, NO_OTHERS, NO_OTHERS, NO_OTHERS, NO_OTHERS, 0.5774, 0.9707]),
    "leave_one_out_ceiling exact": (lambda x, y: of(raters.leave_one_out_ceiling(both(x, y), "exact").raters),
        [NO_OTHERS, 0.0, NO_OTHERS, 0.25, 1.0, 0.75, 0.3333]),
    "leave_one_out_ceiling one rater": (lambda x, y: of(raters.leave_one_out_ceiling(x[:, None], "exact", y).raters),
        [NO_OTHERS] * 7),
    "split_half": (lambda x, y: of(raters.split_half(both(x, y), rng())),
        [NO_SPLIT, NO_SPLIT, NO_SPLIT, NO_SPLIT, NO_SPLIT, 0.7321, 0.9851]),
    "split_half one rater": (lambda x, y: of(raters.split_half(x[:, None], rng())), [ONE_RATER] * 7),
    "check_raters": (lambda x, y: (careless.check_raters(both(x, y))[0].top_share, ""),
        [NAN, 1.0, NAN, 1.0, 1.0, 0.5, 0.25]),
    "clustered_mean": (lambda x, y: of(clusters.clustered_mean(x)),
        ["no value", 2.0, "no value", 3.0, 3.0, 1.5, 2.75]),
    "clustered_mean interval": (lambda x, y: ends(clusters.clustered_mean(x)),
        ["no value", "one cluster: no spread between clusters", "no value", 3.0, 3.0, 0.5813, 0.0325]),
    "clustered_share": (lambda x, y: of(clusters.clustered_share(yes(x))),
        ["no value", 1.0, "no value", 1.0, 1.0, 0.5, 0.75]),
    "clustered_share interval": (lambda x, y: ends(clusters.clustered_share(yes(x))),
        ["no value", "one cluster: no spread between clusters", "no value", 0.5101, 0.5101, 0.15, 0.3006]),
    "weighted_mean": (lambda x, y: statistic(weighted.weighted_mean(x)),
        [NAN, 2.0, NAN, 3.0, 3.0, 1.5, 2.75]),
    "weighted_difference": (lambda x, y: statistic(weighted.weighted_difference(x, y)),
        [NAN, -1.0, NAN, 0.5, 0.0, -0.25, 0.0]),
    "weighted_pearson": (lambda x, y: statistic(weighted.weighted_pearson(x, y)),
        [NAN, NAN, NAN, NAN, NAN, 0.5774, 0.9707]),
    "weighted_spearman": (lambda x, y: statistic(weighted.weighted_spearman(x, y)),
        [NAN, NAN, NAN, NAN, NAN, 0.5774, 0.866]),
    "weighted_aurc": (lambda x, y: statistic(selective.weighted_aurc(x, y)),
        [NAN, 3.0, NAN, 2.5, 3.0, 1.9233, 3.3991]),
    "risk_coverage": (lambda x, y: ((float(selective.risk_coverage(x, y).risk[-1]) if len(selective.risk_coverage(x, y).risk) else NAN), ""),
        [NAN, 3.0, NAN, 2.5, 3.0, 1.75, 2.6667]),
    "weighted_auroc": (lambda x, y: statistic(weighted_classes.weighted_auroc(yes(x), y)),
        [NAN, NAN, NAN, NAN, NAN, 0.75, 0.75]),
    "weighted_balanced": (lambda x, y: statistic(weighted_classes.weighted_balanced(yes(x), yes(y))),
        [NAN, NAN, NAN, NAN, NAN, 0.75, 0.5]),
    "weighted_class_accuracy": (lambda x, y: statistic(weighted_classes.weighted_class_accuracy(yes(x), yes(y), 1.0)),
        [NAN, 1.0, NAN, 0.75, 1.0, 1.0, 1.0]),
    "weighted_alpha": (lambda x, y: statistic(weighted_tables.weighted_alpha(both(x, y), "ordinal")),
        [NAN, 0.0, NAN, 0.0703, NAN, 0.5333, 0.7312]),
    "weighted_kappa": (lambda x, y: statistic(weighted_tables.weighted_kappa(x, y)),
        [NAN, 0.0, NAN, 0.0, NAN, 0.5, 0.1429]),
    "difference_of": (lambda x, y: statistic(weighted.difference_of(weighted.weighted_mean(x), weighted.weighted_mean(y))),
        [NAN, -1.0, NAN, 0.5, 0.0, -0.25, 0.5]),
    "from_function": (lambda x, y: statistic(weighted.from_function("total", lambda one: np.nansum(one), x)),
        [0.0, 2.0, 0.0, 12.0, 12.0, 6.0, 11.0]),
    "bootstrap": (lambda x, y: of(resample.bootstrap(weighted.weighted_difference(x, y), rng(), n_resamples=200)),
        [NOT_DEFINED, -1.0, NOT_DEFINED, 0.5, 0.0, -0.25, 0.0]),
    "bootstrap interval": (lambda x, y: ends(resample.bootstrap(weighted.weighted_mean(x), rng(), n_resamples=2000)),
        [NOT_DEFINED, "one cluster: nothing to draw from", NOT_DEFINED, 3.0, 3.0, 1.0, 1.5]),
    "bootstrap bca interval": (lambda x, y: ends(resample.bootstrap(weighted.weighted_mean(x), rng(), n_resamples=2000, method="bca")),
        [NOT_DEFINED, "one cluster: nothing to draw from", NOT_DEFINED, 3.0, 3.0, 1.0, 1.5]),
    "paired_permutation": (lambda x, y: of(permutation.paired_permutation(x, y, rng())),
        [NO_PAIR, 1.0, NO_PAIR, 0.75, 1.0, 1.0, 1.0]),
    "holm": (lambda x, y: ((float(permutation.holm(x / 50)[0]) if len(x) else NAN), ""),
        [NAN, 0.04, NAN, 0.24, 0.24, 0.08, 0.08]),
    "williams": (lambda x, y: of(compare.williams(x, y, y[::-1])),
        [FEW_OR_CONSTANT, FEW_OR_CONSTANT, FEW_OR_CONSTANT, FEW_OR_CONSTANT, FEW_OR_CONSTANT, 0.5, "fewer than four items"]),
    "permute_judges": (lambda x, y: of(compare.permute_judges(x, y, y[::-1], compare.agreement_by("pearson"), rng(), n_resamples=19)),
        [NO_TRIPLE, NO_AGREEMENT, NO_TRIPLE, NO_AGREEMENT, NO_AGREEMENT, 0.5, 0.6]),
    "cohen_dz": (lambda x, y: of(compare.cohen_dz(x, y)),
        [FEW, FEW, FEW, 0.3873, "all differences are equal", -0.5, 0.0]),
    "paired_superiority": (lambda x, y: of(compare.paired_superiority(x, y)),
        [NO_PAIR, 0.0, NO_PAIR, 0.625, 0.5, 0.375, 0.5]),
    "superiority": (lambda x, y: of(compare.superiority(x, y)),
        [NO_VALUE, 0.0, NO_VALUE, 0.625, 0.5, 0.375, 0.5938]),
    "cliffs_delta": (lambda x, y: of(compare.cliffs_delta(x, y)),
        [NO_VALUE, -1.0, NO_VALUE, 0.25, 0.0, -0.25, 0.1875]),
    "compare_systems": (first_pair, [NO_PAIR, 1.0, NO_PAIR, 0.75, 1.0, 1.0, 1.0]),
    "bradley_terry": (votes,
        ["fewer than two systems", "no finite strengths: the others never beat or tied with b; prior above 0 helps", "these were never compared with each other, even indirectly: a; b", 0.3466, "all votes are ties", "no finite strengths: wins never go round, and ties fit any gap; prior above 0 helps", 0.0]),
    "rogan_gladen": (lambda x, y: of(labels.rogan_gladen(yes(y), yes(x), yes(y)).estimate),
        [NO_JUDGE, NEVER_NO, NO_JUDGE, NEVER_NO, NEVER_NO, 0.5, "the judge is no better than chance on the calibration items"]),
    "ppi_mean": (lambda x, y: of(labels.ppi_mean(x, y).estimate),
        [FEW_LABELS, FEW_LABELS, FEW_LABELS, 3.0, 3.0, 1.5, 2.6667]),
    "ppi_difference": (lambda x, y: of(labels.ppi_difference(x, y, y, x).estimate),
        [FEW_LABELS, FEW_LABELS, FEW_LABELS, 0.5, 0.0, -0.25, 0.0]),
    "ppi_by_generator": (lambda x, y: by_name(labels.ppi_by_generator(x, y, np.full(len(x), "g"))),
        ["no generator", FEW_LABELS, FEW_LABELS, 3.0, 3.0, 1.5, 2.6667]),
    "estimate_components": (lambda x, y: components(both(x, y)),
        ["refused", 0.7071, "refused", 0.866, 0.0, 0.3536, 0.5774]),
    "fit_isotonic": (lambda x, y: (float(calibration.fit_isotonic(x, y).apply(np.array([2.0]))[0]), ""),
        [NAN, 3.0, NAN, 2.5, 3.0, 2.0, 2.0]),
    "fit_temperature": (lambda x, y: (calibration.fit_temperature(share(x), yes(y)).temperature, ""),
        [NAN, 100.0, NAN, 0.3691, 0.01, 100.0, 5.8973]),
    "folds_by_cluster": (lambda x, y: folds(x), ["refused", "refused", 2.0, 2.0, 2.0, 2.0, 2.0]),
    "calibrate_held_out": (held_out,
        ["fewer than two clusters", "fewer than two clusters", NAN, 2.5, 3.0, 1.75, 3.0]),
    "reliability_bins": (lambda x, y: (len(calibration.reliability_bins(share(x), yes(y), 2)), ""),
        [0.0, 1.0, 0.0, 1.0, 1.0, 2.0, 2.0]),
    "expected_calibration_error": (lambda x, y: of(calibration.expected_calibration_error(share(x), yes(y), rng(), n_resamples=50)),
        ["no item has both", 0.6, "no item has both", 0.15, 0.4, 0.45, 0.4667]),
}
# fmt: on

# Functions of numbers that are not data, and checks of input, which have tests of their own.
WITHOUT_DATA = {
    "correlation": {"correlation_interval"},
    "compare": {"agreement_by", "williams_from_correlations"},
    "permutation": set(),
    "power": {"power_of", "prompts_needed", "raters_needed", "simulated_power"},
    "raters": {"spearman_brown"},
    "resample": {"percentile_ends", "bca_ends"},
    "selective": {"best_aurc"},
    "result": {"undefined", "untested", "without_spread"},
    "systems": {"group_systems", "group_letters"},
    "inputs": {"vector", "same_length", "complete_pairs", "table", "codes", "on_scale", "binary", "fraction"},
}


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("case", CASES)
def test_awkward_data(name: str, case: str) -> None:
    call, answers = TABLE[name]
    x, y = (np.array(side, dtype=np.float64) for side in CASES[case])
    value, reason = call(x, y)
    expected = answers[list(CASES).index(case)]
    if isinstance(expected, str):
        assert (math.isnan(value), reason) == (True, expected)
    else:
        assert value == pytest.approx(expected, abs=DRAWN.get(name, 5e-5), nan_ok=True)


def public_functions() -> set[tuple[str, str]]:
    found = set()
    for one in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{one.name}")
        for name, member in inspect.getmembers(module, inspect.isfunction):
            if not name.startswith("_") and member.__module__ == module.__name__:
                found.add((one.name, name))
    return found


def test_every_public_function_is_in_the_table() -> None:
    tried = {name.split(" ")[0] for name in TABLE}
    left = {name for module, name in public_functions() if name not in WITHOUT_DATA.get(module, set())}
    assert left - tried == set()
