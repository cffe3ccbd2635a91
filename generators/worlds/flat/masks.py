"""Which flat body is seen at each pixel, by the order in which they are drawn."""

import numpy as np
from jaxtyping import Float64, UInt8

from lawful.generators.worlds.camera import View
from lawful.generators.worlds.flat.surface import outline_box
from lawful.generators.worlds.motion import Simulated
from lawful.generators.worlds.scene import Scene


def flat_masks(
    scene: Scene, simulated: Simulated, width_px: int, height_px: int
) -> UInt8[np.ndarray, "frames height width"]:
    """0 where no body is foremost at the pixel's centre, n for the body of place n - 1; screens hide bodies."""
    found = np.zeros((len(simulated), height_px, width_px), np.uint8)
    size = np.array([width_px, height_px, width_px, height_px])
    for number, motion in enumerate(simulated.motions):
        box = outline_box(motion, simulated.view) * size
        for frame in np.flatnonzero(motion.present & np.isfinite(box).all(axis=1)).tolist():
            x0, y0, x1, y1 = (*np.floor(box[frame, :2]).astype(int), *np.ceil(box[frame, 2:]).astype(int))
            points = _points(simulated.view, frame, (width_px, height_px), slice(y0, y1), slice(x0, x1))
            own = (points - motion.position_m[frame]) @ motion.rotation[frame] / motion.half_size_m[frame]
            if motion.shape(frame) == "disc":
                covered = (own**2).sum(axis=-1) <= 1
            else:
                covered = np.abs(own).max(axis=-1) <= 1
            found[frame, y0:y1, x0:x1][covered] = number + 1
    for block in scene.blocks:
        if not block.solid:
            for frame in range(len(simulated)):
                points = _points(simulated.view, frame, (width_px, height_px))
                covered = (points >= np.array(block.low)) & (points <= np.array(block.high))
                found[frame][covered.all(axis=-1)] = 0
    return found


def _points(
    view: View, frame: int, size: tuple[int, int], rows: slice = slice(None), columns: slice = slice(None)
) -> Float64[np.ndarray, "rows columns 2"]:
    """Where the centres of some pixels lie in the world."""
    right = (((np.arange(size[0]) + 0.5) / size[0] - 0.5) * view.aspect / view.scale[frame])[columns]
    up = ((0.5 - (np.arange(size[1]) + 0.5) / size[1]) / view.scale[frame])[rows]
    axes = view.axes[frame]
    return view.position_m[frame] + right[:, None] * axes[:, 0] + up[:, None, None] * axes[:, 1]
