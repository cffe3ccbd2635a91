"""Did something come out of nothing, go into nothing, or jump? Looked at pixel by pixel around one step.

A whole object that is gone from one frame to the next leaves a place that differs from its surroundings all
along its border before and nowhere after. Hiding behind something takes diameter over speed frames; the last
sliver of a hidden object has no border of its own in the frames before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.regions import Match, Region, best_match, border_contrast, shown_width_px
from lawful.judge.kinematic.window import CHANGE_LEVELS, Aligned, Picture, Step, strongest_channel

_STILL_FRAMES = 20.0
_TELEPORT_TIMES = 3.0
_MOST_REACH_PX = 60


@dataclass(frozen=True, eq=False)
class Gone:
    """A whole object that is in one frame and not in the next, in either direction of time."""

    region: Region
    """Where it was."""
    contrast: float
    """Mean levels across the border while it was there."""
    speed_px: float
    """Its speed while it was there, px a step."""
    hiding_frames: float
    """Frames that it would take to hide at that speed."""
    margins: dict[str, float]
    """How clearly each condition holds."""


def examine_existence(step: Step, regions: Sequence[Region]) -> list[Finding]:
    """Vanishing, appearing and teleporting objects among the regions that changed in a step."""
    gone = [found for region in regions if (found := gone_whole(step.before, step.after, region))]
    come = [found for region in regions if (found := gone_whole(step.after, step.before, region))]
    findings = []
    for leaving in list(gone):
        arriving = next((other for other in come if _alike(step, leaving, other)), None)
        if arriving is None:
            continue
        gone.remove(leaving)
        come.remove(arriving)
        jump = float(np.hypot(*np.subtract(arriving.region.centre, leaving.region.centre)))
        findings += _jump(step, leaving, jump, arriving.speed_px, arriving.margins)
    for leaving in gone:
        if not _moved_on(regions, leaving, step.before[0], step.after[0]):
            findings += _settle(step, leaving, "vanish", step.before, step.after)
    for arriving in come:
        if not _moved_on(regions, arriving, step.after[0], step.before[0]):
            findings += _settle(step, arriving, "appear", step.after, step.before)
    return findings


def _moved_on(regions: Sequence[Region], found: Gone, there: Picture, absent: Picture) -> bool:
    """True if another region that changed is of like size and colour: the object may have turned on its way."""
    colour = np.array(cv2.mean(there, found.region.mask)[:3])
    for other in regions:
        if other is not found.region and 0.5 <= other.area_px / found.region.area_px <= 2:
            apart = float(np.abs(colour - cv2.mean(absent, other.mask)[:3]).max())
            if apart <= max(CHANGE_LEVELS, 0.4 * found.contrast):
                return True
    return False


def gone_whole(there: Aligned, absent: Aligned, region: Region) -> Gone | None:
    """A whole object at the region in the frames `there`, and none in the frames `absent`, nearest first.

    Read backwards in time, the same test finds an object that came out of nothing.
    """
    if len(there) < 2 or len(absent) < 2:
        return None
    if region.touches_edge(0.0):
        return None
    contrast = border_contrast(there[0], region)
    mean = float(contrast.mean())
    share = float((contrast > CHANGE_LEVELS).mean())
    rest = float(border_contrast(absent[0], region).mean()) / max(mean, 1e-6)
    if share < 0.5 or rest > 0.6:
        return None
    differs = _difference(there[0], absent[0], region)
    settled = max(_difference(absent[0], absent[k], region) for k in range(1, min(3, len(absent))))
    if settled > 0.5 * differs:
        return None
    reach = min(_MOST_REACH_PX, round(1.2 * region.thickness_px) + 4)
    match = best_match(there[1], region, there[0], reach)
    if match is None:
        return None
    border = border_contrast(there[1], region, match.dx_px, match.dy_px)
    whole = float((border > max(CHANGE_LEVELS, 0.35 * mean)).mean())
    residual = match.residual / max(differs, 1e-6)
    hiding = min(_STILL_FRAMES, region.thickness_px / max(match.shift_px, 1e-6))
    if region.touches_edge(1.5 * match.shift_px):
        return None
    margins = {
        "border": (share - 0.5) / 0.4,
        "nothing_left": (0.6 - rest) / 0.4,
        "followed": (0.6 - residual) / 0.4,
        "whole": (whole - 0.5) / 0.4,
        "unhidden": max((hiding - 2.0) / 2.0, _open_ground(absent[0], region, match, mean)),
        "size": (region.thickness_px - 3.0) / 4.0,
        "settled": (0.5 - settled / max(differs, 1e-6)) / 0.3,
        "contrast": mean / 40.0,
    }
    if min(margins.values()) <= 0:
        return None
    return Gone(region, mean, match.shift_px, hiding, margins)


def _difference(picture: Picture, other: Picture, region: Region) -> float:
    """Mean difference over the region, levels."""
    rows, columns = slice(region.y0, region.y1), slice(region.x0, region.x1)
    change = strongest_channel(cv2.absdiff(picture[rows, columns], other[rows, columns]))
    return float(cv2.mean(change, np.ascontiguousarray(region.mask[rows, columns]))[0])


def _open_ground(absent: Picture, region: Region, match: Match, contrast: float) -> float:
    """Margin by which there is nothing to hide behind on the object's way: no edge as strong as its own border."""
    height, width = region.mask.shape
    swept = region.mask.copy()
    for share in (0.5, 1.0, 1.5):
        shift = np.array([[1.0, 0.0, -share * match.dx_px], [0.0, 1.0, -share * match.dy_px]])
        swept = cv2.max(swept, cv2.warpAffine(region.mask, shift, (width, height), flags=cv2.INTER_NEAREST))
    swept = cv2.dilate(swept, np.ones((7, 7), np.uint8))
    x, y, w, h = cv2.boundingRect(swept)
    part, inside = absent[y : y + h, x : x + w], swept[y : y + h, x : x + w] > 0
    kernel = np.ones((5, 5), np.uint8)
    span = strongest_channel(cv2.subtract(cv2.dilate(part, kernel), cv2.erode(part, kernel)))
    edges = float(np.percentile(span[inside], 97)) / max(contrast, 1e-6)
    return (0.6 - edges) / 0.3


def _alike(step: Step, leaving: Gone, arriving: Gone) -> bool:
    ratio = leaving.region.area_px / arriving.region.area_px
    colour = cv2.mean(step.before[0], leaving.region.mask)[:3]
    other = cv2.mean(step.after[0], arriving.region.mask)[:3]
    apart = float(np.abs(np.subtract(colour, other)).max())
    return 0.6 <= ratio <= 1 / 0.6 and apart <= max(CHANGE_LEVELS, 0.4 * leaving.contrast)


def _jump(
    step: Step, leaving: Gone, jump_px: float, other_speed_px: float, arriving: dict[str, float]
) -> list[Finding]:
    speed = max(leaving.speed_px, other_speed_px)
    if jump_px < _TELEPORT_TIMES * speed + 0.4 * leaving.region.thickness_px:
        return []
    margins = {name: min(value, arriving.get(name, value)) for name, value in leaving.margins.items()}
    seconds = step.times_after_s[0] - step.times_before_s[0]
    width = leaving.region.mask.shape[1]
    text = (
        f"a {shown_width_px(step, leaving.region)} px wide object was {jump_px / width:.0%} of the picture's width away from one "
        f"frame to the next at {step.times_after_s[0]:.2f} s; its own motion explains {speed / width:.1%}"
    )
    return [
        _finding(
            step, leaving, "teleport", weakest(**margins), jump_px / width, "frame widths", text, seconds
        )
    ]


def _settle(step: Step, found: Gone, family: str, there: Aligned, absent: Aligned) -> list[Finding]:
    """A lone disappearance, unless the object is found again near by, moving fast."""
    again = _elsewhere(there, absent, found)
    if again is not None:
        onwards = best_match(absent[1], found.region, there[0], None, _far_cost(found.region, again))
        speed = (
            0.0
            if onwards is None
            else float(np.hypot(onwards.dx_px - again.dx_px, onwards.dy_px - again.dy_px))
        )
        if again.shift_px < _TELEPORT_TIMES * max(speed, found.speed_px) + 0.4 * found.region.thickness_px:
            return []
        return _jump(step, found, again.shift_px, speed, {})
    hiding = (
        "it was standing still and nothing passed before it"
        if found.hiding_frames >= _STILL_FRAMES
        else f"hiding behind something would have taken {found.hiding_frames:.0f} frames"
        if found.hiding_frames >= 2
        else "there was nothing to hide behind on its way"
    )
    said = "was gone" if family == "vanish" else "was there"
    if family == "appear":
        hiding = hiding.replace("hiding behind", "coming out from behind").replace(
            "it was standing", "it stands"
        )
        hiding = hiding.replace("passed before", "moved away from")
    wide = shown_width_px(step, found.region)
    text = f"a {wide} px wide object {said} from one frame to the next at {step.times_after_s[0]:.2f} s; {hiding}"
    seconds = step.times_after_s[0] - step.times_before_s[0]
    return [_finding(step, found, family, weakest(**found.margins), float(wide), "px", text, seconds)]


def _elsewhere(there: Aligned, absent: Aligned, found: Gone) -> Match | None:
    """Where the object is in the first frame without it, if it merely went somewhere else."""
    region = found.region
    change = strongest_channel(cv2.absdiff(there[0], absent[0]))
    still = (change <= CHANGE_LEVELS).astype(np.float32)
    mask = (region.mask[region.y0 : region.y1, region.x0 : region.x1] > 0).astype(np.float32)
    unchanged = cv2.matchTemplate(still, mask, cv2.TM_CCORR) / region.area_px
    match = best_match(
        absent[0], region, there[0], None, np.where(unchanged > 0.5, 1e3, 0.0).astype(np.float32)
    )
    if match is None or match.residual > 0.35 * found.contrast:
        return None
    column, row = round(region.x0 + match.dx_px), round(region.y0 + match.dy_px)
    return None if unchanged[row, column] > 0.5 else match


def _far_cost(region: Region, again: Match) -> np.ndarray:
    height, width = region.mask.shape
    rows = height - (region.y1 - region.y0) + 1
    columns = width - (region.x1 - region.x0) + 1
    y, x = np.mgrid[:rows, :columns]
    far = np.hypot(x - region.x0 - again.dx_px, y - region.y0 - again.dy_px)
    return np.where(far > max(again.shift_px, 6.0) * 1.2, 1e3, 0.0).astype(np.float32)


def _finding(
    step: Step,
    found: Gone,
    family: str,
    strength: float,
    magnitude: float,
    unit: str,
    text: str,
    seconds: float,
) -> Finding:
    start = step.times_after_s[0]
    return Finding(family, start, start + seconds, found.region.box(), strength, magnitude, unit, text)
