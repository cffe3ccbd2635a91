"""Speed of the statistics on the sizes that they are made for, with a check against scipy.

python benchmarks/stats_speed.py [--runs 3] [--threads 2]
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable

# One thread in each linear algebra call: the bootstrap has threads of its own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy import stats

from lawful.reports.stats.clusters import Clustering
from lawful.reports.stats.raters import krippendorff_alpha
from lawful.reports.stats.resample import bootstrap
from lawful.reports.stats.weighted import weighted_spearman

ITEMS, PROMPTS, RESAMPLES = 16_000, 2_286, 10_000


def timed(runs: int, work: Callable[[], object]) -> str:
    """Median and range of the seconds that some work takes, and the median of its CPU seconds."""
    wall, cpu = [], []
    for _ in range(runs):
        start, start_cpu = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    return f"{statistics.median(wall):.2f} ({min(wall):.2f}-{max(wall):.2f}) | {statistics.median(cpu):.2f}"


def furthest_from_scipy(
    human: np.ndarray, judge: np.ndarray, prompts: np.ndarray, resamples: int = 5
) -> float:
    """Largest difference between the weighted rank correlation and scipy's on the items written out."""
    weights = Clustering.of(len(human), prompts).draw(resamples, "clusters", np.random.default_rng(1))
    values = weighted_spearman(human, judge).of(weights)
    rows = [np.repeat(np.arange(len(human)), row.astype(int)) for row in weights]
    return max(abs(one - stats.spearmanr(human[r], judge[r])[0]) for one, r in zip(values, rows, strict=True))


def main() -> None:
    """Print one line a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    prompts = np.arange(ITEMS) % PROMPTS
    human = np.round(rng.normal(size=PROMPTS)[prompts] + rng.normal(size=ITEMS), 2)
    judge = human + rng.normal(size=ITEMS)
    print(f"{ITEMS:,} items, {RESAMPLES:,} resamples, {arguments.threads} threads, n = {arguments.runs}\n")
    print("| what | seconds, median (min-max) | CPU seconds, median |\n|---|---|---|")
    for name, clusters in ((f"{PROMPTS:,} prompts", prompts), ("each item its own cluster", None)):
        seconds = timed(
            arguments.runs,
            lambda clusters=clusters: bootstrap(
                weighted_spearman(human, judge),
                np.random.default_rng(0),
                clusters=clusters,
                n_resamples=RESAMPLES,
                threads=arguments.threads,
            ),
        )
        print(f"| bootstrap of Spearman, {name} | {seconds} |")
    ratings = rng.integers(1, 6, size=(ITEMS, 4)).astype(float)
    for metric in ("nominal", "ordinal", "interval"):
        seconds = timed(arguments.runs, lambda metric=metric: krippendorff_alpha(ratings, metric))
        print(f"| Krippendorff's alpha, {metric}, {ratings.size:,} ratings | {seconds} |")
    print(f"\nfurthest from scipy on 5 resamples: {furthest_from_scipy(human, judge, prompts):.1e}")


if __name__ == "__main__":
    main()
