import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from lawful.generators.tiny.picture import PALETTE, as_uint8, grounds, paint_states
from lawful.generators.tiny.prompt import FAMILIES
from lawful.generators.tiny.reader import read_frame
from lawful.generators.tiny.scenes import simulate_states

NAMES = list(PALETTE)
BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "tiny_generator.py"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("tiny_generator", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rendered():
    states = simulate_states(6, range(60), 8)
    rng = np.random.default_rng(0)
    colour = np.stack([rng.permutation(len(NAMES))[:2] for _ in range(len(states))])
    arrays = (states.family, states.radius, states.pivot, states.centre, colour)
    return states, colour, as_uint8(paint_states(*map(torch.from_numpy, arrays)))


@pytest.mark.parametrize(("noise", "slack_px"), [(0.0, 0.1), (8.0, 0.3)])
def test_everything_is_read_where_it_is(rendered, noise, slack_px):
    states, colour, pictures = rendered
    rng = np.random.default_rng(1)
    for clip in range(len(states)):
        frame = pictures[clip, 5] + rng.normal(0, noise, pictures[clip, 5].shape)
        reading = read_frame(frame.clip(0, 255).astype(np.uint8))
        count, family = states.count[clip], FAMILIES[states.family[clip]]
        assert reading.readable
        assert (reading.ground, reading.rod) == (
            "table" if family == "slide" else "side",
            family == "swing",
        )
        assert {thing.colour for thing in reading.things} == {NAMES[c] for c in colour[clip, :count]}
        for body in range(count):
            (thing,) = reading.of(NAMES[colour[clip, body]])
            assert np.hypot(*(states.centre[clip, 5, body] - (thing.x, thing.y))) < slack_px
            assert thing.radius == pytest.approx(states.radius[clip, body], abs=slack_px)
            assert thing.round


def test_mirrored_pictures_are_read_mirrored(rendered):
    _, _, pictures = rendered
    for frame in pictures[:20, 3]:
        one, other = read_frame(frame), read_frame(np.ascontiguousarray(frame[:, ::-1]))
        assert [thing.colour for thing in one.things] == [thing.colour for thing in other.things]
        for here, there in zip(one.things, other.things, strict=True):
            assert here.x == pytest.approx(64 - there.x, abs=0.02)
            assert (here.y, here.radius) == pytest.approx((there.y, there.radius), abs=0.02)


def test_an_empty_ground_shows_nothing():
    nobody = torch.zeros(2, 2)
    family = torch.tensor([FAMILIES.index("fall"), FAMILIES.index("slide")])
    empty = paint_states(family, nobody, nobody, torch.full((2, 1, 2, 2), np.nan), torch.zeros(2, 2).long())
    for frame in as_uint8(empty)[:, 0]:
        reading = read_frame(frame)
        assert reading.readable
        assert not reading.things
        assert not reading.rod


def test_what_fades_is_no_longer_a_thing(rendered):
    states, _, pictures = rendered
    ground = grounds()[states.family[0]].permute(1, 2, 0).numpy()
    assert read_frame(pictures[0, 0]).things
    assert not read_frame((0.1 * pictures[0, 0] + 0.9 * ground).astype(np.uint8)).things


def test_noise_alone_cannot_be_read():
    noise = np.random.default_rng(2).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert not read_frame(noise).readable


@pytest.mark.parametrize(
    ("shape", "roundness"),
    [  # the share of each shape that lies in the disc of its area around its centre, on a fine grid of points
        ("disc", 1.0),
        ("ellipse, 1.5 to 1", 0.872),
        ("half disc", 0.783),
        ("ring, half as wide inside", 0.667),
        ("square", 0.909),
        ("bar, 2 to 1", 0.742),
        ("bar, 4 to 1", 0.545),
    ],
)
def test_only_a_disc_is_round_however_it_is_turned(benchmark, shape, roundness):
    for turn_rad in np.linspace(0, np.pi, 7):
        frame = benchmark.painted(shape, 8.0, turn_rad, (30.3, 29.6))
        (thing,) = read_frame(frame).things
        assert thing.colour == "red"
        assert thing.radius == pytest.approx(8.0, abs=0.15)
        assert thing.roundness == pytest.approx(roundness, abs=0.02)
        assert thing.round == (shape == "disc")
