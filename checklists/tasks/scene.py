"""Scenes of a few plain shapes, drawn and found again."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lawful.checklists.tasks.canvas import COLOURS, WIDTH, blank, shape, shape_mask
from lawful.checklists.tasks.records import AnyPicture, Outcome, Picture, Pixels, Shares
from lawful.checklists.tasks.seen import Piece, pieces, seen_colours, square

RADIUS = 38
"""Radius of a shape, in pixels."""
PAINTS = ("red", "blue", "green", "yellow", "purple")
"""Colours of shapes."""
MAX_OFF_PX = 24.0
"""Pixels by which a shape that should stay may be off."""
MAX_SCALE = 1.22
"""Times by which a shape may be larger or smaller across than it should be."""
SPOTS = tuple((x, y) for y in (100, 260) for x in (80, 240, 400, 560))
"""Places of shapes that are apart."""


@dataclass(frozen=True)
class Thing:
    """A shape in a scene."""

    kind: str
    """Such as "star"."""
    colour: str
    """Such as "red"."""
    x: Pixels
    """Centre, in pixels from the left."""
    y: Pixels
    """Centre, in pixels from the top."""
    radius: Pixels = RADIUS
    """Pixels from the centre to the furthest corner."""
    off_x: Pixels = MAX_OFF_PX
    """Pixels by which it may be further left or right."""
    off_y: Pixels = MAX_OFF_PX
    """Pixels by which it may be further up or down."""

    @property
    def name(self) -> str:
        """In words."""
        return f"{self.colour} {self.kind}"


def some_things(rng: np.random.Generator, kinds: tuple[str, ...], n: int) -> list[Thing]:
    """Shapes of different colours at places of their own."""
    spots, colours = rng.permutation(len(SPOTS)), rng.permutation(len(PAINTS))
    chosen = rng.permutation(len(kinds))
    return [
        Thing(kinds[chosen[k % len(kinds)]], PAINTS[colours[k % len(PAINTS)]], *SPOTS[spots[k]])
        for k in range(n)
    ]


def drawn(things: Sequence[Thing]) -> Picture:
    """The picture of some shapes."""
    picture = blank()
    for thing in things:
        shape(picture, thing.kind, thing.x, thing.y, thing.radius, thing.colour)
    return picture


def without(things: Sequence[Thing], gone: Thing) -> list[Thing]:
    """All but one."""
    return [thing for thing in things if thing is not gone]


def with_change(things: Sequence[Thing], one: Thing, **changes: object) -> list[Thing]:
    """The same with one of them changed."""
    return [replace(thing, **changes) if thing is one else thing for thing in things]


def things_checked(last: AnyPicture, wanted: Sequence[Thing]) -> Outcome:
    """Whether a video that ends with this frame ends with just these shapes."""
    colours = seen_colours(last)
    found = [(name, piece) for name in COLOURS if name in PAINTS for piece in pieces(colours, name)]
    for thing in wanted:
        fits = [pair for pair in found if pair[0] == thing.colour and _fits(pair[1], thing)]
        if not fits:
            return Outcome(False, f"at the end there is no {thing.name} as it should be", _place(thing))
        nearest = min(fits, key=lambda pair: math.hypot(pair[1].x - thing.x, pair[1].y - thing.y))
        found = [pair for pair in found if pair is not nearest]
    if found:
        colour, piece = found[0]
        box = square(piece.x, piece.y, math.sqrt(piece.area))
        return Outcome(False, f"at the end there is something {colour} that should not be there", box)
    return Outcome(True, "every shape is as it should be")


def _place(thing: Thing) -> Shares | None:
    """Where a shape should be; None where it may be anywhere."""
    return None if thing.off_x >= WIDTH else square(thing.x, thing.y, thing.radius)


def _fits(piece: Piece, thing: Thing) -> bool:
    mask = shape_mask(thing.kind, thing.x, thing.y, thing.radius)
    rows, columns = np.nonzero(mask)
    near = abs(piece.x - columns.mean()) <= thing.off_x and abs(piece.y - rows.mean()) <= thing.off_y
    scale = math.sqrt(piece.area / len(rows))
    return bool(near) and 1 / MAX_SCALE <= scale <= MAX_SCALE and piece.kind == thing.kind
