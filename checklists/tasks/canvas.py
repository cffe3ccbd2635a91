"""Flat drawings in few colours, the same on every machine: no smoothing, no fonts."""

import io
import math
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool
from PIL import Image

from lawful.checklists.tasks.records import Picture, Pixels
from lawful.core.errors import InputError

WIDTH, HEIGHT = 640, 360
COLOURS = {
    "white": (250, 250, 250),
    "black": (20, 20, 20),
    "red": (214, 40, 40),
    "blue": (30, 90, 200),
    "green": (30, 150, 60),
    "yellow": (240, 200, 30),
    "purple": (140, 60, 160),
    "wood": (222, 184, 135),
    "grey": (150, 150, 150),
}
"""Colours by name; pictures have no others."""
SHAPES = ("circle", "square", "triangle", "star", "cross")
_DIGITS = {
    1: "00100 01100 00100 00100 00100 00100 01110",
    2: "01110 10001 00001 00010 00100 01000 11111",
    3: "11110 00001 00001 01110 00001 00001 11110",
    4: "00010 00110 01010 10010 11111 00010 00010",
    5: "11111 10000 11110 00001 00001 10001 01110",
    6: "01110 10000 10000 11110 10001 10001 01110",
    7: "11111 00001 00010 00100 01000 01000 01000",
    8: "01110 10001 10001 01110 10001 10001 01110",
}
GLYPHS: dict[int, Bool[np.ndarray, "7 5"]] = {
    digit: np.array([[dot == "1" for dot in row] for row in rows.split()]) for digit, rows in _DIGITS.items()
}
"""Dots of each digit."""


def blank(colour: str = "white") -> Picture:
    """A picture of one colour."""
    return np.full((HEIGHT, WIDTH, 3), COLOURS[colour], np.uint8)


def paint(picture: Picture, where: Bool[np.ndarray, "height width"], colour: str) -> None:
    """Colour the pixels of a mask."""
    picture[where] = COLOURS[colour]


def box(picture: Picture, x0: Pixels, y0: Pixels, x1: Pixels, y1: Pixels, colour: str) -> None:
    """Fill a box; x1 and y1 are not in it."""
    picture[round(y0) : round(y1), round(x0) : round(x1)] = COLOURS[colour]


def frame(picture: Picture, x0: int, y0: int, x1: int, y1: int, colour: str, thick: int = 4) -> None:
    """Draw the edge of a box, inwards."""
    box(picture, x0, y0, x1, y0 + thick, colour)
    box(picture, x0, y1 - thick, x1, y1, colour)
    box(picture, x0, y0, x0 + thick, y1, colour)
    box(picture, x1 - thick, y0, x1, y1, colour)


def shape_mask(kind: str, x: Pixels, y: Pixels, radius: Pixels) -> Bool[np.ndarray, "height width"]:
    """The pixels of a shape about a centre, all within its radius (in pixels)."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    if kind == "circle":
        rows, columns = np.mgrid[:HEIGHT, :WIDTH]
        return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
    if kind == "cross":
        arm = radius / 3
        for wide, high in ((radius, arm), (arm, radius)):
            mask[round(y - high) : round(y + high), round(x - wide) : round(x + wide)] = 1
        return mask > 0
    corners = {
        "square": [(45 + 90 * k, 1.0) for k in range(4)],
        "triangle": [(-90 + 120 * k, 1.0) for k in range(3)],
        "star": [(-90 + 36 * k, 0.42 if k % 2 else 1.0) for k in range(10)],
    }[kind]
    points = [
        (x + part * radius * math.cos(math.radians(turn)), y + part * radius * math.sin(math.radians(turn)))
        for turn, part in corners
    ]
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 1)
    return mask > 0


def shape(picture: Picture, kind: str, x: Pixels, y: Pixels, radius: Pixels, colour: str) -> None:
    """Draw a shape about a centre."""
    paint(picture, shape_mask(kind, x, y, radius), colour)


def digit(picture: Picture, number: int, x: Pixels, y: Pixels, dot: int, colour: str = "black") -> None:
    """Draw a digit about a centre, its dots squares of `dot` pixels."""
    rows, columns = np.nonzero(GLYPHS[number])
    for row, column in zip(rows, columns, strict=True):
        left, top = x + (column - 2.5) * dot, y + (row - 3.5) * dot
        box(picture, left, top, left + dot, top + dot, colour)


def write_png(picture: Picture, path: Path) -> None:
    """Write a picture with its colours as the palette, which is small."""
    names = np.zeros(picture.shape[:2], np.uint8)
    for number, rgb in enumerate(COLOURS.values()):
        names[(picture == rgb).all(axis=-1)] = number
    image = Image.fromarray(names)
    image.putpalette([level for rgb in COLOURS.values() for level in rgb])
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(stream.getvalue())


def read_picture(path: Path) -> Picture | None:
    """A picture of the size in which first frames are drawn; None for one of another size.

    Raises:
        InputError: The file cannot be read, or is no picture.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB")) if image.size == (WIDTH, HEIGHT) else None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"{path}: cannot be read as a picture: {type(error).__name__}: {error}") from error
