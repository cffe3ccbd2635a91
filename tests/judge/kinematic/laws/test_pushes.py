"""How fast what was met went, and how sure that is."""

from collections import deque

import numpy as np
import pytest

from lawful.judge.kinematic.laws.pushes import Pace, mean_pace
from lawful.judge.kinematic.memory import SD, TIME, XY, ZOOM, Memory, Trail

STEP_S = 0.05


def pace_of(*places: tuple[float, float]) -> Pace | None:
    """Of a body that was at these places, one a frame."""
    rows = np.zeros((len(places), ZOOM + 1))
    rows[:, TIME] = np.arange(len(places)) * STEP_S
    rows[:, XY] = places
    rows[:, SD] = 0.2
    memory = Memory(trails={0: Trail(0, rows)}, steps_s=deque([STEP_S]))
    return mean_pace(memory, 0, 0.0, 1.0)


def test_a_straight_way_is_as_sure_as_its_places() -> None:
    pace = pace_of((10.0, 0.0), (13.0, 4.0), (16.0, 8.0))
    assert pace is not None
    assert pace.px_s == pytest.approx((60.0, 80.0))
    assert pace.error_px_s == pytest.approx(np.hypot(0.2, 0.15) / np.hypot(STEP_S, STEP_S))


def test_a_turn_on_the_way_makes_it_unsure() -> None:
    straight, turned = (
        pace_of((0.0, 0.0), (5.0, 0.0), (10.0, 0.0)),
        pace_of((0.0, 0.0), (5.0, 0.0), (5.0, 5.0)),
    )
    assert straight is not None
    assert turned is not None
    assert turned.error_px_s > 5 * straight.error_px_s


def test_one_frame_tells_no_pace() -> None:
    assert pace_of((0.0, 0.0)) is None
    assert mean_pace(Memory(), 3, 0.0, 1.0) is None
