"""The Wan autoencoder, cut in time and whole."""

import re

import pytest
import torch

from lawful.core.errors import InputError
from lawful.generators.adapters.codec_wan import StreamDecoder, WanCodec, channel_stats
from lawful.generators.causal.codec import Codec


@pytest.fixture(scope="module")
def latents():
    return torch.randn(1, 16, 7, 4, 6, generator=torch.Generator().manual_seed(0))


def streamed(codec, latents, cuts):
    state, made = codec.open(), []
    for start, stop in zip((0, *cuts), (*cuts, latents.shape[2]), strict=True):
        state, some = codec.decode(state, latents[:, :, start:stop])
        made.append(some)
    return torch.cat(made, dim=2)


@pytest.mark.parametrize("cuts", [(), (3, 6), (1, 2, 3, 4, 5, 6), (1, 4)])
def test_decoding_in_parts_is_decoding_at_once_to_the_bit(vae, latents, cuts):
    codec = WanCodec(vae)
    assert isinstance(codec, Codec)
    mean, std = channel_stats(vae, torch.device("cpu"))
    whole = vae.decode(latents * std + mean, return_dict=False)[0]
    made = streamed(codec, latents, cuts)
    assert made.shape == (1, 3, 25, 32, 48)
    assert torch.equal(made, whole)


def test_a_state_may_be_gone_on_from_twice(vae, latents):
    codec = WanCodec(vae)
    state, _ = codec.decode(codec.open(), latents[:, :, :3])
    first = codec.decode(state, latents[:, :, 3:5])[1]
    codec.decode(state, -latents[:, :, 3:5])
    assert torch.equal(codec.decode(state, latents[:, :, 3:5])[1], first)


def test_encoding_is_normalised_and_causal(vae):
    codec = WanCodec(vae)
    rgb = torch.rand(1, 3, 9, 32, 48, generator=torch.Generator().manual_seed(0)) * 2 - 1
    latents = codec.encode(rgb)
    assert latents.shape == (1, 16, 3, 4, 6)
    mean, std = channel_stats(vae, torch.device("cpu"))
    raw = vae.encode(rgb).latent_dist.mode()
    assert torch.allclose(latents * std + mean, raw, atol=1e-5)
    assert torch.equal(codec.encode(rgb[:, :, :5]), latents[:, :, :2])
    assert torch.equal(codec.encode(rgb[:, :, :1]), latents[:, :, :1])


def test_frames_that_fill_no_latent_frame_are_refused(vae):
    with pytest.raises(
        InputError, match="the video has 7 frames, which fill no whole number of latent frames"
    ):
        WanCodec(vae).encode(torch.zeros(1, 3, 7, 32, 48))


def test_another_decoder_takes_the_place(vae, latents):
    class Grey:
        def identity(self):
            return {"decoder": "grey"}

        def open(self):
            return 0

        def decode(self, state, latents):
            n_frames = latents.shape[2] * 4 - (3 if state == 0 else 0)
            size = (latents.shape[0], 3, n_frames, latents.shape[3] * 8, latents.shape[4] * 8)
            return state + latents.shape[2], torch.zeros(size)

    assert isinstance(Grey(), StreamDecoder)
    codec = WanCodec(vae, Grey())
    assert codec.identity() == {"codec": "wan", "decoder": "grey"}
    assert streamed(codec, latents, (2,)).shape == (1, 3, 25, 32, 48)


def test_the_autoencoder_of_another_family_is_refused(vae):
    from diffusers import AutoencoderKLWan

    other = AutoencoderKLWan(base_dim=3, dim_mult=[1, 1, 1, 1], num_res_blocks=1, patch_size=2, in_channels=12, out_channels=12)  # fmt: skip
    with pytest.raises(InputError, match=re.escape("it has patches of 2 and 4 frames")):
        WanCodec(other)
