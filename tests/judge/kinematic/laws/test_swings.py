"""Swings of pendulums and springs, and motions that are none."""

from collections.abc import Callable

import numpy as np
import pytest

from lawful.judge.kinematic.laws.swings import may_swing
from lawful.judge.kinematic.memory import HIDDEN, SD, SIGHT, TIME, XY, ZOOM, Rows

NOISE_PX = 0.3
SEEDS = range(8)


def rows_of(
    place: Callable[[float], tuple[float, float]], seconds: float, seed: int, fps: float = 24.0
) -> Rows:
    """A body that is where it is told to be."""
    rows = np.zeros((round(seconds * fps), ZOOM + 1))
    rows[:, TIME] = np.arange(len(rows)) / fps
    rows[:, XY] = [place(time) for time in rows[:, TIME]]
    rows[:, XY] += np.random.default_rng(seed).normal(0, NOISE_PX, (len(rows), 2))
    rows[:, SD] = NOISE_PX
    return rows


def share(place: Callable[[float], tuple[float, float]], seconds: float = 2.0, loose_s: float = 0.0) -> float:
    """How often a motion may be a swing."""
    return float(np.mean([may_swing(rows_of(place, seconds, seed), loose_s) for seed in SEEDS]))


@pytest.mark.parametrize("turns", [3.3, 5.2, 8.7, 13.1])
@pytest.mark.parametrize("damping", [0.0, 0.3])
def test_springs_swing(turns: float, damping: float) -> None:
    swing = lambda t: (100.0 + 20 * t, 80 + 25 * np.exp(-damping * t) * np.cos(turns * t + 0.4))  # noqa: E731
    assert share(swing) == 1


@pytest.mark.parametrize("widest", [0.2, 0.6])
def test_pendulums_swing(widest: float) -> None:
    angle = lambda t: widest * np.sin(4.4 * t)  # noqa: E731
    assert share(lambda t: (100 + 80 * np.sin(angle(t)), 40 + 80 * np.cos(angle(t)))) == 1


@pytest.mark.parametrize("seconds", [1.0, 1.6, 2.2])
@pytest.mark.parametrize("gravity", [300.0, 600.0])
def test_what_falls_upwards_from_some_moment_on_does_not(seconds: float, gravity: float) -> None:
    half = seconds / 2
    turned = lambda t: (60 * t, gravity * (min(t, half) ** 2 / 2 + half * max(t - half, 0)))  # noqa: E731
    back = lambda t: gravity * max(t - half, 0.0) ** 2 / 2  # noqa: E731
    assert share(lambda t: (turned(t)[0], turned(t)[1] - back(t)), seconds) == 0


@pytest.mark.parametrize("rolls_s", [0.4, 1.0])
@pytest.mark.parametrize("gravity", [400.0, 700.0])
def test_what_rolls_off_an_edge_and_then_falls_upwards_does_not(rolls_s: float, gravity: float) -> None:
    def place(t: float) -> tuple[float, float]:
        free, back = max(t - rolls_s, 0.0), max(t - rolls_s - 0.4, 0.0)
        return 60 * t, 80 + gravity * free**2 / 2 - gravity * back**2

    assert share(place, rolls_s + 0.9, loose_s=rolls_s) == 0


def test_bounces_do_not() -> None:
    assert share(lambda t: (60 * t, 200 - 400 * (t % 0.5) * (0.5 - t % 0.5) * 4)) == 0


def test_what_never_turns_back_does_not() -> None:
    assert share(lambda t: (60 * t, 80 + 6 * np.exp(3.5 * t)), seconds=1.4) == 0


def test_a_few_frames_show_nothing() -> None:
    assert share(lambda t: (100.0, 80 + 60 * np.cos(15.0 * t)), seconds=0.4) == 0


def test_what_was_out_of_sight_is_left_out() -> None:
    rows = rows_of(lambda t: (100.0, 80 + 25 * np.cos(6.0 * t)), 2.0, seed=1)
    rows[20:25, XY] += 40
    assert not may_swing(rows, 0.0)
    rows[20:25, SIGHT] = HIDDEN
    assert may_swing(rows, 0.0)
    rows[:, SIGHT] = HIDDEN
    assert not may_swing(rows, 0.0)
