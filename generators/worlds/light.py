"""What light and sensor make of a picture, however it was rendered."""

import cv2
import numpy as np
from jaxtyping import UInt8

from lawful.generators.worlds.scene import Scene


def lit(
    picture: UInt8[np.ndarray, "height width 3"], scene: Scene, time_s: float
) -> UInt8[np.ndarray, "height width 3"]:
    """A picture in the light of a scene at a time."""
    gain = scene.style.gain
    for light in scene.lights:
        if light.start_s <= time_s < light.end_s:
            gain *= light.gain
    factor = gain * np.array(scene.style.tint)
    if (factor == 1).all():
        return picture
    return np.clip(np.rint(picture * factor), 0, 255).astype(np.uint8)


class Grain:
    """Sensor noise: windows of one large random field, one for each frame in order."""

    def __init__(self, rng: np.random.Generator, noise: float, width_px: int, height_px: int) -> None:
        self.rng = rng
        self.noise = noise
        shape = (height_px + 32, width_px + 32, 3)
        self.field = np.rint(rng.normal(0, noise, shape)).astype(np.int16) if noise > 0 else None

    def over(self, picture: UInt8[np.ndarray, "height width 3"]) -> UInt8[np.ndarray, "height width 3"]:
        """A picture with the next frame's noise."""
        if self.field is None:
            return picture
        y, x = self.rng.integers(0, 33, 2)
        part = self.field[y : y + picture.shape[0], x : x + picture.shape[1]]
        return cv2.add(picture, part, dtype=cv2.CV_8U)
