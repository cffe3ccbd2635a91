"""What decoding takes, by a run of the true autoencoder on tensors without values; nothing is loaded."""

import json
import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from lawful.core.digest import canonical_json
from lawful.core.errors import InputError
from lawful.core.extras import require
from lawful.generators.adapters.codec_wan import AutoencoderKLWan, WanCodec

_META = torch.device("meta")


def decoder_bytes(
    config: Mapping[str, Any], size: tuple[int, int], dtype: torch.dtype, device: torch.device
) -> int:
    """Memory of Wan's autoencoder that decodes latent frame by latent frame: weights, memory of earlier frames, work.

    weights + 2 kept + largest, where `kept` is what the decoder keeps of earlier frames (the old state lives until
    the new one is whole) and `largest` what the most demanding of its layers takes: twice its input and output (a
    residual sum holds one more tensor beside what passes) and, for a convolution in float32 on a CPU, the copies of its
    input that torch makes to multiply it at once. What other libraries take to work in is not counted.

    Args:
        config: Sizes of the autoencoder.
        size: Rows and columns of a latent frame.
        dtype: Format of the weights.
        device: Where it decodes.
    """
    return _wan_bytes(canonical_json(dict(config)), size, dtype, _copies(dtype, device))


def tiled_decoder_bytes(
    config: Mapping[str, Any], n_latents: int, size: tuple[int, int], dtype: torch.dtype, device: torch.device
) -> int:
    """Memory of HunyuanVideo's autoencoder that decodes many latent frames at once, in tiles of time.

    weights + largest + tokens^2 (5 + bytes of a number) + 4 frames, where `largest` is as in `decoder_bytes` for one
    tile; the middle of the decoder attends within a tile under a mask of its size, made in float32 from truth values;
    all frames are there as tiles, joined, mixed into the earlier ones, and as what came of that.

    Args:
        config: Sizes of the autoencoder.
        n_latents: Latent frames that are decoded at once.
        size: Rows and columns of a latent frame.
        dtype: Format of the weights.
        device: Where it decodes.
    """
    return _tiled_bytes(canonical_json(dict(config)), n_latents, size, dtype, _copies(dtype, device))


@lru_cache(maxsize=16)
def _wan_bytes(config: str, size: tuple[int, int], dtype: torch.dtype, copies: bool) -> int:
    vae = _empty(AutoencoderKLWan, config, dtype)
    codec = WanCodec(vae)
    state: Any = codec.open()

    def run() -> None:
        nonlocal state
        for _ in range(2):  # the first latent frame is one frame; the second is as all others
            state, _rgb = codec.decode(state, torch.zeros(1, codec.channels, 1, *size, device=_META))

    largest = _largest_layer(vae.decoder, run, dtype, copies)
    kept = sum(_bytes(part, dtype) for part in state if isinstance(part, Tensor))
    return _weights(vae, dtype) + 2 * kept + largest


@lru_cache(maxsize=16)
def _tiled_bytes(config: str, n_latents: int, size: tuple[int, int], dtype: torch.dtype, copies: bool) -> int:
    diffusers = require("diffusers", "generate", "the autoencoder of HunyuanVideo")
    vae = _empty(diffusers.AutoencoderKLHunyuanVideo, config, dtype)
    channels, stride = vae.config["latent_channels"], vae.config["temporal_compression_ratio"]
    tile = min(n_latents, vae.tile_sample_min_num_frames // stride + 1)
    latents = torch.zeros(1, channels, tile, *size, device=_META, dtype=dtype)
    largest = _largest_layer(vae.decoder, lambda: vae.decode(latents, return_dict=False), dtype, copies)
    tokens = tile * size[0] * size[1] if vae.config["mid_block_add_attention"] else 0
    side = vae.config["spatial_compression_ratio"]
    frames = (stride * (n_latents - 1) + 1) * size[0] * size[1] * side**2 * 3 * dtype.itemsize
    return _weights(vae, dtype) + largest + tokens**2 * (5 + dtype.itemsize) + 4 * frames


def _empty(kind: Callable[..., Any], config: str, dtype: torch.dtype) -> Any:
    """An autoencoder without values.

    Raises:
        InputError: These are no sizes of one.
    """
    sizes = {name: value for name, value in json.loads(config).items() if not name.startswith("_")}
    try:
        with _META:
            vae = kind(**sizes)
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise InputError(f"these are no sizes of an autoencoder: {error}") from error
    nn.Module.to(vae, dtype)  # that of diffusers warns, whatever is asked
    return vae.eval().requires_grad_(False)


@torch.no_grad()
def _largest_layer(decoder: nn.Module, run: Callable[[], Any], dtype: torch.dtype, copies: bool) -> int:
    """What the most demanding layer of a run takes, in bytes: twice its input and output, and copies of the input."""
    largest = 0

    def measure(module: nn.Module, inputs: Any, output: Any) -> None:
        nonlocal largest
        tensors = [part for part in (*inputs, output) if isinstance(part, Tensor)]
        taken = 2 * sum(_bytes(part, dtype) for part in tensors)
        if copies and isinstance(module, nn.Conv3d):  # one for each place of the kernel
            taken += (
                math.prod(module.kernel_size) * module.in_channels * output[0, 0].numel() * dtype.itemsize
            )
        largest = max(largest, taken)

    layers = [part for part in decoder.modules() if not list(part.children())]
    hooks = [layer.register_forward_hook(measure) for layer in layers]
    run()
    for hook in hooks:
        hook.remove()
    return largest


def _copies(dtype: torch.dtype, device: torch.device) -> bool:
    return device.type == "cpu" and dtype == torch.float32


def _weights(module: nn.Module, dtype: torch.dtype) -> int:
    return sum(_bytes(weight, dtype) for weight in module.state_dict().values())


def _bytes(tensor: Tensor, dtype: torch.dtype) -> int:
    return tensor.numel() * dtype.itemsize
