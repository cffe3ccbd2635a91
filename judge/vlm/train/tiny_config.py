"""Sizes of a tiny vision-language model that is made from configuration; no torch is needed."""

from dataclasses import asdict, dataclass

from lawful.core.errors import InputError

LEAST_VOCABULARY = 263
"""The 256 bytes and the tokens that stand for no text."""


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
    """Most tokens of the tokenizer, 263 or more: bytes and marks."""
    context_tokens: int = 2048
    """Tokens that it can read at most."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            least = LEAST_VOCABULARY if name == "vocabulary" else 1
            if value < least:
                raise InputError(
                    f"{name} of a model from configuration must be at least {least}, got {value}"
                )
        # Rotary positions turn pairs of numbers, in the vision tower those of rows and of columns apart.
        for name, pairs in (("width", 2), ("vision_width", 4)):
            if getattr(self, name) % (pairs * self.heads):
                raise InputError(
                    f"{name} of a model from configuration must be a multiple of {pairs} * heads = "
                    f"{pairs * self.heads}, got {getattr(self, name)}"
                )
