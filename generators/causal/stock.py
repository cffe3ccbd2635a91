"""The names of diffusers that the engine stands on; no other module here imports diffusers."""

from lawful.core.extras import require

require("torch", "generate", "causal generators")
require("diffusers", "generate", "causal generators")

from diffusers.models.attention_dispatch import dispatch_attention_fn  # noqa: E402 - after the check above
from diffusers.models.embeddings import get_1d_rotary_pos_embed  # noqa: E402
from diffusers.models.transformers.transformer_wan import (  # noqa: E402
    WanAttention,
    WanRotaryPosEmbed,
    WanTransformer3DModel,
)

__all__ = [
    "WanAttention",
    "WanRotaryPosEmbed",
    "WanTransformer3DModel",
    "dispatch_attention_fn",
    "get_1d_rotary_pos_embed",
]
