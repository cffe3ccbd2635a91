"""What a program can see in a picture of few colours, after a generator or a codec has been at it."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from jaxtyping import Bool, Int

from lawful.checklists.tasks.canvas import COLOURS, GLYPHS, HEIGHT, SHAPES, WIDTH, shape_mask
from lawful.checklists.tasks.records import AnyPicture, Picture, Pixels, Shares
from lawful.core.errors import InputError

NAMES = tuple(COLOURS)
MAX_DISTANCE = 90.0
"""Distance in RGB from which a pixel has none of the colours."""
MAX_FORM_ERROR = 0.03
"""Share by which a video's width to height may differ from that of the first frame."""
LEAST_PATCH = 60
"""Pixels below which a patch is nothing."""
Map = Int[np.ndarray, "360 640"]


@dataclass(frozen=True)
class Piece:
    """A patch of one colour."""

    x: float
    """Centre, in pixels from the left of a drawn frame."""
    y: float
    """Centre, in pixels from the top."""
    area: int
    """Pixels."""
    mask: Bool[np.ndarray, "height width"]
    """Where it is."""

    @property
    def kind(self) -> str:
        """The shape that it covers best."""
        return max(SHAPES, key=self._likeness)

    def _likeness(self, kind: str) -> float:
        unit = int(shape_mask(kind, WIDTH / 2, HEIGHT / 2, 100).sum())
        drawn = shape_mask(kind, WIDTH / 2, HEIGHT / 2, 100 * np.sqrt(self.area / unit))
        rows, columns = np.nonzero(drawn)
        like = np.zeros_like(self.mask)
        rows = np.clip(rows + round(self.y - rows.mean()), 0, HEIGHT - 1)
        like[rows, np.clip(columns + round(self.x - columns.mean()), 0, WIDTH - 1)] = True
        return float((like & self.mask).sum() / (like | self.mask).sum())


def at_drawn_size(picture: AnyPicture) -> Picture:
    """A frame at the size in which first frames are drawn.

    Raises:
        InputError: It has another form than the first frame.
    """
    height, width, _ = picture.shape
    if abs(width / height / (WIDTH / HEIGHT) - 1) > MAX_FORM_ERROR:
        raise InputError(
            f"a task is checked on frames of the form {WIDTH} x {HEIGHT}, found {width} x {height}"
        )
    if (height, width) == (HEIGHT, WIDTH):
        return picture
    kind = cv2.INTER_AREA if width > WIDTH else cv2.INTER_LINEAR
    return cv2.resize(picture, (WIDTH, HEIGHT), interpolation=kind)


def seen_colours(picture: AnyPicture) -> Map:
    """The map of a frame of any size, at the size in which first frames are drawn."""
    return colour_map(at_drawn_size(picture))


def square(x: Pixels, y: Pixels, radius: Pixels) -> Shares:
    """The square about a point of a drawn frame, in shares of the frame and within it."""
    left, right = (min(max((x + side * radius) / WIDTH, 0.0), 1.0) for side in (-1, 1))
    top, bottom = (min(max((y + side * radius) / HEIGHT, 0.0), 1.0) for side in (-1, 1))
    return left, top, right, bottom


def likeness(wanted: Map, found: Map) -> float:
    """How far a map has the colours of another, 0-1: the mean, over the colours, of the share of pixels that it keeps.

    Every colour counts the same, so that a wide ground does not decide alone; lines of less than three pixels do not
    count.
    """
    masks = [is_colour(wanted, name) for name in NAMES]
    shares = [
        float(np.mean(found[mask] == NAMES.index(name)))
        for name, mask in zip(NAMES, masks, strict=True)
        if np.count_nonzero(mask) >= LEAST_PATCH
    ]
    return float(np.mean(shares)) if shares else 0.0


def colour_map(picture: Picture) -> Map:
    """Place in `NAMES` of each pixel's colour; -1 for none of them. Colours are told to within eight levels."""
    steps = picture.astype(np.int32) >> 3
    return _nearest()[(steps[..., 0] << 10) | (steps[..., 1] << 5) | steps[..., 2]]


def is_colour(colours: Map, name: str) -> Bool[np.ndarray, "height width"]:
    """Where a map has a colour, without what is thinner than three pixels."""
    mask = (colours == NAMES.index(name)).astype(np.uint8)
    return cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0


def pieces(colours: Map, name: str, least: int = LEAST_PATCH) -> list[Piece]:
    """The patches of a colour, the leftmost first.

    Args:
        colours: The map.
        name: The colour.
        least: Pixels below which a patch is nothing.
    """
    count, labels, stats, centres = cv2.connectedComponentsWithStats(
        is_colour(colours, name).astype(np.uint8)
    )
    found = [
        Piece(
            float(centres[label][0]),
            float(centres[label][1]),
            int(stats[label][cv2.CC_STAT_AREA]),
            labels == label,
        )
        for label in range(1, count)
        if stats[label][cv2.CC_STAT_AREA] >= least
    ]
    return sorted(found, key=lambda piece: piece.x)


def share_of(colours: Map, name: str, x: Pixels, y: Pixels, radius: Pixels) -> float:
    """Share of a square about a point that has a colour."""
    cut = colours[round(y - radius) : round(y + radius), round(x - radius) : round(x + radius)]
    return float(np.mean(cut == NAMES.index(name)))


def digit_at(colours: Map, x: Pixels, y: Pixels, dot: int) -> int | None:
    """The digit about a point, up to half a dot off; None for none, or none that can be told."""
    best, found = 5, None
    for down in (-dot // 2, 0, dot // 2):
        for right in (-dot // 2, 0, dot // 2):
            dots = _dots(colours, x + right, y + down, dot)
            for digit, glyph in GLYPHS.items():
                wrong = int(np.count_nonzero(dots != glyph))
                if wrong < best:
                    best, found = wrong, digit
    return found


def rest_is_kept(before: Map, after: Map, free: Bool[np.ndarray, "height width"], most: float = 0.01) -> bool:
    """Whether two maps are the same outside some pixels, thin lines and a small share apart."""
    changed = ((before != after) & ~free).astype(np.uint8)
    changed = cv2.morphologyEx(changed, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    return float(changed.mean()) <= most


def nowhere() -> Bool[np.ndarray, "height width"]:
    """No pixel."""
    return np.zeros((HEIGHT, WIDTH), bool)


@cache
def _nearest() -> Int[np.ndarray, "32768"]:
    """The answer for every colour of 5 bits a channel."""
    levels = np.arange(32, dtype=np.float32) * 8 + 4
    grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    away = np.stack([np.linalg.norm(grid - np.array(rgb, np.float32), axis=1) for rgb in COLOURS.values()])
    return np.where(away.min(axis=0) <= MAX_DISTANCE, away.argmin(axis=0), -1).astype(np.int64)


def _dots(colours: Map, x: Pixels, y: Pixels, dot: int) -> Bool[np.ndarray, "7 5"]:
    left, top = round(x - 2.5 * dot), round(y - 3.5 * dot)
    cut = colours[max(top, 0) : top + 7 * dot, max(left, 0) : left + 5 * dot] == NAMES.index("black")
    dark = np.zeros((7 * dot, 5 * dot))
    dark[: cut.shape[0], : cut.shape[1]] = cut
    return dark.reshape(7, dot, 5, dot).mean(axis=(1, 3)) > 0.5
