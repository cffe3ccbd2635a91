"""FramePack: sections from last to first, mixed where they meet, each frame given once and with its index."""

import numpy as np
import pytest
import torch

from lawful.core.errors import InputError
from lawful.generators.adapters.pipelines.framepack import SHARED, STEP, WINDOW, Joined, n_sections
from lawful.generators.make import make_generator
from lawful.generators.records import GenerationRequest, always


def picture(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8)


@pytest.fixture
def made(saved):
    return lambda **settings: make_generator(
        f"framepack:{saved('framepack')}", {"device": "cpu", "steps": 1, **settings}
    )


def chunks(generator, n_frames, **asked):
    asked = {"prompts": always("a ball"), "first_frame": picture()} | asked
    return list(generator.rollout(GenerationRequest(n_frames=n_frames, **asked)))


def video(made_chunks, n_frames):
    placed = np.zeros((n_frames, 32, 32, 3), np.uint8)
    for chunk in made_chunks:
        placed[chunk.frames.indices] = chunk.frames.rgb
    return placed


@pytest.mark.parametrize("forward", [0, 1])
def test_each_frame_comes_once_and_the_last_first_unless_forward(made, forward):
    n_frames = 2 * STEP + 6
    found = chunks(made(forward=forward), n_frames)
    indices = [int(i) for chunk in found for i in chunk.frames.indices]
    assert sorted(indices) == list(range(n_frames))
    assert found[0].given
    assert (found[0].frames.rgb[0] == picture()).all()
    starts = [int(chunk.frames.indices[0]) for chunk in found[1:]]
    assert starts == sorted(starts, reverse=not forward)
    assert len(starts) > 1
    again = chunks(made(forward=forward), n_frames)
    assert (video(again, n_frames) == video(found, n_frames)).all()
    other = chunks(made(forward=forward), n_frames, seed=1)
    assert (video(other, n_frames) != video(found, n_frames)).any()


@pytest.mark.parametrize("forward", [False, True])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_frames_are_those_that_the_pipeline_would_mix(count, forward):
    """Against the pipeline's own rule, carried out on all sections and settled at the end."""
    from diffusers import HunyuanVideoFramepackPipeline

    mix = lambda *some: HunyuanVideoFramepackPipeline._soft_append(None, *some)  # noqa: E731

    def decode(latents):  # any function of what it sees will do
        n_frames = 4 * (latents.shape[2] - 1) + 1
        at = (torch.arange(n_frames) + 3) // 4
        return latents[:, :, at] * (1 + torch.arange(n_frames).float() / 100).view(1, 1, -1, 1, 1)

    draw = torch.Generator().manual_seed(0)
    picture = torch.randn(1, 2, 1, 2, 2, generator=draw)
    sections = [torch.randn(1, 2, WINDOW, 2, 2, generator=draw) for _ in range(count)]
    latents, frames = (picture, None) if forward else (picture[:, :, :0], None)
    for number, section in enumerate(sections):
        last = number == count - 1
        if forward:
            latents = torch.cat([latents, section], dim=2)
            seen = latents[:, :, -2 * WINDOW :]
        else:
            latents = torch.cat([*([picture] if last else []), section, latents], dim=2)
            seen = latents[:, :, : 2 * WINDOW + last]
        if frames is None:
            frames = decode(latents)
        else:
            frames = mix(*((frames, decode(seen)) if forward else (decode(seen), frames)), SHARED)
    joined, placed = Joined(decode, mix, picture, count, forward), torch.full_like(frames, torch.nan)
    for section in sections:
        start, settled = joined.take(section)
        assert placed[:, :, start : start + settled.shape[2]].isnan().all()
        placed[:, :, start : start + settled.shape[2]] = settled
    assert frames.shape[2] == STEP * count + 1
    assert torch.equal(placed, frames)


def test_sections_cover_what_is_asked():
    for n_frames in range(1, 150):
        assert STEP * n_sections(n_frames) + 1 >= n_frames
        assert n_sections(n_frames) == 1 or STEP * (n_sections(n_frames) - 1) + 1 < n_frames


def test_a_request_without_a_first_frame_is_refused(made):
    with pytest.raises(InputError, match="this family makes videos of a first frame: give one"):
        chunks(made(), 9, first_frame=None)
    with pytest.raises(InputError, match="this family makes videos of a first frame: give one"):
        made().check(GenerationRequest(always("a ball"), 9))
