"""Colour models: smoothed histograms over a coarse cube of colours."""

import numpy as np
from jaxtyping import Bool, Float32, Float64, UInt8, UInt16

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


def colour_bins(picture: UInt8[np.ndarray, "*pixels 3"]) -> Bins:
    """The place of each pixel's colour in the cube, 0-511."""
    coarse = picture >> 5
    return (
        (coarse[..., 0].astype(np.uint16) << 6)
        | (coarse[..., 1].astype(np.uint16) << 3)
        | coarse[..., 2].astype(np.uint16)
    )


def colours_of(bins: Bins) -> Colours:
    """Share of each colour among some pixels, smoothed; even where there are none."""
    counts = np.bincount(bins.ravel(), minlength=_SIDE**3).astype(np.float64).reshape(_SIDE, _SIDE, _SIDE)
    if not counts.any():
        return np.full(_SIDE**3, 1 / _SIDE**3, np.float32)
    for _ in range(3):
        counts = np.tensordot(counts, _BLEND, axes=(0, 1))
    return (counts / counts.sum()).astype(np.float32).ravel()


def log_share(colours: Colours) -> Colours:
    """Logarithm of the shares, with a floor: no colour is impossible."""
    return np.log(colours + np.float32(_FLOOR))


def likeness(one: Colours, other: Colours) -> float:
    """Overlap of two histograms, 0-1 (Bhattacharyya's coefficient)."""
    return float(np.sqrt(one * other).sum())


def mean_and_spread(
    picture: UInt8[np.ndarray, "height width 3"], mask: Bool[np.ndarray, "height width"]
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Mean colour and its standard deviation over a mask that is not empty."""
    pixels = picture[mask].astype(np.float64)
    mean, spread = pixels.mean(axis=0), pixels.std(axis=0)
    return (float(mean[0]), float(mean[1]), float(mean[2])), (
        float(spread[0]),
        float(spread[1]),
        float(spread[2]),
    )
