"""What of the points' motion is the camera's."""

import math

import numpy as np
import pytest
from jaxtyping import Float32

from lawful.judge.kinematic.bodies import Body, Glimpse, Sight
from lawful.judge.kinematic.camera import camera_step
from lawful.judge.kinematic.gates import Tally, tally_motion
from lawful.judge.kinematic.tracker import TrackStep

SIZE = (90, 120)
SHIFT = np.array([3.0, 1.0], np.float32)


def points(span: float, count: int = 20) -> Float32[np.ndarray, "points 2"]:
    """Points that reach over a share of the picture."""
    rng = np.random.default_rng(0)
    inside = rng.random((count, 2)).astype(np.float32)
    inside[:2] = (0, 0), (1, 1)
    return np.array([10, 10], np.float32) + inside * span * np.array(SIZE[::-1], np.float32) * 0.9


@pytest.mark.parametrize(
    ("span", "unchanged", "still"), [(0.3, True, True), (0.3, False, False), (0.9, True, False)]
)
def test_points_on_one_small_thing_before_a_plain_ground_are_not_the_camera(
    span: float, unchanged: bool, still: bool
) -> None:
    start = points(span)
    step = TrackStep(
        np.arange(len(start)), start, start + SHIFT, np.ones(len(start), bool), np.ones(len(start), bool)
    )
    before = np.full(SIZE, 100, np.uint8)
    camera = camera_step(before, before if unchanged else before + 50, step)
    assert camera.known
    assert camera.still == still
    assert still or camera.transform[:, 2] == pytest.approx(SHIFT, abs=1e-3)


def glimpse(x: float, sight: Sight) -> Glimpse:
    nothing = (math.nan, math.nan, math.nan)
    body = Body(
        1,
        sight,
        (x - 4, 6.0, x + 4, 14.0),
        (x, 10.0),
        (x, 10.0),
        0.3,
        0.0,
        50.0,
        (4.0, 4.0),
        1.0,
        nothing,
        nothing,
    )
    return Glimpse(0.1, 0.1, 120, 90, np.eye(2, 3), True, True, (body,), ())


@pytest.mark.parametrize(
    ("to", "sight", "moving"),
    [(12.0, "seen", 1), (10.2, "seen", 0), (12.0, "hidden", 0), (12.0, "partly", 1)],
)
def test_a_body_that_is_seen_to_move_is_motion_enough(to: float, sight: Sight, moving: int) -> None:
    tally = Tally()
    tally_motion(tally, [], glimpse(10.0, "seen"), glimpse(to, sight))
    assert tally.moving == moving
    tally_motion(tally, [], None, glimpse(to, sight))
    assert tally.moving == moving
