"""Broken twins show that they are: what is done to them comes to something."""

from dataclasses import replace

import numpy as np
import pytest

from lawful.generators.worlds.breaking import violations
from lawful.generators.worlds.breaking.moments import Lawful, Plan, UnseenError
from lawful.generators.worlds.breaking.trace import leaves_trace
from lawful.generators.worlds.breaking.violations import break_law
from lawful.generators.worlds.interventions import Ghost, Hold, Remove, SetGravity, SetVelocity, Unmoved
from lawful.generators.worlds.make import AS_THE_SEED_HAS_IT, simulate_clip
from lawful.generators.worlds.simulate import simulate


def lawful(scene, seed):
    clip = simulate_clip(scene, seed, None, AS_THE_SEED_HAS_IT)
    return Lawful(clip.world, clip.simulated, clip.objects, clip.height_px / clip.world.view_height_m)


def shows(clip, *changes):
    plan = Plan(changes, 5, None)
    return leaves_trace(clip, plan, simulate(clip.scene, clip.simulated.fps, clip.n_frames, changes))


def test_a_trace_is_a_way_that_can_be_seen():
    clip = lawful("billiards", 1)
    motion = clip.simulated.motions[0]
    name, speed = motion.body.name, motion.velocity_m_s[4]
    assert shows(clip, SetVelocity(5, name, tuple(map(float, -speed)), (0.0,)))
    # The same velocity changes nothing, nor does other gravity where there is none.
    assert not shows(clip, SetVelocity(5, name, tuple(map(float, speed)), (0.0,)))
    assert not shows(clip, SetGravity(5, name, 3.0))
    # What does not change how bodies move shows at once.
    assert shows(clip, Hold(5, 3))
    assert shows(clip, Remove(5, name))


def test_what_comes_to_nothing_is_tried_at_other_moments_and_then_refused(monkeypatch):
    clip = lawful("hand", 0)
    plans = []

    def planned(violation, clip, rng):
        plans.append(rng.random())
        return Plan((SetGravity(5, "box 1", 1.0),), 5, "box 1")

    monkeypatch.setattr(violations, "plan_violation", planned)
    with pytest.raises(UnseenError, match=r"energy_gain was asked for in hand, .* no moment .* another seed"):
        break_law("energy_gain", clip, np.random.default_rng(3))
    assert len(set(plans)) == len(plans) == 4


def test_a_box_that_is_hit_from_above_is_not_taken_for_one_that_does_not_react():
    for seed in range(8):
        try:
            broken = simulate_clip("topple", seed, "no_reaction", AS_THE_SEED_HAS_IT)
        except UnseenError:
            continue
        (change,) = broken.plan.interventions
        assert isinstance(change, Unmoved)
        onset, motion = broken.plan.onset_frame, lawful("topple", seed).simulated.motion(change.body)
        end = onset + max(2, round(0.25 * broken.simulated.fps))
        way = np.linalg.norm(motion.position_m[onset : end + 1] - motion.position_m[onset - 1], axis=1).max()
        assert way > 0.1 * motion.body.reach_m


@pytest.mark.parametrize(("scene", "violation"), [("hand", "energy_gain"), ("hand", "spontaneous_start")])
def test_what_a_broken_law_gives_is_not_taken_back_by_friction_at_once(scene, violation):
    found = 0
    for seed in range(8):
        try:
            broken = simulate_clip(scene, seed, violation, AS_THE_SEED_HAS_IT)
        except UnseenError:
            continue
        found += 1
        onset, name = broken.plan.onset_frame, broken.plan.subject
        soon = slice(onset, onset + max(3, round(0.25 * broken.simulated.fps)) + 1)
        was, now = (clip.motion(name) for clip in (lawful(scene, seed).simulated, broken.simulated))
        apart = np.linalg.norm(was.position_m[soon] - now.position_m[soon], axis=1).max()
        assert apart >= 0.2 * now.body.reach_m
        if found == 2:
            return
    raise AssertionError("fewer than two of eight clips show it")


def test_what_slips_past_a_body_is_not_stuck_in_it():
    clip = lawful("topple", 1)
    box, other = clip.simulated.motion("box 1"), clip.simulated.motion("box 2")
    still = SetVelocity(5, "box 1", (0.0, 0.0), (0.0,))
    plan = Plan((Ghost(0, "box 1", "box 2"), still), 5, "box 1")
    for sideways, stuck in ((1.5, True), (2.5, False)):
        aside = np.array([sideways * box.body.half_size_m[0], 0.0])
        moved = replace(box, position_m=other.position_m + aside, rotation=other.rotation)
        motions = tuple(moved if motion is box else motion for motion in clip.simulated.motions)
        assert leaves_trace(clip, plan, replace(clip.simulated, motions=motions)) == stuck
