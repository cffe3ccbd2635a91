"""Trajectory-guided attention after TRAVL: a re-design, since the paper gives the idea and no public code.

Vision tokens look at the other tokens of their own step, and then at the tokens that the same tracked points
fall on in other steps. Both parts enter through a gate that starts at 0, so that a fresh module changes nothing.

Source:
    The idea: Motamed, Chen, Van Gool, Laina, "TRAVL: A Recipe for Making Video-Language Models Better Judges
    of Physics Implausibility", arXiv 2510.07550. Which token a point falls on, what happens where points are
    hidden or tokens are on no track, the gates, the form of the attention and its cost are this module's own.
"""

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lawful.judge.vlm.tracks.cells import TrackCells
from lawful.judge.vlm.tracks.form import AttentionSettings
from lawful.judge.vlm.tracks.layout import Block, Layout, layout_of

_RELATIVE_WIDTH = 16


class TrajectoryAttention(nn.Module):
    """Attention within each step, then along tracks, on the tokens of one clip.

    Along a track each of its tokens looks at the track's tokens in all steps in which it is seen, at a cost of
    tracks x steps². A token that several tracks pass gets the mean of what they bring. A token that no
    track links to another step is left as it is by that part.
    """

    def __init__(self, width: int, settings: AttentionSettings, generator: torch.Generator | None) -> None:
        """Fresh weights, with both gates at 0.

        Args:
            width: Width of the tokens.
            settings: The form.
            generator: Draws the weights; without one they take no memory until some are loaded.
        """
        super().__init__()
        self.width = width
        self.settings = settings
        self.spatial = _Heads(width, settings, generator) if settings.spatial else None
        self.temporal = _Heads(width, settings, generator)
        self.relative = _Relative(settings.heads, generator) if settings.relative else None
        self.spatial_gate = _gate(generator) if settings.spatial else None
        self.temporal_gate = _gate(generator)

    def forward(
        self, tokens: Float[Tensor, "steps cells width"], placed: TrackCells
    ) -> Float[Tensor, "steps cells width"]:
        """The tokens after both parts.

        Args:
            tokens: Tokens in any order of cells that is the same in every step.
            placed: The tracks, their cells counted in the tokens' order.
        """
        steps, cells, width = tokens.shape
        if placed.cells.shape[1] != steps or placed.cells_per_step != cells:
            raise ValueError(
                f"the tokens have {steps} steps of {cells} cells, the tracks {placed.cells.shape[1]} "
                f"of {placed.cells_per_step}"
            )
        held = tokens.to(self.temporal_gate.dtype)
        if self.spatial is not None and self.spatial_gate is not None:
            held = held + self.spatial_gate * self.spatial(held)
        layout = layout_of(placed, self.settings.causal)
        if not len(layout.touched):
            return held.to(tokens.dtype)
        return self._along_tracks(held.reshape(steps * cells, width), layout).view_as(held).to(tokens.dtype)

    def _along_tracks(
        self, held: Float[Tensor, "tokens width"], layout: Layout
    ) -> Float[Tensor, "tokens width"]:
        brought = torch.cat([self._block(held, block) for block in layout.blocks])
        place, touched = _sent(layout.place, held), _sent(layout.touched, held)
        # Where products are made in bfloat16 (autocast), sums are not.
        sums = _summed(brought.to(held.dtype), place, len(layout.touched))
        mean = sums / _sent(layout.tracks_on, held).to(held.dtype)[:, None]
        added = (self.temporal_gate * self.temporal.out(mean)).to(held.dtype)
        # Each token is here once, so the order of these additions cannot matter.
        return held.index_add(0, touched, added)

    def _block(self, held: Float[Tensor, "tokens width"], block: Block) -> Float[Tensor, "entries inner"]:
        along = held[_sent(block.tokens, held)]
        may_look = _sent(block.may_look, held)[:, None]
        bias = may_look
        if self.relative is not None:
            bias = self.relative(_sent(block.apart, held).to(held.dtype)).masked_fill(~may_look, -math.inf)
        return self.temporal.looked(along, bias)[_sent(block.changed, held)]


class _Heads(nn.Module):
    """Normalised multi-head attention; what is added goes through `out`."""

    def __init__(self, width: int, settings: AttentionSettings, generator: torch.Generator | None) -> None:
        super().__init__()
        inner = settings.heads * settings.head_width
        self.heads = settings.heads
        self.norm = nn.LayerNorm(width, device=_device(generator))
        self.query = _linear(width, inner, generator)
        self.key = _linear(width, inner, generator)
        self.value = _linear(width, inner, generator)
        self.out = _linear(inner, width, generator)

    def forward(self, tokens: Float[Tensor, "sets looks width"]) -> Float[Tensor, "sets looks width"]:
        return self.out(self.looked(tokens, None))

    def looked(
        self, tokens: Float[Tensor, "sets looks width"], bias: Tensor | None
    ) -> Float[Tensor, "sets looks inner"]:
        normed = self.norm(tokens)
        parts = (self.query(normed), self.key(normed), self.value(normed))
        query, key, value = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        found = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        return found.transpose(1, 2).flatten(2)


class _Relative(nn.Module):
    """From time and distance along a track to a number for each head, 0 at first."""

    def __init__(self, heads: int, generator: torch.Generator | None) -> None:
        super().__init__()
        self.inner = _linear(3, _RELATIVE_WIDTH, generator)
        self.out = _linear(_RELATIVE_WIDTH, heads, generator)
        nn.init.zeros_(self.out.weight)

    def forward(
        self, apart: Float[Tensor, "tracks steps steps 3"]
    ) -> Float[Tensor, "tracks heads steps steps"]:
        return self.out(functional.gelu(self.inner(apart))).permute(0, 3, 1, 2)


def _linear(inputs: int, outputs: int, generator: torch.Generator | None) -> nn.Linear:
    layer = nn.Linear(inputs, outputs, device="meta")
    if generator is not None:
        layer = layer.to_empty(device="cpu")
        with torch.no_grad():
            layer.weight.normal_(0.0, inputs**-0.5, generator=generator)
            layer.bias.zero_()
    return layer


def _gate(generator: torch.Generator | None) -> nn.Parameter:
    return nn.Parameter(torch.zeros((), device=_device(generator)))


def _device(generator: torch.Generator | None) -> str:
    return "meta" if generator is None else "cpu"


def _sent(array: np.ndarray, like: Tensor) -> Tensor:
    return torch.from_numpy(array).to(like.device)


def _summed(
    entries: Float[Tensor, "entries inner"], place: Tensor, count: int
) -> Float[Tensor, "tokens inner"]:
    """Sums of entries with the same place, taken in one order on either kind of device."""
    sums = entries.new_zeros(count, entries.shape[1])
    if entries.is_cuda:
        return sums.index_put((place,), entries, accumulate=True)
    return sums.index_add(0, place, entries)
