"""The camera of a solid world: where it stands, what it looks at, and how it moves."""

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.camera import View, shake
from lawful.generators.worlds.scene import Point, Scene
from lawful.generators.worlds.variety import CameraMove

_HIGHEST_RAD = 1.4


@dataclass(frozen=True)
class SolidCut:
    """Another view of the same scene from a time on."""

    time_s: float
    """When."""
    orbit_rad: float
    """By what angle the camera jumps about its target, counter-clockwise from above."""
    closer: float
    """Times its distance."""


@dataclass(frozen=True)
class SolidPath:
    """A camera that looks at a target. At time 0 it stands where it is said to, whatever its moves are.

    What it looks at is shown as large as the scene's view is high while it stands there.
    """

    position_m: Point
    """Where it stands at the start."""
    target_m: Point
    """What it looks at at the start."""
    drift_m_s: Point = (0.0, 0.0, 0.0)
    """Velocity of camera and target together."""
    sway_m: Point = (0.0, 0.0, 0.0)
    """Amplitude of a sway of both together."""
    sway_hz: float = 0.0
    """Frequency of sway, orbit, roll, crane and turn."""
    orbit_rad: float = 0.0
    """Amplitude of a swing about the target, counter-clockwise from above."""
    orbit_rad_s: float = 0.0
    """Steady orbit about the target, counter-clockwise from above."""
    dolly_per_s: float = 0.0
    """Rate at which it comes closer to the target: its distance is e^(-rate * t) times that of the start."""
    roll_rad: float = 0.0
    """Amplitude of the roll, counter-clockwise as the camera turns."""
    crane_rad: float = 0.0
    """Amplitude of a swing about the target, upwards."""
    turn_rad: float = 0.0
    """Amplitude of a turn where it stands, counter-clockwise from above."""
    shake_m: float = 0.0
    """Root mean square of the shake of a hand, to the right and upwards, at the target."""
    shake_seed: int = 0
    """Chooses the shake."""
    cuts: tuple[SolidCut, ...] = ()
    """Cuts in order of time."""

    @property
    def still(self) -> bool:
        """True where nothing of it moves."""
        return self == SolidPath(self.position_m, self.target_m, shake_seed=self.shake_seed)

    @property
    def distance_m(self) -> float:
        """From the target at the start."""
        return math.dist(self.position_m, self.target_m)

    def view(self, times_s: Float64[np.ndarray, " frames"], width_m: float, height_m: float) -> View:
        """The view at some times, of so many metres at what is looked at."""
        phase = np.sin(2 * np.pi * self.sway_hz * times_s)
        along = np.outer(times_s, self.drift_m_s) + np.outer(phase, self.sway_m)
        angle = self.orbit_rad * phase + self.orbit_rad_s * times_s
        distance = np.exp(-self.dolly_per_s * times_s)
        for cut in self.cuts:
            after = times_s >= cut.time_s
            angle = angle + after * cut.orbit_rad
            distance = distance * np.where(after, cut.closer, 1.0)
        arm = np.subtract(self.position_m, self.target_m)
        turned = _raised(_turned(np.tile(arm, (len(times_s), 1)), angle), self.crane_rad * phase)
        axes = _looking(_turned(turned / self.distance_m, self.turn_rad * phase), self.roll_rad * phase)
        target = np.array(self.target_m) + along
        if self.shake_m:
            by = self.shake_m * (shake(times_s, self.shake_seed) - shake(np.zeros(1), self.shake_seed))
            # The hand turns the camera more than it moves it.
            axes = _looking(
                _unit(axes[:, :, 2] - np.einsum("fab,fb->fa", axes[:, :, :2], by) / self.distance_m),
                self.roll_rad * phase,
            )
        position = target + turned * distance[:, None]
        focal = np.full(len(times_s), self.distance_m / height_m)
        return View(position, axes, focal, width_m / height_m)


def solid_camera(scene: Scene, move: CameraMove, rng: np.random.Generator, duration_s: float) -> SolidPath:
    """The camera of a scene with a move, so small that what happens stays in view.

    Args:
        scene: A solid scene, whose own camera says where it starts.
        move: What it does.
        rng: Chooses how far and which way.
        duration_s: Length of the clip.
    """
    start = scene.camera
    assert isinstance(start, SolidPath)
    sign = 1.0 if rng.random() < 0.5 else -1.0
    amount = float(rng.uniform(0.5, 1.0))
    there_and_back_hz = float(rng.uniform(0.4, 0.6)) / duration_s
    if move == "pan":
        arm = np.subtract(start.position_m, start.target_m)
        right = np.array([-arm[1], arm[0], 0.0]) / math.hypot(arm[0], arm[1])
        far = sign * 0.1 * amount * scene.view_width_m * right
        return replace(
            start,
            sway_m=(float(far[0]), float(far[1]), 0.03 * amount * scene.view_height_m),
            sway_hz=there_and_back_hz,
        )
    if move == "dolly":
        return replace(start, dolly_per_s=sign * 0.14 * amount / duration_s)
    if move == "orbit":
        return replace(start, orbit_rad=sign * 0.35 * amount, sway_hz=there_and_back_hz)
    if move == "shake":
        side = min(scene.view_width_m, scene.view_height_m)
        return replace(start, shake_m=0.008 * amount * side, shake_seed=int(rng.integers(1 << 31)))
    if move == "roll":
        return replace(start, roll_rad=sign * 0.1 * amount, sway_hz=there_and_back_hz)
    if move == "crane":
        return replace(start, crane_rad=0.3 * amount, sway_hz=there_and_back_hz)
    if move == "turn":
        seen_rad = math.atan2(scene.view_width_m, start.distance_m)
        return replace(start, turn_rad=sign * 0.1 * amount * seen_rad, sway_hz=there_and_back_hz)
    if move == "cut":
        cut = SolidCut(float(rng.uniform(0.25, 0.75)) * duration_s, sign * 0.5 * amount, 1 + 0.12 * amount)
        return replace(start, cuts=(cut,))
    return start


def _turned(
    vectors: Float64[np.ndarray, "frames 3"], by_rad: Float64[np.ndarray, " frames"]
) -> Float64[np.ndarray, "frames 3"]:
    """Vectors turned about the upright, counter-clockwise from above."""
    (x, y, z), cos, sin = vectors.T, np.cos(by_rad), np.sin(by_rad)
    return np.stack([x * cos - y * sin, x * sin + y * cos, z], axis=1)


def _raised(
    arms: Float64[np.ndarray, "frames 3"], by_rad: Float64[np.ndarray, " frames"]
) -> Float64[np.ndarray, "frames 3"]:
    """Arms swung upwards about the level line across them, up to a little below straight down."""
    if not by_rad.any():
        return arms
    level = np.hypot(arms[:, 0], arms[:, 1])
    length = np.hypot(level, arms[:, 2])
    start = np.arctan2(arms[:, 2], level)
    height = np.minimum(start + by_rad, np.maximum(start, _HIGHEST_RAD))
    along = (length * np.cos(height) / level)[:, None]
    return np.concatenate([arms[:, :2] * along, (length * np.sin(height))[:, None]], axis=1)


def _unit(vectors: Float64[np.ndarray, "frames 3"]) -> Float64[np.ndarray, "frames 3"]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _looking(
    back: Float64[np.ndarray, "frames 3"], roll_rad: Float64[np.ndarray, " frames"]
) -> Float64[np.ndarray, "frames 3 3"]:
    """Axes of cameras that look against unit vectors, upright but for the roll."""
    right = _unit(np.cross([0.0, 0.0, 1.0], back))
    up = np.cross(back, right)
    cos, sin = np.cos(roll_rad)[:, None], np.sin(roll_rad)[:, None]
    return np.stack([cos * right + sin * up, cos * up - sin * right, back], axis=2)
