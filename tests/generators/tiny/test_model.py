import numpy as np
import pytest
import torch

from lawful.core.errors import AbsentError, InputError
from lawful.generators.tiny.attention import train_banded
from lawful.generators.tiny.model import (
    CODEC,
    TRACK_CHANNELS,
    TinyConfig,
    TinyModel,
    no_points,
    to_latents,
    track_channels,
)
from lawful.generators.tiny.prompt import Prompt
from lawful.generators.tiny.weights_file import parameters_of, read_weights, write_weights

SMALL = TinyConfig(layers=2, heads=2, head_channels=16, mlp_channels=32, text_channels=8)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return TinyModel(SMALL).eval().requires_grad_(False)


def clip(frames):
    return torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (2, frames, 3, 64, 64))).float()


def test_the_fast_pass_of_training_is_the_pass_of_the_engine(model):
    latents, sigmas = to_latents(clip(18)), torch.rand(2, 9, generator=torch.Generator().manual_seed(1))
    points = 64 * torch.rand(2, 18, 2, 2, generator=torch.Generator().manual_seed(2))
    given = (latents, sigmas, model.context(torch.tensor([Prompt().tokens] * 2)), track_channels(points))
    by_the_engine = model.causal(*given)
    train_banded(model.causal)
    assert model.causal(*given) == pytest.approx(by_the_engine, abs=1e-5)


def test_prompts_tracks_and_places_matter(model):
    flat, sigmas = torch.full((1, 384, 1, 8, 8), 0.3), torch.ones(1, 1)
    nothing = model.context(torch.tensor([Prompt().tokens]))
    plain = model.causal(flat, sigmas, nothing, track_channels(no_points(1, 2)))
    assert plain[..., 0, 0].sub(plain[..., 5, 3]).abs().max() > 1e-4
    told = model.causal(
        flat, sigmas, model.context(torch.tensor([Prompt("fall").tokens])), track_channels(no_points(1, 2))
    )
    led = model.causal(flat, sigmas, nothing, track_channels(torch.full((1, 2, 1, 2), 20.0)))
    assert min((told - plain).abs().max(), (led - plain).abs().max()) > 1e-5


def test_a_point_marks_its_cell_and_its_place_in_it():
    points = torch.full((1, 4, 2, 2), float("nan"))
    points[0, 1, 0] = torch.tensor([20.0, 9.0])
    points[0, 2, 1] = torch.tensor([64.0, 9.0])
    marks = track_channels(points)
    assert marks.shape == (1, TRACK_CHANNELS, 2, 8, 8)
    # 20 px is the middle of the cell 2, 9 px an eighth into the cell 1; what is outside marks nothing.
    assert marks[0, :, 0, 1, 2].tolist() == [0, 0, 0, 1.0, 0.0, -0.75]
    assert marks.count_nonzero() == 2


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
