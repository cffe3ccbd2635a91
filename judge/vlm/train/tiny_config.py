"""Sizes of a tiny vision-language model that is made from configuration; no torch is needed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TinyVlmConfig:
    """Sizes; the architecture is Qwen2.5-VL's."""

    patch_px: int = 8
    """Side of a patch."""
    vision_width: int = 96
    """Width of the vision tower."""
    vision_layers: int = 2
    """Its blocks."""
    width: int = 128
    """Width of the language model."""
    layers: int = 4
    """Its blocks."""
    heads: int = 4
    """Heads of both."""
    vocabulary: int = 1024
    """Most tokens of the tokenizer."""
    context_tokens: int = 2048
    """Tokens that it can read at most."""
