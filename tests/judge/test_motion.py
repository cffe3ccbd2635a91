"""Differences of frames: the same in either order, and safe for frames of any shape."""

import numpy as np
import pytest

from lawful.judge.motion import flow_mean, flow_quantile, mean_difference


def pictures(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    one, two = np.random.default_rng(0).integers(0, 255, (2, height, width), np.uint8)
    return one, two


@pytest.mark.parametrize("width", [1, 16, 160, 640])
@pytest.mark.parametrize("height", [1, 17, 31, 40])
def test_frames_of_any_shape_have_a_flow(height: int, width: int) -> None:
    # OpenCV's flow reads beyond the picture where it is low and wide, and the process dies.
    one, two = pictures(height, width)
    there, back = flow_mean(one, two), flow_mean(two, one)
    assert np.isfinite(there)
    assert there == back == flow_mean(one, two)
    assert flow_mean(one, one) <= there
    assert flow_quantile(one, two, 0.99) == flow_quantile(two, one, 0.99)


def test_a_low_wide_frame_that_shifts_has_the_length_of_the_shift() -> None:
    rows, columns = np.mgrid[:20, :160]
    one = (127 + 100 * np.sin(columns / 5.0) * np.cos(rows / 4.0)).astype(np.uint8)
    two = np.roll(one, 2, axis=1)
    assert flow_mean(one, two) == pytest.approx(2 / 160, rel=0.2)


def test_mean_difference_is_in_grey_levels() -> None:
    one = np.full((3, 5), 10, np.uint8)
    assert mean_difference(one, one + 7) == 7.0
