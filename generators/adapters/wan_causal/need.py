"""What a video of a causal checkpoint takes, worked out without loading anything."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from lawful.core.digest import canonical_json
from lawful.generators.adapters.codec_wan import AutoencoderKLWan, WanCodec
from lawful.generators.adapters.memory import MemoryNeed
from lawful.generators.adapters.wan_causal.checkpoint import empty_transformer, stored_dtype
from lawful.generators.causal.cache import CacheShape, KVCache
from lawful.generators.causal.spec import CausalSpec

_META = torch.device("meta")
_HIDDEN_COPIES = 14
"""Tensors of a token's width that a layer has at once: input, its float32 norm, query, key, value, turned ones, output."""


def network_need(
    config: Mapping[str, Any],
    spec: CausalSpec,
    n_latents: int,
    size: tuple[int, int],
    dtype: torch.dtype,
    offloaded: bool,
) -> MemoryNeed:
    """Memory of the network: weights, keys and values, and a pass over the largest stretch of blocks.

    Args:
        config: Sizes of the transformer.
        spec: How it is driven.
        n_latents: Latent frames of the video.
        size: Rows and columns of a latent frame.
        dtype: Format of the weights.
        offloaded: Whether two blocks of the network are on the device at a time, and no more.
    """
    transformer = empty_transformer(config, "memory")
    weights = {
        name: _bytes(weight, stored_dtype(name, dtype)) for name, weight in transformer.state_dict().items()
    }
    held = sum(weights.values())
    if offloaded:
        in_blocks = sum(size for name, size in weights.items() if name.startswith("blocks."))
        held -= in_blocks - 2 * in_blocks // config["num_layers"]
    patch = config["patch_size"]
    tokens = (size[0] // patch[1]) * (size[1] // patch[2])
    batch = 2 if spec.guidance != 1 else 1
    heads, channels = config["num_attention_heads"], config["attention_head_dim"]
    shape = CacheShape(config["num_layers"], batch, tokens, heads, channels)
    n_frames = spec.bounds(n_latents)[-1][1]
    cache = KVCache(spec, n_frames, shape, _META, dtype).bytes
    passing = min(max(spec.in_flight, 1) * spec.block, n_frames)
    width = _HIDDEN_COPIES * heads * channels + 2 * config["ffn_dim"]
    return MemoryNeed(held, cache, batch * passing * tokens * width * max(dtype.itemsize, 2), 0)


def decoder_bytes(config: Mapping[str, Any], size: tuple[int, int], dtype: torch.dtype) -> int:
    """Memory of the autoencoder: weights, what its decoder keeps of earlier frames, and the work of a latent frame.

    Args:
        config: Sizes of the autoencoder.
        size: Rows and columns of a latent frame.
        dtype: Format of the weights.
    """
    return _decoder_bytes(canonical_json(dict(config)), size, dtype)


@lru_cache(maxsize=16)
def _decoder_bytes(config: str, size: tuple[int, int], dtype: torch.dtype) -> int:
    """By a run of the decoder on tensors without values."""
    with _META:
        vae: Any = AutoencoderKLWan(**json.loads(config))
        nn.Module.to(vae, dtype)  # that of diffusers warns, whatever is asked
    codec = WanCodec(vae)
    largest = 0

    def measure(module: nn.Module, inputs: Any, output: Any) -> None:
        nonlocal largest
        tensors = [part for part in (*inputs, output) if isinstance(part, Tensor)]
        largest = max(largest, sum(_bytes(part, dtype) for part in tensors))

    hooks = [
        part.register_forward_hook(measure) for part in vae.decoder.modules() if not list(part.children())
    ]
    with torch.no_grad():
        state: Any = codec.open()
        for _ in range(2):  # the first latent frame is one frame; the second is as all others
            state, _rgb = codec.decode(state, torch.zeros(1, codec.channels, 1, *size, device=_META))
    for hook in hooks:
        hook.remove()
    weights = sum(_bytes(weight, dtype) for weight in vae.state_dict().values())
    kept = sum(_bytes(part, dtype) for part in state if isinstance(part, Tensor))
    # The old state lives until the new one is whole; a residual sum holds one more tensor beside what passes.
    return weights + 2 * kept + 2 * largest


def _bytes(tensor: Tensor, dtype: torch.dtype) -> int:
    return tensor.numel() * dtype.itemsize
