"""Floors and other blocks as meshes, painted to scale: a large one repeats its paint, and none is stretched."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float64, Int64, UInt8

from lawful.generators.worlds.flat.paint import texture
from lawful.generators.worlds.scene import Block, Surface

_CONTRAST = 22.0
_LARGEST = 2.5
"""Width of what is not repeated, in view heights."""
_MOST_PX = 1024


@dataclass(frozen=True, eq=False)
class Tile:
    """What a block is painted with."""

    picture: UInt8[np.ndarray, "side side 3"]
    """sRGB; it fits to itself at its edges where it is repeated."""
    period_m: float
    """Its width."""


def block_tile(
    block: Block, kind: Surface, view_height_m: float, height_px: int, rng: np.random.Generator
) -> Tile:
    """A block's paint, with planks if it is a screen.

    Args:
        block: Its colour and size count.
        kind: The texture.
        view_height_m: Height of the picture in metres.
        height_px: The same in pixels: the paint is about as fine.
        rng: Chooses the texture.
    """
    longest_m = float(np.subtract(block.high, block.low).max())
    width_m = min(longest_m, _LARGEST * view_height_m)
    side_px = int(np.clip(2 ** round(float(np.log2(width_m / view_height_m * height_px))), 32, _MOST_PX))
    picture = texture(rng, side_px, side_px, block.rgb, _CONTRAST, kind)
    if not block.solid:
        _planks(picture)
    if width_m == longest_m:
        return Tile(picture, width_m)
    mirrored = np.concatenate([picture, cv2.flip(picture, 1)], axis=1)
    return Tile(np.concatenate([mirrored, cv2.flip(mirrored, 0)]), 2 * width_m)


def _planks(picture: UInt8[np.ndarray, "side side 3"]) -> None:
    side = len(picture)
    line = max(1, side // 100)
    for share in range(9):
        start = min(share * side // 8, side - line)
        picture[:, start : start + line] //= 2
    picture[:line] //= 2


@dataclass(frozen=True, eq=False)
class Mesh:
    """A box about the origin. No two of its faces share corners."""

    corners_m: Float64[np.ndarray, "24 3"]
    """Where they are."""
    paint: Float64[np.ndarray, "24 2"]
    """Where in its tile they are, in widths of the tile."""
    faces: Int64[np.ndarray, "12 3"]
    """Triangles of corners, counter-clockwise as seen from outside."""


def block_mesh(block: Block, period_m: float) -> Mesh:
    """A block before it is turned, its middle at the origin; paint is upright on its sides."""
    half = np.subtract(block.high, block.low) / 2
    corners, paint, faces = [], [], []
    for axis in range(3):
        right, up = (0, 1) if axis == 2 else (1 - axis, 2)
        for sign in (-1.0, 1.0):
            square = np.zeros((4, 3))
            square[:, axis] = sign
            square[:, right] = (-1, 1, 1, -1)
            square[:, up] = (-1, -1, 1, 1)
            order = [0, 1, 2, 3] if np.linalg.det(np.eye(3)[[right, up, axis]]) * sign > 0 else [0, 3, 2, 1]
            at = 4 * len(corners) + np.array(order)
            faces += [at[[0, 1, 2]], at[[0, 2, 3]]]
            corners.append(square * half)
            paint.append((square[:, [right, up]] + 1) * half[[right, up]] / period_m)
    return Mesh(np.concatenate(corners), np.concatenate(paint), np.array(faces))
