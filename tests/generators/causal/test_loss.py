"""The loss a model is trained with, and what it says of a clip, block by block."""

import numpy as np
import pytest
import torch

from lawful.core.errors import InputError
from lawful.generators.causal.codec import PixelCodec
from lawful.generators.causal.loss import denoise_loss, flow_loss
from lawful.generators.causal.noise import block_noise
from lawful.generators.worlds.families import FAMILIES
from lawful.generators.worlds.pairs import make_pairs
from lawful.video.frames import Frames, PointTracks

SIGMAS = (0.9, 0.4)
SEEDS = (3, 11)
ENGINES = [
    {"block": 2, "window": None},
    {"block": 2, "window": 6, "sink": 1, "rope": "relative"},
    {"block": 3, "first_block": 1, "window": 7, "prediction": "x0", "history_sigma": 0.1},
]


def noise(seed, n_frames):
    return torch.from_numpy(block_noise(seed, 0, range(n_frames), 0, (4, 8, 8)))[None]


def test_the_loss_is_the_mean_square_of_what_the_network_is_wrong_by(make_model, inputs):
    model = make_model(block=2, window=None)
    latents, context = inputs(4)
    drawn = noise(0, 4)
    noisy = 0.3 * latents + 0.7 * drawn
    output = model(noisy, torch.tensor([0.7]), context)
    expected = (output - (drawn - latents)).square().mean((1, 3, 4))
    assert torch.allclose(flow_loss(model, latents, torch.tensor([0.7]), drawn, context), expected, atol=1e-6)
    by_result = flow_loss(model, latents, torch.tensor([0.7]), drawn, context, measure="result")
    assert torch.allclose(by_result, expected * 0.49, atol=1e-5)


def test_predicting_results_or_velocities_is_measured_alike(make_model, inputs, monkeypatch):
    latents, context = inputs(4)
    levels, drawn = torch.tensor([0.7]), noise(0, 4)
    noisy = 0.3 * latents + 0.7 * drawn
    models = [make_model(block=2, window=None, prediction=kind) for kind in ("velocity", "x0")]
    velocity = models[0](noisy, levels, context)
    outputs = [velocity, noisy - 0.7 * velocity]
    losses = []
    for model, output in zip(models, outputs, strict=True):
        monkeypatch.setattr(model, "forward", lambda *_, output=output: output)
        losses.append(flow_loss(model, latents, levels, drawn, context))
    assert torch.allclose(*losses, atol=1e-5)


def test_a_model_learns_what_it_is_shown(make_model, inputs):
    model = make_model(block=2, window=None).requires_grad_(True)
    latents, context = inputs(4)
    weights = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for step in range(12):
        loss = flow_loss(
            model, latents, torch.tensor([0.8]), noise(step % 2, 4), context, clean=latents
        ).mean()
        weights.zero_grad()
        loss.backward()
        weights.step()
        losses.append(loss.item())
    assert np.mean(losses[-4:]) < 0.8 * np.mean(losses[:4])


@pytest.mark.parametrize("engine", ENGINES)
def test_block_by_block_is_teacher_forcing_in_one_pass(make_model, inputs, engine):
    model = make_model(**engine)
    latents, context = inputs(8)
    losses = denoise_loss(model, latents, context, SIGMAS, SEEDS)
    bounds = [(start, min(stop, 8)) for start, stop in model.spec.bounds(8)]
    assert losses.shape == (len(bounds), 2, 2)
    past = latents
    if model.spec.history_sigma:
        shown = [block_noise(SEEDS[0], 0, [frame], 2**32, (4, 8, 8)) for frame in range(8)]
        past = 0.9 * latents + 0.1 * torch.from_numpy(np.concatenate(shown, axis=1))[None]
    for at, sigma in enumerate(SIGMAS):
        for number, seed in enumerate(SEEDS):
            level = torch.tensor([sigma])
            by_frame = flow_loss(model, latents, level, noise(seed, 8), context, clean=past)[0]
            expected = [float(by_frame[start:stop].mean()) for start, stop in bounds]
            assert losses[:, at, number] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("mode", ["causal_chunk", "full"])
@pytest.mark.parametrize("engine", ENGINES)
def test_two_clips_differ_by_exactly_nothing_before_they_part(make_model, inputs, engine, mode):
    model = make_model(**engine)
    latents, context = inputs(10)
    other = latents.clone()
    other[:, :, 5, 2, 3] += 1
    lawful, broken = (denoise_loss(model, clip, context, SIGMAS, SEEDS, mode) for clip in (latents, other))
    parted = next(at for at, (_, stop) in enumerate(model.spec.bounds(10)) if stop > 5)
    assert parted > 0
    assert (lawful[:parted] == broken[:parted]).all()
    assert (lawful[parted] != broken[parted]).all()


def test_the_whole_clip_is_noisy_at_once_in_the_other_mode(make_model, inputs):
    model = make_model(block=2, window=None)
    latents, context = inputs(6)
    losses = denoise_loss(model, latents, context, SIGMAS, SEEDS, "full")
    by_frame = flow_loss(model, latents, torch.tensor([0.4]), noise(11, 6), context)[0]
    assert losses[:, 1, 1] == pytest.approx(by_frame.unflatten(0, (3, 2)).mean(1).tolist(), abs=1e-5)
    assert np.abs(losses - denoise_loss(model, latents, context, SIGMAS, SEEDS)).max() > 1e-4


@pytest.mark.parametrize("sigmas", [(0.0,), (1.2,), (0.5, float("nan"))])
def test_levels_out_of_range_are_refused(make_model, inputs, sigmas):
    with pytest.raises(ValueError, match="noise levels must be above 0, at most 1, got"):
        denoise_loss(make_model(block=2, window=None), *inputs(2), sigmas, (0,))


def test_a_generator_measures_videos(make_generator):
    generator = make_generator(changes={"in_channels": 16}, block=2, window=None)
    rgb = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), dtype=np.uint8)
    twin = rgb.copy()
    twin[4:, 3, 3] ^= 255
    first, second = (
        generator.denoise_loss(Frames(clip, np.arange(6) / 10, np.arange(6)), "a", seeds=SEEDS)
        for clip in (rgb, twin)
    )
    assert first.shape == (3, 4, 2)
    assert (first[:2] == second[:2]).all()
    assert (first[2] != second[2]).all()
    points = PointTracks(
        np.arange(1), np.arange(6) / 10, np.full((1, 6, 2), 0.5, np.float32), np.ones((1, 6), bool)
    )
    clip = Frames(rgb, np.arange(6) / 10, np.arange(6))
    assert (generator.denoise_loss(clip, "a", seeds=SEEDS, tracks=points) != first).all()


def test_a_video_of_another_size_or_rate_is_not_measured(make_generator):
    generator = make_generator(controls=("text",), block=2, window=None)
    rgb = np.zeros((4, 16, 16, 3), np.uint8)
    with pytest.raises(InputError, match="random: the video has 8 frames a second where 10 are wanted"):
        generator.denoise_loss(Frames(rgb, np.arange(4) / 8, np.arange(4)), "a")
    with pytest.raises(InputError, match="random: the video is 8x16 px, this generator knows 16x16 px"):
        generator.denoise_loss(Frames(rgb[:, :, :8], np.arange(4) / 10, np.arange(4)), "a")


@pytest.mark.parametrize("violation", ["teleport", "vanish"])
def test_simulated_twins_are_equally_likely_until_a_law_is_broken(make_generator, violation):
    size = {"duration_s": 2.0, "fps": 12, "width_px": 64, "height_px": 48, "noise": 0.0}
    flat = [name for name, family in FAMILIES.items() if not family.solid]
    ((lawful, broken),) = make_pairs(1, 4, scenes=flat, violations=[violation], **size)
    generator = make_generator(PixelCodec(space_stride=4, time_stride=2), block=1, window=6, sink=1)
    losses = [generator.denoise_loss(clip.frames, "a", (0.8, 0.4), (0, 1)) for clip in (lawful, broken)]
    difference = np.abs(losses[0] - losses[1]).max((1, 2))
    onset = broken.onset_frame // 2
    assert 0 < onset < len(difference)
    assert (difference[:onset] == 0).all()
    assert difference[onset] > 0
