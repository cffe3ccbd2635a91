import numpy as np
import pytest

from lawful.generators.tiny.prompt import FAMILIES
from lawful.generators.tiny.scenes import (
    CUSHION_PX,
    FLOOR_PX,
    FPS,
    PX_PER_M,
    RADIUS_PX,
    SIDE_PX,
    simulate_states,
)

GRAVITY_PX = 9.81 * PX_PER_M / FPS**2


@pytest.fixture(scope="module")
def states():
    return simulate_states(5, range(80), 24)


def test_a_clip_depends_on_seed_and_number_alone(states):
    alone = simulate_states(5, range(31, 32), 24)
    longer = simulate_states(5, range(31, 32), 30)
    assert np.array_equal(alone.centre[0], states.centre[31], equal_nan=True)
    assert np.array_equal(longer.centre[0, :24], states.centre[31], equal_nan=True)


def test_things_stay_in_the_picture_and_out_of_each_other(states):
    for clip in range(len(states)):
        count, table = states.count[clip], FAMILIES[states.family[clip]] == "slide"
        centre, radius = states.centre[clip, :, :count], states.radius[clip, :count, None]
        assert RADIUS_PX[0] <= radius.min()
        assert radius.max() <= RADIUS_PX[1] + 1e-4
        edge = CUSHION_PX if table else 0.0
        # Contacts sink in by a fraction of a pixel for a simulation step.
        low, high = centre - radius, centre + radius
        assert low[..., 0].min() >= edge - 0.7
        assert high[..., 0].max() <= SIDE_PX - edge + 0.7
        assert high[..., 1].max() <= SIDE_PX - (edge if table else FLOOR_PX) + 0.7
        assert low[..., 1].min() >= edge - 0.7
        if count == 2:
            assert np.hypot(*(centre[:, 0] - centre[:, 1]).T).min() >= radius.sum() - 0.7


def test_what_falls_gains_speed_as_gravity_says(states):
    for clip in np.flatnonzero(states.family == FAMILIES.index("fall")):
        y = states.centre[clip, :4, 0, 1]
        if y[3] + states.radius[clip, 0] < SIDE_PX - FLOOR_PX - 1 and states.count[clip] == 1:
            assert np.diff(y, 2) == pytest.approx(GRAVITY_PX, rel=0.01)


def test_rods_keep_their_length(states):
    for clip in np.flatnonzero(states.family == FAMILIES.index("swing")):
        length = np.hypot(*(states.centre[clip, :, 0] - states.pivot[clip]).T)
        assert np.ptp(length) < 0.3


def test_sides_and_ways_are_those_of_the_first_frames(states):
    for clip in range(len(states)):
        x = states.centre[clip, :2, 0, 0]
        assert states.side(clip) == ("left", "middle", "right")[int(x[0] // (SIDE_PX / 3))]
        assert (states.way(clip) == "right") == (x[1] - x[0] >= 0.25)
