import math

import numpy as np
import pytest

from lawful.judge.kinematic.bodies import Body, Glimpse
from lawful.judge.kinematic.events.breaks import break_of
from lawful.judge.kinematic.memory import Memory, remember

FPS = 24.0


def memory_of(places: np.ndarray, sd_px: float = 0.1) -> Memory:
    memory = Memory()
    for k, (x, y) in enumerate(places):
        at = (float(x), float(y))
        body = Body(
            0,
            "seen",
            (x - 9, y - 9, x + 9, y + 9),
            at,
            at,
            sd_px,
            0.0,
            300.0,
            (9.8, 9.8),
            1.0,
            (1.0, 1.0, 1.0),
            (1.0, 1.0, 1.0),
        )
        to_shot = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        step = 1 / FPS if k else math.nan
        remember(memory, Glimpse(k / FPS, step, 320, 240, to_shot, True, True, (body,), ()))
    return memory


def series(turn_s: float, before: tuple[float, float], after: tuple[float, float], rate: float) -> np.ndarray:
    time = np.arange(9) / FPS
    since = np.maximum(time - turn_s, 0)
    x = 100 + before[0] * time + (after[0] - before[0]) * since
    y = 100 + before[1] * time + (after[1] - before[1]) * since + rate * time**2 / 2
    return np.stack([x, y], axis=1)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_time_and_velocities_of_a_bounce_are_found_between_frames(share: float) -> None:
    moment = (4 + share) / FPS
    trail = memory_of(series(moment, (60, 200), (60, -250), 500)).trails[0]
    found = break_of(trail, 4)
    assert found is not None
    assert found.time_s == pytest.approx(moment, abs=0.03 / FPS)
    assert found.before_px_s == pytest.approx((60, 200 + 500 * moment), abs=3)
    assert found.after_px_s == pytest.approx((60, -250 + 500 * moment), abs=3)
    assert found.jump_miss == 0


def test_smooth_motion_has_no_break() -> None:
    time = np.arange(9) / FPS
    swing = np.stack([160 + 60 * np.sin(5 * time), 100 + 10 * np.cos(10 * time)], axis=1)
    for places in (series(0.2, (60, 0), (60, 0), 900), swing, np.full((9, 2), 50.0)):
        assert break_of(memory_of(places).trails[0], 4) is None


def test_a_jump_is_told_from_a_turn() -> None:
    places = series(0.2, (60, 0), (60, 0), 0)
    places[5:, 1] += 60
    found = break_of(memory_of(places).trails[0], 4)
    assert found is not None
    assert found.jump_px == pytest.approx((0, 60), abs=1)
    assert found.jump_miss > 10


def test_errors_of_the_place_hide_a_small_break() -> None:
    places = series(4.5 / FPS, (60, 0), (20, 0), 0)
    assert break_of(memory_of(places, 0.1).trails[0], 4) is not None
    assert break_of(memory_of(places, 1.9).trails[0], 4) is None


def test_times_shifted_give_the_same() -> None:
    memory = memory_of(series(4.5 / FPS, (60, 200), (60, -250), 500))
    first = break_of(memory.trails[0], 4)
    memory.trails[0].rows[:, 0] += 7.0
    second = break_of(memory.trails[0], 4)
    assert first is not None
    assert second is not None
    assert second.time_s - first.time_s == pytest.approx(7.0)
    assert second.after_px_s == pytest.approx(first.after_px_s)
