"""What the net sees of a step."""

import math

import numpy as np
import pytest

from lawful.judge.kinematic.camera import IDENTITY, CameraStep
from lawful.judge.kinematic.spine.eye import CHANNELS, SIZE, blank
from lawful.judge.kinematic.spine.views import view_of
from lawful.judge.kinematic.window import change_between, held_along

STILL = CameraStep(IDENTITY, True, True)


def picture(seed: int) -> np.ndarray:
    """Coarse blobs, 192 x 128."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 12, 3), np.uint8)
    return np.kron(coarse, np.ones((16, 16, 1), np.uint8))


def step(before: np.ndarray, after: np.ndarray, step_s: float = 1 / 24) -> np.ndarray:
    held = held_along(before, after, STILL)
    return view_of(after, held, change_between(held, after, STILL), step_s)


def test_where_nothing_changes_nothing_is_gained() -> None:
    view = step(picture(0), picture(0))
    assert view.shape == (CHANNELS, SIZE, SIZE)
    assert (view[3:6] == 128).all()
    assert (view[6] == 0).all()


def test_what_is_gained_forwards_is_lost_backwards() -> None:
    one, two = picture(0), picture(0)
    two[32:64, 48:80] += 40 - two[32:64, 48:80] // 2
    forth, back = step(one, two)[3:6].astype(int) - 128, step(two, one)[3:6].astype(int) - 128
    assert np.abs(forth).max() > 20
    assert np.abs(forth + back).max() <= 1


def test_a_mirrored_step_gives_a_mirrored_view() -> None:
    one, two = picture(0), picture(0)
    two[32:64, 48:80] = 255
    mirrored = step(np.ascontiguousarray(one[:, ::-1]), np.ascontiguousarray(two[:, ::-1]))
    assert np.abs(mirrored[..., ::-1].astype(int) - step(one, two)).max() <= 1


def test_a_common_change_of_light_is_not_gained() -> None:
    one = picture(0) // 2 + 40
    assert np.abs(step(one, one + 30)[3:6].astype(int) - 128).max() <= 1


def test_longer_steps_are_told_apart() -> None:
    lengths = [int(step(picture(0), picture(0), 1 / fps)[7].max()) for fps in (30, 24, 12, 8, 5)]
    assert lengths == sorted(lengths)
    assert lengths[1] == 128


@pytest.mark.parametrize("view", [view_of(picture(0), None, None, math.nan), blank()])
def test_the_first_and_what_comes_after_the_last_have_no_length(view: np.ndarray) -> None:
    assert (view[7] == 0).all()
