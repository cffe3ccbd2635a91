"""Water: a surface that flows, and a stream that pours."""

from collections.abc import Iterator

import cv2
import numpy as np

from lawful.generators.worlds.soft.fields import Colours, backdrop, carried, noise, over, rough, swirl


def river(rng: np.random.Generator, size: tuple[int, int], fps: float) -> Iterator[Colours]:
    """A surface with ripples that a swirling current carries along and that form anew all the time."""
    width, height = size
    scale = max(size)
    ground = backdrop(rng, size)
    colour = rng.uniform((20, 60, 70), (90, 150, 190))
    top = rng.uniform(0.0, 0.6) * height
    covered = np.clip((np.arange(height)[:, None] - top - 4 * noise(rng, (width, 1), scale / 8)) / 3, 0, 1)
    covered = covered.astype(np.float32)
    cell, speed = rng.uniform(0.06, 0.2) * scale, rng.uniform(0.05, 0.35) * scale / fps
    drift = rng.uniform(-1, 1) * speed
    flow = swirl(rng, size, 2.5 * cell, speed) + np.array([drift, 0.0], np.float32)
    ripples = rough(rng, size, cell)
    fresh = min(0.5, rng.uniform(1.0, 4.0) / fps)
    contrast = rng.uniform(12, 40)
    while True:
        flow = (
            0.93 * flow + 0.07 * (swirl(rng, size, 2.5 * cell, speed) + np.array([drift, 0.0], np.float32))
        ).astype(np.float32)
        ripples = carried(ripples, flow)
        ripples = ((1 - fresh) * ripples + 1.6 * fresh * rough(rng, size, cell)).astype(np.float32)
        shine = np.clip(ripples - 1.2, 0, 1)[..., None] * 90
        yield over(ground, colour + contrast * ripples[..., None] + shine, covered)


def pour(rng: np.random.Generator, size: tuple[int, int], fps: float) -> Iterator[Colours]:
    """Drops under gravity that run into each other: a stream that falls, breaks up and splashes."""
    width, height = size
    scale = max(size)
    ground = backdrop(rng, size)
    colour = rng.uniform((30, 80, 90), (190, 210, 230))
    count = int(rng.integers(60, 160))
    gravity = rng.uniform(0.8, 2.0) * scale / fps**2
    source = np.array([rng.uniform(0.25, 0.75) * width, rng.uniform(-0.05, 0.2) * height])
    aim = rng.uniform(-0.5, 0.5) * scale / fps
    floor = rng.uniform(0.75, 0.95) * height
    radius = rng.uniform(0.008, 0.02) * scale
    places = np.tile(source, (count, 1)) - [0, 2 * scale]
    speeds = np.zeros((count, 2))
    at = 0
    while True:
        for _ in range(max(1, round(count / (0.8 * fps)))):
            places[at] = source + rng.normal(0, 0.6 * radius, 2)
            speeds[at] = [aim + rng.normal(0, 0.03 * scale / fps), rng.uniform(0.1, 0.4) * scale / fps]
            at = (at + 1) % count
        speeds[:, 1] += gravity
        places += speeds
        hit = (places[:, 1] > floor) & (speeds[:, 1] > 0)
        speeds[hit] = np.stack(
            [rng.normal(0, 0.35 * scale / fps, count), -rng.uniform(0, 0.45, count) * speeds[:, 1]], 1
        )[hit]
        density = np.zeros((height, width), np.float32)
        for (x, y), (dx, dy) in zip(places, speeds, strict=True):
            if -scale < y < 2 * scale and -scale < x < 2 * scale:
                cv2.line(density, _px(x, y), _px(x - 0.5 * dx, y - 0.5 * dy), 1.0, max(1, round(2 * radius)))
        density = cv2.GaussianBlur(density, (0, 0), max(1.0, 0.8 * radius))
        share = np.clip((density - 0.25) * 4, 0, 1).astype(np.float32)
        slope = cv2.Sobel(density, cv2.CV_32F, 1, 1) * 60
        yield over(ground, colour + slope[..., None], 0.85 * share)


def _px(x: float, y: float) -> tuple[int, int]:
    return round(float(x)), round(float(y))
