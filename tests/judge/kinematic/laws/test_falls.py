"""Falls beside each other, and what an unseen bounce can explain."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.judge.kinematic.laws.falls import Falls, fall_of, may_have_bounced
from lawful.judge.kinematic.memory import SD, TIME, XY, ZOOM, Rows

G = 400.0
DOWN = np.array([0.0, G])


def rows_of(
    place: Callable[[float], float], frames: int = 12, fps: float = 24.0, noise: float = 0.3, seed: int = 1
) -> Rows:
    """A body that goes right, and down as told."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((frames, ZOOM + 1))
    rows[:, TIME] = np.arange(frames) / fps
    rows[:, XY] = [(40 * time, place(time)) for time in rows[:, TIME]]
    rows[:, XY] += rng.normal(0, noise, (frames, 2))
    rows[:, SD] = noise
    return rows


@given(st.floats(0.15, 0.3), st.floats(0.3, 1.0), st.floats(-60.0, 60.0), st.floats(0.6, 1.4))
def test_a_fall_thrown_back_unseen_may_have_bounced(
    when_s: float, gain: float, speed: float, pull: float
) -> None:
    rate = pull * G

    def bounces(t: float) -> float:
        before = min(t, when_s)
        low = speed * before + rate * before**2 / 2
        since = max(t - when_s, 0.0)
        return low - gain * max(speed + rate * when_s, 0.0) * since + rate * since**2 / 2

    excused = [may_have_bounced(rows_of(bounces, seed=seed), DOWN) for seed in range(10)]
    assert sum(excused) >= 7


@pytest.mark.parametrize("pull", [-1.0, -0.5, 0.0])
def test_what_falls_upwards_or_floats_all_the_way_has_not(pull: float) -> None:
    assert not may_have_bounced(rows_of(lambda t: pull * G * t**2 / 2, frames=20), DOWN)


def test_what_is_thrown_on_faster_has_not() -> None:
    assert not may_have_bounced(rows_of(lambda t: G * t**2 / 2 + 300 * max(t - 0.25, 0.0)), DOWN)


def test_in_a_few_frames_what_turns_back_may_have_been_thrown_back() -> None:
    turns = lambda t: 50 * t - G * t**2 / 2  # noqa: E731
    assert may_have_bounced(rows_of(turns, frames=6), DOWN)
    assert not may_have_bounced(rows_of(turns, frames=14), DOWN)


@pytest.mark.parametrize("speed", [-60.0, -150.0])
def test_what_rises_all_the_time_has_not(speed: float) -> None:
    rises = lambda t: speed * t - G * t**2 / 2  # noqa: E731
    excused = [may_have_bounced(rows_of(rises, frames=8, seed=seed), DOWN) for seed in range(20)]
    assert sum(excused) <= 1


def test_gravity_wants_two_falls_that_agree_or_an_earlier_one_of_the_same_body() -> None:
    falls = Falls()
    falls.remember((0, 0.0), fall_of(rows_of(lambda t: G * t**2 / 2)))
    assert falls.rate((1, 0.0)) is None
    assert falls.rate((0, 1.0)) == pytest.approx((0.0, G), abs=20)
    falls.remember((2, 0.0), fall_of(rows_of(lambda t: -50 * t + G * t**2 / 2)))
    assert falls.rate((1, 0.0)) == pytest.approx((0.0, G), abs=20)
    falls.remember((2, 0.0), fall_of(rows_of(lambda t: 2 * G * t**2)))
    assert falls.rate((1, 0.0)) is None


def test_a_steady_fall_is_not_given_up_for_one_that_is_not() -> None:
    falls = Falls()
    falls.remember((0, 0.0), fall_of(rows_of(lambda t: G * t**2 / 2)))
    falls.remember((0, 0.0), fall_of(rows_of(lambda t: G * t**3)))
    assert falls.fell((0, 1.0)) == [pytest.approx((0.0, G), abs=20)]
