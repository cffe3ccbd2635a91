"""Where a colour lies in the cube."""

import numpy as np
import pytest

from lawful.judge.kinematic.objects.colours import colour_bins


@pytest.mark.parametrize("shape", [(31, 40), (7,), (0,), (4, 0)])
def test_a_place_is_three_bits_of_each_channel(shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    red, green, blue = np.moveaxis(picture.astype(int) // 32, -1, 0)
    bins = colour_bins(picture)
    assert bins.dtype == np.uint16
    assert bins.shape == shape
    assert bins.tolist() == (64 * red + 8 * green + blue).tolist()


def test_a_window_has_the_places_of_the_whole() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (50, 60, 3), np.uint8)
    assert (colour_bins(picture[3:20, 5:50]) == colour_bins(picture)[3:20, 5:50]).all()
