"""Which object is seen at each pixel of a clip."""

import numpy as np
from jaxtyping import UInt8

from lawful.core.errors import InputError
from lawful.generators.worlds.records import WorldClip

MOST_OBJECTS = 254
"""So that each has a number of its own in a byte; 255 is left for whoever wants to mark pixels as unknown."""


def masks(
    clip: WorldClip, size_px: tuple[int, int] | None = None
) -> UInt8[np.ndarray, "frames height width"]:
    """The foremost object at every pixel's centre, from the truth and not from the pictures.

    Rods, springs and shadows are no objects. Degradations that warp the pictures do not move the masks.

    Args:
        clip: A clip of either kind of world.
        size_px: Width and height of the masks; None: those of the pictures.

    Returns:
        0 where no object is seen, n for the object of place n - 1 in `clip.objects`.

    Raises:
        InputError: There are more than 254 objects.
    """
    if len(clip.objects) > MOST_OBJECTS:
        raise InputError(
            f"masks number at most {MOST_OBJECTS} objects and this clip of {clip.scene} has {len(clip.objects)}. "
            "Make a clip of fewer."
        )
    height, width = clip.frames.rgb.shape[1:3]
    if size_px is not None:
        width, height = size_px
    if clip.world.dimensions == 2:
        from lawful.generators.worlds.flat.masks import flat_masks

        return flat_masks(clip.world, clip.simulated, width, height)
    from lawful.generators.worlds.solid.masks import solid_masks

    return solid_masks(clip.world, clip.simulated, width, height)
