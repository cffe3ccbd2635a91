"""A small decoder of Wan's latents, of the shape and the file of TAEHV (`taew2_1`): a tenth of the work, less detail.

Source: Bohan, github.com/madebyollin/taehv (MIT): shapes and names of weights. It takes latents as the network gives
them, without mean and deviation.
"""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

from lawful.core.errors import InputError
from lawful.generators.adapters.pickled import read_pickled

Rgb = Float[Tensor, "batch 3 frames height width"]
Latents = Float[Tensor, "batch channels latents rows columns"]
Frames = Float[Tensor, "batch frames channels height width"]
WIDTHS = (256, 128, 64, 64)
_CHANNELS = 16
_LATENT_LIMIT = 3.0
_TIMES = (1, 2, 2)
_LEFT_OUT = 3
"""Frames that the first latent frame is decoded to, and that are before the video."""


class Remembering(nn.Module):
    """Three convolutions over a frame and the one before it, added to the frame."""

    def __init__(self, width: int) -> None:
        super().__init__()
        sizes = (2 * width, width, width, width)
        convs = [nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(sizes)]
        self.conv = nn.Sequential(convs[0], nn.ReLU(), convs[1], nn.ReLU(), convs[2])

    def forward(self, frames: Frames, before: Tensor | None) -> tuple[Frames, Tensor]:
        """The frames after it, and the frame that the next ones look at."""
        first = torch.zeros_like(frames[:, :1]) if before is None else before
        past = torch.cat([first, frames[:, :-1]], dim=1)
        seen = self.conv(torch.cat([frames, past], dim=2).flatten(0, 1))
        return relu(seen.unflatten(0, frames.shape[:2]) + frames), frames[:, -1:]


class Growing(nn.Module):
    """Makes some frames of each frame."""

    def __init__(self, width: int, times: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width * times, 1, bias=False)


class TaehvDecoder(nn.Module):
    """The decoder: a `StreamDecoder` whose state is the last frame that each layer with memory saw."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        for width, after, times in zip(widths, widths[1:], _TIMES, strict=False):
            stages += [Remembering(width) for _ in range(3)]
            narrow = nn.Conv2d(width, after, 3, padding=1, bias=False)
            stages += [nn.Upsample(scale_factor=2), Growing(width, times), narrow]
        enter = nn.Conv2d(_CHANNELS, widths[0], 3, padding=1)
        leave = nn.Conv2d(widths[3], 3, 3, padding=1)
        # The numbers of the layers are those of the file, which counts layers without weights too.
        self.decoder = nn.ModuleList([nn.Identity(), enter, nn.ReLU(), *stages, nn.ReLU(), leave])

    def identity(self) -> Mapping[str, Any]:
        """Its kind; its weights are told apart by the digest of their file."""
        return {"decoder": "taehv"}

    def open(self) -> tuple[Tensor, ...]:
        """Nothing seen."""
        return ()

    @torch.no_grad()
    def decode(self, state: tuple[Tensor, ...], latents: Latents) -> tuple[tuple[Tensor, ...], Rgb]:
        """See `StreamDecoder`."""
        weight = self.decoder[1].weight
        assert isinstance(weight, Tensor)
        frames = latents.transpose(1, 2).to(weight.device, weight.dtype)
        frames = torch.tanh(frames / _LATENT_LIMIT) * _LATENT_LIMIT
        held: list[Tensor] = []
        for layer in self.decoder:
            if isinstance(layer, Remembering):
                frames, last = layer(frames, state[len(held)] if state else None)
                held.append(last)
            else:
                frames = _by_frame(layer, frames)
        rgb = (frames.transpose(1, 2).float() * 2 - 1).clamp(-1, 1)
        return tuple(held), rgb if state else rgb[:, :, _LEFT_OUT:]


def read_taehv(path: Path, device: torch.device, dtype: torch.dtype) -> TaehvDecoder:
    """The decoder of a file.

    Raises:
        InputError: The file holds other weights; the message names some.
    """
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            held = load_file(path)
        else:
            held = read_pickled(path)
        weights = {name: weight for name, weight in held.items() if name.startswith("decoder.")}
        decoder = TaehvDecoder(_widths(weights))
        decoder.load_state_dict(weights, strict=True)
    except (OSError, RuntimeError, AttributeError, KeyError, IndexError, ValueError) as error:
        raise InputError(f"{path}: no decoder of the shape of TAEHV for Wan 2.1: {error}") from error
    return decoder.eval().requires_grad_(False).to(device, dtype)


def _widths(weights: Mapping[str, Tensor]) -> tuple[int, ...]:
    names = ("decoder.1.weight", "decoder.8.weight", "decoder.14.weight", "decoder.20.weight")
    return tuple(weights[name].shape[0] for name in names)


def _by_frame(layer: nn.Module, frames: Tensor) -> Tensor:
    batch, n_frames, channels = frames.shape[:3]
    flat = frames.flatten(0, 1)
    if isinstance(layer, Growing):
        grown = layer.conv(flat)
        return grown.reshape(batch, -1, channels, *grown.shape[2:])
    made = interpolate(flat, scale_factor=2) if isinstance(layer, nn.Upsample) else layer(flat)
    return made.unflatten(0, (batch, n_frames))
