"""How much two frames differ: plain differences and optical flow, the same in either order."""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

_PATCH_PX, _LEAST_SIDE_PX = 8, 16
"""The flow's patches do not fit into less; smaller frames are padded."""


def mean_difference(one: UInt8[np.ndarray, "height width"], two: UInt8[np.ndarray, "height width"]) -> float:
    """Mean absolute difference of two grey frames, 0-255."""
    return float(cv2.norm(one, two, cv2.NORM_L1)) / one.size


def flow_mean(one: UInt8[np.ndarray, "height width"], two: UInt8[np.ndarray, "height width"]) -> float:
    """Mean length of the optical flow between two grey frames, as a share of their longer side."""
    sizes = _flow_sizes(one, two)
    return sum(float(size.mean(dtype=np.float64)) for size in sizes) / len(sizes)


def flow_quantile(
    one: UInt8[np.ndarray, "height width"], two: UInt8[np.ndarray, "height width"], share: float
) -> float:
    """An upper quantile of the length of the optical flow between two grey frames, the larger of both directions'.

    Args:
        one: A frame.
        two: Another of the same size.
        share: Which quantile, 0-1; the value of a pixel, without interpolation.

    Returns:
        The length as a share of the frames' longer side.
    """
    sizes = _flow_sizes(one, two)
    place = int(share * (sizes[0].size - 1))
    return max(float(np.partition(size, place, axis=None)[place]) for size in sizes)


def _flow_sizes(
    one: UInt8[np.ndarray, "height width"], two: UInt8[np.ndarray, "height width"]
) -> list[Float32[np.ndarray, "height width"]]:
    """Length of the flow there and back, so that the order of the frames does not matter."""
    one, two = _padded(one), _padded(two)
    longer = np.float32(max(one.shape))
    flows = (_flow(one, two), _flow(two, one))
    return [np.hypot(flow[..., 0], flow[..., 1]) / longer for flow in flows]


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
    height, width = frame.shape
    bottom, right = max(0, _least_height(width) - height), max(0, _LEAST_SIDE_PX - width)
    return cv2.copyMakeBorder(frame, 0, bottom, 0, right, cv2.BORDER_REPLICATE) if bottom or right else frame


def _least_height(width: int) -> int:
    """Rows that a frame needs: OpenCV shrinks frames as often as their width allows, and reads beyond lower ones."""
    halvings = int(math.log2(2 * max(width, _LEAST_SIDE_PX) / (4 * _PATCH_PX)) + 0.5) - 1
    return max(_LEAST_SIDE_PX, _PATCH_PX << max(halvings, 0))
