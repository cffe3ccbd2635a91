"""From pictures to the arrays that vision towers read, without torchvision.

The steps and their order are those of the models' own preprocessing: resize with bytes in and bytes out, then scale
and normalise, then cut into patches.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch.nn.functional import interpolate

Bytes = UInt8[torch.Tensor, "frames 3 height width"]
Pixels = Float[torch.Tensor, "frames 3 height width"]


def as_bytes(rgb: UInt8[np.ndarray, "frames height width 3"]) -> Bytes:
    """Pictures with channels first."""
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(0, 3, 1, 2)))


def resized(pictures: Bytes, height_px: int, width_px: int) -> Bytes:
    """Pictures of another size: bicubic, antialiased."""
    if tuple(pictures.shape[-2:]) == (height_px, width_px):
        return pictures
    return interpolate(pictures, size=(height_px, width_px), mode="bicubic", antialias=True)


def resized_lanczos(pictures: Bytes, sizes_px: Sequence[tuple[int, int]]) -> Bytes:
    """Pictures brought to one (height, width) after the other with Lanczos' filter."""
    made = []
    for rgb in pictures.permute(0, 2, 3, 1).numpy():
        picture = Image.fromarray(np.ascontiguousarray(rgb))
        for height_px, width_px in sizes_px:
            picture = picture.resize((width_px, height_px), Image.Resampling.LANCZOS)
        made.append(np.asarray(picture))
    return as_bytes(np.stack(made))


def centre_crop(pictures: Bytes, height_px: int, width_px: int) -> Bytes:
    """The middle of pictures that are at least so large."""
    top = round((pictures.shape[-2] - height_px) / 2)
    left = round((pictures.shape[-1] - width_px) / 2)
    return pictures[..., top : top + height_px, left : left + width_px]


def normalised(pictures: Bytes, mean: Sequence[float], std: Sequence[float]) -> Pixels:
    """Bytes as numbers about 0: (byte / 255 - mean) / std for each channel."""
    centre = torch.tensor(mean, dtype=torch.float32)[:, None, None] * 255
    spread = torch.tensor(std, dtype=torch.float32)[:, None, None] * 255
    return (pictures.float() - centre) / spread


def in_patches(
    pixels: Pixels, patch_px: int, merge: int, frames_per_step: int
) -> Float[torch.Tensor, "patches numbers"]:
    """Pictures cut into patches, in the order that Qwen's towers read.

    Steps follow each other; in a step, blocks of merge x merge patches row by row; in a block its patches row by row.
    A patch is channel, frame of its step, row, column. If frames do not fill the last step, the last is repeated.
    """
    missing = -len(pixels) % frames_per_step
    if missing:
        pixels = torch.cat([pixels, pixels[-1:].expand(missing, -1, -1, -1)])
    frames, channels, height, width = pixels.shape
    steps, rows, columns = frames // frames_per_step, height // patch_px, width // patch_px
    blocks = pixels.reshape(
        steps,
        frames_per_step,
        channels,
        rows // merge,
        merge,
        patch_px,
        columns // merge,
        merge,
        patch_px,
    )
    ordered = blocks.permute(0, 3, 6, 4, 7, 2, 1, 5, 8)
    return ordered.reshape(steps * rows * columns, channels * frames_per_step * patch_px * patch_px)


def fitting_size(
    size_px: tuple[int, int],
    multiple_px: int,
    min_pixels: float,
    max_pixels: float,
    frames: int = 1,
    frames_per_step: int = 1,
) -> tuple[int, int]:
    """The height and width nearest to a size that are multiples and keep a clip between two numbers of pixels.

    Args:
        size_px: Height and width.
        multiple_px: What both must be a multiple of.
        min_pixels: Fewest pixels of all frames together.
        max_pixels: Most pixels of all frames together.
        frames: Number of frames.
        frames_per_step: Frames of a step; the limits are compared with whole steps.
    """
    height, width = size_px
    if min(height, width) < multiple_px:
        grow = max(multiple_px / height, multiple_px / width)
        height, width = int(height * grow), int(width * grow)
    # Half steps go to the even neighbour, as Python rounds: the models' own preprocessing does so.
    whole = max(round(frames / frames_per_step), 1) * frames_per_step
    near = round(height / multiple_px) * multiple_px, round(width / multiple_px) * multiple_px
    if whole * near[0] * near[1] > max_pixels:
        shrink = math.sqrt(frames * height * width / max_pixels)
        return (
            max(multiple_px, math.floor(height / shrink / multiple_px) * multiple_px),
            max(multiple_px, math.floor(width / shrink / multiple_px) * multiple_px),
        )
    if whole * near[0] * near[1] < min_pixels:
        grow = math.sqrt(min_pixels / (frames * height * width))
        return (
            math.ceil(height * grow / multiple_px) * multiple_px,
            math.ceil(width * grow / multiple_px) * multiple_px,
        )
    return near
