"""Between pixels and latents: the protocol of codecs, and one that only rearranges pixels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from lawful.core.errors import InputError

Rgb = Float[Tensor, "batch 3 frames height width"]
Latents = Float[Tensor, "batch channels latents rows columns"]


@dataclass(frozen=True)
class Clock:
    """Which frames a latent frame stands for."""

    stride: int
    """Frames in a latent frame."""
    first_alone: bool
    """Whether the first latent frame stands for one frame, as in causal video autoencoders."""

    def start(self, latent: int) -> int:
        """The first frame of a latent frame; that of the one after the last is the number of frames."""
        alone = int(self.first_alone and latent > 0)
        return (latent - alone) * self.stride + alone

    def n_latents(self, n_frames: int) -> int:
        """Latent frames that hold so many frames at least."""
        alone = int(self.first_alone and n_frames > 0)
        return alone + -(-(n_frames - alone) // self.stride)

    def check(self, n_frames: int, what: str) -> int:
        """Latent frames that hold exactly so many frames.

        Raises:
            InputError: There are none; the message tells the next numbers that fit.
        """
        above = self.n_latents(n_frames)
        if self.start(above) == n_frames:
            return above
        message = (
            f"{what} has {n_frames} frames, which fill no whole number of latent frames: "
            f"give {self.start(above - 1)} or {self.start(above)}"
        )
        raise InputError(message)


@runtime_checkable
class Codec(Protocol):
    """Makes latents of frames, and frames of latents one after the other."""

    @property
    def channels(self) -> int:
        """Channels of a latent frame."""
        ...

    @property
    def space_stride(self) -> int:
        """Pixels in a row of a latent cell."""
        ...

    @property
    def clock(self) -> Clock:
        """Which frames a latent frame stands for."""
        ...

    def identity(self) -> Mapping[str, Any]:
        """All that may change what it makes, as JSON."""
        ...

    def encode(self, rgb: Rgb) -> Latents:
        """Latents of a video from its start; values -1 to 1, a number of frames that the clock knows."""
        ...

    def open(self) -> Any:
        """The decoder's state before the first latent frame."""
        ...

    def decode(self, state: Any, latents: Latents) -> tuple[Any, Rgb]:
        """The state after some more latent frames, and their frames, -1 to 1; the state given stays as it was."""
        ...


@dataclass(frozen=True)
class PixelCodec:
    """No autoencoder: squares of pixels, over a few frames, become the channels of a cell. Exactly invertible.

    The latents are for generators so small that they need no compression. With `first_alone` the first latent frame
    holds its one frame in all of its frames' places, and is decoded as their mean.
    """

    space_stride: int = 4
    """Side of a square, pixels."""
    time_stride: int = 1
    """Frames in a latent frame."""
    first_alone: bool = False
    """Whether the first latent frame stands for one frame."""
    scale: float = 1.0
    """What values from -1 to 1 are multiplied with, to bring latents near unit variance."""

    @property
    def channels(self) -> int:
        """Channels of a latent frame."""
        return 3 * self.space_stride**2 * self.time_stride

    @property
    def clock(self) -> Clock:
        """Which frames a latent frame stands for."""
        return Clock(self.time_stride, self.first_alone)

    def identity(self) -> Mapping[str, Any]:
        """All of its settings."""
        return {
            "codec": "pixels",
            "space_stride": self.space_stride,
            "time_stride": self.time_stride,
            "first_alone": self.first_alone,
            "scale": self.scale,
        }

    def encode(self, rgb: Rgb) -> Latents:
        """See `Codec`.

        Raises:
            InputError: The frames cannot be cut into squares, or fill no whole number of latent frames.
        """
        side = self.space_stride
        if rgb.shape[3] % side or rgb.shape[4] % side:
            message = f"frames of {rgb.shape[4]}x{rgb.shape[3]} px cannot be cut into squares of {side} px"
            raise InputError(message)
        self.clock.check(rgb.shape[2], "the video")
        cells = pixel_unshuffle(rgb.transpose(1, 2), side)  # batch, frames, channels, rows, columns
        if self.first_alone:
            cells = torch.cat([cells[:, :1]] * (self.time_stride - 1) + [cells], dim=1)
        held = cells.unflatten(1, (-1, self.time_stride)).flatten(2, 3)
        return held.transpose(1, 2) * self.scale

    def open(self) -> int:
        """Latent frames decoded so far: none."""
        return 0

    def decode(self, state: int, latents: Latents) -> tuple[int, Rgb]:
        """See `Codec`; the state counts latent frames."""
        held = latents.transpose(1, 2) / self.scale
        cells = held.unflatten(2, (self.time_stride, -1)).flatten(1, 2)
        if self.first_alone and state == 0:
            first = cells[:, : self.time_stride].mean(1, keepdim=True)
            cells = torch.cat([first, cells[:, self.time_stride :]], dim=1)
        rgb = pixel_shuffle(cells, self.space_stride).transpose(1, 2)
        return state + latents.shape[2], rgb.clamp(-1, 1)
