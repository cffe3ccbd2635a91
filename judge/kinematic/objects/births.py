"""From what differs and belongs to no known body: new bodies, and places that bodies have left."""

from dataclasses import dataclass

import cv2
import numpy as np

from lawful.judge.kinematic.objects.colours import Bins, Colours, colour_bins, colours_of, log_share
from lawful.judge.kinematic.objects.grow import grow, window_of
from lawful.judge.kinematic.objects.measure import chosen, filled
from lawful.judge.kinematic.objects.plate import Foreground, Mask

_LEAST_PX, _LEAST_SHARE = 10, 2.5e-4
_LARGEST_SHARE = 0.25
_MOST_PARTS = 10
_GHOST_ODDS = 0.6
_CRUMB = 0.25
_SHADE, _SHADE_SPREAD, _SHADE_TINT = (0.35, 1.3), 0.14, 0.12
_SHADOW_SHARE = 0.4
_MOSTLY_SAME, _MOSTLY_LIT = 0.35, 0.5
_LEAST_APART = 0.35
_LEAST_DIFFERS = 0.08
# Closing joins dots; of fewer than these nothing can come.
_LEAST_BEFORE = 0.4
_KERNEL = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, eq=False)
class Newcomer:
    """A body that is not among the known ones."""

    mask: Mask
    """255 on it, in the whole frame."""
    colours: Colours
    """Its colours."""
    area_px: float
    """Its area."""
    apart: float
    """How unlike its surroundings it is: mean log odds of its colours."""
    differs: float
    """Share of it that differs from the plate."""


@dataclass(frozen=True, eq=False)
class Left:
    """A place that a body has left: the plate shows it, the frame shows what is behind."""

    mask: Mask
    """255 there, in the whole frame."""
    colours: Colours
    """Colours of the plate there."""
    centre: tuple[float, float]
    """Centre, in the frame."""
    area_px: float
    """Its area."""


def least_area(mask: Mask) -> float:
    """Area from which on something can be a body, px."""
    return float(max(_LEAST_PX, _LEAST_SHARE * mask.size))


def newcomers(seen: Foreground, bins: Bins, claimed: Mask) -> tuple[list[Newcomer], list[Left], Mask]:
    """What is in the frame that no known body claimed.

    Args:
        seen: What differs from the plate.
        bins: The frame's colours in the plate's light.
        claimed: Not 0 on known bodies.

    Returns:
        Bodies, places that bodies have left, and 255 where something differs that is neither.
    """
    margin = cv2.dilate(claimed, np.ones((5, 5), np.uint8))
    rest = cv2.subtract(seen.differs, margin)
    least = least_area(rest)
    if cv2.countNonZero(rest) < _LEAST_BEFORE * least:
        return [], [], np.zeros_like(rest)
    rest = cv2.morphologyEx(cv2.morphologyEx(rest, cv2.MORPH_CLOSE, _KERNEL), cv2.MORPH_OPEN, _KERNEL)
    rest = cv2.subtract(rest, margin)
    if cv2.countNonZero(rest) < least:
        return [], [], rest
    around = window_of(rest, 0.0)
    count, labels = cv2.connectedComponents(rest[around], connectivity=4)
    sizes = np.bincount(labels.ravel(), minlength=count)[1:]
    order = [int(k) for k in 1 + np.argsort(-sizes, kind="stable") if sizes[k - 1] >= least]
    found: list[Newcomer] = []
    left: list[Left] = []
    taken = claimed.copy()
    for label in order[:_MOST_PARTS]:
        part = np.zeros_like(rest)
        part[around] = cv2.subtract(cv2.inRange(labels, label, label), taken[around])
        if cv2.countNonZero(part) < least:
            continue
        ghost, seed = _split(seen, bins, part, taken)
        if cv2.countNonZero(ghost) >= 0.5 * least:
            left.append(_left(seen, ghost))
        if cv2.countNonZero(seed) < 0.5 * least:
            continue
        grown = grow(bins, seed, taken, seen.differs)
        if grown is None or grown.apart < _LEAST_APART:
            continue
        area = float(cv2.countNonZero(grown.mask))
        if not least <= area <= _LARGEST_SHARE * rest.size:
            continue
        differs = cv2.countNonZero(cv2.bitwise_and(grown.mask, seen.differs)) / area
        if differs < _LEAST_DIFFERS or _is_shadow(seen, grown.mask):
            continue
        if differs < _MOSTLY_SAME and _lights_up(seen, part):
            # What a shadow leaves on a plate that was learnt with the shadow on it.
            continue
        found.append(Newcomer(grown.mask, grown.colours, area, grown.apart, differs))
        taken = cv2.max(taken, grown.mask)
    return found, left, rest


def _is_shadow(seen: Foreground, mask: Mask) -> bool:
    """True if what is seen is the plate in another light: all of it darker or brighter by one factor."""
    area = window_of(mask, 1.0)
    inner = cv2.erode(mask[area], _KERNEL)
    inside = (inner if cv2.countNonZero(inner) >= _LEAST_PX else mask[area]) > 0
    if float((seen.shadow[area][inside] > 0).mean()) > _SHADOW_SHARE:
        return True
    share = (seen.lit[area][inside].astype(np.float32) + 2) / (
        seen.plate[area][inside].astype(np.float32) + 2
    )
    mean = share.mean(axis=0)
    if not _SHADE[0] < float(mean.mean()) < _SHADE[1]:
        return False
    return float(share.std(axis=0).max()) < _SHADE_SPREAD and float(np.ptp(mean)) < _SHADE_TINT * float(
        mean.mean()
    )


def _lights_up(seen: Foreground, part: Mask) -> bool:
    """True if most of a part is the plate made brighter, with its colour kept."""
    area = window_of(part, 0.0)
    inside = part[area] > 0
    now, before = seen.lit[area][inside].astype(np.float32), seen.plate[area][inside].astype(np.float32)
    share = now.sum(axis=1) / np.maximum(before.sum(axis=1), 1)
    miss = np.abs(now - share[:, None] * before).max(axis=1)
    return float(((share > 1) & (miss < seen.levels)).mean()) > _MOSTLY_LIT


def _split(seen: Foreground, bins: Bins, part: Mask, taken: Mask) -> tuple[Mask, Mask]:
    """What a body has left, and what it covers now, by which of plate and frame looks like the surroundings."""
    _, _, width, height = cv2.boundingRect(part)
    area = window_of(part, 4 + 0.5 * max(width, height))
    near = cv2.dilate(part[area], _KERNEL)
    around = (near == 0) & (taken[area] == 0) & (seen.differs[area] == 0)
    ghost, seed = np.zeros(part.shape, np.uint8), np.zeros(part.shape, np.uint8)
    if around.sum() < 12:
        return ghost, part
    shares = log_share(colours_of(bins[area][around]))
    # Above 0 where the frame looks more like the surroundings than the plate does.
    odds = cv2.blur(shares[bins[area]] - shares[colour_bins(seen.plate[area])], (3, 3))
    inside = part[area] > 0
    is_ghost = (inside & (odds > _GHOST_ODDS)).astype(np.uint8) * 255
    ghost[area] = cv2.morphologyEx(is_ghost, cv2.MORPH_OPEN, _KERNEL)
    seed[area] = np.where(inside & (odds <= _GHOST_ODDS), np.uint8(255), np.uint8(0))
    seed[area] = _larger(cv2.morphologyEx(seed[area], cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)))
    return ghost, seed


def _larger(mask: Mask) -> Mask:
    """The pieces that are no crumbs beside the largest."""
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    if count <= 2:
        return mask
    sizes = np.bincount(labels.ravel(), minlength=count)
    sizes[0] = 0
    return chosen(labels, sizes >= _CRUMB * sizes.max())


def _left(seen: Foreground, ghost: Mask) -> Left:
    mask = filled(ghost)
    moments = cv2.moments(mask, binaryImage=True)
    area = moments["m00"]
    centre = (moments["m10"] / area, moments["m01"] / area)
    near = window_of(mask, 0.0)
    colours = colours_of(colour_bins(seen.plate[near][mask[near] > 0]))
    return Left(mask, colours, centre, float(area))
