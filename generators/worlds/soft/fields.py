"""Noise, flow without sources, and pictures that are carried along by it."""

import cv2
import numpy as np
from jaxtyping import Float32

Field = Float32[np.ndarray, "height width"]
Flow = Float32[np.ndarray, "height width 2"]
Colours = Float32[np.ndarray, "height width 3"]


def noise(rng: np.random.Generator, size: tuple[int, int], cell_px: float) -> Field:
    """Smooth noise of mean 0 and deviation 1; features are about `cell_px` wide, `size` is (width, height)."""
    width, height = size
    cells = (max(2, round(width / cell_px)) + 3, max(2, round(height / cell_px)) + 3)
    coarse = rng.normal(size=cells[::-1]).astype(np.float32)
    fine = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return ((fine - fine.mean()) / max(float(fine.std()), 1e-6)).astype(np.float32)


def rough(rng: np.random.Generator, size: tuple[int, int], cell_px: float, octaves: int = 3) -> Field:
    """Noise of several sizes, each half as wide and half as strong as the one before."""
    layers = [noise(rng, size, max(cell_px / 2**k, 2.0)) / 2**k for k in range(octaves)]
    return np.sum(layers, axis=0).astype(np.float32)


def swirl(rng: np.random.Generator, size: tuple[int, int], cell_px: float, speed_px: float) -> Flow:
    """A flow without sources, as of a fluid that keeps its volume: the curl of noise, of that mean speed."""
    potential = noise(rng, size, cell_px)
    flow = np.stack(
        [cv2.Sobel(potential, cv2.CV_32F, 0, 1), -cv2.Sobel(potential, cv2.CV_32F, 1, 0)], axis=-1
    )
    mean = float(np.hypot(flow[..., 0], flow[..., 1]).mean())
    return (flow * (speed_px / max(mean, 1e-6))).astype(np.float32)


def carried(picture: np.ndarray, flow: Flow) -> np.ndarray:
    """A picture after the flow has carried it along for one step, looked up where each pixel came from."""
    height, width = flow.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(
        picture, x - flow[..., 0], y - flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )


def backdrop(rng: np.random.Generator, size: tuple[int, int]) -> Colours:
    """A still ground with some texture, 0-255."""
    ground = np.full((size[1], size[0], 3), rng.uniform(60, 190, 3), np.float32)
    ground += rng.uniform(4, 22) * rough(rng, size, rng.uniform(20, 90))[..., None]
    for _ in range(int(rng.integers(0, 6))):
        corner = rng.uniform(0, 1, 2) * size
        extent = rng.uniform(0.04, 0.3, 2) * size
        low, high = np.maximum(corner - extent / 2, 0).astype(int), (corner + extent / 2).astype(int)
        ground[low[1] : high[1], low[0] : high[0]] = rng.uniform(30, 220, 3)
    return ground


def over(ground: Colours, colour: np.ndarray, share: Field) -> Colours:
    """A colour over a ground, with the share 0-1 that it covers of each pixel."""
    return (ground * (1 - share[..., None]) + colour * share[..., None]).astype(np.float32)
