"""The middle of a few numbers, beside NumPy's median."""

import numpy as np
import pytest

from lawful.judge.kinematic.middle import median, middle


@pytest.mark.parametrize("count", [1, 2, 3, 4, 31, 140])
def test_median_is_that_of_numpy(count: int) -> None:
    rng = np.random.default_rng(count)
    points = rng.normal(size=(count, 2)).astype(np.float32)
    levels = rng.integers(-255, 256, count).astype(np.int16)
    assert median(points).tolist() == np.median(points, axis=0).tolist()
    assert float(median(levels)) == float(np.median(levels))


@pytest.mark.parametrize("count", [1, 2, 5, 6])
def test_middle_is_the_upper_of_two(count: int) -> None:
    values = np.random.default_rng(count).permutation(count)
    assert middle(values) == count // 2
