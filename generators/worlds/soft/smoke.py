"""Smoke that rises from a place, and fog or flames that fill a part of the picture."""

from collections.abc import Iterator

import cv2
import numpy as np

from lawful.generators.worlds.soft.fields import Colours, backdrop, carried, noise, over, rough, swirl


def plume(rng: np.random.Generator, size: tuple[int, int], fps: float) -> Iterator[Colours]:
    """Smoke from one or two sources, carried upwards and by swirls, thinning out."""
    width, height = size
    scale = max(size)
    ground = backdrop(rng, size)
    colour = np.full(3, rng.choice([rng.uniform(20, 60), rng.uniform(170, 240)])) + rng.uniform(-8, 8, 3)
    sources = [
        (rng.uniform(0.2, 0.8) * width, rng.uniform(0.6, 0.95) * height)
        for _ in range(int(rng.integers(1, 3)))
    ]
    rise, spin = rng.uniform(0.15, 0.5, 2) * scale / fps
    cell, radius = rng.uniform(0.1, 0.3) * scale, rng.uniform(0.02, 0.06) * scale
    fade = 0.5 ** (1 / (fps * rng.uniform(0.5, 2.0)))
    density = np.zeros((height, width), np.float32)
    flow = swirl(rng, size, cell, spin)
    for step in range(1 << 30):
        flow = (0.9 * flow + 0.1 * swirl(rng, size, cell, 1.6 * spin)).astype(np.float32)
        density = fade * carried(density, flow + np.array([0.0, -rise], np.float32))
        for x, y in sources:
            puff = np.zeros_like(density)
            centre = (round(x + 0.3 * radius * np.sin(step / fps * 7)), round(y))
            cv2.circle(puff, centre, max(2, round(radius * rng.uniform(0.7, 1.2))), 1.0, -1)
            density += cv2.GaussianBlur(puff, (0, 0), max(1.0, radius / 3)) * (6 / fps)
        if step >= fps / 2:
            shade = 18 * cv2.Sobel(density, cv2.CV_32F, 1, 0)[..., None]
            yield over(ground, colour + shade, np.clip(density, 0, 0.95))


def flames(rng: np.random.Generator, size: tuple[int, int], fps: float) -> Iterator[Colours]:
    """Tongues of bright noise that run upwards, change while they do, and end at a ragged height."""
    width, height = size
    scale = max(size)
    ground = backdrop(rng, size) * 0.6
    cell = rng.uniform(0.05, 0.14) * scale
    rise = rng.uniform(0.3, 0.9) * scale / fps
    fresh = min(0.6, rng.uniform(2.0, 6.0) / fps)
    middle, half = rng.uniform(0.3, 0.7) * width, rng.uniform(0.1, 0.4) * width
    foot, tall = rng.uniform(0.8, 1.0) * height, rng.uniform(0.3, 0.7) * height
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    across = np.clip(1 - ((x - middle) / half) ** 2, 0, 1)
    heat = rough(rng, size, cell)
    while True:
        up = np.zeros((height, width, 2), np.float32)
        up[..., 0], up[..., 1] = noise(rng, size, 2 * cell) * 0.2 * rise, -rise
        heat = ((1 - fresh) * carried(heat, up) + 1.5 * fresh * rough(rng, size, cell)).astype(np.float32)
        high = np.clip(1 - np.abs((foot - y) / tall - 0.3) / 0.8, 0, 1) * (y < foot)
        light = np.clip(across * high * (0.9 + 0.5 * heat), 0, 1).astype(np.float32)
        colour = np.stack([255 * np.ones_like(light), 60 + 190 * light, 20 + 120 * light**3], axis=-1)
        yield over(ground, colour, np.clip(1.6 * light, 0, 1))
