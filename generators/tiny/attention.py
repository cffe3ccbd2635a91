"""Masked self-attention of a pass over whole clips, as plain products block by block.

The same function as the engine's masked pass with blocks of one latent frame; on a CPU in bfloat16 forward and
backward take half the time, since nothing is worked out that the mask hides, and products of bfloat16 are fast.
"""

import torch
from torch import Tensor

from lawful.generators.causal.model import CausalModel
from lawful.generators.causal.rope import Table, turned
from lawful.generators.causal.stock import WanAttention
from lawful.generators.tiny.model import CELLS

FRAME_TOKENS = CELLS**2


class BandedProcessor:
    """Self-attention of clips whose latent frames see themselves and those before them within a window."""

    def __init__(self, model: CausalModel) -> None:
        window = model.spec.window
        assert window is not None
        assert model.spec.block == 1
        assert model.spec.sink == 0
        self.window = window
        self.rope = model.rope

    def __call__(self, attn: WanAttention, hidden_states: Tensor, *_: object, **__: object) -> Tensor:
        """As diffusers calls it."""
        n_frames = hidden_states.shape[1] // FRAME_TOKENS
        table = self.rope.table(range(n_frames), CELLS, CELLS, hidden_states.device)
        query = self._split(attn.norm_q(attn.to_q(hidden_states)), attn.heads, table)
        key = self._split(attn.norm_k(attn.to_k(hidden_states)), attn.heads, table)
        value = attn.to_v(hidden_states).unflatten(2, (attn.heads, -1)).transpose(1, 2)
        query, key = (query * query.shape[-1] ** -0.5).type_as(value), key.type_as(value)
        seen = []
        for frame in range(n_frames):
            mine = slice(frame * FRAME_TOKENS, (frame + 1) * FRAME_TOKENS)
            past = slice(max(0, frame + 1 - self.window) * FRAME_TOKENS, mine.stop)
            share = (query[:, :, mine] @ key[:, :, past].transpose(-1, -2)).softmax(-1).type_as(value)
            seen.append(share @ value[:, :, past])
        return attn.to_out[0](torch.cat(seen, dim=2).transpose(1, 2).flatten(2))

    @staticmethod
    def _split(channels: Tensor, heads: int, table: tuple[Table, Table]) -> Tensor:
        return turned(channels.unflatten(2, (heads, -1)), table).transpose(1, 2)


def train_banded(model: CausalModel) -> None:
    """Let a model's masked passes run by `BandedProcessor`; its cached passes are no more to be had."""
    processor = BandedProcessor(model)
    for block in model.transformer.blocks:
        attention: WanAttention = block.attn1  # pyright: ignore[reportAssignmentType]
        attention.set_processor(processor)  # pyright: ignore[reportArgumentType] - diffusers lists its own alone
