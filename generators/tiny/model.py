"""The network of the embedded generator: the engine's, small, over patches of pixels.

A latent frame is two frames of 64x64 px, cut into 8x8 patches: 384 numbers a cell, pixels from -1 to 1. Beside
them the network is given, for every cell, where it is and which point tracks pass through it.
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from lawful.generators.causal.codec import PixelCodec
from lawful.generators.causal.model import CausalModel
from lawful.generators.causal.spec import CausalSpec
from lawful.generators.causal.stock import WanTransformer3DModel
from lawful.generators.tiny.prompt import N_WORDS
from lawful.generators.tiny.scenes import SIDE_PX

PATCH_PX = 8
TUBELET = 2
"""Frames of a latent frame."""
CELLS = SIDE_PX // PATCH_PX
"""Cells in a row and in a column."""
CODEC = PixelCodec(space_stride=PATCH_PX, time_stride=TUBELET)
LATENT_CHANNELS = CODEC.channels
TRACK_CHANNELS = 6
"""Of the embedding of a point in the cell where it is (see `lawful.generators.causal.tracks`)."""

SPEC = CausalSpec(
    block=1,
    window=6,
    sigmas=(1.0, 0.9375, 5 / 6, 0.625),
    first_sigmas=(1.0, 0.9722, 0.9375, 0.8929, 5 / 6, 0.75, 0.625, 0.4167),
    prediction="x0",
    guidance=2.0,
    guided=1,
)
"""Twelve frames in sight; four steps a latent frame and eight for the first, of noise levels shifted by 5.

Guidance says more plainly what a video begins with; in a clip that goes on it takes things off their way.
"""


@dataclass(frozen=True)
class TinyConfig:
    """Sizes of the network."""

    layers: int = 4
    """Blocks."""
    heads: int = 4
    """Attention heads."""
    head_channels: int = 32
    """Channels of a head; a multiple of 2, of which a sixth, doubled and rounded down, goes to rows and columns each."""
    mlp_channels: int = 384
    """Width within the feed-forward layers."""
    text_channels: int = 64
    """Size of the embedding of a slot of the prompt."""

    def transformer(self) -> WanTransformer3DModel:
        """A stock transformer of these sizes with random weights."""
        return WanTransformer3DModel(
            patch_size=(1, 1, 1),
            num_attention_heads=self.heads,
            attention_head_dim=self.head_channels,
            in_channels=LATENT_CHANNELS + TRACK_CHANNELS,
            out_channels=LATENT_CHANNELS,
            text_dim=self.text_channels,
            freq_dim=128,
            ffn_dim=self.mlp_channels,
            num_layers=self.layers,
            cross_attn_norm=True,
        )

    def as_json(self) -> dict[str, Any]:
        """The sizes as plain data."""
        return asdict(self)


class PlacedPatches(nn.Module):
    """The stock embedding of patches, and a learnt vector for each cell: turned queries tell differences of places alone.

    Args:
        stock: The transformer's own.
    """

    def __init__(self, stock: nn.Module, channels: int) -> None:
        super().__init__()
        self.stock = stock
        self.places = nn.Parameter(0.02 * torch.randn(channels, 1, CELLS, CELLS))

    def forward(self, latents: Tensor) -> Tensor:
        """Embedded cells."""
        return self.stock(latents) + self.places


class TinyModel(nn.Module):
    """The network and its table of words."""

    def __init__(self, config: TinyConfig, spec: CausalSpec = SPEC) -> None:
        super().__init__()
        self.config = config
        self.words = nn.Embedding(N_WORDS, config.text_channels)
        transformer = config.transformer()
        width = config.heads * config.head_channels
        transformer.patch_embedding = PlacedPatches(transformer.patch_embedding, width)  # pyright: ignore[reportAttributeAccessIssue]
        self.causal = CausalModel(spec, transformer)

    def context(self, tokens: Int[Tensor, "batch slots"]) -> Float[Tensor, "batch slots text"]:
        """Embedded prompts (see `lawful.generators.tiny.prompt.Prompt.tokens`)."""
        return self.words(tokens)


def to_latents(
    pictures: Float[Tensor, "batch frames 3 height width"],
) -> Float[Tensor, "batch channels latents rows columns"]:
    """Latents of pictures 0-255; the number of frames is even."""
    return CODEC.encode(pictures.transpose(1, 2) / 127.5 - 1)
