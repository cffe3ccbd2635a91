"""Places that changed in one step, and what is measured on them: contrast along the border, best match."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64, UInt8

from lawful.judge.kinematic.scorer import Cells
from lawful.judge.kinematic.window import CHANGE_LEVELS, GRID, Picture, Step, strongest_channel
from lawful.video.frames import Box

Mask = UInt8[np.ndarray, "height width"]

LEAST_AREA_PX = 30
LARGEST_SHARE = 0.12
"""A region that covers more of the frame is no object."""
_EDGE_PX = 3
_MOST_REGIONS = 6
_INSIDE_PX, _OUTSIDE_PX = 3.0, 2.5
_LEAST_SOLIDITY = 0.6


@dataclass(frozen=True, eq=False)
class Region:
    """A connected place that changed, without its holes."""

    mask: Mask
    """255 inside."""
    x0: int
    """Left column."""
    y0: int
    """Top row."""
    x1: int
    """One past the right column."""
    y1: int
    """One past the bottom row."""
    area_px: int
    """Pixels inside."""
    thickness_px: float
    """Diameter of the largest disc inside."""
    centre: tuple[float, float]
    """Centroid (x, y)."""

    @property
    def width_px(self) -> int:
        """The larger side of the box."""
        return max(self.x1 - self.x0, self.y1 - self.y0)

    def box(self) -> Box:
        """The box as shares of the frame."""
        height, width = self.mask.shape
        return Box(self.x0 / width, self.y0 / height, self.x1 / width, self.y1 / height)

    def touches_edge(self, margin_px: float) -> bool:
        """True if the frame's edge is within that distance."""
        height, width = self.mask.shape
        left_top = min(self.x0, self.y0)
        return min(left_top, width - self.x1, height - self.y1) <= max(margin_px, _EDGE_PX)


@dataclass(frozen=True)
class Match:
    """Where a patch is found again."""

    dx_px: float
    """Shift to the right."""
    dy_px: float
    """Shift downwards."""
    residual: float
    """Mean difference in levels over the patch."""

    @property
    def shift_px(self) -> float:
        """Length of the shift."""
        return float(np.hypot(self.dx_px, self.dy_px))


def changed_regions(step: Step, hot: Bool[np.ndarray, "8 8"]) -> list[Region]:
    """The places that changed from the frame before to the frame after, where the scorer points; largest first."""
    change = strongest_channel(cv2.absdiff(step.before[0], step.after[0]))
    mask = (change > CHANGE_LEVELS).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    height, width = mask.shape
    pointed = cv2.resize(hot.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    count, labels = cv2.connectedComponents(mask, connectivity=4)
    sizes = np.bincount(labels.ravel(), minlength=count)
    regions = []
    for label in 1 + np.argsort(-sizes[1:], kind="stable"):
        area = int(sizes[label])
        if area < LEAST_AREA_PX or len(regions) == _MOST_REGIONS:
            break
        part = (labels == label).astype(np.uint8)
        if area <= LARGEST_SHARE * height * width and (part & pointed).any():
            region = region_of(part) or region_of(_trunk(part))
            if region is not None:
                regions.append(region)
    return regions


def region_of(part: Mask) -> Region | None:
    """A region from its mask with the holes filled; None if it is a crescent or a frame rather than a blob."""
    outlines, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return None
    outline = max(outlines, key=len)
    filled = cv2.drawContours(np.zeros(part.shape, np.uint8), [outline], -1, 255, cv2.FILLED)
    area = int(np.count_nonzero(filled))
    hull = cv2.drawContours(np.zeros(part.shape, np.uint8), [cv2.convexHull(outline)], -1, 255, cv2.FILLED)
    if area < max(_LEAST_SOLIDITY * np.count_nonzero(hull), LEAST_AREA_PX):
        return None
    x, y, width, height = cv2.boundingRect(outline)
    inner = cv2.distanceTransform(cv2.copyMakeBorder(filled, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 3)
    moments = cv2.moments(filled, binaryImage=True)
    centre = (moments["m10"] / moments["m00"], moments["m01"] / moments["m00"])
    return Region(filled, x, y, x + width, y + height, area, 2 * float(inner.max()), centre)


def _trunk(part: Mask) -> Mask:
    """The part without thin limbs, such as the rod of a pendulum or a streak of shadow."""
    inner = cv2.distanceTransform(cv2.copyMakeBorder(part, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 3)
    side = max(3, round(float(inner.max())) | 1)
    return cv2.morphologyEx(part, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))


def border_contrast(
    picture: Picture, region: Region, dx: float = 0.0, dy: float = 0.0
) -> Float32[np.ndarray, " points"]:
    """Difference in levels across the border, at points along it; the region may be shifted first."""
    pad = 6
    height, width = region.mask.shape
    x0, y0 = max(0, region.x0 - pad), max(0, region.y0 - pad)
    x1, y1 = min(width, region.x1 + pad), min(height, region.y1 + pad)
    mask = region.mask[y0:y1, x0:x1]
    signed = cv2.distanceTransform(mask, cv2.DIST_L2, 5) - cv2.distanceTransform(255 - mask, cv2.DIST_L2, 5)
    signed = cv2.GaussianBlur(signed, (0, 0), 1.5)
    slope_x, slope_y = cv2.Sobel(signed, cv2.CV_32F, 1, 0), cv2.Sobel(signed, cv2.CV_32F, 0, 1)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = np.asarray(max(outlines, key=len), np.int64).reshape(-1, 2)
    points = outline[:: max(1, len(outline) // 64)]
    normal = np.stack([slope_x[points[:, 1], points[:, 0]], slope_y[points[:, 1], points[:, 0]]], axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    base = points + np.array([x0 + dx, y0 + dy])
    inside = _levels(picture, base + _INSIDE_PX * normal)
    outside = _levels(picture, base - _OUTSIDE_PX * normal)
    return np.abs(inside - outside).max(axis=1)


def best_match(
    picture: Picture,
    region: Region,
    inside: Picture,
    reach_px: int | None,
    cost: Float32[np.ndarray, "rows columns"] | None = None,
) -> Match | None:
    """Where a region's content in one picture is found in another.

    Args:
        picture: The picture that is searched.
        region: The region in `inside`.
        inside: The picture that it is taken from.
        reach_px: Longest shift along each axis; None searches the whole frame.
        cost: Levels to add at each shift, for a search of the whole frame; None adds nothing.

    Returns:
        The best match; None if the search area is smaller than the region.
    """
    height, width = region.mask.shape
    reach = max(height, width) if reach_px is None else reach_px
    x0, y0 = max(0, region.x0 - reach), max(0, region.y0 - reach)
    x1, y1 = min(width, region.x1 + reach), min(height, region.y1 + reach)
    patch = inside[region.y0 : region.y1, region.x0 : region.x1]
    mask = region.mask[region.y0 : region.y1, region.x0 : region.x1]
    area = picture[y0:y1, x0:x1]
    if area.shape[0] < patch.shape[0] or area.shape[1] < patch.shape[1]:
        return None
    squares = cv2.matchTemplate(area, patch, cv2.TM_SQDIFF, mask=cv2.merge([mask // 255] * 3))
    levels = np.sqrt(np.maximum(squares, 0) / (3 * region.area_px))
    _, _, (column, row), _ = cv2.minMaxLoc(levels if cost is None else levels + cost)
    residual = float(levels[row, column])
    return Match(float(x0 + column - region.x0), float(y0 + row - region.y0), residual)


def shown_width_px(step: Step, region: Region) -> int:
    """Width of a region in pixels of the frame as it was given."""
    return round(region.width_px * step.moments[0].shown.shape[1] / region.mask.shape[1])


def hot_cells(scores: Cells, least: float) -> Bool[np.ndarray, "8 8"]:
    """The cells with at least that probability, and their neighbours."""
    hot = (scores >= least).astype(np.uint8)
    return cv2.dilate(hot, np.ones((3, 3), np.uint8)).astype(bool)


def _levels(picture: Picture, points: Float64[np.ndarray, "points 2"]) -> Float32[np.ndarray, "points 3"]:
    found = cv2.remap(
        picture,
        points[:, None, 0].astype(np.float32),
        points[:, None, 1].astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return found[:, 0].astype(np.float32)


assert GRID == 8, "the cells' shape is written out in the annotations"
