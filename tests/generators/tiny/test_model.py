import numpy as np
import pytest
import torch

from lawful.core.errors import AbsentError, InputError
from lawful.generators.tiny.attention import train_banded
from lawful.generators.tiny.batches import signals
from lawful.generators.tiny.model import (
    CODEC,
    TinyConfig,
    TinyModel,
    to_latents,
)
from lawful.generators.tiny.prompt import Prompt
from lawful.generators.tiny.scenes import FPS
from lawful.generators.tiny.weights_file import parameters_of, read_weights, write_weights
from lawful.video.frames import PointTracks

SMALL = TinyConfig(layers=2, heads=2, head_channels=16, mlp_channels=32, text_channels=8)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return TinyModel(SMALL).eval().requires_grad_(False)


def clip(frames):
    return torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (2, frames, 3, 64, 64))).float()


def signal(latents):
    times = np.arange(2 * latents) / FPS
    xy = np.full((1, len(times), 2), 0.3, np.float32)
    seen = np.ones((1, len(times)), bool)
    return signals([PointTracks(np.array([1]), times, xy, seen)] * 2, latents)


def test_the_fast_pass_of_training_is_the_pass_of_the_engine(model):
    latents, sigmas = to_latents(clip(18)), torch.rand(2, 9, generator=torch.Generator().manual_seed(1))
    given = (latents, sigmas, model.context(torch.tensor([Prompt().tokens] * 2)), signal(9))
    by_the_engine = model.causal(*given)
    train_banded(model.causal)
    assert model.causal(*given) == pytest.approx(by_the_engine, abs=1e-5)


def test_prompts_tracks_and_places_matter(model):
    flat, sigmas = torch.full((1, 384, 1, 8, 8), 0.3), torch.ones(1, 1)
    nothing = model.context(torch.tensor([Prompt().tokens]))
    plain = model.causal(flat, sigmas, nothing)
    assert plain[..., 0, 0].sub(plain[..., 5, 3]).abs().max() > 1e-4
    told = model.causal(flat, sigmas, model.context(torch.tensor([Prompt("fall").tokens])))
    led = model.causal(flat, sigmas, nothing, signal(1)[:1])
    assert min((told - plain).abs().max(), (led - plain).abs().max()) > 1e-5


def test_latents_hold_the_pixels():
    pictures = clip(4)
    _, rgb = CODEC.decode(CODEC.open(), to_latents(pictures))
    assert (rgb.transpose(1, 2) + 1) * 127.5 == pytest.approx(pictures, abs=1e-3)


def test_the_shipped_sizes_fit_the_promised_file(tmp_path):
    model = TinyModel(TinyConfig())
    write_weights(tmp_path / "weights.safetensors", model.state_dict(), model.config)
    assert 2 * parameters_of(model) < (tmp_path / "weights.safetensors").stat().st_size < 8e6


def test_weights_are_read_as_they_were_written(model, tmp_path):
    path = tmp_path / "weights.safetensors"
    write_weights(path, model.state_dict(), SMALL)
    read, sha256 = read_weights(path)
    assert read.config == SMALL
    assert len(sha256) == 64
    for name, weight in model.state_dict().items():
        assert torch.equal(read.state_dict()[name], weight.half().float()), name


def test_files_that_hold_no_weights_are_refused(model, tmp_path):
    path = tmp_path / "weights.safetensors"
    with pytest.raises(AbsentError, match=r"there are no weights\. `lawful train generator` makes some"):
        read_weights(path)
    path.write_bytes(b"no such thing")
    with pytest.raises(InputError, match="no safetensors file: "):
        read_weights(path)
    write_weights(path, model.state_dict(), TinyConfig(layers=1))
    with pytest.raises(InputError, match="the weights do not fit the sizes in the header: "):
        read_weights(path)
