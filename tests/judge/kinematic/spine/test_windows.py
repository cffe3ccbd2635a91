"""Windows of drawn pairs: what is shown, and where it is said to be."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from lawful.judge.kinematic.spine.examples import Example
from lawful.judge.kinematic.spine.eye import CELLS, CHANNELS, LOOK_AHEAD, SIZE
from lawful.judge.kinematic.spine.sight import Sight
from lawful.judge.kinematic.spine.windows import FRAMES, chosen, plain, window_of
from lawful.video.frames import Box

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
    kinds = set()
    for seed in range(200):
        sight = chosen(example, np.random.default_rng(seed))
        # What is seen where is asked here; what it looks like is the other tests' matter.
        clear = replace(sight, gains=(1.0,) * 3, levels=(0.0,) * 3, noise=0)
        window = window_of(example, clear)
        shown = window.broken[window.onset, 0].astype(float)
        rows, columns = (at * CELLS // SIZE for at in np.nonzero(shown > 180))
        assert window.target[window.onset, int(np.median(rows)), int(np.median(columns))]
        assert not window.target[window.onset].all()
        kinds.add((np.linalg.det(sight.turn) < 0, sight.grey, sight.blur > 0, sight.noise > 0))
    assert all({kind[at] for kind in kinds} == {False, True} for at in range(4))


def test_twins_are_seen_alike(drawn: Draw) -> None:
    example = drawn(0, 10, "appear")
    for seed in range(20):
        window = window_of(example, chosen(example, np.random.default_rng(seed)))
        np.testing.assert_array_equal(window.broken[: window.onset], window.lawful[: window.onset])
        assert (window.broken[30 - 10 + window.onset :] == 0).all()


def test_what_is_everywhere_stays_so_from_nearby(drawn: Draw) -> None:
    example = replace(drawn(0, 10, "freeze"), box=None)
    window = window_of(example, Sight(2, turn=((-0.6, 0.0), (0.0, 0.6)), middle=(0.4, 0.6)))
    assert window.target[window.onset].all()


@pytest.mark.parametrize(("x", "y"), [(0, 0), (29, 56), (56, 56), (56, 10), (4, 52)])
def test_a_thing_at_the_edge_is_in_view_and_the_target_on_it(x: int, y: int, drawn: Draw) -> None:
    plain_one = drawn(0, 10, "appear")
    broken = plain_one.lawful.copy()
    broken[10:, :3, y : y + 8, x : x + 8] = 250
    example = replace(plain_one, broken=broken, box=Box(x / SIZE, y / SIZE, (x + 8) / SIZE, (y + 8) / SIZE))
    for seed in range(60):
        sight = chosen(example, np.random.default_rng(seed))
        window = window_of(example, replace(sight, gains=(1.0,) * 3, levels=(0.0,) * 3, noise=0))
        shown = window.broken[window.onset, 0] > 180
        assert shown.any()
        target = np.kron(window.target[window.onset], np.ones((SIZE // CELLS,) * 2, bool))
        assert (shown & target).sum() > 0.9 * shown.sum()
