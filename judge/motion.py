"""How much two frames differ: plain differences and optical flow, the same in either order."""

from collections.abc import Callable
from functools import cache
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

_LEAST_SIDE_PX = 16
"""The flow's patches do not fit into less; smaller frames are padded."""


def mean_difference(one: UInt8[np.ndarray, "height width"], two: UInt8[np.ndarray, "height width"]) -> float:
    """Mean absolute difference of two grey frames, 0-255."""
    return float(cv2.norm(one, two, cv2.NORM_L1)) / one.size


def flow_sizes(
    one: UInt8[np.ndarray, "height width"], two: UInt8[np.ndarray, "height width"], share: float
) -> tuple[float, float]:
    """Mean and upper quantile of the length of the optical flow between two grey frames.

    The flow is taken in both directions, so that the order of the frames does not matter.

    Args:
        one: A frame.
        two: Another of the same size.
        share: Which quantile, 0-1.

    Returns:
        Mean of both directions' means and larger of their quantiles, as shares of the frames' longer side.
    """
    one, two = _padded(one), _padded(two)
    sizes = [np.hypot(*np.moveaxis(_flow(*pair), 2, 0)) for pair in ((one, two), (two, one))]
    longer = max(one.shape)
    mean = (float(sizes[0].mean()) + float(sizes[1].mean())) / 2
    return mean / longer, max(float(np.quantile(size, share)) for size in sizes) / longer


def _flow(
    one: UInt8[np.ndarray, "height width"], two: UInt8[np.ndarray, "height width"]
) -> Float32[np.ndarray, "height width 2"]:
    # OpenCV's type stubs do not know that None means "no first guess".
    calculate: Callable[..., Any] = _estimator().calc
    return calculate(one, two, None)


@cache
def _estimator() -> cv2.DISOpticalFlow:
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)


def _padded(frame: UInt8[np.ndarray, "height width"]) -> UInt8[np.ndarray, "height2 width2"]:
    bottom, right = (max(0, _LEAST_SIDE_PX - side) for side in frame.shape)
    return cv2.copyMakeBorder(frame, 0, bottom, 0, right, cv2.BORDER_REPLICATE) if bottom or right else frame
