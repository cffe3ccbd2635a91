"""Colour models: smoothed histograms over a coarse cube of colours."""

import cv2
import numpy as np
from jaxtyping import Float32, Float64, UInt8, UInt16

Bins = UInt16[np.ndarray, "*pixels"]
Colours = Float32[np.ndarray, " 512"]

_SIDE = 8
_FLOOR = 2e-4
_SPREAD = 0.25


def _blend() -> Float64[np.ndarray, "8 8"]:
    """A bin's share stays with it or leaks to its neighbours, so that a colour near a border has no jump."""
    matrix = np.eye(_SIDE) * (1 - 2 * _SPREAD)
    matrix += _SPREAD * (np.eye(_SIDE, k=1) + np.eye(_SIDE, k=-1))
    return matrix / matrix.sum(axis=0)


_BLEND = _blend()
# Along two axes of the cube at once.
_BLEND_TWO = np.kron(_BLEND, _BLEND)


def colour_bins(picture: UInt8[np.ndarray, "*pixels 3"]) -> Bins:
    """The place of each pixel's colour in the cube, 0-511."""
    if not picture.size:
        return np.zeros(picture.shape[:-1], np.uint16)
    # Five bits a channel, red first; the upper three of each are its place along an axis.
    packed = cv2.cvtColor(np.ascontiguousarray(picture).reshape(-1, 1, 3), cv2.COLOR_RGB2BGR555)
    bits = packed.view(np.uint16).reshape(picture.shape[:-1])
    return (bits >> 6 & 0o700) | (bits >> 4 & 0o070) | (bits >> 2 & 0o007)


def colours_of(bins: Bins) -> Colours:
    """Share of each colour among some pixels, smoothed; even where there are none."""
    counts = np.bincount(bins.ravel(), minlength=_SIDE**3).astype(np.float64)
    if not bins.size:
        return np.full(_SIDE**3, 1 / _SIDE**3, np.float32)
    blended = _BLEND_TWO @ counts.reshape(_SIDE**2, _SIDE) @ _BLEND.T
    return (blended / blended.sum()).astype(np.float32).ravel()


def log_share(colours: Colours) -> Colours:
    """Logarithm of the shares, with a floor: no colour is impossible."""
    return np.log(colours + np.float32(_FLOOR))


def likeness(one: Colours, other: Colours) -> float:
    """Overlap of two histograms, 0-1 (Bhattacharyya's coefficient)."""
    return float(np.sqrt(one * other).sum())


def mean_and_spread(
    picture: UInt8[np.ndarray, "height width 3"], mask: UInt8[np.ndarray, "height width"]
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Mean colour and its standard deviation where a mask, which is not empty, is not 0."""
    mean, spread = (values.ravel().tolist() for values in cv2.meanStdDev(picture, mask=mask))
    return (mean[0], mean[1], mean[2]), (spread[0], spread[1], spread[2])
