"""Examples of simulated pairs, and a net that learns from a few."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save

from lawful.generators.worlds.make import Format
from lawful.generators.worlds.pairs import make_pair
from lawful.generators.worlds.splits import split
from lawful.judge.kinematic.judge import make_kinematic
from lawful.judge.kinematic.spine.examples import Example, example_of
from lawful.judge.kinematic.spine.eye import FORMAT, read_eye
from lawful.judge.kinematic.spine.fit import FitConfig, fit
from lawful.judge.kinematic.spine.measure import told_of
from lawful.judge.kinematic.spine.net import SpineNet, folded, unfold
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


@pytest.fixture(scope="module")
def learnt(drawn: Draw) -> tuple[list[Example], SpineNet, list[float]]:
    """Drawn pairs, a net trained on them, and its losses by 50 batches."""
    examples = [drawn(seed, 8 + seed % 9, FAMILIES[seed % 2]) for seed in range(8)]
    losses: list[float] = []
    net = fit(
        examples, FAMILIES, FitConfig(100, pairs=2, seed=1), lambda _, parts: losses.append(both(parts))
    )
    return examples, net, losses


def both(parts: Mapping[str, float]) -> float:
    return parts["broken"] + parts["lawful"]


def test_learns_to_tell_apart_what_it_has_not_seen(
    learnt: tuple[list[Example], SpineNet, list[float]], drawn: Draw
) -> None:
    _, net, losses = learnt
    assert losses[-1] < 0.5 * losses[0]
    about = {"format": FORMAT, "families": json.dumps(FAMILIES), "made_on": "noise"}
    eye = read_eye(save({name: part.contiguous() for name, part in folded(net).items()}, about), "it")
    for seed in range(20, 26):
        told = told_of(eye, drawn(seed, 6 + seed % 9, "appear"))
        assert told.broken > told.lawful
        assert abs(told.late) <= 4
        assert told.family in FAMILIES


def test_training_goes_on_from_weights(learnt: tuple[list[Example], SpineNet, list[float]]) -> None:
    examples, net, before = learnt
    views = torch.from_numpy(np.stack([example.broken[:12] for example in examples]))
    again = SpineNet(len(FAMILIES))
    with torch.no_grad():
        unfold(again, folded(net), views)
        said, same = (each(views, each.open(len(views))) for each in (net, again))
        torch.testing.assert_close(same, said, rtol=1e-3, atol=1e-3)
        # Its norms are those of these views: while it is trained, it says the same of them.
        trained = again.train()(views, again.open(len(views)))
        torch.testing.assert_close(trained, said, rtol=1e-2, atol=1e-2)
    losses: list[float] = []
    config = FitConfig(50, pairs=2, rate=1e-6, seed=2)
    fit(examples, FAMILIES, config, lambda _, parts: losses.append(both(parts)), folded(net))
    assert losses[0] < 0.7 * before[0]
    with pytest.raises(KeyError, match=r"encoder\.0\.weight"):
        unfold(again, {}, views)
    with pytest.raises(ValueError, match=r"head\.bias must be of shape \[3\], got \[1\]"):
        unfold(again, {**folded(net), "head.bias": torch.zeros(1)}, views)


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
