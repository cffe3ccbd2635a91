"""Examples of simulated pairs, the windows that are cut from them, and a net that learns from a few."""

import numpy as np
import pytest

from lawful.generators.worlds.make import Format
from lawful.generators.worlds.pairs import make_pair
from lawful.generators.worlds.splits import split
from lawful.judge.kinematic.judge import make_kinematic
from lawful.judge.kinematic.spine.examples import FRAMES, Example, example_of, window_of
from lawful.judge.kinematic.spine.eye import CELLS, CHANNELS, LOOK_AHEAD, SIZE
from lawful.judge.kinematic.spine.fit import FitConfig, fit, measured
from lawful.video.frames import Box

FAMILIES = ("appear", "freeze")


@pytest.fixture(scope="module")
def made() -> Example:
    """The first pair of train in which something appears."""
    pools = split("train")
    number = pools.violations.index("appear")
    lawful, broken = make_pair(number, 5, pools, Format(2.0, 12.0, 96, 96, 0.0))
    found = example_of(lawful, broken, make_kinematic({"net": False}).instruments)
    assert found is not None
    return found


def drawn(seed: int, onset: int, family: str) -> Example:
    """Noise, with a bright block that is there from some frame on."""
    rng = np.random.default_rng(seed)
    lawful = rng.integers(100, 140, (30, CHANNELS, SIZE, SIZE), np.uint8)
    broken = lawful.copy()
    broken[onset:, :3, 16:24, 40:48] = 250
    return Example(broken, lawful, onset, Box(40 / 64, 16 / 64, 48 / 64, 24 / 64), family)


def test_twins_are_alike_until_the_moment(made: Example) -> None:
    assert made.family == "appear"
    np.testing.assert_array_equal(made.broken[: made.onset], made.lawful[: made.onset])
    assert (made.broken[made.onset] != made.lawful[made.onset]).any()


def test_a_plain_window_holds_the_moment_and_its_place() -> None:
    window = window_of(drawn(0, 24, "appear"), None)
    assert window.broken.shape == (FRAMES + LOOK_AHEAD, CHANNELS, SIZE, SIZE)
    assert window.onset == 20
    frames, rows, columns = np.nonzero(window.target)
    assert (frames.min(), frames.max()) == (19, 28)
    assert rows.min() <= 2 <= rows.max()
    assert columns.min() <= 5 <= columns.max()
    assert window.target[20].sum() < CELLS * CELLS / 4
    # The clip ends before the window does.
    assert (window.broken[26:] == 0).all()


def test_mirrored_windows_have_mirrored_targets() -> None:
    example = drawn(0, 10, "appear")
    seen = set()
    for seed in range(20):
        window = window_of(example, np.random.default_rng(seed))
        bright = window.broken[window.onset, :3].min(axis=0) == 250
        column = int(np.nonzero(bright)[1].min()) * CELLS // SIZE
        assert window.target[window.onset, :, column].any()
        seen.add(column)
    assert seen == {5, 2}


def test_learns_to_tell_a_few_apart() -> None:
    examples = [drawn(seed, 8 + seed, FAMILIES[seed % 2]) for seed in range(4)]
    losses: list[float] = []
    config = FitConfig(100, pairs=2, seed=1)
    net = fit(examples, FAMILIES, config, lambda _, parts: losses.append(parts["broken"] + parts["lawful"]))
    assert losses[-1] < 0.5 * losses[0]
    figures = measured(net, examples, FAMILIES)
    assert figures["paired"] == 1.0
    assert figures["onset"] == 1.0
