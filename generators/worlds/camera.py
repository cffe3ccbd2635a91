"""Where the camera is, and where it shows a point of the world."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class CameraPath:
    """A flat world's view over time: `velocity_m_s` * t plus a sway that is 0 at the start."""

    velocity_m_s: tuple[float, ...] = (0.0, 0.0)
    """Steady part."""
    sway_m: tuple[float, ...] = (0.0, 0.0)
    """Amplitude of the sway."""
    sway_hz: float = 0.0
    """Frequency of the sway."""

    def view(self, times_s: Float64[np.ndarray, " frames"], width_m: float, height_m: float) -> View:
        """The view at some times, of a picture of so many metres."""
        sway = np.sin(2 * np.pi * self.sway_hz * times_s)[:, None]
        centre = np.outer(times_s, self.velocity_m_s) + sway * np.array(self.sway_m)
        axes = np.repeat(np.eye(2)[None], len(times_s), axis=0)
        return View(centre, axes, np.full(len(times_s), 1 / height_m), width_m / height_m)


STILL = CameraPath()
"""A camera on a tripod."""
