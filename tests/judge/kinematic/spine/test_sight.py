"""How views are seen while the net is trained."""

import math

import cv2
import numpy as np
import pytest

from lawful.judge.kinematic.spine.eye import CHANGE, CHANNELS, SIZE
from lawful.judge.kinematic.spine.sight import Sight, seen

VIEWS = np.random.default_rng(0).integers(1, 255, (3, CHANNELS, SIZE, SIZE), np.uint8)


def even(*levels: int) -> np.ndarray:
    """One frame, each plane even."""
    return np.broadcast_to(np.array(levels, np.uint8)[:, None, None], (CHANNELS, SIZE, SIZE))[None].copy()


def block() -> np.ndarray:
    """One frame with a block in columns 40 to 48 and rows 16 to 24 of every plane."""
    views = np.full((1, CHANNELS, SIZE, SIZE), 20, np.uint8)
    views[..., 16:24, 40:48] = 250
    return views


def edges(plane: np.ndarray) -> tuple[int, int, int, int]:
    """First column, row, last column, row of what is bright."""
    rows, columns = np.nonzero(plane > 128)
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


def test_what_is_seen_as_it_is_is_as_it_was() -> None:
    before = VIEWS.copy()
    np.testing.assert_array_equal(seen(VIEWS, Sight(0)), before)
    seen(VIEWS, Sight(0, gains=(0.5, 0.6, 0.7), grey=True, blur=1.0, noise=9))
    np.testing.assert_array_equal(VIEWS, before)


def test_a_mirror_twice_is_none() -> None:
    mirror = Sight(0, turn=((-1.0, 0.0), (0.0, 1.0)))
    once = seen(VIEWS, mirror)
    np.testing.assert_array_equal(once[:, : CHANGE + 1], VIEWS[:, : CHANGE + 1, :, ::-1])
    np.testing.assert_array_equal(seen(once, mirror), VIEWS)


def test_from_nearby_things_are_larger() -> None:
    # Columns 24 to 56 and rows 0 to 32 are seen: the block covers columns 16 to 24 of them, rows 16 to 24.
    near = seen(block(), Sight(0, turn=((0.5, 0.0), (0.0, 0.5)), middle=(40 / 64, 16 / 64)))
    for plane in range(CHANGE + 1):
        assert edges(near[0, plane]) == (32, 32, 47, 47)


def test_a_turn_is_one_about_the_middle() -> None:
    turned = seen(block(), Sight(0, turn=((0.0, -1.0), (1.0, 0.0))))
    # What is seen to the right lies below: the block, up and right of the middle, is seen up and left of it.
    np.testing.assert_array_equal(turned[0, 0], np.rot90(block()[0, 0]))
    askew = seen(block(), Sight(0, turn=((math.cos(0.2), -math.sin(0.2)), (math.sin(0.2), math.cos(0.2)))))
    matrix = cv2.getRotationMatrix2D((31.5, 31.5), math.degrees(0.2), 1.0)
    expected = cv2.warpAffine(block()[0, 0], matrix, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE)
    assert np.abs(askew[0, 0].astype(int) - expected).mean() < 0.5


def test_light_changes_levels_and_the_roots_of_changes() -> None:
    lit = seen(
        even(108, 108, 108, 168, 168, 168, 100, 140),
        Sight(0, gains=(0.25, 0.25, 1.0), levels=(10.0, 0.0, -5.0)),
    )
    # 128 - 20 / 4, or 128 - 20, and what is added; half of 40 above 128, or all of it; the root of a half of 100; the
    # length of a step is not light.
    assert lit[0, :, 5, 5].tolist() == [133, 123, 103, 148, 148, 168, 71, 140]


@pytest.mark.parametrize("order", [(1, 2, 0), (2, 1, 0)])
def test_colours_are_exchanged_in_changes_too(order: tuple[int, int, int]) -> None:
    exchanged = seen(VIEWS, Sight(0, order=order))
    for plane, of in enumerate(order):
        np.testing.assert_array_equal(exchanged[:, plane], VIEWS[:, of])
        np.testing.assert_array_equal(exchanged[:, 3 + plane], VIEWS[:, 3 + of])
    np.testing.assert_array_equal(exchanged[:, CHANGE:], VIEWS[:, CHANGE:])


def test_grey_has_no_colours() -> None:
    grey = seen(VIEWS, Sight(0, grey=True))
    assert (np.ptp(grey[:, :3], axis=1) == 0).all()
    assert (np.ptp(grey[:, 3:6], axis=1) == 0).all()
    # A gain of 60 levels in red alone, 10 for the root of a level, is one of 20 in all three.
    one_colour = seen(
        even(128, 128, 128, round(128 + 10 * math.sqrt(60)), 128, 128, 0, 0), Sight(0, grey=True)
    )
    assert one_colour[0, 3:6, 0, 0].tolist() == pytest.approx([128 + 10 * math.sqrt(20)] * 3, abs=1)


def test_noise_and_blur_are_of_the_size_that_is_said_and_leave_the_step_alone() -> None:
    views = even(*[120] * CHANNELS)
    noisy = seen(views, Sight(0, noise=6, noise_seed=3))
    assert set(np.unique(noisy[:, :7])) == set(range(114, 127))
    np.testing.assert_array_equal(seen(views, Sight(0, noise=6, noise_seed=3)), noisy)
    assert not np.array_equal(seen(views, Sight(0, noise=6, noise_seed=4)), noisy)
    np.testing.assert_array_equal(seen(views, Sight(0, blur=1.0)), views)
    assert 128 < seen(block(), Sight(0, blur=1.0))[0, 0, 16, 44] < 250
    for sight in (Sight(0, noise=6), Sight(0, blur=1.0)):
        np.testing.assert_array_equal(seen(VIEWS, sight)[:, 7], VIEWS[:, 7])
