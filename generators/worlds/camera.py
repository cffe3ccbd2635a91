"""Where the camera is, and where it shows a point of the world."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64


@dataclass(frozen=True, eq=False)
class View:
    """The camera over the frames of a clip, without lens errors."""

    position_m: Float64[np.ndarray, "frames axes"]
    """Centre of the picture in a flat world; the pin-hole in a solid one."""
    axes: Float64[np.ndarray, "frames axes axes"]
    """Columns: unit vectors to the right, upwards and, in a solid world, back from what is seen."""
    scale: Float64[np.ndarray, " frames"]
    """Frame heights a metre in a flat world; focal length in frame heights in a solid one."""
    aspect: float
    """Width over height of the picture."""

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.scale)

    def project(
        self, points_m: Float64[np.ndarray, "frames points axes"]
    ) -> Float64[np.ndarray, "frames points 2"]:
        """Where points are seen, as shares of the frame's width and height, y down; NaN behind the camera."""
        offset = np.einsum("fpa,fab->fpb", points_m - self.position_m[:, None], self.axes)
        shares = offset[..., :2] * self.scale[:, None, None]
        if offset.shape[-1] == 3:
            depth = -offset[..., 2:]
            with np.errstate(divide="ignore", invalid="ignore"):
                shares = np.where(depth > 0, shares / depth, np.nan)
        return np.stack([0.5 + shares[..., 0] / self.aspect, 0.5 - shares[..., 1]], axis=-1)

    def at(self, frames: np.ndarray) -> "View":
        """The view of some of the frames, in their order."""
        return View(self.position_m[frames], self.axes[frames], self.scale[frames], self.aspect)


@runtime_checkable
class Camera(Protocol):
    """How a view moves: a `CameraPath` in a flat world, a `SolidPath` in a solid one."""

    @property
    def still(self) -> bool:
        """True where nothing of it moves."""
        ...

    def view(self, times_s: Float64[np.ndarray, " frames"], width_m: float, height_m: float) -> View:
        """The view at some times, of a picture of so many metres at what is looked at."""
        ...


@dataclass(frozen=True)
class Cut:
    """Another view of the same scene from a time on."""

    time_s: float
    """When."""
    shift_m: tuple[float, float]
    """By how much the view's centre jumps."""
    zoom: float
    """Times the scale."""


@dataclass(frozen=True)
class CameraPath:
    """A flat world's view over time: `velocity_m_s` * t plus a sway that is 0 at the start, and more."""

    velocity_m_s: tuple[float, ...] = (0.0, 0.0)
    """Steady part."""
    sway_m: tuple[float, ...] = (0.0, 0.0)
    """Amplitude of the sway."""
    sway_hz: float = 0.0
    """Frequency of the sway."""
    zoom_per_s: float = 0.0
    """Rate at which the scale grows: it is e^(rate * t)."""
    roll_rad: float = 0.0
    """Amplitude of the roll, with the frequency of the sway."""
    shake_m: float = 0.0
    """Root mean square of the shake of a hand, along each axis."""
    shake_seed: int = 0
    """Chooses the shake."""
    cuts: tuple[Cut, ...] = ()
    """Cuts in order of time."""

    @property
    def still(self) -> bool:
        """True where nothing of it moves."""
        return self == CameraPath(shake_seed=self.shake_seed)

    def view(self, times_s: Float64[np.ndarray, " frames"], width_m: float, height_m: float) -> View:
        """The view at some times, of a picture of so many metres."""
        phase = np.sin(2 * np.pi * self.sway_hz * times_s)[:, None]
        centre = np.outer(times_s, self.velocity_m_s) + phase * np.array(self.sway_m)
        zoom = np.exp(self.zoom_per_s * times_s)
        if self.shake_m:
            centre = centre + self.shake_m * shake(times_s, self.shake_seed)
        for cut in self.cuts:
            after = times_s >= cut.time_s
            centre = centre + after[:, None] * np.array(cut.shift_m)
            zoom = zoom * np.where(after, cut.zoom, 1.0)
        cos, sin = np.cos(self.roll_rad * phase[:, 0]), np.sin(self.roll_rad * phase[:, 0])
        axes = np.stack([np.stack([cos, -sin], axis=-1), np.stack([sin, cos], axis=-1)], axis=1)
        return View(centre, axes, zoom / height_m, width_m / height_m)


def shake(times_s: Float64[np.ndarray, " frames"], seed: int) -> Float64[np.ndarray, "frames 2"]:
    """A smooth random path of unit variance along each axis: a sum of sines of 1.5-8 Hz."""
    rng = np.random.default_rng(seed)
    hz, start = rng.uniform(1.5, 8.0, (2, 6)), rng.uniform(0, 2 * np.pi, (2, 6))
    waves = np.sin(2 * np.pi * hz * times_s[:, None, None] + start)
    return waves.sum(axis=2) / np.sqrt(3)


STILL = CameraPath()
"""A camera on a tripod."""
