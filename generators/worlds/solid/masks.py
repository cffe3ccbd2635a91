"""Which solid body is seen at each pixel, by rays through the pixels' centres."""

import numpy as np
from jaxtyping import Float32, UInt8

from lawful.generators.worlds.motion import Simulated
from lawful.generators.worlds.scene import Scene
from lawful.generators.worlds.solid.rays_lens import Lens, Thing, lens_of, same_view, thing_at, thing_of


def solid_masks(
    scene: Scene, simulated: Simulated, width_px: int, height_px: int
) -> UInt8[np.ndarray, "frames height width"]:
    """0 where no body is foremost at the pixel's centre, n for the body of place n - 1."""
    found = np.zeros((len(simulated), height_px, width_px), np.uint8)
    things = [thing_of(block) for block in scene.blocks]
    view, blocks_at, behind = simulated.view, 0, None
    for frame in range(len(simulated)):
        lens = lens_of(view, frame, width_px, height_px)
        if behind is None or not same_view(view, blocks_at, frame):
            blocks_at, behind = frame, _ahead(lens, things)
        nearest = behind.copy()
        for number, motion in enumerate(simulated.motions):
            if motion.present[frame]:
                thing = thing_at(motion, frame)
                region = lens.region(thing)
                if region is not None:
                    ahead = lens.ahead(thing, region)
                    nearer = ahead < nearest[region]
                    nearest[region][nearer] = ahead[nearer]
                    found[frame][region][nearer] = number + 1
    return found


def _ahead(lens: Lens, things: list[Thing]) -> Float32[np.ndarray, "height width"]:
    """How far ahead the nearest of some things is at each pixel."""
    nearest = np.full((lens.height, lens.width), np.inf, np.float32)
    for thing in things:
        region = lens.region(thing)
        if region is not None:
            np.minimum(nearest[region], lens.ahead(thing, region), out=nearest[region])
    return nearest
