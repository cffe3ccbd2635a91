"""Windows of drawn pairs: what is shown, and where it is said to be."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from lawful.judge.kinematic.spine.examples import Example
from lawful.judge.kinematic.spine.eye import CELLS, CHANGE, CHANNELS, LOOK_AHEAD, SIZE
from lawful.judge.kinematic.spine.windows import FRAMES, Sight, chosen, plain, window_of

Draw = Callable[[int, int, str], Example]


def test_a_plain_window_holds_the_moment_and_its_place(drawn: Draw) -> None:
    example = drawn(0, 24, "appear")
    window = window_of(example, plain(example))
    assert window.broken.shape == (FRAMES + LOOK_AHEAD, CHANNELS, SIZE, SIZE)
    assert window.onset == 20
    frames, rows, columns = np.nonzero(window.target)
    assert (frames.min(), frames.max()) == (19, 28)
    assert rows.min() <= 2 <= rows.max()
    assert columns.min() <= 5 <= columns.max()
    assert window.target[20].sum() < CELLS * CELLS / 4
    # The clip ends before the window does.
    assert (window.broken[26:] == 0).all()
    np.testing.assert_array_equal(window.broken[:26], example.broken[4:])


def test_what_is_seen_is_where_the_target_says_however_it_is_seen(drawn: Draw) -> None:
    example = drawn(0, 10, "appear")
    seen = set()
    for seed in range(40):
        sight = chosen(example, np.random.default_rng(seed))
        window = window_of(example, sight)
        shown = window.broken[window.onset, 0].astype(float)
        bright = shown > 0.5 * (shown.max() + np.median(shown))
        rows, columns = (at * CELLS // SIZE for at in np.nonzero(bright))
        assert window.target[window.onset, int(np.median(rows)), int(np.median(columns))]
        assert not window.target[window.onset].all()
        # Twins are seen alike.
        np.testing.assert_array_equal(window.broken[: window.onset], window.lawful[: window.onset])
        seen.add((sight.mirrored, sight.crop[2] < SIZE))
    assert len(seen) == 4


def test_what_is_everywhere_stays_so_from_near_by(drawn: Draw) -> None:
    example = replace(drawn(0, 10, "freeze"), box=None)
    window = window_of(example, Sight(2, crop=(9, 20, 40), mirrored=True))
    assert window.target[window.onset].all()


def test_a_crop_is_what_is_seen_from_near_by(drawn: Draw) -> None:
    example = drawn(0, 10, "appear")
    near = window_of(example, Sight(0, crop=(24, 0, 32)))
    # The block covers columns 16 to 24 of the 32, rows 16 to 24.
    bright = near.broken[12, 0] > 200
    rows, columns = np.nonzero(bright)
    assert (rows.min(), rows.max()) == (32, 47)
    assert (columns.min(), columns.max()) == (32, 47)


def test_light_changes_levels_and_the_roots_of_changes(drawn: Draw) -> None:
    example = drawn(0, 10, "appear")
    planes = example.lawful.copy()
    planes[:, :3], planes[:, 3:CHANGE], planes[:, CHANGE], planes[:, 7] = 108, 168, 100, 140
    lit = window_of(replace(example, lawful=planes), Sight(0, gain=0.25, level=10.0)).lawful[0]
    # 128 + 10 - 20 / 4; half of 40 above 128; half of 100; the length of a step is not light.
    assert [int(lit[plane, 5, 5]) for plane in (0, 3, CHANGE, 7)] == [133, 148, 50, 140]


@pytest.mark.parametrize("order", [(1, 2, 0), (2, 1, 0)])
def test_colours_are_exchanged_in_changes_too(drawn: Draw, order: tuple[int, ...]) -> None:
    example = drawn(0, 10, "appear")
    seen = window_of(example, Sight(0, order=order)).broken
    plain_one = window_of(example, Sight(0)).broken
    for plane, of in enumerate(order):
        np.testing.assert_array_equal(seen[:, plane], plain_one[:, of])
        np.testing.assert_array_equal(seen[:, 3 + plane], plain_one[:, 3 + of])
    np.testing.assert_array_equal(seen[:, CHANGE:], plain_one[:, CHANGE:])
