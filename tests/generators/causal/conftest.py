"""Small random models of the stock architecture."""

import pytest
import torch

from lawful.generators.causal.model import CausalModel
from lawful.generators.causal.spec import CausalSpec

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
def inputs():
    """Latents of some frames and an embedded prompt, random, the first frames the same for any length."""

    def make(n_frames, channels=4, batch=1, seed=1):
        draw = torch.Generator().manual_seed(seed)
        frames = [torch.randn(batch, channels, 1, SIDE, SIDE, generator=draw) for _ in range(n_frames)]
        return torch.cat(frames, dim=2), torch.randn(batch, 3, 8, generator=draw)

    return make
