"""How far a body turns: its picture around its centre, unrolled by angle, matched with how it was before."""

import math

import cv2
import numpy as np
from jaxtyping import Complex64

from lawful.judge.kinematic.objects.member import Member
from lawful.judge.kinematic.objects.plate import Mask
from lawful.judge.kinematic.window import Picture

Polar = Complex64[np.ndarray, "frequencies radii channels"]

_ANGLES, _RADII = 64, 8
_BINS = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)
_WEIGHT = np.sqrt(np.arange(1, _RADII, dtype=np.float32))[None, :, None]
_LEAST_RADIUS_PX = 3.5
_LEAST_MATCH = 0.45
_KEEPS_TURNED = 0.6
_SLOW_SPIN_RAD, _KNOWN_AGE = 0.2, 6
_KEEPS_MATCH = 0.75
_AGREES = 0.6
_PRIOR = 0.04
_OUTLINE_LEVELS = 60.0


def turn(member: Member, picture: Picture, mask: Mask, step_s: float) -> None:
    """Measure the angle of a body that is wholly seen; changes the member.

    Args:
        member: Its centre is that of the frame.
        picture: The frame in the plate's light.
        mask: 255 on the body, in the whole frame.
        step_s: Time since the frame before; NaN if not known.
    """
    step_s = step_s if np.isfinite(step_s) else 0.0
    slow = abs(member.spin_rad_s) * step_s < _SLOW_SPIN_RAD
    if member.age > _KNOWN_AGE and member.age % 2 and slow:
        # What turns slowly is looked at in every second frame.
        member.angle_rad += member.spin_rad_s * step_s
        return
    now = _unrolled(member, picture, mask)
    if now is None:
        return
    if member.polar is None or member.polar.shape != now.shape:
        member.polar, member.polar_angle = now, member.angle_rad
        return
    expected = member.angle_rad + member.spin_rad_s * step_s
    found = _matched(member.polar, now, expected - member.polar_angle)
    if found is None:
        member.angle_rad = expected
        member.polar, member.polar_angle = now, expected
        return
    turned, match = found
    angle = member.polar_angle + turned
    if step_s > 0:
        member.spin_rad_s += _AGREES * ((angle - member.angle_rad) / step_s - member.spin_rad_s)
    member.angle_rad = angle
    if abs(turned) > _KEEPS_TURNED or match < _KEEPS_MATCH:
        # Each new reference adds an error, so that it stays while it does.
        member.polar, member.polar_angle = now, angle


def _unrolled(member: Member, picture: Picture, mask: Mask) -> Polar | None:
    rows, columns = member.whole.shape
    reach = 0.5 * float(np.hypot(rows, columns))
    if member.radius_px < _LEAST_RADIUS_PX:
        return None
    half = int(np.ceil(reach)) + 2
    x, y = (int(value) for value in np.rint(member.xy))
    x0, y0, x1, y1 = x - half, y - half, x + half + 1, y + half + 1
    if x0 < 0 or y0 < 0 or x1 > picture.shape[1] or y1 > picture.shape[0]:
        return None
    centre = (float(member.xy[0] - x0), float(member.xy[1] - y0))
    inside = mask[y0:y1, x0:x1]
    colour = picture[y0:y1, x0:x1].astype(np.float32)
    mean = np.array(cv2.mean(colour, inside)[:3], np.float32)
    colour = (colour - mean) * (inside > 0)[:, :, None]
    stacked = cv2.merge([*cv2.split(colour), inside.astype(np.float32) * np.float32(_OUTLINE_LEVELS / 255)])
    radius = 0.88 * max(member.radius_px, 0.8 * reach)
    rings = cv2.warpPolar(stacked, (_RADII, _ANGLES), centre, radius, cv2.INTER_LINEAR)[:, 1:]
    rings = (rings - rings.mean(axis=0)) * _WEIGHT
    size = math.sqrt(float(np.vdot(rings, rings)))
    return np.fft.rfft(rings, axis=0) / np.float32(max(size, 1e-3))


def _matched(before: Polar, now: Polar, expected_rad: float) -> tuple[float, float] | None:
    """Angle by which `now` is turned against `before`, and how well they match (-1 to 1); None if not well."""
    match = np.fft.irfft(np.einsum("frc,frc->f", np.conj(before), now), _ANGLES)
    away = np.remainder(_BINS - expected_rad + np.pi, 2 * np.pi) - np.pi
    best = int(np.argmax(match - _PRIOR * away**2))
    if match[best] < _LEAST_MATCH:
        return None
    left, right = match[best - 1], match[(best + 1) % _ANGLES]
    bend = left - 2 * match[best] + right
    part = float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < -1e-9 else 0.0
    turned = expected_rad + away[best] + part * 2 * np.pi / _ANGLES
    return float(turned), float(match[best])
