"""What a video of a causal checkpoint takes, worked out without loading anything."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from lawful.generators.adapters.memory import MemoryNeed
from lawful.generators.adapters.pass_need import prompt_bytes, token_bytes
from lawful.generators.adapters.wan_causal.checkpoint import empty_transformer, stored_dtype
from lawful.generators.causal.cache import CacheShape, KVCache
from lawful.generators.causal.spec import CausalSpec

_META = torch.device("meta")


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
    own_levels = spec.in_flight != 1 or spec.partial_blocks
    work = batch * (passing * tokens * token_bytes(config, own_levels, dtype) + prompt_bytes(config))
    if spec.own_sight and spec.window is not None:  # what is in sight is put together from a longer cache
        work += 2 * batch * spec.window * tokens * heads * channels * dtype.itemsize
    return MemoryNeed(held, cache, work, 0)


def _bytes(tensor: Tensor, dtype: torch.dtype) -> int:
    return tensor.numel() * dtype.itemsize
