"""Examples of simulated pairs, and a net that learns from a few."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from safetensors.torch import save

from lawful.generators.worlds.make import Format
from lawful.generators.worlds.pairs import make_pair
from lawful.generators.worlds.splits import split
from lawful.judge.kinematic.judge import make_kinematic
from lawful.judge.kinematic.spine.examples import Example, example_of
from lawful.judge.kinematic.spine.eye import FORMAT, read_eye
from lawful.judge.kinematic.spine.fit import FitConfig, fit
from lawful.judge.kinematic.spine.measure import told_of
from lawful.judge.kinematic.spine.net import folded
from lawful.video.frames import Frames

Draw = Callable[[int, int, str], Example]
FAMILIES = ("appear", "freeze")


@pytest.fixture(scope="module")
def made() -> Example:
    """The first pair of train in which something appears."""
    pools = split("train")
    number = pools.violations.index("appear")
    lawful, broken = make_pair(number, 8, pools, Format(2.0, 12.0, 96, 96, 0.0))
    found = example_of(lawful, broken, make_kinematic({"net": False}).instruments)
    assert found is not None
    return found


def test_twins_are_alike_until_the_moment(made: Example) -> None:
    assert made.family == "appear"
    np.testing.assert_array_equal(made.broken[: made.onset], made.lawful[: made.onset])
    assert (made.broken[made.onset] != made.lawful[made.onset]).any()


def test_learns_to_tell_apart_what_it_has_not_seen(drawn: Draw) -> None:
    examples = [drawn(seed, 8 + seed % 9, FAMILIES[seed % 2]) for seed in range(8)]
    losses: list[float] = []
    config = FitConfig(100, pairs=2, seed=1)
    net = fit(examples, FAMILIES, config, lambda _, parts: losses.append(parts["broken"] + parts["lawful"]))
    assert losses[-1] < 0.5 * losses[0]
    about = {"format": FORMAT, "families": json.dumps(FAMILIES), "made_on": "noise"}
    eye = read_eye(save({name: part.contiguous() for name, part in folded(net).items()}, about), "it")
    for seed in range(20, 26):
        told = told_of(eye, drawn(seed, 6 + seed % 9, "appear"))
        assert told.broken > told.lawful
        assert abs(told.late) <= 4
        assert told.family in FAMILIES


def test_fewer_pairs_than_a_batch_has_are_refused(drawn: Draw) -> None:
    with pytest.raises(ValueError, match="a batch has 2 pairs, got 1 in all"):
        fit([drawn(0, 8, "appear")], FAMILIES, FitConfig(1, pairs=2), lambda *_: None)


def test_twins_that_do_not_run_alike_are_no_example() -> None:
    pools = split("train")
    number = pools.violations.index("appear")
    lawful, broken = make_pair(number, 8, pools, Format(2.0, 12.0, 96, 96, 0.0))
    instruments = make_kinematic({"net": False}).instruments
    frames = lawful.frames
    late = replace(lawful, frames=Frames(frames.rgb[1:], frames.times_s[1:], frames.indices[1:]))
    assert example_of(late, broken, instruments) is None
    dark = replace(lawful, frames=Frames(frames.rgb // 2, frames.times_s, frames.indices))
    assert example_of(dark, broken, instruments) is None
