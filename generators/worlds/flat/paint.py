"""Strokes and surfaces: filled shapes, lines and cloudy textures, anti-aliased, by OpenCV."""

from collections.abc import Iterable

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from lawful.generators.worlds.scene import Surface

_SHIFT = 4
_PLAIN = 0.15


def _fixed(points: np.ndarray) -> np.ndarray:
    """Positions counted from the edge as OpenCV's fixed-point positions counted from the first pixel's centre."""
    return np.rint((np.asarray(points, np.float64) - 0.5) * (1 << _SHIFT)).astype(np.int32)


def fill(picture: np.ndarray, corners: np.ndarray, colour: int | tuple[int, ...]) -> None:
    """Fill a convex polygon; positions are counted from the picture's corner."""
    cv2.fillConvexPoly(picture, _fixed(corners), _scalar(colour), lineType=cv2.LINE_AA, shift=_SHIFT)


def disc(picture: np.ndarray, centre: Iterable[float], radius: float, colour: int | tuple[int, ...]) -> None:
    """Fill a disc."""
    x, y = (int(c) for c in _fixed(np.array(list(centre))))
    cv2.circle(picture, (x, y), round(radius * (1 << _SHIFT)), _scalar(colour), -1, cv2.LINE_AA, _SHIFT)


def line(
    picture: np.ndarray, one: Iterable[float], two: Iterable[float], colour: tuple[int, ...], width: int
) -> None:
    """Draw a line."""
    ends = [tuple(int(c) for c in _fixed(np.array(list(end)))) for end in (one, two)]
    cv2.line(picture, ends[0], ends[1], _scalar(colour), width, cv2.LINE_AA, _SHIFT)


def _scalar(colour: int | tuple[int, ...]) -> tuple[int, ...]:
    return (colour,) if isinstance(colour, int) else colour


def texture(
    rng: np.random.Generator,
    width: int,
    height: int,
    rgb: tuple[int, int, int],
    contrast: float,
    surface: Surface = "clouds",
) -> UInt8[np.ndarray, "height width 3"]:
    """A surface of a mean colour: smooth noise at four scales, alone, faint, or over a pattern."""
    field = np.zeros((height, width), np.float32)
    for cells in (3, 8, 20, 48):
        grid = rng.normal(0, 1, (cells, max(2, round(cells * width / height)))).astype(np.float32)
        field += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    tint = rng.uniform(0.85, 1.15, 3).astype(np.float32)
    if surface == "plain":
        field *= np.float32(_PLAIN)
    elif surface != "clouds":
        field = 0.4 * field + _pattern(rng, width, height, surface)
    shade = (contrast / 2 * field)[..., None] * tint
    return np.clip(shade + np.array(rgb, np.float32), 0, 255).astype(np.uint8)


def _pattern(
    rng: np.random.Generator, width: int, height: int, surface: Surface
) -> Float32[np.ndarray, "height width"]:
    """Values about 0, mostly within -2 to 2."""
    cell = max(4.0, rng.uniform(0.06, 0.16) * max(width, height))
    x = np.arange(width, dtype=np.float32)[None] + np.float32(rng.uniform(0, cell))
    y = np.arange(height, dtype=np.float32)[:, None] + np.float32(rng.uniform(0, cell))
    if surface == "checks":
        return (((x // cell + y // cell) % 2) * 2 - 1).astype(np.float32)
    if surface == "stripes":
        turn = rng.uniform(0, np.pi)
        wave = np.sin((x * np.cos(turn) + y * np.sin(turn)) * 2 * np.pi / cell)
        return np.clip(3 * wave, -1, 1).astype(np.float32)
    if surface == "bricks":
        row = y // (cell / 2)
        along = (x + (row % 2) * cell / 2) % cell
        joint = np.logical_or(along < max(1.0, 0.06 * cell), y % (cell / 2) < max(1.0, 0.06 * cell))
        tone = np.sin(12.9898 * row + 78.233 * ((x + (row % 2) * cell / 2) // cell))
        return np.where(joint, -2.0, 0.6 * tone).astype(np.float32)
    if surface == "dots":
        away = np.hypot(x % cell - cell / 2, y % cell - cell / 2)
        return np.clip(rng.uniform(0.2, 0.4) * cell - away, -1, 1).astype(np.float32)
    if surface == "ripples":
        middle = rng.uniform(-0.5, 1.5, 2) * (width, height)
        away = np.hypot(x - middle[0], y - middle[1])
        return np.sin(away * 2 * np.pi / cell).astype(np.float32)
    if surface == "patches":
        tones = rng.normal(0, 1, (max(2, round(height / cell)), max(2, round(width / cell))))
        large = cv2.resize(tones.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        # Plateaus of a few tones, with winding edges.
        steps = np.rint(1.5 * large) / np.float32(1.5)
        return (steps - steps.mean()).astype(np.float32)
    grains = rng.normal(0, 1.2, (height, width)).astype(np.float32)
    return cv2.GaussianBlur(grains, (0, 0), 0.8) * np.float32(2)
