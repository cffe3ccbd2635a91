"""A random causal generator of the shape of Wan2.1 1.3B with two decoders, and what its arithmetic takes at least.

Shapes: Wan, arXiv 2503.20314 (2025); the small decoder is shaped like TAEHV (Bohan, github.com/madebyollin/taehv). The
weights are random: speed and memory do not depend on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torch.utils.flop_counter import FlopCounterMode

from lawful.generators.causal.codec import Clock, Codec
from lawful.generators.causal.generator import CausalGenerator
from lawful.generators.causal.model import CausalModel
from lawful.generators.causal.spec import CausalSpec
from lawful.generators.protocol import Capabilities

WIDTH_PX, HEIGHT_PX, FPS = 832, 480, 16.0
LATENT_CHANNELS, SIDE, BLOCK, TEXT_TOKENS = 16, 8, 3, 512
FRAMES_A_BLOCK = 4 * BLOCK
STEPS = 4


@dataclass(frozen=True)
class Shape:
    """Sizes of the transformer."""

    layers: int
    heads: int
    head: int
    ffn: int
    text: int

    @property
    def width(self) -> int:
        """Channels of a token."""
        return self.heads * self.head


WAN_1_3B = Shape(layers=30, heads=12, head=128, ffn=8960, text=4096)
TOY = Shape(layers=2, heads=2, head=12, ffn=32, text=32)
"""For trying the code on a CPU; it says nothing of speed."""


def pass_flops(shape: Shape, window: int, tokens: int) -> float:
    """Multiplications and additions of one pass over a block once the window is full.

    A layer: queries, keys, values and output of self-attention, query and output of cross-attention (12 n d^2 in all,
    two to a multiplication and addition); feed-forward (4 n d f); attention over window and text (4 n d k). Norms, the
    embeddings and the text's keys and values are left out.
    """
    n, d = BLOCK * tokens, shape.width
    seen = window * tokens
    layer = 12 * n * d**2 + 4 * n * d * shape.ffn + 4 * n * d * (seen + TEXT_TOKENS)
    return float(shape.layers * layer)


def decoder_flops(codec: Codec, height_px: int, width_px: int) -> float:
    """Those of decoding one more block, counted on tensors without values."""
    size = (1, LATENT_CHANNELS, BLOCK, height_px // SIDE, width_px // SIDE)
    latents = torch.zeros(size, device="meta")
    with torch.no_grad():
        state, _ = codec.decode(codec.open(), latents)
        with FlopCounterMode(display=False) as counter:
            codec.decode(state, latents)
    return float(counter.get_total_flops())


class Memory(nn.Module):
    """Three convolutions over a frame and the one before it, added to the frame."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(2 * channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, frames: Tensor, before: Tensor | None) -> tuple[Tensor, Tensor]:
        """Frames (frames x channels x height x width) after the layers, and the frame that the next ones look at."""
        first = torch.zeros_like(frames[:1]) if before is None else before
        past = torch.cat([first, frames[:-1]])
        return torch.relu(frames + self.layers(torch.cat([frames, past], dim=1))), frames[-1:]


class SmallDecoder(nn.Module):
    """TAEHV's decoder: twelve blocks with memory, three times twice the side, twice two frames of one; 9.8 M weights."""

    def __init__(self, widths: tuple[int, ...] = (256, 128, 64, 64)) -> None:
        super().__init__()
        self.enter = nn.Conv2d(LATENT_CHANNELS, widths[0], 3, padding=1)
        self.memories = nn.ModuleList(Memory(width) for width in widths[:3] for _ in range(3))
        self.grows = nn.ModuleList(
            nn.Conv2d(width, width * times, 1, bias=False)
            for width, times in zip(widths, (1, 2, 2), strict=False)
        )
        self.narrows = nn.ModuleList(
            nn.Conv2d(width, after, 3, padding=1, bias=False) for width, after in pairwise(widths)
        )
        self.leave = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def forward(self, latents: Tensor, past: list[Tensor | None]) -> tuple[Tensor, list[Tensor | None]]:
        """Frames of some latent frames (both frames x channels x height x width), and what the next ones look at."""
        kept: list[Tensor | None] = []
        frames = torch.relu(self.enter(torch.tanh(latents / 3) * 3))
        for stage in range(3):
            for number in range(3 * stage, 3 * stage + 3):
                frames, last = self.memories[number](frames, past[number])
                kept.append(last)
            frames = interpolate(frames, scale_factor=2.0)
            grown = self.grows[stage](frames)
            frames = grown.reshape(-1, frames.shape[1], *frames.shape[2:])
            frames = self.narrows[stage](frames)
        return self.leave(torch.relu(frames)), kept


class SmallCodec:
    """The small decoder as a codec; it does not encode."""

    channels, space_stride, clock = LATENT_CHANNELS, SIDE, Clock(4, True)

    def __init__(self, decoder: SmallDecoder) -> None:
        self.decoder = decoder

    def identity(self) -> Mapping[str, Any]:
        """Random weights."""
        return {"codec": "small, random"}

    def encode(self, rgb: Tensor) -> Tensor:
        """Not what this is for."""
        raise NotImplementedError("the benchmark gives no frames")

    def open(self) -> list[Tensor | None]:
        """No frame before the first."""
        return [None] * 9

    def decode(self, state: list[Tensor | None], latents: Tensor) -> tuple[list[Tensor | None], Tensor]:
        """See `Codec`; batch 1."""
        weight = self.decoder.enter.weight
        frames, kept = self.decoder(latents[0].transpose(0, 1).to(weight.dtype), state)
        if state[0] is None:
            frames = frames[3:]
        return kept, (frames.transpose(0, 1)[None].float() * 2 - 1).clamp(-1, 1)


class WanCodec:
    """The decoder of Wan's autoencoder, one latent frame after the other; it does not encode."""

    channels, space_stride, clock = LATENT_CHANNELS, SIDE, Clock(4, True)

    def __init__(self, **config: Any) -> None:
        from diffusers.models.autoencoders.autoencoder_kl_wan import AutoencoderKLWan

        self.vae = AutoencoderKLWan(**config).eval()
        del self.vae.encoder

    def identity(self) -> Mapping[str, Any]:
        """Random weights."""
        return {"codec": "Wan, random"}

    def encode(self, rgb: Tensor) -> Tensor:
        """Not what this is for."""
        raise NotImplementedError("the benchmark gives no frames")

    def open(self) -> list[Any]:
        """Nothing seen."""
        return []

    def decode(self, state: list[Any], latents: Tensor) -> tuple[list[Any], Tensor]:
        """See `Codec`."""
        from diffusers.models.autoencoders.autoencoder_kl_wan import WanCausalConv3d

        n_convs = sum(isinstance(part, WanCausalConv3d) for part in self.vae.decoder.modules())
        held, frames = (list(state) or [None] * n_convs), []
        hidden = self.vae.post_quant_conv(latents.to(self.vae.post_quant_conv.weight.dtype))
        for at in range(latents.shape[2]):
            one = hidden[:, :, at : at + 1]
            first = not state and at == 0
            frames.append(self.vae.decoder(one, feat_cache=held, feat_idx=[0], first_chunk=first))
        return held, torch.cat(frames, dim=2).float().clamp(-1, 1)


def make_codec(name: str, shape: Shape) -> Any:
    """The codec "vae" or "small", on the device and in the format that are torch's defaults now."""
    if name == "small":
        return SmallCodec(SmallDecoder() if shape == WAN_1_3B else SmallDecoder((8, 8, 4, 4)))
    return WanCodec() if shape == WAN_1_3B else WanCodec(base_dim=3, dim_mult=[1, 1, 1, 1], num_res_blocks=1)


def streaming_error(name: str) -> float:
    """Largest difference, of values from -1 to 1, between frames decoded block by block and at once; toy sizes."""
    torch.manual_seed(0)
    codec = make_codec(name, TOY)
    latents = torch.randn(1, LATENT_CHANNELS, 7, 4, 8)
    with torch.no_grad():
        if name == "vae":
            at_once = codec.vae.decode(latents).sample.clamp(-1, 1)
        else:
            at_once = codec.decode(codec.open(), latents)[1]
        state, parts = codec.open(), []
        for first, end in ((0, 3), (3, 6), (6, 7)):
            state, frames = codec.decode(state, latents[:, :, first:end])
            parts.append(frames)
    return float((torch.cat(parts, dim=2) - at_once).abs().max())


def wan_shaped(
    window: int, decoder: str, shape: Shape, device: str, dtype: torch.dtype, compiled: bool
) -> CausalGenerator:
    """The generator: blocks of 3, 4 steps and a clean pass, as Self-Forcing has them.

    Args:
        window: Latent frames in sight, 12 or 21.
        decoder: "vae" or "small".
        shape: The transformer's sizes.
        device: Where it runs.
        dtype: Format of all weights.
        compiled: Compile the transformer's layers and the decoder with torch.compile.
    """
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            spec = CausalSpec(block=BLOCK, window=window)
            model = CausalModel.random(
                spec, patch_size=(1, 2, 2), num_attention_heads=shape.heads, attention_head_dim=shape.head,
                in_channels=LATENT_CHANNELS, out_channels=LATENT_CHANNELS, text_dim=shape.text, freq_dim=256,
                ffn_dim=shape.ffn, num_layers=shape.layers, cross_attn_norm=True,
                qk_norm="rms_norm_across_heads", rope_max_seq_len=1024,
            ).eval().requires_grad_(False)  # fmt: skip
            codec = make_codec(decoder, shape)
            context = torch.randn(1, TEXT_TOKENS, shape.text)
    finally:
        torch.set_default_dtype(before)
    if compiled:
        for layer in model.transformer.blocks:
            layer.compile()
        (codec.decoder if decoder == "small" else codec.vae.decoder).compile()
    size = (WIDTH_PX, HEIGHT_PX) if shape == WAN_1_3B else (64, 32)
    can = Capabilities(frozenset({"text"}), *size, FPS, trained_frames=81, licence="none: random weights")
    return CausalGenerator(
        f"wan-shape-{window}-{decoder}", model, codec, lambda texts: context.expand(len(texts), -1, -1), can, "0" * 64
    )  # fmt: skip
