"""What set what moving."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from lawful.core.errors import InputError
from lawful.generators.worlds.causes import Cause, causes, causes_of, traced
from lawful.generators.worlds.make import AS_THE_SEED_HAS_IT, make_clip, simulate_clip
from lawful.generators.worlds.scene import Body, Look, Pivot, Scene
from lawful.generators.worlds.simulate import simulate

SEEDS = range(6)


def course(scene, seed):
    clip = simulate_clip(scene, seed, None, AS_THE_SEED_HAS_IT)
    return clip, causes(clip.world, clip.simulated)


def row_of_discs(order=(0, 1, 2)):
    """Three discs in a line on a table without friction, the first shot at the others."""
    discs = [
        Body(
            f"disc {number + 1}",
            "disc",
            (0.1, 0.1),
            (-0.6 + 0.5 * number, 0.0),
            Look("red", "spots", number),
            velocity_m_s=(1.0 if number == 0 else 0.0, 0.0),
            restitution=1.0,
        )
        for number in range(3)
    ]
    return Scene(
        "billiards",
        "A row.",
        2.0,
        2.0,
        tuple(discs[place] for place in order),
        (),
        (90, 90, 90),
        (-1.0, -1.0, 1.0, 1.0),
        False,
        gravity_m_s2=0.0,
    )


def test_a_row_of_discs_is_set_moving_one_by_the_other():
    scene = row_of_discs()
    found = causes(scene, simulate(scene, 24.0, 48))
    assert [(cause.by, cause.moved, cause.kind, cause.contact) for cause in found] == [
        ("disc 2", "disc 1", "stopped", 0),
        ("disc 1", "disc 2", "set_moving", 0),
        ("disc 3", "disc 2", "stopped", 1),
        ("disc 2", "disc 3", "set_moving", 1),
    ]
    # 0.3 m at 1 m/s for each.
    assert [cause.time_s for cause in found] == pytest.approx([0.3, 0.3, 0.6, 0.6], abs=0.01)
    chain = traced(found, "disc 3")
    assert [(cause.by, cause.moved) for cause in chain] == [("disc 1", "disc 2"), ("disc 2", "disc 3")]
    assert traced(found, "disc 1") == ()


def test_the_order_in_which_bodies_are_listed_does_not_matter():
    for order in ((1, 0, 2), (2, 1, 0), (2, 0, 1)):
        scenes = (row_of_discs(), row_of_discs(order))
        one, other = (set(causes(scene, simulate(scene, 24.0, 48))) for scene in scenes)
        assert {(cause.by, cause.moved, cause.kind) for cause in one} == {
            (cause.by, cause.moved, cause.kind) for cause in other
        }


@pytest.mark.parametrize("seed", SEEDS)
def test_dominoes_fall_in_their_order_and_the_ball_began(seed):
    clip, found = course("dominoes", seed)
    first = {}
    for cause in found:
        if cause.kind == "set_moving":
            first.setdefault(cause.moved, cause)
    fallen = [f"domino {n + 1}" for n in range(sum(name.startswith("domino") for name in first))]
    assert len(fallen) >= 2
    assert [first[name].by for name in fallen] == ["ball 1", *fallen[:-1]]
    times = [first[name].time_s for name in fallen]
    assert times == sorted(times)
    chain = traced(found, fallen[-1])
    assert [cause.moved for cause in chain] == fallen
    assert chain[0].by == "ball 1"
    assert {cause.moved for cause in found} <= {truth.name for truth in clip.objects}


@pytest.mark.parametrize("scene", ["billiards", "topple", "roll", "hand", "magnet"])
def test_causes_are_in_order_of_time_and_chains_end_at_a_first_mover(scene):
    for seed in SEEDS:
        clip, found = course(scene, seed)
        times = [cause.time_s for cause in found]
        assert times == sorted(times)
        driven = {mover.body for mover in clip.world.movers}
        side = min(clip.world.view_width_m, clip.world.view_height_m)
        for cause in found:
            if cause.contact is not None:
                contact = clip.simulated.contacts[cause.contact]
                assert {cause.by, cause.moved} == {contact.first, contact.second}
        for name in {cause.moved for cause in found}:
            chain = traced(found, name)
            for one, two in pairwise(chain):
                assert one.moved == two.by
                assert one.time_s <= two.time_s
            if chain and chain[0].by is not None:
                by = clip.simulated.motion(chain[0].by)
                moved = np.linalg.norm(by.velocity_m_s, axis=1).max() > 0.02 * side
                assert moved or chain[0].by in driven


def test_nothing_has_a_cause_where_nothing_happens():
    for seed in SEEDS:
        assert course("still", seed)[1] == ()
        _, found = course("pendulum", seed)
        assert found == ()


def test_a_hand_leads_and_what_it_pushes_is_set_moving_by_it():
    for seed in SEEDS:
        clip, found = course("hand", seed)
        assert Cause(None, clip.world.movers[0].times_s[0], None, "hand", "led") in found
        chain = traced(found, "box 1")
        assert chain[0] == Cause(None, clip.world.movers[0].times_s[0], None, "hand", "led")
        assert [cause.by for cause in chain[1:]] == ["hand"]


def test_a_rod_that_lets_go_is_a_cause():
    scene = row_of_discs()
    held = replace(
        scene,
        gravity_m_s2=9.81,
        bodies=(replace(scene.bodies[1], position_m=(0.0, 0.5)),),
        pivots=(Pivot("disc 2", (0.0, 0.9), until_s=0.5),),
    )
    found = causes(held, simulate(held, 24.0, 48))
    assert found == (Cause(None, 0.5, None, "disc 2", "released"),)
    assert traced(found, "disc 2") == found


def test_a_clip_says_the_same_as_its_scene():
    clip = make_clip("billiards", 1, width_px=64, height_px=48)
    assert causes_of(clip) == causes(clip.world, clip.simulated)
    assert causes_of(clip)


def test_who_has_no_part_is_named_with_those_who_have():
    scene = row_of_discs()
    found = causes(scene, simulate(scene, 24.0, 48))
    with pytest.raises(
        InputError, match=r"'ball 9' has no part in what happens\. What has: disc 1, disc 2, disc 3\."
    ):
        traced(found, "ball 9")
    with pytest.raises(InputError, match="What has: nothing"):
        traced((), "ball 9")
