"""The small decoder: names and shapes of its file, and the same frames however the latents are cut."""

import re

import pytest
import torch

from lawful.core.errors import InputError
from lawful.generators.adapters.codec_wan import StreamDecoder
from lawful.generators.adapters.decoder_taehv import TaehvDecoder, read_taehv

WIDTHS = (12, 8, 6, 4)


def names_in_the_file(widths=WIDTHS):
    """Names and shapes of the decoder in the published file, written out by hand."""
    shapes = {"decoder.1.weight": (widths[0], 16, 3, 3), "decoder.1.bias": (widths[0],)}
    for stage, (first, times) in enumerate(((3, 1), (9, 2), (15, 2))):
        width, after = widths[stage], widths[stage + 1]
        for block in range(first, first + 3):
            for layer, n_in in ((0, 2 * width), (2, width), (4, width)):
                shapes[f"decoder.{block}.conv.{layer}.weight"] = (width, n_in, 3, 3)
                shapes[f"decoder.{block}.conv.{layer}.bias"] = (width,)
        shapes[f"decoder.{first + 4}.conv.weight"] = (width * times, width, 1, 1)
        shapes[f"decoder.{first + 5}.weight"] = (after, width, 3, 3)
    return shapes | {"decoder.22.weight": (3, widths[3], 3, 3), "decoder.22.bias": (3,)}


@pytest.fixture
def file(tmp_path):
    draw = torch.Generator().manual_seed(0)
    weights = {name: torch.randn(shape, generator=draw) * 0.2 for name, shape in names_in_the_file().items()}
    torch.save({**weights, "encoder.0.weight": torch.zeros(1)}, tmp_path / "taew2_1.pth")
    return tmp_path / "taew2_1.pth"


def test_the_file_is_read_and_decodes_in_parts_as_at_once(file):
    decoder = read_taehv(file, torch.device("cpu"), torch.float32)
    assert isinstance(decoder, StreamDecoder)
    latents = torch.randn(2, 16, 5, 4, 6, generator=torch.Generator().manual_seed(1))
    whole = decoder.decode(decoder.open(), latents)[1]
    assert whole.shape == (2, 3, 17, 32, 48)
    assert whole.std() > 0.01
    state, made = decoder.open(), []
    for start, stop in ((0, 1), (1, 4), (4, 5)):
        state, some = decoder.decode(state, latents[:, :, start:stop])
        made.append(some)
    assert torch.allclose(torch.cat(made, dim=2), whole, atol=1e-6)


def test_the_past_matters_and_the_future_does_not(file):
    decoder = read_taehv(file, torch.device("cpu"), torch.float32)
    latents = torch.randn(1, 16, 4, 4, 4, generator=torch.Generator().manual_seed(1))
    whole = decoder.decode((), latents)[1]
    changed = latents.clone()
    changed[:, :, 2] += 1
    made = decoder.decode((), changed)[1]
    assert torch.equal(made[:, :, :5], whole[:, :, :5])
    assert (made[:, :, 9:] != whole[:, :, 9:]).any()


def test_it_is_as_large_as_published():
    n_weights = sum(weight.numel() for weight in TaehvDecoder().parameters())
    assert round(n_weights / 1e6, 2) == 9.84


def test_other_files_are_refused(tmp_path):
    torch.save({"decoder.1.weight": torch.zeros(4, 16, 3, 3)}, tmp_path / "other.pth")
    message = "other.pth: no decoder of the shape of TAEHV for Wan 2.1"
    with pytest.raises(InputError, match=re.escape(message)):
        read_taehv(tmp_path / "other.pth", torch.device("cpu"), torch.float32)
