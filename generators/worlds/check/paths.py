"""Paths between the frames."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from lawful.generators.worlds.motion import Motion


@dataclass(frozen=True, eq=False)
class Hit:
    """A contact as one of its bodies has it."""

    number: int
    """Index of the contact."""
    time_s: float
    """When."""
    other: str
    """Name of what it meets."""
    outward: Float64[np.ndarray, " axes"]
    """Unit vector towards that."""
    before_m_s: Float64[np.ndarray, " axes"]
    """Velocity before."""
    after_m_s: Float64[np.ndarray, " axes"]
    """Velocity after."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A stretch of time between two moments at which a body's velocity is known, within one frame interval."""

    frame: int
    """The frame in which the interval ends."""
    start_s: float
    """Its start."""
    end_s: float
    """Its end."""
    start_m_s: Float64[np.ndarray, " axes"]
    """Velocity at its start."""
    end_m_s: Float64[np.ndarray, " axes"]
    """Velocity at its end."""
    hits: tuple[Hit, ...]
    """Contacts at its start and end."""


def smooth_path(
    place: Float64[np.ndarray, "frames axes"],
    speed: Float64[np.ndarray, "frames axes"],
    share: Float64[np.ndarray, " moments"],
    length_s: float,
) -> Float64[np.ndarray, "intervals moments axes"]:
    """Cubic curves through places with velocities; exact where the acceleration is even."""
    s = share[None, :, None]
    start, end = place[:-1, None], place[1:, None]
    out, into = speed[:-1, None] * length_s, speed[1:, None] * length_s
    return (
        (2 * s**3 - 3 * s**2 + 1) * start
        + (s**3 - 2 * s**2 + s) * out
        + (3 * s**2 - 2 * s**3) * end
        + (s**3 - s**2) * into
    )


def pieced_path(
    start_m: Float64[np.ndarray, " axes"], pieces: list[Piece], times_s: Float64[np.ndarray, " moments"]
) -> tuple[Float64[np.ndarray, "moments axes"], Float64[np.ndarray, " axes"]]:
    """Places at some times, and at the end, of a body that goes through pieces with even acceleration."""
    path = np.empty((len(times_s), len(start_m)))
    here = start_m
    for piece in pieces:
        length_s = piece.end_s - piece.start_s
        inside = times_s >= piece.start_s - 1e-9
        since = (times_s[inside] - piece.start_s)[:, None]
        gain = (piece.end_m_s - piece.start_m_s) / max(length_s, 1e-9)
        path[inside] = here + piece.start_m_s * since + gain * since**2 / 2
        here = here + (piece.start_m_s + piece.end_m_s) / 2 * length_s
    return path, here


def turned(motion: Motion, per_frame: int, length_s: float) -> Float64[np.ndarray, "moments axes axes"]:
    """Orientation at every moment."""
    rotation, share = motion.rotation, np.arange(per_frame) / per_frame
    n_intervals, axes = len(rotation) - 1, rotation.shape[1]
    if axes == 2:
        angle = motion.angle_rad
        mean = (motion.spin_rad_s[1:, 0] + motion.spin_rad_s[:-1, 0]) / 2 * length_s
        turn = mean + (angle[1:] - angle[:-1] - mean + np.pi) % (2 * np.pi) - np.pi
        angles = np.append((angle[:-1, None] + share * turn[:, None]).ravel(), angle[-1:])
        cos, sin = np.cos(angles), np.sin(angles)
        return np.stack([np.stack([cos, -sin], axis=-1), np.stack([sin, cos], axis=-1)], axis=1)
    known = np.isfinite(rotation[:, 0, 0])
    whole = np.where(known[:, None, None], rotation, np.eye(3))
    turn = Rotation.from_matrix(whole[1:] @ whole[:-1].swapaxes(1, 2)).as_rotvec()
    steps = Rotation.from_rotvec((turn[:, None] * share[:, None]).reshape(-1, 3)).as_matrix()
    between = np.einsum("nmab,nbc->nmac", steps.reshape(n_intervals, per_frame, 3, 3), whole[:-1])
    return np.concatenate([between.reshape(-1, 3, 3), whole[-1:]])


def untold_turn_rad(motion: Motion, length_s: float) -> Float64[np.ndarray, " intervals"]:
    """By how much a body turns otherwise between two frames than its spins in them tell."""
    mean = (motion.spin_rad_s[1:] + motion.spin_rad_s[:-1]) / 2 * length_s
    if mean.shape[1] == 1:
        turn = np.diff(motion.angle_rad) - mean[:, 0]
        return np.abs((turn + np.pi) % (2 * np.pi) - np.pi)
    known = np.isfinite(motion.rotation[:, 0, 0])
    whole = np.where(known[:, None, None], motion.rotation, np.eye(3))
    told = Rotation.from_rotvec(np.nan_to_num(mean)).as_matrix()
    rest = whole[1:] @ whole[:-1].swapaxes(1, 2) @ told.swapaxes(1, 2)
    return np.linalg.norm(Rotation.from_matrix(rest).as_rotvec(), axis=1)
