"""Noise, levels, steps and who is at which step; the published schedulers are the outside reference."""

import doctest

import numpy as np
import pytest
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler

from lawful.generators.causal import schedule, spec
from lawful.generators.causal.noise import block_noise, frame_noise
from lawful.generators.causal.schedule import next_latents, progress, result_of, velocity_of

GRID = [(blocks, steps, lag) for blocks in (1, 2, 5, 8) for steps in (1, 2, 4, 5) for lag in range(7)]


@pytest.mark.parametrize(("blocks", "steps", "lag"), GRID)
def test_earlier_blocks_are_never_noisier(blocks, steps, lag):
    rounds = progress(blocks, steps, lag)
    assert (np.diff(rounds, axis=1) <= 0).all()
    taken = np.diff(np.vstack([np.zeros((1, blocks), int), rounds]), axis=0)
    assert set(np.unique(taken)) <= {0, 1}
    assert (taken.sum(axis=0) == steps).all()
    # A block that has begun never waits.
    for block in range(blocks):
        begun = np.flatnonzero(taken[:, block])
        assert (np.diff(begun) == 1).all()
    assert len(rounds) == steps + min(lag, steps) * (blocks - 1)


def test_the_limits_are_all_together_and_one_after_the_other():
    assert progress(3, 2, 0).tolist() == [[1, 1, 1], [2, 2, 2]]
    one_by_one = [[1, 0, 0], [2, 0, 0], [2, 1, 0], [2, 2, 0], [2, 2, 1], [2, 2, 2]]
    assert progress(3, 2, 2).tolist() == progress(3, 2, 9).tolist() == one_by_one


@pytest.mark.parametrize(("blocks", "steps", "lag"), [(5, 4, 1), (4, 3, 2), (3, 5, 0), (6, 4, 4)])
def test_rounds_are_those_of_the_published_rule(blocks, steps, lag):
    """AR-Diffusion: a block leads if the one before it was done, else it is `lag` behind it; then clamp."""
    row, expected = [0] * blocks, []
    while min(row) < steps:
        new = []
        for block in range(blocks):
            leads = block == 0 or row[block - 1] == steps
            new.append(row[block] + 1 if leads else new[block - 1] - lag)
        row = [min(max(value, 0), steps) for value in new]
        expected.append(row)
    assert progress(blocks, steps, lag).tolist() == expected


@pytest.mark.parametrize("sampler", ["renoise", "euler"])
def test_steps_are_those_of_the_published_scheduler(sampler):
    levels = [1.0, 0.9375, 5 / 6, 0.625]
    reference = FlowMatchEulerDiscreteScheduler(shift=1.0, stochastic_sampling=sampler == "renoise")
    reference.set_timesteps(sigmas=levels)
    draw = torch.Generator().manual_seed(0)
    ours = theirs = torch.randn(1, 4, 2, 3, 3, generator=draw)
    for at, level in enumerate(levels):
        velocity = torch.randn(ours.shape, generator=draw)
        following = torch.full((1, 1, 1, 1, 1), [*levels, 0.0][at + 1])
        sigma = torch.full((1, 1, 1, 1, 1), level)
        noise = torch.randn(ours.shape, generator=torch.Generator().manual_seed(at))
        result = result_of(velocity, ours, sigma, "velocity")
        ours = next_latents(ours, result, sigma, following, noise, sampler)
        again = torch.Generator().manual_seed(at)
        theirs = reference.step(velocity, reference.timesteps[at], theirs, generator=again).prev_sample
        assert (ours - theirs).abs().max() < 1e-6


def test_result_and_velocity_are_two_ways_to_say_the_same():
    draw = torch.Generator().manual_seed(0)
    result, noise = torch.randn(2, 1, 3, 2, 4, 4, generator=draw)
    sigma = torch.full((1, 1, 1, 1, 1), 0.7)
    noisy = schedule.mix(result, noise, sigma)
    assert torch.allclose(velocity_of(result, noisy, sigma, "x0"), noise - result, atol=1e-6)
    assert torch.allclose(result_of(noise - result, noisy, sigma, "velocity"), result, atol=1e-6)


def test_noise_is_keyed_by_all_that_it_is_for_and_nothing_else():
    base = {"seed": 1, "branch": 2, "frame": 3, "step": 4, "shape": (2, 3, 3)}
    expected = frame_noise(**base)
    assert (frame_noise(**base) == expected).all()
    for name in ("seed", "branch", "frame", "step"):
        other = frame_noise(**(base | {name: base[name] + 1}))
        assert np.abs(np.corrcoef(other.ravel(), expected.ravel())[0, 1]) < 0.7
        assert (other != expected).all()
    frames = block_noise(1, 2, [5, 3], 4, (2, 3, 3))
    assert frames.shape == (2, 2, 3, 3)
    assert (frames[:, 1] == expected).all()


def test_noise_is_standard_normal_across_frames_and_steps():
    drawn = np.stack([frame_noise(0, 0, k, s, (1000,)) for k in range(20) for s in range(5)])
    assert abs(drawn.mean()) < 4 / np.sqrt(drawn.size)
    assert abs(drawn.var() - 1) < 4 * np.sqrt(2 / drawn.size)
    apart = np.corrcoef(drawn) - np.eye(len(drawn))
    assert np.abs(apart).max() < 5.5 / np.sqrt(1000)


def test_noise_does_not_change_with_versions():
    """Written down once: another numpy must draw the same, or videos of a seed change."""
    drawn = frame_noise(7, 1, 5, 2, (4,)).tolist()
    assert drawn == pytest.approx(GOLDEN, abs=0)


GOLDEN = [-0.904121994972229, 0.6009698510169983, 0.0011113225482404232, -0.615811824798584]


@pytest.mark.parametrize("module", [schedule, spec])
def test_examples_in_the_text_are_true(module):
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0
