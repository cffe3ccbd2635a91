"""A pixel reader of plain pictures: which things of the known colours are where, how large, in every frame.

It knows the colours and the grounds of `lawful.generators.tiny.picture` and nothing else: no tracker, no judge, no
earlier frame. What is between two colours counts by its share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float64, Int64, UInt8

from lawful.generators.tiny.picture import PALETTE, ROD_RGB, SLIDE, grounds

LEAST_AREA_PX = 40.0
"""What is smaller than a quarter of the smallest disc is no thing."""
_SEEN = 0.35
"""A pixel belongs to a thing from this share of its colour on."""
_LIKE_GROUND = 24.0
"""Distance from the ground, in grey levels, below which nothing is there."""
_LEFT_OVER = 60.0
"""Distance from every mixture of ground and colour above which a pixel is not understood."""
_STRAY_SHARE = 0.05
"""A frame in which more than this share is not understood cannot be read."""
_ROD_PX = 12
"""Pixels of a rod's colour from which on there is one."""
ROUND = 0.92
"""A thing of this roundness or more is a disc: a square has 0.91, an ellipse of 1.3 to 1 has 0.92."""


@dataclass(frozen=True)
class Thing:
    """One thing in one frame, in pixels from the upper left corner, y down."""

    colour: str
    """Its colour's name."""
    x: float
    """Centre."""
    y: float
    """Centre."""
    radius: float
    """Radius of the disc of the same area."""
    roundness: float
    """Share of it that lies in the disc of its area around its centre: 1 for a disc, less for anything else."""

    @property
    def round(self) -> bool:
        """Whether it is a disc, as near as pixels tell."""
        return self.roundness >= ROUND


@dataclass(frozen=True)
class Reading:
    """What a frame shows."""

    ground: Literal["side", "table"]
    """Seen from the side, with a floor, or a table from above."""
    rod: bool
    """Whether there is a rod."""
    things: tuple[Thing, ...]
    """The things, the largest first."""
    stray: float
    """Share of the picture that is neither ground, thing nor rod."""

    @property
    def readable(self) -> bool:
        """Whether the picture is of the known kind at all."""
        return self.stray <= _STRAY_SHARE

    def of(self, colour: str) -> tuple[Thing, ...]:
        """The things of a colour."""
        return tuple(thing for thing in self.things if thing.colour == colour)


def read_frames(frames: UInt8[np.ndarray, "frames height width 3"]) -> list[Reading]:
    """Read every frame on its own."""
    return [read_frame(frame) for frame in frames]


def read_frame(frame: UInt8[np.ndarray, "height width 3"]) -> Reading:
    """Read one frame."""
    table = _is_table(frame)
    ground = _grounds()[1 if table else 0]
    share, kind, left = _mixtures(frame.astype(np.float64), ground)
    things = [
        thing
        for index, colour in enumerate(PALETTE)
        for thing in _things(np.where(kind == index, share, 0.0), colour)
    ]
    # The same ring of mixed pixels can look like a third colour: a thing inside another's box is none.
    kept = [thing for thing in things if not any(_within(thing, other) for other in things)]
    kept.sort(key=lambda thing: -thing.radius)
    rod = int(((kind == len(PALETTE)) & (share > 0.5)).sum()) >= _ROD_PX
    return Reading(
        "table" if table else "side", rod and not table, tuple(kept), float(np.mean(left > _LEFT_OVER))
    )


def _is_table(frame: UInt8[np.ndarray, "height width 3"]) -> bool:
    """Whether most pixels are nearer to the table's picture than to the wall's."""
    side, table = (np.abs(frame.astype(np.float64) - ground).sum(axis=-1) for ground in _grounds())
    return bool(np.mean(table < side) > 0.5)


@lru_cache(1)
def _grounds() -> tuple[Float64[np.ndarray, "height width 3"], Float64[np.ndarray, "height width 3"]]:
    pictures = grounds().permute(0, 2, 3, 1).double().numpy()
    return pictures[0], pictures[SLIDE]


def _mixtures(
    frame: Float64[np.ndarray, "height width 3"], ground: Float64[np.ndarray, "height width 3"]
) -> tuple[
    Float64[np.ndarray, "height width"],
    Int64[np.ndarray, "height width"],
    Float64[np.ndarray, "height width"],
]:
    """For each pixel: how much of which colour lies over the ground (the last is a rod's), and what that leaves."""
    colours = np.array([*PALETTE.values(), ROD_RGB], np.float64)
    away = frame - ground
    line = colours[:, None, None] - ground
    share = np.clip((away * line).sum(-1) / (line**2).sum(-1), 0, 1)
    left = np.linalg.norm(away - share[..., None] * line, axis=-1)
    kind = left.argmin(axis=0)
    best = np.take_along_axis(share, kind[None], 0)[0]
    best[np.linalg.norm(away, axis=-1) < _LIKE_GROUND] = 0.0
    return best, kind, np.take_along_axis(left, kind[None], 0)[0]


def _things(share: Float64[np.ndarray, "height width"], colour: str) -> Sequence[Thing]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats((share > _SEEN).astype(np.uint8), connectivity=4)
    found = []
    for label in range(1, len(stats)):
        if stats[label, cv2.CC_STAT_AREA] < LEAST_AREA_PX:
            continue
        inside = cv2.dilate((labels == label).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        weight = np.where(inside & ((labels == label) | (labels == 0)), share, 0.0)
        area = float(weight.sum())
        y, x = np.mgrid[: share.shape[0], : share.shape[1]] + 0.5
        centre_x, centre_y = float((weight * x).sum() / area), float((weight * y).sum() / area)
        radius = float(np.sqrt(area / np.pi))
        disc = np.clip(radius + 0.5 - np.hypot(x - centre_x, y - centre_y), 0, 1)
        roundness = float(np.minimum(weight, disc).sum() / area)
        found.append(Thing(colour, centre_x, centre_y, radius, roundness))
    return found


def _within(thing: Thing, other: Thing) -> bool:
    near = np.hypot(thing.x - other.x, thing.y - other.y) < other.radius
    return thing is not other and thing.radius < other.radius and bool(near)
