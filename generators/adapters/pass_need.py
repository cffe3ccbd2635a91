"""What a transformer of diffusers takes for each token that goes through it, beside weights: a bound from above."""

from collections.abc import Mapping
from typing import Any

import torch

from lawful.generators.adapters.text_umt5 import WORDS

FLOAT32 = 4
"""Bytes of a number."""
_IN_FLOAT32 = {True: 8, False: 3}
"""Float32 tensors of a token's width that a layer has at once, by whether tokens have noise levels of their own: norms
and, with such levels, the six modulations of every token."""
_OWN = 12
"""The same in the format of the weights: input, query, key, value, the turned ones, output, and what is added to it."""
_PROMPT = 6
"""Float32 tensors of a token's width for each word of the prompt that tokens look at."""


def token_bytes(network: Mapping[str, Any], own_levels: bool, dtype: torch.dtype) -> int:
    """Bytes of a token in the largest layer: 4 f width + b (12 width + 2 inner).

    b are the bytes of a number of the weights, f is 8 where tokens have noise levels of their own and 3 elsewhere, and
    `inner` is the width within the feed-forward part. The counts are those of diffusers 0.42 from above: tests hold the
    sum over a pass to at least what the allocator of torch counts on a CPU, and to no more than about twice that.

    Args:
        network: Sizes of the transformer.
        own_levels: Whether tokens may have noise levels of their own.
        dtype: Format of the weights.
    """
    wide = width(network)
    inner = network["ffn_dim"] if "ffn_dim" in network else int(network["mlp_ratio"] * wide)
    return FLOAT32 * _IN_FLOAT32[own_levels] * wide + dtype.itemsize * (_OWN * wide + 2 * inner)


def prompt_bytes(network: Mapping[str, Any]) -> int:
    """Bytes of a prompt of 512 words, with its keys and values: 512 x 6 width x 4."""
    return FLOAT32 * _PROMPT * WORDS * width(network)


def width(network: Mapping[str, Any]) -> int:
    """Channels of a token."""
    return network["num_attention_heads"] * network["attention_head_dim"]
