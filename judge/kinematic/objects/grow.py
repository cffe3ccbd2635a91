"""From a few pixels that are known to belong to a body to its outline, by colour."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool

from lawful.judge.kinematic.objects.colours import Bins, Colours, colours_of, log_share
from lawful.judge.kinematic.objects.measure import chosen, filled, without_limbs
from lawful.judge.kinematic.objects.plate import Mask

_ROUNDS = 2
_MOST_GROWTH = 14.0
_LEAST_RING = 20
_MOST_ON_EDGE = 0.3
_KERNEL = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, eq=False)
class Grown:
    """A body that was made out."""

    mask: Mask
    """255 on it, in the whole frame."""
    colours: Colours
    """Its colours."""
    apart: float
    """How unlike its surroundings it is: mean log odds of its pixels' colours."""


def window_of(mask: Mask, margin: float) -> tuple[slice, slice]:
    """Rows and columns around a mask, with a margin in px."""
    x, y, width, height = cv2.boundingRect(mask)
    pad = round(margin)
    rows, columns = mask.shape
    return (
        slice(max(0, y - pad), min(rows, y + height + pad)),
        slice(max(0, x - pad), min(columns, x + width + pad)),
    )


def grow(bins: Bins, seed: Mask, others: Mask, differs: Mask) -> Grown | None:
    """The body that holds a seed: what is connected with it and more like it than like what surrounds it.

    Args:
        bins: The frame's colours (`colour_bins`).
        seed: 255 on pixels of the body, connected.
        others: Not 0 on other bodies, which are neither body nor surroundings.
        differs: Not 0 where the frame differs from the plate: no surroundings.

    Returns:
        The body; None if it cannot be told from its surroundings.
    """
    _, _, width, height = cv2.boundingRect(seed)
    area = window_of(seed, 5 + 0.8 * max(width, height))
    part, local = seed[area], bins[area]
    free = (others[area] == 0) | (part > 0)
    inside = part.copy()
    colours = colours_of(local[inside > 0])
    odds = np.zeros(local.shape, np.float32)
    for round_number in range(_ROUNDS):
        margin = 3 if round_number else 2 + max(2, round(0.25 * max(width, height)))
        near = cv2.dilate(inside, np.ones((2 * margin + 1, 2 * margin + 1), np.uint8))
        ring = (near == 0) & (others[area] == 0) & ((differs[area] == 0) | (round_number == 0))
        if ring.sum() < _LEAST_RING:
            break
        odds = (log_share(colours) - log_share(colours_of(local[ring])))[local]
        grown = _connected((cv2.blur(odds, (3, 3)) > 0.3) & free, part)
        if grown is None or _bursts(grown, part):
            break
        inside = grown
        colours = colours_of(local[inside > 0])
    mask = np.zeros(seed.shape, np.uint8)
    mask[area] = inside = without_limbs(inside)
    return Grown(mask, colours, float(odds[inside > 0].mean()))


def _connected(like: Bool[np.ndarray, "rows columns"], seed: Mask) -> Mask | None:
    """The part of a mask that touches the seed, closed and without holes; None if it is empty."""
    mask = cv2.morphologyEx((like | (seed > 0)).astype(np.uint8) * 255, cv2.MORPH_CLOSE, _KERNEL)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, _KERNEL)
    count, labels = cv2.connectedComponents(mask, connectivity=4)
    counts = np.bincount(labels[seed > 0], minlength=count)
    counts[0] = 0
    keep = counts >= max(2, 0.2 * counts.max())
    return filled(chosen(labels, keep)) if keep.any() else None


def _bursts(grown: Mask, seed: Mask) -> bool:
    """True if it ran out over its surroundings."""
    if np.count_nonzero(grown) > _MOST_GROWTH * max(np.count_nonzero(seed), 8):
        return True
    edges = np.concatenate([grown[0], grown[-1], grown[:, 0], grown[:, -1]])
    return float((edges > 0).mean()) > _MOST_ON_EDGE
