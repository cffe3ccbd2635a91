"""Measures of a mask: centre, axes, fill, outline."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Int32, UInt8

from lawful.judge.kinematic.objects.member import Crop, Vector

_LIMB = 0.45


@dataclass(frozen=True, eq=False)
class Measures:
    """Of one mask; positions are within its crop."""

    area_px: float
    """Pixels inside."""
    centre: Vector
    """Mean of the pixels' centres."""
    axes_px: tuple[float, float]
    """Longer and shorter half axis of the ellipse with the same moments."""
    fill: float
    """Area over that of the convex hull, at most 1."""


def measure(crop: Crop) -> Measures:
    """Measures of a mask that is not empty."""
    moments = cv2.moments(crop, binaryImage=True)
    area = max(moments["m00"], 1.0)
    centre = np.array([moments["m10"] / area, moments["m01"] / area])
    # A pixel is a square, not a point: its own spread is 1/12.
    xx, yy, xy = moments["mu20"] / area + 1 / 12, moments["mu02"] / area + 1 / 12, moments["mu11"] / area
    middle, half = (xx + yy) / 2, float(np.hypot((xx - yy) / 2, xy))
    axes = (2 * float(np.sqrt(middle + half)), 2 * float(np.sqrt(max(middle - half, 1 / 12))))
    outlines, _ = cv2.findContours(crop, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = np.concatenate(outlines)
    # The hull of the pixels' centres lacks half a pixel all around.
    hull = cv2.convexHull(points)
    hull_px = cv2.contourArea(hull) + cv2.arcLength(hull, True) / 2 + 1
    return Measures(area, centre, axes, float(min(1.0, area / hull_px)))


def trimmed(mask: UInt8[np.ndarray, "height width"]) -> tuple[Crop, int, int] | None:
    """The smallest crop that holds a mask, and its left column and top row; None for an empty mask."""
    x, y, width, height = cv2.boundingRect(mask)
    if not width:
        return None
    return mask[y : y + height, x : x + width].copy(), x, y


def chosen(labels: Int32[np.ndarray, "rows columns"], keep: Bool[np.ndarray, " labels"]) -> Crop:
    """255 on the pieces that are kept.

    Args:
        labels: The piece of each pixel, as `cv2.connectedComponents` numbers them.
        keep: For each piece, the background too, whether it is kept.
    """
    return (keep.astype(np.uint8) * np.uint8(255))[labels]


def filled(mask: Crop) -> Crop:
    """A mask without its holes."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(np.zeros(mask.shape, np.uint8), outlines, -1, 255, cv2.FILLED)


def without_limbs(mask: Crop) -> Crop:
    """A mask without what is thin beside the rest of it, such as a rod or a streak of shadow."""
    inner = cv2.distanceTransform(cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 3)
    reach = int(_LIMB * float(inner.max()))
    if reach < 1:
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    trunk = cv2.morphologyEx(mask, cv2.MORPH_OPEN, disc)
    # Corners are rounded by the opening and come back.
    return cv2.bitwise_and(mask, cv2.dilate(trunk, np.ones((3, 3), np.uint8), iterations=max(1, reach // 2)))
