"""Labels beside the dots of a plot, where there is room for them."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_CHARACTER_PX = 6.3
_LINE_PX = 14
_DOT_PX = 5
_MOST_CHARACTERS = 30
_SIDES: tuple[tuple[Literal["start", "middle", "end"], int, int], ...] = (
    ("start", 8, 4), ("end", -8, 4), ("middle", 0, -9), ("middle", 0, 17),
    ("start", 8, -9), ("start", 8, 17), ("end", -8, -9), ("end", -8, 17),
    ("start", 8, -22), ("start", 8, 30), ("end", -8, -22), ("end", -8, 30),
)  # fmt: skip
"""Where a label may be, best first: which end of the text is at the dot, and how far it is moved."""


@dataclass(frozen=True)
class Label:
    """A text beside a dot."""

    text: str
    """What is shown; a long name is shortened and ends in …."""
    anchor: Literal["start", "middle", "end"]
    """Which end of the text is at the dot."""
    dx: int
    """How far it is moved to the right, in pixels."""
    dy: int
    """How far its base line is moved down, in pixels."""


@dataclass(frozen=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "_Box") -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def place_labels(
    dots: Sequence[tuple[float, float, str]], width_px: int, height_px: int
) -> list[Label | None]:
    """A label for every dot that has room for one; None for the others.

    Args:
        dots: Place from the left and from the top, both 0-100, and the name.
        width_px: Width that the plot has at least.
        height_px: Its height.
    """
    centres = [(x / 100 * width_px, y / 100 * height_px) for x, y, _ in dots]
    taken = [_Box(x - _DOT_PX, y - _DOT_PX, x + _DOT_PX, y + _DOT_PX) for x, y in centres]
    frame = _Box(-20, -_LINE_PX, width_px + 20, height_px)
    labels: list[Label | None] = []
    for (x, y), (_, _, name) in zip(centres, dots, strict=True):
        text = name if len(name) <= _MOST_CHARACTERS else name[: _MOST_CHARACTERS - 1] + "…"
        labels.append(_place(x, y, text, taken, frame) if text else None)
    return labels


def _place(x: float, y: float, text: str, taken: list[_Box], frame: _Box) -> Label | None:
    width = _CHARACTER_PX * sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)
    for anchor, dx, dy in _SIDES:
        left = x + dx - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        box = _Box(left, y + dy - _LINE_PX + 3, left + width, y + dy + 3)
        inside = frame.left <= box.left and box.right <= frame.right
        inside = inside and frame.top <= box.top and box.bottom <= frame.bottom
        if inside and not any(box.meets(other) for other in taken):
            taken.append(box)
            return Label(text, anchor, dx, dy)
    return None
