"""How often intervals hold the truth, on simulated clustered data; bias and width beside it.

python benchmarks/stats_coverage.py [--data-sets 2000] [--prompts 50,200] [--only WORD]
"""

import argparse
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy import stats

from lawful.reports.stats.bradley_terry import bradley_terry
from lawful.reports.stats.calibration import expected_calibration_error
from lawful.reports.stats.clusters import clustered_mean, clustered_share
from lawful.reports.stats.correlation import correlation_interval, spearman
from lawful.reports.stats.labels import ppi_difference, ppi_mean, rogan_gladen
from lawful.reports.stats.resample import bootstrap
from lawful.reports.stats.result import Estimate
from lawful.reports.stats.weighted import (
    WeightedStatistic,
    difference_of,
    weighted_difference,
    weighted_mean,
    weighted_spearman,
)

SEEDS, RESAMPLES, SYSTEMS = 4, 1000, 8
Simulation = Callable[[np.random.Generator, int], tuple[Estimate, float]]
"""A data set with so many prompts, its estimate, and the true value."""


@dataclass(frozen=True)
class Coverage:
    """What came of many data sets."""

    covered: float
    """Share of intervals that hold the truth."""
    bias: float
    """Mean of estimate less truth."""
    bias_error: float
    """Standard error of that mean."""
    width: float
    """Mean width of the intervals."""
    undefined: int
    """Data sets without an interval."""


def prompts_of(n: int) -> np.ndarray:
    """The prompt of each item."""
    return np.repeat(np.arange(n), SEEDS)


def scores(rng: np.random.Generator, prompts: int, shared: np.ndarray | None = None) -> np.ndarray:
    """Scores with mean 0 that vary by prompt, by generator and prompt, and by seed."""
    common = rng.normal(size=prompts) if shared is None else shared
    own = 0.5 * rng.normal(size=prompts)
    return (common + own)[prompts_of(prompts)] + rng.normal(size=prompts * SEEDS)


def interval(made: WeightedStatistic, rng: np.random.Generator, prompts: int, **settings: Any) -> Estimate:
    """Bootstrap interval with prompts as clusters."""
    return bootstrap(made, rng, clusters=prompts_of(prompts), n_resamples=RESAMPLES, **settings)


def mean(**settings: Any) -> Simulation:
    """Mean score of one generator."""
    return lambda rng, n: (interval(weighted_mean(scores(rng, n)), rng, n, **settings), 0.0)


def mean_by_t(rng: np.random.Generator, n: int) -> tuple[Estimate, float]:
    """The same by the clustered standard error."""
    return clustered_mean(scores(rng, n), prompts_of(n)), 0.0


def share_of_most(rng: np.random.Generator, n: int) -> tuple[Estimate, float]:
    """Share of answers that are right nine times in ten; the answers to a prompt are alike."""
    right = scores(rng, n) > -1.5 * stats.norm.ppf(0.9)
    return clustered_share(right * 1.0, prompts_of(n)), 0.9


def mean_of_fixed_prompts(rng: np.random.Generator, n: int) -> tuple[Estimate, float]:
    """The mean that the same prompts would have with endless seeds."""
    shared = rng.normal(size=n)
    score = shared[prompts_of(n)] + rng.normal(size=n * SEEDS)
    return interval(weighted_mean(score), rng, n, stages="items"), float(shared.mean())


def difference(**settings: Any) -> Simulation:
    """Paired difference of two generators on the same prompts."""

    def simulate(rng: np.random.Generator, n: int) -> tuple[Estimate, float]:
        shared = rng.normal(size=n)
        a, b = scores(rng, n, shared) + 0.3, scores(rng, n, shared)
        return interval(weighted_difference(a, b), rng, n, **settings), 0.3

    return simulate


def rank_correlation(**settings: Any) -> Simulation:
    """Spearman of humans and a judge."""

    def simulate(rng: np.random.Generator, n: int) -> tuple[Estimate, float]:
        human = scores(rng, n)
        judge = human + 1.5 * rng.normal(size=len(human))
        return interval(weighted_spearman(human, judge), rng, n, **settings), rank_of(2.25, 1.5)

    return simulate


def rank_of(variance: float, noise: float) -> float:
    """Spearman of a normal score and itself with noise."""
    return 6 / math.pi * math.asin(math.sqrt(variance / (variance + noise**2)) / 2)


def judges(rng: np.random.Generator, n: int) -> tuple[Estimate, float]:
    """Difference of two judges' Spearman with the same humans."""
    human = scores(rng, n)
    a, b = (weighted_spearman(human, human + noise * rng.normal(size=len(human))) for noise in (1.0, 2.0))
    return interval(difference_of(a, b), rng, n), rank_of(2.25, 1.0) - rank_of(2.25, 2.0)


def few_systems(rng: np.random.Generator, n: int) -> tuple[Estimate, float]:
    """Spearman over eight generators by Fisher's z; the prompts do not matter."""
    human = rng.normal(size=SYSTEMS)
    return correlation_interval(spearman(human, human + rng.normal(size=SYSTEMS))), rank_of(1.0, 1.0)


def powered(rng: np.random.Generator, n: int) -> tuple[Estimate, float]:
    """PPI++ mean: humans rated one prompt in five."""
    human = scores(rng, n)
    judge = human + 1 + 0.7 * rng.normal(size=len(human))
    human[prompts_of(n) >= n // 5] = math.nan
    return ppi_mean(human, judge, clusters=prompts_of(n)).estimate, 0.0


def humans_alone(rng: np.random.Generator, n: int) -> tuple[Estimate, float]:
    """The same labels without the judge."""
    human = scores(rng, n)
    human[prompts_of(n) >= n // 5] = math.nan
    return ppi_mean(human, np.zeros(len(human)), clusters=prompts_of(n)).human_only, 0.0


def powered_difference(rng: np.random.Generator, n: int) -> tuple[Estimate, float]:
    """PPI++ of the paired difference of two generators."""
    shared = rng.normal(size=n)
    human = [scores(rng, n, shared) + 0.3, scores(rng, n, shared)]
    judge = [one + 0.7 * rng.normal(size=len(one)) for one in human]
    for one in human:
        one[prompts_of(n) >= n // 5] = math.nan
    return ppi_difference(human[0], human[1], judge[0], judge[1], clusters=prompts_of(n)).estimate, 0.3


def corrected_rate(rng: np.random.Generator, n: int) -> tuple[Estimate, float]:
    """Rogan-Gladen: judge of sensitivity .85 and specificity .75, calibrated on n items, applied to 4 n."""
    truth = rng.uniform(size=5 * n) < 0.6
    said = np.where(truth, rng.uniform(size=5 * n) < 0.85, rng.uniform(size=5 * n) < 0.25)
    return rogan_gladen(said[n:] * 1.0, truth[:n] * 1.0, said[:n] * 1.0).estimate, 0.6


def calibration_error(rng: np.random.Generator, n: int) -> tuple[Estimate, float]:
    """Expected calibration error of a judge that says .15 more than is so, in the middle of the range."""
    truth = rng.uniform(0.1, 0.8, size=n * SEEDS)
    outcome = (rng.uniform(size=len(truth)) < truth) * 1.0
    clusters = prompts_of(n)
    return expected_calibration_error(
        truth + 0.15, outcome, rng, clusters=clusters, n_resamples=RESAMPLES
    ), 0.15


def strength(rng: np.random.Generator, n: int) -> tuple[Estimate, float]:
    """Bradley-Terry strength of the best of four systems, from eight votes a prompt."""
    theta = np.array([0.6, 0.2, -0.2, -0.6])
    first = rng.integers(0, 4, 8 * n)
    second = (first + rng.integers(1, 4, 8 * n)) % 4
    gap = theta[second] - theta[first]
    win = 1 / (1 + np.exp(gap) + 0.5 * np.exp(gap / 2))
    tie = 0.5 * np.exp(gap / 2) * win
    drawn = rng.uniform(size=8 * n)
    outcome = np.where(drawn < win, 1.0, np.where(drawn < win + tie, 0.0, -1.0))
    clusters = np.repeat(np.arange(n), 8)
    fit = bradley_terry(first, second, outcome, rng, clusters=clusters, n_resamples=RESAMPLES // 4)
    return fit.strengths[0], 0.6


SIMULATIONS: dict[str, Simulation] = {
    "mean, percentile": mean(),
    "mean, BCa": mean(method="bca"),
    "mean, clustered standard error": mean_by_t,
    "share of 90 %, Wilson of the effective size": share_of_most,
    "mean, percentile, prompts then seeds": mean(stages="clusters_then_items"),
    "mean of fixed prompts, percentile of seeds": mean_of_fixed_prompts,
    "paired difference, percentile": difference(),
    "paired difference, BCa": difference(method="bca"),
    "Spearman, percentile": rank_correlation(),
    "Spearman, BCa": rank_correlation(method="bca"),
    "Spearman of one judge less another, percentile": judges,
    "Spearman of eight generators, Fisher z": few_systems,
    "PPI++ mean": powered,
    "human labels alone": humans_alone,
    "PPI++ paired difference": powered_difference,
    "Rogan-Gladen, delta method": corrected_rate,
    "calibration error, percentile": calibration_error,
    "Bradley-Terry strength, percentile": strength,
}


def coverage(name: str, prompts: int, n_data_sets: int) -> Coverage:
    """Coverage of a named simulation; every data set has a random stream of its own."""
    streams = np.random.default_rng([len(name), prompts]).spawn(n_data_sets)
    results = [SIMULATIONS[name](rng, prompts) for rng in streams]
    known = [(one, truth) for one, truth in results if not math.isnan(one.low)]
    errors = np.array([one.value - truth for one, truth in known])
    return Coverage(
        covered=float(np.mean([one.low <= truth <= one.high for one, truth in known])),
        bias=float(errors.mean()),
        bias_error=float(errors.std(ddof=1) / math.sqrt(len(errors))),
        width=float(np.mean([one.width for one, _ in known])),
        undefined=n_data_sets - len(known),
    )


def main() -> None:
    """Print one line a simulation and number of prompts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data-sets", type=int, default=2000)
    parser.add_argument("--prompts", default="50,200")
    parser.add_argument("--only", default="", help="simulations whose name holds this")
    arguments = parser.parse_args()
    print(f"{arguments.data_sets:,} data sets each, intervals of 95 %, {SEEDS} seeds a prompt\n")
    print("| interval | prompts | covered, % | bias (standard error) | mean width | undefined |")
    print("|---|---|---|---|---|---|")
    for name in (one for one in SIMULATIONS if arguments.only in one):
        for prompts in (int(one) for one in arguments.prompts.split(",")):
            found = coverage(name, prompts, arguments.data_sets)
            print(
                f"| {name} | {prompts} | {100 * found.covered:.1f} "
                f"| {found.bias:+.4f} ({found.bias_error:.4f}) | {found.width:.3f} | {found.undefined} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
