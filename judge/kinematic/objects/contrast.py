"""Contrast along a body's outline: a body stands out from the frame, a place that it left from the plate."""

import cv2
import numpy as np

from lawful.judge.kinematic.objects.member import Member
from lawful.judge.kinematic.objects.touches import outline_points
from lawful.judge.kinematic.window import Picture

_INSIDE_PX, _OUTSIDE_PX = 2.0, 2.0


def outline_contrast(member: Member, picture: Picture) -> float:
    """Mean difference in levels across the outline of what is seen of a body."""
    points = outline_points(member)
    offsets = points - points.mean(axis=0)
    normal = offsets / np.maximum(np.linalg.norm(offsets, axis=1, keepdims=True), 1e-6)
    sides = []
    for reach in (-_INSIDE_PX, _OUTSIDE_PX):
        places = (points + reach * normal).astype(np.float32)
        levels = cv2.remap(
            picture, places[:, None, 0], places[:, None, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        sides.append(levels[:, 0].astype(np.float32))
    return float(np.abs(sides[0] - sides[1]).max(axis=1).mean())
