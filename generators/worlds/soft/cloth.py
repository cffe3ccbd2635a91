"""Cloth: a flag in the wind, and a curtain whose folds run to and fro."""

from collections.abc import Iterator

import cv2
import numpy as np
from jaxtyping import Float32

from lawful.generators.worlds.soft.fields import Colours, backdrop, noise, over, rough

Sheet = Float32[np.ndarray, "rows columns 3"]


def flag(rng: np.random.Generator, size: tuple[int, int], fps: float) -> Iterator[Colours]:
    """A patterned sheet held at one side; waves run through it and grow towards the free end."""
    width, height = size
    w, h = int(rng.uniform(0.4, 0.75) * width), int(rng.uniform(0.3, 0.6) * height)
    left, top = rng.uniform(0.05, 0.25) * width, rng.uniform(0.1, 0.35) * height
    pattern, ground = _pattern(rng, (w, h)), backdrop(rng, size)
    waves = [
        (
            rng.uniform(0.03, 0.1) * h,
            2 * np.pi * rng.uniform(0.8, 2.5) / w,
            rng.uniform(4, 14),
            rng.uniform(0, 6),
        )
        for _ in range(3)
    ]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    across = x - left
    for step in range(1 << 30):
        time_s = step / fps
        grow = np.clip(across / w, 0, 1)
        rise = sum(a * np.sin(k * across - s * time_s + p + 0.01 * y) for a, k, s, p in waves) * grow
        pull = sum(0.5 * a * np.cos(k * across - s * time_s + p) for a, k, s, p in waves) * grow
        slope = sum(a * k * np.cos(k * across - s * time_s + p) for a, k, s, p in waves) * grow
        yield _hung(ground, pattern, across + pull, y - top + rise + 0.05 * h * grow**2, slope)


def curtain(rng: np.random.Generator, size: tuple[int, int], fps: float) -> Iterator[Colours]:
    """A sheet that hangs from the top; folds of changing depth wander sideways and its hem swings."""
    width, height = size
    w, h = int(rng.uniform(0.5, 0.95) * width), int(rng.uniform(0.6, 0.95) * height)
    left = rng.uniform(0.0, 1 - w / width) * width
    pattern, ground = _pattern(rng, (w, h)), backdrop(rng, size)
    k, pace = 2 * np.pi * rng.uniform(3, 8) / w, rng.uniform(1.0, 4.0)
    swing, beat = rng.uniform(0.03, 0.12) * w, rng.uniform(1.5, 4.0)
    depth = rng.uniform(0.25, 0.45) / k
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    wander = noise(rng, size, width / 3)
    for step in range(1 << 30):
        time_s = step / fps
        low = np.clip(y / h, 0, 1)
        phase = k * (x - left) + pace * time_s + 1.2 * wander * np.sin(0.7 * beat * time_s)
        sway = swing * low**2 * np.sin(beat * time_s + 0.02 * x)
        fold = depth * (0.4 + low) * (0.6 + 0.4 * np.sin(0.5 * beat * time_s + wander))
        yield _hung(
            ground,
            pattern,
            x - left + sway + fold * np.sin(phase),
            y + 0.02 * h * np.sin(phase) * low,
            0.6 * np.cos(phase),
        )


def _pattern(rng: np.random.Generator, size: tuple[int, int]) -> Sheet:
    sheet = np.full((size[1], size[0], 3), rng.uniform(60, 220, 3), np.float32)
    sheet += rng.uniform(6, 18) * rough(rng, size, rng.uniform(8, 30))[..., None]
    bands, axis = int(rng.integers(0, 7)), int(rng.integers(2))
    length = size[1 - axis]
    for at in np.linspace(0, length, bands, endpoint=False).astype(int):
        band = slice(at, at + max(2, length // (2 * bands)))
        sheet[(band, slice(None)) if axis == 0 else (slice(None), band)] = rng.uniform(20, 240, 3)
    return sheet


def _hung(ground: Colours, pattern: Sheet, x: np.ndarray, y: np.ndarray, slope: np.ndarray) -> Colours:
    """The pattern looked up at (x, y), lit by its slope, over the ground where the pattern is."""
    height, width = pattern.shape[:2]
    x, y = x.astype(np.float32), y.astype(np.float32)
    seen = cv2.remap(pattern, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y))
    light = 1 + 0.5 * np.clip(slope, -0.9, 0.9)
    return over(
        ground, seen * light[..., None].astype(np.float32), np.clip(inside + 0.5, 0, 1).astype(np.float32)
    )
