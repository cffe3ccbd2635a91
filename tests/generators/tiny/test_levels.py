import numpy as np
import pytest

from lawful.generators.tiny.levels import CLEAN_SHARE, FOPP_SHARE, NEARLY_CLEAN, NEARLY_NOISE, draw_levels

N = 4000


@pytest.fixture(scope="module")
def levels():
    rng = np.random.default_rng(0)
    return np.stack([draw_levels(rng, 8, from_start=True) for _ in range(N)])


def test_levels_are_shares_of_noise(levels):
    assert levels.min() >= 0
    assert levels.max() <= 1


def test_three_in_ten_grow_with_time(levels):
    # Of those with clean history hardly any grow by chance.
    growing = (np.diff(levels) >= 0).all(axis=1).mean()
    assert growing == pytest.approx(FOPP_SHARE, abs=4 * np.sqrt(0.21 / N))


def test_the_others_have_clean_frames_among_noisy_ones(levels):
    mixed = levels[~(np.diff(levels) >= 0).all(axis=1)]
    # A level above NEARLY_CLEAN by chance of a uniform one shifted by 5 has probability 1 - 1/46.
    expected = CLEAN_SHARE + (1 - CLEAN_SHARE) / 46
    assert (mixed[:, 1:] <= NEARLY_CLEAN).mean() == pytest.approx(expected, abs=0.02)


def test_clips_from_the_middle_begin_clean():
    rng = np.random.default_rng(1)
    first = [draw_levels(rng, 8, from_start=False)[0] for _ in range(500)]
    assert max(first) <= NEARLY_CLEAN
    assert min(first) == 0


def test_a_share_of_beginnings_is_nearly_all_noise():
    rng = np.random.default_rng(2)
    first = np.array([draw_levels(rng, 8, from_start=True, from_noise=0.6)[0] for _ in range(N)])
    by_chance = (
        np.array([draw_levels(rng, 8, from_start=True)[0] for _ in range(N)]) >= 1 - NEARLY_NOISE
    ).mean()
    expected = 0.6 + 0.4 * by_chance
    assert (first >= 1 - NEARLY_NOISE).mean() == pytest.approx(expected, abs=0.03)
    later = [draw_levels(rng, 8, from_start=False, from_noise=1.0)[0] for _ in range(200)]
    assert max(later) <= NEARLY_CLEAN
