"""Painted bodies, made once and blended into every frame."""

import math

import cv2
import numpy as np
from jaxtyping import Float32, Float64, UInt8

from lawful.generators.worlds.flat.paint import disc, fill
from lawful.generators.worlds.scene import COLOURS, Look, Point, Shape

_FINE = 4
"""Sprites are painted this many times larger than they are kept."""
_SPRITE_SCALE = 2
"""Sprites are kept at this many pixels a frame pixel, so that bilinear sampling does not blur them."""
_LARGE = 40_000
"""A patch of more numbers than this is cut to what is not empty before it is blended."""

Sprite = tuple[Float32[np.ndarray, "size size 4"], float]
"""RGB times alpha (0-255) and alpha (0-1), and its pixels per metre."""


def sprite(shape: Shape, half_size_m: Point, look: Look, scale: float) -> Sprite:
    """The body at angle 0, painted large and shrunk."""
    kept = scale * _SPRITE_SCALE
    reach = max(half_size_m) if shape == "disc" else math.hypot(*half_size_m)
    size = 2 * int(np.ceil(reach * kept + 2))
    fine = kept * _FINE
    middle = size * _FINE / 2
    colour = np.zeros((size * _FINE, size * _FINE, 3), np.uint8)
    alpha = np.zeros((size * _FINE, size * _FINE), np.uint8)
    half = np.array(half_size_m) * fine
    base = np.array(COLOURS[look.colour])
    mark = tuple(int(c) for c in (base * 0.35 if base.sum() > 330 else base + (255 - base) * 0.75))
    colour[:] = base
    _paint(colour, look, middle, half, mark)
    if shape == "disc" and half_size_m[0] == half_size_m[1]:
        disc(alpha, (middle, middle), half[0], 255)
    elif shape == "disc":
        angles = np.linspace(0, 2 * np.pi, 96, endpoint=False)
        fill(alpha, middle + np.stack([np.cos(angles), np.sin(angles)], axis=1) * half, 255)
    else:
        corners = middle + np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
        fill(alpha, corners, 255)
    small = cv2.resize(colour, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)
    cover = cv2.resize(alpha, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)[..., None] / 255
    return np.concatenate([small * cover, cover], axis=2), kept


def _paint(
    colour: UInt8[np.ndarray, "size size 3"],
    look: Look,
    middle: float,
    half: Float64[np.ndarray, " 2"],
    mark: tuple[int, ...],
) -> None:
    rng = np.random.default_rng(look.seed)
    if look.pattern == "spots":
        for number in range(5):
            angle = 2 * np.pi * number / 5 + rng.uniform(-0.4, 0.4)
            place = middle + rng.uniform(0.4, 0.65) * half * (np.cos(angle), np.sin(angle))
            disc(colour, place, rng.uniform(0.14, 0.24) * half.min(), mark)
    elif look.pattern == "stripes":
        for share in (-0.55, 0.05, 0.6):
            y = middle + share * half[1]
            corners = [(0, y), (2 * middle, y), (2 * middle, y + 0.28 * half[1]), (0, y + 0.28 * half[1])]
            fill(colour, np.array(corners), mark)
    elif look.pattern == "quarters":
        for x, y in ((0, 0), (middle, middle)):
            fill(colour, np.array([(x, y), (x + middle, y), (x + middle, y + middle), (x, y + middle)]), mark)
    else:
        shift = rng.uniform(-0.2, 0.2, 2) * half
        disc(colour, middle + shift, 0.62 * half.min(), mark)
        disc(colour, middle + shift, 0.34 * half.min(), tuple(int(c) for c in COLOURS[look.colour]))
        disc(colour, middle + 0.72 * half * (1, 0), 0.15 * half.min(), mark)


def stamp(
    picture: UInt8[np.ndarray, "height width 3"],
    sprite: Sprite,
    u: float,
    v: float,
    rotation: Float64[np.ndarray, "2 2"],
    scale: float,
    shadow: float = 0.0,
) -> None:
    """Blend a sprite with its centre at (u, v), counted from the picture's corner, turned as seen.

    Where `shadow` is given, only darken by so much what its outline covers.
    """
    surface, kept = sprite
    shrink = scale / kept
    reach = surface.shape[0] / 2 * shrink * 1.42 + 1
    x0, y0 = max(int(np.floor(u - reach)), 0), max(int(np.floor(v - reach)), 0)
    x1 = min(int(np.ceil(u + reach)), picture.shape[1])
    y1 = min(int(np.ceil(v + reach)), picture.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    # Rows of the picture run downwards, so a counter-clockwise turn has its sine negated.
    cos, sin = rotation[0, 0] * shrink, rotation[1, 0] * shrink
    turn = np.array([[cos, sin], [-sin, cos]])
    middle = np.full(2, (surface.shape[0] - 1) / 2)
    target = np.array([u - 0.5 - x0, v - 0.5 - y0])
    matrix = np.hstack([turn, (target - turn @ middle)[:, None]])
    patch = cv2.warpAffine(surface, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
    part = picture[y0:y1, x0:x1]
    if shadow:
        soft = cv2.GaussianBlur(patch[..., 3], (0, 0), max(0.8, 0.06 * reach))[..., None]
        part[:] = np.rint(part * (1 - shadow * soft)).astype(np.uint8)
        return
    if patch.size > _LARGE:
        # Much of a long body's square is empty.
        rows, columns = (np.flatnonzero((patch[..., 3] > 0).any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            return
        filled = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        part, patch = part[filled], patch[filled]
    mixed = part * (1 - patch[..., 3:])
    mixed += patch[..., :3]
    part[:] = np.rint(mixed, out=mixed)
