"""Intervals hold the truth as often as they say, on thousands of simulated data sets."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "stats_coverage.py"


@pytest.fixture(scope="module")
def simulated() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stats_coverage", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("prompts", [50, 200])
@pytest.mark.parametrize("name", ["mean, percentile", "paired difference, percentile"])
def test_means_and_paired_differences_are_covered_as_promised(
    simulated: ModuleType, name: str, prompts: int
) -> None:
    found = simulated.coverage(name, prompts, 2000)
    assert found.undefined == 0
    assert 0.93 <= found.covered <= 0.97
    assert abs(found.bias) < 4 * found.bias_error


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["PPI++ mean", "PPI++ paired difference"])
def test_few_labels_with_a_judge_are_unbiased(simulated: ModuleType, name: str) -> None:
    found = simulated.coverage(name, 200, 2000)
    assert abs(found.bias) < 4 * found.bias_error
    assert 0.93 <= found.covered <= 0.97


@pytest.mark.parametrize("prompts", [50, 200])
def test_a_judge_that_correlates_makes_intervals_narrower(simulated: ModuleType, prompts: int) -> None:
    with_judge, alone = (
        simulated.coverage(name, prompts, 60) for name in ("PPI++ mean", "human labels alone")
    )
    assert with_judge.width < 0.85 * alone.width


def test_every_simulation_runs(simulated: ModuleType) -> None:
    for name in simulated.SIMULATIONS:
        found = simulated.coverage(name, 30, 3)
        assert found.undefined <= 1, name
