"""The net: what is amiss in each cell of each frame, by family; causal, with a fixed look ahead.

A view is taken down to 8 x 8 cells by convolutions; blocks then mix each cell with its neighbours and with frames
before. What it says of a frame comes out `LOOK_AHEAD` frames later, so that it has seen what came after. Frame by
frame and all at once are the same.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float, Float32, UInt8
from torch import Tensor, nn

from lawful.judge.kinematic.spine.eye import CELLS, CHANNELS, LOOK_AHEAD, MIDDLE, SPACINGS, STRIDES

__all__ = ["LOOK_AHEAD", "PastOfClips", "SpineNet", "folded", "unfold"]

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
        self, seen: Float[Tensor, "clips frames width 8 8"]
    ) -> Float[Tensor, "clips later width 8 8"]:
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

    seen: list[Float[Tensor, "clips _ width 8 8"]]
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
    ) -> Float[Tensor, "clips frames outputs 8 8"]:
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
    return (views.float() - MIDDLE) / 64


def folded(net: SpineNet) -> dict[str, Tensor]:
    """The weights of a trained net by name, each norm folded into the convolution before it (`lawful...eye`)."""
    found: dict[str, Tensor] = {}
    for name, layer, norm in _normed(net):
        scale = norm.weight / torch.sqrt(cast(Tensor, norm.running_var) + norm.eps)
        found[f"{name}.weight"] = (layer.weight * scale[:, None, None, None]).detach()
        found[f"{name}.bias"] = (norm.bias - cast(Tensor, norm.running_mean) * scale).detach()
    found["head.weight"] = net.head.weight.detach()
    found["head.bias"] = cast(Tensor, net.head.bias).detach()
    return found


def unfold(
    net: SpineNet, weights: Mapping[str, Tensor], views: UInt8[Tensor, "clips frames 8 64 64"]
) -> None:
    """Make a net compute what folded weights do, so that training can go on from them; the net is changed.

    Each norm is given the mean and variance of what comes into it on some views, and undoes both; each convolution is
    scaled as a fresh one, as the norm after it takes any scale. The net is left in evaluation mode.

    Args:
        net: Of the same shape.
        weights: As `folded` gives them.
        views: Such as it will be trained on.

    Raises:
        KeyError: A weight is missing.
        ValueError: One is of another shape.
    """
    for name, part in folded(net).items():
        if weights[name].shape != part.shape:
            raise ValueError(f"{name} must be of shape {list(part.shape)}, got {list(weights[name].shape)}")
    hooks = [
        norm.register_forward_pre_hook(_undoing(layer, weights[f"{name}.weight"], weights[f"{name}.bias"]))
        for name, layer, norm in _normed(net)
    ]
    for name, part in (("weight", net.head.weight), ("bias", cast(Tensor, net.head.bias))):
        part.data.copy_(weights[f"head.{name}"])
    net.eval()
    with torch.no_grad():
        net(views, net.open(len(views)))
    for hook in hooks:
        hook.remove()


def _undoing(
    layer: nn.Conv2d, weight: Tensor, bias: Tensor
) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
    # As large as the first weights of a convolution are on average: uniform, with a variance of one in three inputs.
    size = weight.float().flatten(1).norm(dim=1).clamp(min=1e-6)
    scale = 3**-0.5 / size
    layer.weight.data.copy_(weight * scale[:, None, None, None])

    def undo(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        norm = cast(nn.BatchNorm2d, module)
        mean, variance = given[0].mean((0, 2, 3)), given[0].var((0, 2, 3), unbiased=False)
        cast(Tensor, norm.running_mean).copy_(mean)
        cast(Tensor, norm.running_var).copy_(variance)
        norm.weight.data.copy_(torch.sqrt(variance + norm.eps) / scale)
        norm.bias.data.copy_(bias + mean / scale)

    return undo


def _normed(net: SpineNet) -> Iterator[tuple[str, nn.Conv2d, nn.BatchNorm2d]]:
    """Each convolution that a norm comes after, by the name of its folded weights, in the order in which they act."""
    for k in range(len(STRIDES)):
        yield (
            f"encoder.{k}",
            cast(nn.Conv2d, net.encoder[3 * k]),
            cast(nn.BatchNorm2d, net.encoder[3 * k + 1]),
        )
    for number, block in enumerate(cast(list[Block], list(net.blocks))):
        yield f"blocks.{number}.over_time", block.over_time, block.first_norm
        yield f"blocks.{number}.over_space", block.over_space, block.second_norm
