"""Which pixels belong to the known bodies: each pixel goes to the body that it fits best, or to none."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Int16

from lawful.judge.kinematic.objects.colours import Bins, colours_of, log_share
from lawful.judge.kinematic.objects.measure import chosen, filled, without_limbs
from lawful.judge.kinematic.objects.member import Crop, Member, Vector
from lawful.judge.kinematic.objects.plate import Foreground, Mask

_COLOUR_LIMIT, _STRANGE = 3.0, -1.2
_CHANGED_LEVELS = 10
_DIFFERS, _SAME, _SHADOW = 2.0, -3.0, -1.0
_INSIDE = 0.8
_HIDDEN_COUNTS = -0.03
_NEAR_WHOLE, _NEAR_PARTLY = 0.03, 0.06
_LEAST_SCALE_PX, _SCALE_OF_RADIUS = 1.5, 0.25
_LEAST_PIECE = 0.12
_KERNEL, _JOIN = np.ones((3, 3), np.uint8), np.ones((7, 7), np.uint8)


@dataclass
class Place:
    """Where a body is looked for."""

    member: Member
    """The body."""
    xy: Vector
    """Where its centre is expected, in the frame."""
    sd_px: float
    """How uncertain that is."""


@dataclass(frozen=True, eq=False)
class Local:
    """A window of the frame around a place, and how well each pixel fits the body, the place left aside."""

    rows: slice
    """Rows of the window."""
    columns: slice
    """Columns of the window."""
    fit: Float32[np.ndarray, "rows columns"]
    """Above 0 where a pixel looks like the body."""
    odds: Float32[np.ndarray, "rows columns"]
    """Log odds of its colour, body against surroundings."""


def frame_window(
    member: Member, xy: Vector, margin: float, shape: tuple[int, int]
) -> tuple[slice, slice] | None:
    """Rows and columns that a body at some place covers, with a margin; None outside the frame."""
    height, width = member.whole.shape
    left, top = xy - member.centre
    x0, x1 = max(0, int(np.floor(left - margin))), min(shape[1], int(np.ceil(left + width + margin)))
    y0, y1 = max(0, int(np.floor(top - margin))), min(shape[0], int(np.ceil(top + height + margin)))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return None
    return slice(y0, y1), slice(x0, x1)


def outline_at(member: Member, xy: Vector, window: tuple[slice, slice]) -> Crop:
    """The outline of a whole body at some place, in a window of the frame."""
    rows, columns = window
    left, top = xy - member.centre
    move = np.array([[1.0, 0.0, left - columns.start], [0.0, 1.0, top - rows.start]])
    size = (columns.stop - columns.start, rows.stop - rows.start)
    shown = cv2.warpAffine(member.whole, move, size)
    return cv2.threshold(shown, 127, 255, cv2.THRESH_BINARY)[1]


def fits(
    place: Place, seen: Foreground, bins: Bins, known: Mask, expected: Mask, change: Mask, margin: float
) -> Local | None:
    """How well the pixels around a place fit the body; None outside the frame.

    Args:
        place: The body and where it is looked for.
        seen: What differs from the plate.
        bins: The frame's colours in the plate's light.
        known: Not 0 where the plate is known.
        expected: Not 0 where any body is expected.
        change: Levels by which the frame differs from the one before, the camera's motion taken out.
        margin: How far around the body, px.
    """
    window = frame_window(place.member, place.xy, margin, expected.shape)
    if window is None:
        return None
    local = bins[window]
    outside = expected[window] == 0
    still = outside & (seen.differs[window] == 0)
    around = colours_of(local[still] if still.sum() >= 20 else local)
    odds = (log_share(place.member.colours) - log_share(around))[local]
    fit = np.clip(odds, -_COLOUR_LIMIT, _COLOUR_LIMIT)
    # What differs from the scene and has just changed may be a side of the body that was not seen before.
    fresh = (seen.differs[window] > 0) & (change[window] > _CHANGED_LEVELS)
    fit = np.where(fresh, np.maximum(fit, np.float32(_STRANGE)), fit)
    fit += np.float32(_DIFFERS / 255) * seen.differs[window]
    same = (known[window] > 0) & (seen.differs[window] == 0) & (seen.burns[window] == 0)
    fit += np.where(same, np.float32(_SAME), np.float32(0))
    fit += np.float32((_SHADOW - _SAME) / 255) * seen.shadow[window]
    return Local(*window, cv2.blur(fit, (3, 3)), odds)


def located(place: Place, local: Local, partly: bool) -> Vector:
    """The place, near the expected one, at which the body's outline fits best.

    Args:
        place: The body and where it is looked for.
        local: How the pixels fit.
        partly: True where some of it may be hidden, so that pixels that do not fit say little.
    """
    member = place.member
    weight = np.clip(local.fit / 2, _HIDDEN_COUNTS if partly else -1.0, 1.0)
    size = member.whole.shape
    left, top = place.xy - member.centre - (local.columns.start, local.rows.start)
    reach = int(np.ceil(2.5 * place.sd_px)) + 1
    base = np.rint([left, top]).astype(int)
    pad_x0, pad_y0 = max(0, reach - base[0]), max(0, reach - base[1])
    pad_x1 = max(0, base[0] + size[1] + reach - weight.shape[1])
    pad_y1 = max(0, base[1] + size[0] + reach - weight.shape[0])
    padded = cv2.copyMakeBorder(weight, pad_y0, pad_y1, pad_x0, pad_x1, cv2.BORDER_CONSTANT, value=-0.1)
    x, y = base[0] + pad_x0 - reach, base[1] + pad_y0 - reach
    area = padded[y : y + size[0] + 2 * reach, x : x + size[1] + 2 * reach]
    outline = (member.whole > 0).astype(np.float32)
    score = cv2.matchTemplate(area, outline, cv2.TM_CCORR) / max(float(outline.sum()), 1.0)
    offsets = np.arange(-reach, reach + 1) + 0.0
    shift_x, shift_y = offsets + base[0] - left, offsets + base[1] - top
    far = (shift_x[None] ** 2 + shift_y[:, None] ** 2) / max(place.sd_px, 0.7) ** 2
    score = score - (_NEAR_PARTLY if partly else _NEAR_WHOLE) * far
    _, _, _, (column, row) = cv2.minMaxLoc(score)
    return place.xy + np.array([shift_x[column], shift_y[row]])


def claim(places: list[Place], locals_: list[Local | None], shape: tuple[int, int]) -> list[Mask | None]:
    """A mask in the frame for each body; None where nothing of it is seen.

    Args:
        places: The bodies, at the places where they were found.
        locals_: How the pixels around them fit.
        shape: Rows and columns of the frame.
    """
    best = np.zeros(shape, np.float32)
    owner = np.full(shape, -1, np.int16)
    outlines: list[Crop | None] = []
    for number, (place, local) in enumerate(zip(places, locals_, strict=True)):
        if local is None:
            outlines.append(None)
            continue
        window = (local.rows, local.columns)
        outline = outline_at(place.member, place.xy, window)
        outlines.append(outline)
        scale = max(_LEAST_SCALE_PX, _SCALE_OF_RADIUS * place.member.radius_px)
        away = cv2.distanceTransform(255 - outline, cv2.DIST_L2, 3)
        deep = np.minimum(cv2.distanceTransform(outline, cv2.DIST_L2, 3) / scale, 1.0)
        score = local.fit + np.float32(_INSIDE) * deep - away / np.float32(scale)
        wins = score > best[window]
        best[window][wins] = score[wins]
        owner[window][wins] = number
    return [
        None if local is None or outline is None else _pieces(owner, number, local, outline)
        for number, (local, outline) in enumerate(zip(locals_, outlines, strict=True))
    ]


def _pieces(
    owner: Int16[np.ndarray, "height width"], number: int, local: Local, outline: Crop
) -> Mask | None:
    """What a body claimed, without crumbs: the pieces that lie mostly where it is expected."""
    mask = (owner[local.rows, local.columns] == number).astype(np.uint8) * 255
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, _KERNEL) if np.count_nonzero(mask) > 60 else mask
    # What is further apart than a rod is wide is not one body.
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _JOIN)
    count, labels = cv2.connectedComponents(joined, connectivity=4)
    if count == 1:
        return None
    if count > 2:
        best = 1 + int(np.argmax(np.bincount(labels[mask > 0], minlength=count)[1:]))
        mask[labels != best] = 0
    count, labels = cv2.connectedComponents(mask, connectivity=4)
    if count > 2:
        sizes = np.bincount(labels.ravel(), minlength=count)
        sizes[0] = 0
        inside = np.bincount(labels[outline > 0], minlength=count)
        keep = (sizes >= _LEAST_PIECE * sizes.max()) & (inside >= 0.3 * sizes)
        keep[0] = False
        if not keep.any():
            keep[np.argmax(sizes)] = True
        mask = chosen(labels, keep)
    kept = without_limbs(filled(mask))
    others = (owner[local.rows, local.columns] >= 0) & (owner[local.rows, local.columns] != number)
    kept[others] = 0
    full = np.zeros(owner.shape, np.uint8)
    full[local.rows, local.columns] = kept
    return full


def expected_mask(members: list[Member], places: list[Vector], shape: tuple[int, int], margin: int) -> Mask:
    """255 where bodies are expected, with a margin in px."""
    mask = np.zeros(shape, np.uint8)
    for member, xy in zip(members, places, strict=True):
        window = frame_window(member, xy, 1.0, shape)
        if window is not None:
            mask[window] = cv2.max(mask[window], outline_at(member, xy, window))
    if margin:
        mask = cv2.dilate(mask, np.ones((2 * margin + 1, 2 * margin + 1), np.uint8))
    return mask
