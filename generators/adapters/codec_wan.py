"""The Wan autoencoder as a codec: latent frame by latent frame, with the decoder's memory as a value.

    codec = WanCodec(vae)
    state = codec.open()
    state, rgb = codec.decode(state, latents[:, :, :3])     # 1, 4, 4 frames
    state, rgb = codec.decode(state, latents[:, :, 3:6])    # 4, 4, 4 frames: as if all had been decoded at once

A smaller decoder of the same latents may take the place of the autoencoder's own (`StreamDecoder`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from lawful.core.errors import InputError
from lawful.core.extras import require
from lawful.generators.causal.codec import Clock

require("diffusers", "generate", "the Wan autoencoder")

from diffusers.models.autoencoders.autoencoder_kl_wan import AutoencoderKLWan, WanCausalConv3d  # noqa: E402

Rgb = Float[Tensor, "batch 3 frames height width"]
Latents = Float[Tensor, "batch channels latents rows columns"]
_TIME_STRIDE = 4


@runtime_checkable
class StreamDecoder(Protocol):
    """Makes frames of normalised latents, one latent frame after the other; arguments are those of `Codec`."""

    def identity(self) -> Mapping[str, Any]:
        """All that may change what it makes, as JSON."""
        ...

    def open(self) -> Any:
        """Its state before the first latent frame."""
        ...

    def decode(self, state: Any, latents: Latents) -> tuple[Any, Rgb]:
        """The state after some more latent frames, and their frames, -1 to 1; the state given stays as it was."""
        ...


class WanDecoder:
    """The autoencoder's own decoder.

    The state is the list of the last frames that each causal convolution saw. It stands on parts of diffusers that
    are not public (the decoder's `feat_cache`): a test holds it to `AutoencoderKLWan.decode`, bit by bit.
    """

    def __init__(self, vae: AutoencoderKLWan) -> None:
        self.vae = vae
        self._n_convs = sum(isinstance(part, WanCausalConv3d) for part in vae.decoder.modules())

    def identity(self) -> Mapping[str, Any]:
        """Nothing besides the weights."""
        return {"decoder": "wan"}

    def open(self) -> tuple[Any, ...]:
        """Nothing seen."""
        return ()

    def decode(self, state: tuple[Any, ...], latents: Latents) -> tuple[tuple[Any, ...], Rgb]:
        """See `StreamDecoder`."""
        held: list[Any] = list(state) or [None] * self._n_convs
        weight = self.vae.post_quant_conv.weight
        mean, std = channel_stats(self.vae, weight.device)
        hidden = self.vae.post_quant_conv((latents.to(weight.device) * std + mean).to(weight.dtype))
        frames = []
        for at in range(latents.shape[2]):
            first = not state and at == 0
            one = hidden[:, :, at : at + 1]
            frames.append(self.vae.decoder(one, feat_cache=held, feat_idx=[0], first_chunk=first))
        if not frames:
            side = 2 ** (len(self.vae.config["dim_mult"]) - 1)
            size = (latents.shape[0], 3, 0, latents.shape[3] * side, latents.shape[4] * side)
            return state, latents.new_zeros(size)
        return tuple(held), torch.cat(frames, dim=2).float().clamp(-1, 1)


class WanCodec:
    """Encodes by the autoencoder and decodes by its own decoder or another one: a `Codec`.

    Args:
        vae: The autoencoder; one with patches (Wan 2.2) is refused.
        decoder: Makes frames; None: the autoencoder's own.

    Raises:
        InputError: The autoencoder has patches or another stride of time.
    """

    def __init__(self, vae: AutoencoderKLWan, decoder: StreamDecoder | None = None) -> None:
        config = vae.config
        stride = 2 ** sum(config["temperal_downsample"])
        if config["patch_size"] is not None or stride != _TIME_STRIDE:
            raise InputError(
                "this autoencoder is not that of Wan 2.1 (no patches, 4 frames in a latent frame): it has patches of "
                f"{config['patch_size']} and {stride} frames"
            )
        self.vae = vae.eval().requires_grad_(False)
        self.decoder: StreamDecoder = WanDecoder(vae) if decoder is None else decoder
        self.channels: int = config["z_dim"]
        self.space_stride = 2 ** (len(config["dim_mult"]) - 1)
        self.clock = Clock(_TIME_STRIDE, True)

    def identity(self) -> Mapping[str, Any]:
        """The decoder's; weights are told apart by the digest of their files."""
        return {"codec": "wan", **self.decoder.identity()}

    def encode(self, rgb: Rgb) -> Latents:
        """Most likely latents of a video from its start, normalised channel by channel.

        Raises:
            InputError: The frames fill no whole number of latent frames.
        """
        self.clock.check(rgb.shape[2], "the video")
        weight = self.vae.post_quant_conv.weight
        posterior = self.vae.encode(rgb.to(weight.device, weight.dtype), return_dict=False)[0]
        mean, std = channel_stats(self.vae, weight.device)
        return ((posterior.mode().float() - mean) / std).to(rgb.device)

    def open(self) -> Any:
        """The decoder's state before the first latent frame."""
        return self.decoder.open()

    def decode(self, state: Any, latents: Latents) -> tuple[Any, Rgb]:
        """See `Codec`."""
        return self.decoder.decode(state, latents)


def channel_stats(vae: AutoencoderKLWan, device: torch.device) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel of latents, to stand beside latents."""
    held: Sequence[Sequence[float]] = (vae.config["latents_mean"], vae.config["latents_std"])
    mean, std = (torch.tensor(list(part), device=device).view(1, -1, 1, 1, 1) for part in held)
    return mean, std
