import numpy as np
import pytest

from lawful.core.errors import InputError
from lawful.generators.worlds.soft.fields import carried, noise, swirl
from lawful.generators.worlds.soft.make import SOFT, make_soft


@pytest.mark.parametrize("name", SOFT)
def test_a_seed_is_a_clip(name: str) -> None:
    frames = make_soft(name, 3)
    assert np.array_equal(frames.rgb, make_soft(name, 3).rgb)
    assert frames.rgb.shape != make_soft(name, 4).rgb.shape
    height, width = frames.rgb.shape[1:3]
    assert 128 <= width <= 400
    assert 128 <= height <= 320
    duration_s = len(frames) * float(frames.times_s[1])
    assert 1.8 <= duration_s <= 3.7


@pytest.mark.parametrize("name", SOFT)
def test_something_moves_in_every_clip(name: str) -> None:
    frames = make_soft(name, 0)
    steps = np.abs(np.diff(frames.rgb.astype(np.int16), axis=0)).max(axis=3)
    assert (steps > 12).any(axis=(1, 2)).mean() > 0.8


def test_a_flow_without_sources_has_none() -> None:
    flow = swirl(np.random.default_rng(0), (120, 90), 30.0, 2.0)
    divergence = np.gradient(flow[..., 0], axis=1) + np.gradient(flow[..., 1], axis=0)
    shear = np.gradient(flow[..., 0], axis=0)
    inside = slice(3, -3)
    assert np.abs(divergence[inside, inside]).mean() < 0.1 * np.abs(shear[inside, inside]).mean()
    assert np.hypot(flow[..., 0], flow[..., 1]).mean() == pytest.approx(2.0, rel=1e-3)


def test_what_is_carried_moves_with_the_flow() -> None:
    picture = noise(np.random.default_rng(1), (60, 40), 10.0)
    flow = np.zeros((40, 60, 2), np.float32)
    flow[..., 0] = 5.0
    assert carried(picture, flow)[:, 10:] == pytest.approx(picture[:, 5:-5], abs=1e-5)


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"no soft thing is called 'lava'\. Known: river, pour, plume, flames"
    ):
        make_soft("lava", 0)
    with pytest.raises(InputError, match="seed was asked to be -1; it must be 0 or more"):
        make_soft("river", -1)
