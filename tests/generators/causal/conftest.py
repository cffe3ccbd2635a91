"""Small random models of the stock architecture."""

import pytest
import torch

from lawful.generators.causal.codec import PixelCodec
from lawful.generators.causal.generator import CausalGenerator
from lawful.generators.causal.model import CausalModel
from lawful.generators.causal.spec import CausalSpec
from lawful.generators.causal.stock import WanTransformer3DModel
from lawful.generators.protocol import CONTROLS, Capabilities

# With heads of 32 channels and 16 tokens a frame, matrix products round alike for one block and for all of them.
CONFIG = {
    "patch_size": (1, 2, 2),
    "num_attention_heads": 4,
    "attention_head_dim": 32,
    "in_channels": 4,
    "out_channels": 4,
    "text_dim": 8,
    "freq_dim": 32,
    "ffn_dim": 64,
    "num_layers": 2,
    "rope_max_seq_len": 64,
}
SIDE = 8


@pytest.fixture(scope="session")
def make_model():
    """Makes a model with the same random weights every time: `make_model(config changes, **spec)`."""

    def make(changes=None, **spec):
        torch.manual_seed(0)
        model = CausalModel.random(CausalSpec(**spec), **(CONFIG | (changes or {})))
        return model.eval().requires_grad_(False)

    return make


@pytest.fixture(scope="session")
def make_stock():
    """Makes the stock transformer with the weights of `make_model`."""

    def make(changes=None):
        torch.manual_seed(0)
        return WanTransformer3DModel(**(CONFIG | (changes or {}))).eval().requires_grad_(False)

    return make


@pytest.fixture(scope="session")
def make_generator(make_model):
    """Makes a generator of 16x16 px videos, 10 frames a second: `make_generator(codec, network, **spec)`."""

    def make(codec=None, changes=None, controls=CONTROLS, **spec):
        codec = codec or PixelCodec(space_stride=2)
        channels = {"in_channels": codec.channels, "out_channels": codec.channels}
        model = make_model(channels | (changes or {}), **spec)
        for block in model.transformer.blocks:
            # Random weights hardly look around, and a pixel has 256 values alone.
            block.attn1.to_out[0].weight.mul_(5)
            block.attn1.norm_q.weight.mul_(5)
        can = Capabilities(frozenset(controls), 16, 16, 10.0)
        return CausalGenerator("random", model, codec, embed_letters, can, "0" * 64)

    return make


def embed_letters(texts):
    """Three words of eight numbers that depend on a text; the same for all texts that end in "!"."""
    rows = []
    for text in texts:
        draw = torch.Generator().manual_seed(1000 if text.endswith("!") else sum(text.encode()))
        rows.append(torch.randn(3, 8, generator=draw))
    return torch.stack(rows)


@pytest.fixture(scope="session")
def inputs():
    """Latents of some frames and an embedded prompt, random, the first frames the same for any length."""

    def make(n_frames, channels=4, batch=1, seed=1):
        draw = torch.Generator().manual_seed(seed)
        frames = [torch.randn(batch, channels, 1, SIDE, SIDE, generator=draw) for _ in range(n_frames)]
        return torch.cat(frames, dim=2), torch.randn(batch, 3, 8, generator=draw)

    return make
