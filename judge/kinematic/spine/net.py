"""The net: what is amiss in each cell of each frame, by family; causal, with a fixed look ahead.

A view is taken down to 8 x 8 cells by convolutions; blocks then mix each cell with its neighbours and with frames
before. What it says of a frame comes out `LOOK_AHEAD` frames later, so that it has seen what came after. Frame by
frame and all at once are the same.
"""

from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float32, UInt8
from torch import Tensor, nn

from lawful.judge.kinematic.spine.eye import CELLS, CHANNELS, LOOK_AHEAD, SPACINGS, STRIDES

__all__ = ["LOOK_AHEAD", "PastOfClips", "SpineNet", "folded"]

WIDTH = 48
"""Planes inside."""
_TAPS = 3


class Block(nn.Module):
    """Three frames of each cell mixed, then each cell with its eight neighbours, added to what came in."""

    def __init__(self, width: int, spacing: int) -> None:
        super().__init__()
        self.spacing = spacing
        self.over_time = nn.Conv2d(_TAPS * width, width, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(width)
        self.over_space = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(width)

    @property
    def reach(self) -> int:
        """Frames back that it looks."""
        return (_TAPS - 1) * self.spacing

    def forward(
        self, seen: Float32[Tensor, "clips frames width 8 8"]
    ) -> Float32[Tensor, "clips later width 8 8"]:
        """The frames from `reach` on: those before are only looked back at."""
        clips, frames, width = seen.shape[:3]
        later = frames - self.reach
        taps = [seen[:, k * self.spacing : k * self.spacing + later] for k in range(_TAPS)]
        mixed = torch.cat(taps, dim=2).reshape(clips * later, _TAPS * width, CELLS, CELLS)
        mixed = nn.functional.silu(self.first_norm(self.over_time(mixed)))
        mixed = nn.functional.silu(self.second_norm(self.over_space(mixed)))
        return taps[-1] + mixed.reshape(clips, later, width, CELLS, CELLS)


@dataclass
class PastOfClips:
    """What each block looks back at, of several clips at once."""

    seen: list[Float32[Tensor, "clips _ width 8 8"]]
    """By block."""


class SpineNet(nn.Module):
    """See the module.

    Args:
        families: Number of families that it tells apart.
        width: Planes inside.
    """

    def __init__(self, families: int, width: int = WIDTH) -> None:
        super().__init__()
        self.width = width
        layers: list[nn.Module] = []
        planes = [CHANNELS, width // 4, width // 2, 3 * width // 4, width]
        for number, stride in enumerate(STRIDES):
            layers += [
                nn.Conv2d(planes[number], planes[number + 1], 3, stride, 1, bias=False),
                nn.BatchNorm2d(planes[number + 1]),
                nn.SiLU(),
            ]
        self.encoder = nn.Sequential(*layers)
        self.blocks = nn.ModuleList(Block(width, spacing) for spacing in SPACINGS)
        self.head = nn.Conv2d(width, 1 + families, 1)
        nn.init.constant_(cast(Tensor, self.head.bias)[:1], -7.0)

    def open(self, clips: int = 1) -> PastOfClips:
        """Before the first frame: nothing to look back at."""
        blocks = cast(list[Block], list(self.blocks))
        return PastOfClips([torch.zeros(clips, block.reach, self.width, CELLS, CELLS) for block in blocks])

    def forward(
        self, views: UInt8[Tensor, "clips frames 8 64 64"], past: PastOfClips
    ) -> Float32[Tensor, "clips frames outputs 8 8"]:
        """What is amiss, as logits: first whether anything is, then which family; of the frame `LOOK_AHEAD` before.

        Args:
            views: Some frames.
            past: Changed in place.
        """
        clips, frames = views.shape[:2]
        seen = self.encoder(_scaled(views.flatten(0, 1)))
        seen = seen.reshape(clips, frames, self.width, CELLS, CELLS)
        for number, block in enumerate(self.blocks):
            whole = torch.cat([past.seen[number], seen], dim=1)
            past.seen[number] = whole[:, whole.shape[1] - cast(Block, block).reach :].detach()
            seen = block(whole)
        return self.head(seen.flatten(0, 1)).reshape(clips, frames, -1, CELLS, CELLS)


def _scaled(views: UInt8[Tensor, "frames 8 64 64"]) -> Float32[Tensor, "frames 8 64 64"]:
    return (views.float() - 128) / 64


def folded(net: SpineNet) -> dict[str, Tensor]:
    """The weights of a trained net by name, each norm folded into the convolution before it (`lawful...eye`)."""
    found: dict[str, Tensor] = {}
    pairs = [(f"encoder.{k}", net.encoder[3 * k], net.encoder[3 * k + 1]) for k in range(len(STRIDES))]
    for number, block in enumerate(cast(list[Block], list(net.blocks))):
        pairs.append((f"blocks.{number}.over_time", block.over_time, block.first_norm))
        pairs.append((f"blocks.{number}.over_space", block.over_space, block.second_norm))
    for name, layer, norm in pairs:
        layer, norm = cast(nn.Conv2d, layer), cast(nn.BatchNorm2d, norm)
        scale = norm.weight / torch.sqrt(cast(Tensor, norm.running_var) + norm.eps)
        found[f"{name}.weight"] = (layer.weight * scale[:, None, None, None]).detach()
        found[f"{name}.bias"] = (norm.bias - cast(Tensor, norm.running_mean) * scale).detach()
    found["head.weight"] = net.head.weight.detach()
    found["head.bias"] = cast(Tensor, net.head.bias).detach()
    return found
