"""Points that hang together, beside SciPy's components of a graph."""

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from lawful.judge.kinematic.groups import components, distances


@pytest.mark.parametrize("near_px", [4.0, 12.0, 30.0])
@pytest.mark.parametrize("count", [1, 2, 17, 90])
def test_components_are_those_of_scipy(count: int, near_px: float) -> None:
    points = (np.random.default_rng(count).random((count, 2)) * 100).astype(np.float32)
    linked = distances(points) < near_px
    _, labels = connected_components(linked, directed=False)
    _, first_of_each = np.unique(labels, return_index=True)
    assert components(linked).tolist() == first_of_each[labels].tolist()


def test_a_long_chain_is_one() -> None:
    order = np.random.default_rng(0).permutation(100)
    points = np.stack([order, np.zeros(100)], axis=1).astype(np.float32)
    assert not components(distances(points) < 1.5).any()


def test_distances_are_those_of_numpy() -> None:
    points = (np.random.default_rng(1).random((40, 2)) * 100).astype(np.float32)
    assert distances(points).tolist() == np.linalg.norm(points[:, None] - points[None], axis=2).tolist()
