"""Plain pictures of states: even discs of known colours on an even ground, anti-aliased, many clips at once."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from lawful.generators.tiny.prompt import COLOURS
from lawful.generators.tiny.scenes import CUSHION_PX, FLOOR_PX, SIDE_PX
from lawful.generators.worlds.scene import COLOURS as RGB

PALETTE: dict[str, tuple[int, int, int]] = {name: RGB[name] for name in COLOURS}
"""sRGB of the colours of things."""
WALL_RGB = (214, 220, 226)
FLOOR_RGB = (96, 100, 108)
ROD_RGB = (60, 58, 56)
TABLE_RGB = (186, 200, 188)
CUSHION_RGB = (96, 58, 34)
ROD_PX = 2.0
"""Width of a rod."""

SWING, SLIDE = 2, 3
"""Indices of the families that look unlike the others (see `lawful.generators.tiny.prompt.FAMILIES`)."""


def grounds() -> Float[Tensor, "families 3 height width"]:
    """The picture of each family without things, sRGB 0-255."""
    side, above = _filled(WALL_RGB), _filled(CUSHION_RGB)
    side[:, SIDE_PX - FLOOR_PX :] = torch.tensor(FLOOR_RGB, dtype=torch.float32)[:, None, None]
    inner = slice(CUSHION_PX, SIDE_PX - CUSHION_PX)
    above[:, inner, inner] = torch.tensor(TABLE_RGB, dtype=torch.float32)[:, None, None]
    return torch.stack([side, side, side, above])


def paint_states(
    family: Int[Tensor, " clips"],
    radius: Float[Tensor, "clips bodies"],
    pivot: Float[Tensor, "clips 2"],
    centre: Float[Tensor, "clips frames bodies 2"],
    colour: Int[Tensor, "clips bodies"],
) -> Float[Tensor, "clips frames 3 height width"]:
    """Paint states (see `lawful.generators.tiny.scenes.States`) with colours by index; sRGB 0-255."""
    clips, frames = centre.shape[:2]
    pictures = grounds()[family][:, None].expand(clips, frames, 3, SIDE_PX, SIDE_PX).clone()
    ticks = torch.arange(SIDE_PX) + 0.5
    x, y = ticks[None, None, None, :], ticks[None, None, :, None]
    swings = (family == SWING).nonzero().flatten()
    if len(swings):
        rod = _segment(x, y, pivot[swings][:, None].expand(-1, frames, -1), centre[swings, :, 0])
        cover = (ROD_PX / 2 + 0.5 - rod).clamp(0, 1)
        pictures[swings] = _laid(pictures[swings], cover, torch.tensor([ROD_RGB]).expand(len(swings), -1))
    rgb = torch.tensor([*PALETTE.values()])
    for body in range(centre.shape[2]):
        there = (radius[:, body] > 0).nonzero().flatten()
        at = centre[there, :, body, :, None, None]
        away = torch.hypot(x - at[:, :, 0], y - at[:, :, 1])
        cover = (radius[there, body, None, None, None] + 0.5 - away).clamp(0, 1)
        pictures[there] = _laid(pictures[there], cover, rgb[colour[there, body]])
    return pictures


def as_uint8(pictures: Float[Tensor, "*frames 3 height width"]) -> np.ndarray:
    """Pictures 0-255 as uint8 arrays (frames, height, width, 3)."""
    return pictures.clamp(0, 255).round().to(torch.uint8).movedim(-3, -1).contiguous().numpy()


def _laid(
    pictures: Float[Tensor, "clips frames 3 height width"],
    cover: Float[Tensor, "clips frames height width"],
    rgb: Int[Tensor, "clips 3"],
) -> Float[Tensor, "clips frames 3 height width"]:
    return torch.lerp(pictures, rgb.float()[:, None, :, None, None].expand_as(pictures), cover[:, :, None])


def _segment(
    x: Tensor, y: Tensor, one: Float[Tensor, "clips frames 2"], two: Float[Tensor, "clips frames 2"]
) -> Float[Tensor, "clips frames height width"]:
    """Distance of every pixel from the line between two points."""
    along = two - one
    dx, dy = x - one[..., 0, None, None], y - one[..., 1, None, None]
    ax, ay = along[..., 0, None, None], along[..., 1, None, None]
    share = ((dx * ax + dy * ay) / (ax**2 + ay**2)).clamp(0, 1)
    return torch.hypot(dx - share * ax, dy - share * ay)


def _filled(rgb: tuple[int, int, int]) -> Float[Tensor, "3 height width"]:
    return torch.tensor(rgb, dtype=torch.float32)[:, None, None].repeat(1, SIDE_PX, SIDE_PX)
