"""What would have happened if."""

import numpy as np
import pytest

from lawful.core.errors import InputError
from lawful.generators.worlds.causes import causes_of, traced
from lawful.generators.worlds.counterfactual import counterfactual, depends_on
from lawful.generators.worlds.interventions import Move, Remove, SetVelocity
from lawful.generators.worlds.make import make_clip

SMALL = {"width_px": 64, "height_px": 48, "fps": 12, "duration_s": 2.5}


@pytest.fixture(scope="module")
def billiards():
    return make_clip("billiards", 1, noise=2.0, **SMALL)


def rows(motion):
    return (motion.position_m, motion.velocity_m_s, motion.rotation, motion.spin_rad_s)


def test_without_the_disc_that_was_shot_the_others_stay_where_they_are(billiards):
    result = counterfactual(billiards, Remove(0, "disc 1"))
    assert not result.simulated.motion("disc 1").present.any()
    for truth in result.objects:
        if truth.name != "disc 1":
            assert (truth.position_m == truth.position_m[0]).all()
            assert (truth.velocity_m_s == 0).all()
    assert result.frames is None


def test_the_clip_is_kept_bit_for_bit_up_to_the_change(billiards):
    frame = 9
    changes = (
        Remove(frame, "disc 2"),
        Move(frame, "disc 2", (0.3, -0.3), (0.0, 0.0), (0.0,)),
        SetVelocity(frame, "disc 2", (0.4, 0.2), (0.0,)),
    )
    for change in changes:
        result = counterfactual(billiards, change, pictures=True)
        assert np.array_equal(result.frames.rgb[:frame], billiards.frames.rgb[:frame])
        assert (result.frames.rgb[frame:] != billiards.frames.rgb[frame:]).any()
        np.testing.assert_array_equal(result.frames.times_s, billiards.frames.times_s)
        for motion in billiards.simulated.motions:
            other = result.simulated.motion(motion.body.name)
            for one, two in zip(rows(motion), rows(other), strict=True):
                np.testing.assert_array_equal(one[:frame], two[:frame])


def test_a_change_that_changes_nothing_leaves_all_as_it_was(billiards):
    motion = billiards.simulated.motion("disc 3")
    place = tuple(motion.position_m[5].tolist())
    change = Move(5, "disc 3", place, tuple(motion.velocity_m_s[5].tolist()), (float(motion.angle_rad[5]),))
    result = counterfactual(billiards, change)
    for motion in billiards.simulated.motions:
        np.testing.assert_allclose(
            motion.position_m, result.simulated.motion(motion.body.name).position_m, atol=1e-9
        )


def test_a_body_that_meets_no_other_is_missed_by_none():
    clip = next(
        clip
        for clip in (make_clip("slide", seed, **SMALL) for seed in range(20))
        if len(clip.objects) > 1 and all(contact.second == "floor" for contact in clip.contacts)
    )
    gone, *others = [truth.name for truth in clip.objects]
    result = counterfactual(clip, Remove(3, gone))
    for name in others:
        for one, two in zip(
            rows(clip.simulated.motion(name)), rows(result.simulated.motion(name)), strict=True
        ):
            np.testing.assert_array_equal(one, two)
        dependence = depends_on(clip, name, gone)
        assert not dependence
        assert dependence.moved
        assert dependence.would_move
        assert dependence.apart_m == 0


def test_what_was_set_moving_hangs_on_the_first_mover(billiards):
    found = causes_of(billiards)
    moved = {cause.moved for cause in found if cause.kind == "set_moving"}
    assert moved
    for name in sorted(moved):
        assert traced(found, name)[0].by == "disc 1"
        assert depends_on(billiards, name, "disc 1")
    still = {truth.name for truth in billiards.objects} - moved - {"disc 1"}
    for name in sorted(still):
        assert not depends_on(billiards, name, "disc 1").moved
    assert not depends_on(billiards, "disc 1", sorted(moved)[0])


def test_dominoes_hang_on_the_ball_until_it_has_done_its_work():
    clip = make_clip("dominoes", 2, **SMALL)
    assert depends_on(clip, "domino 1", "ball 1")
    assert depends_on(clip, "domino 4", "ball 1")
    assert not depends_on(clip, "domino 1", "domino 2")
    # Once it has hit the next, it may go.
    hit = next(c for c in clip.contacts if {c.first, c.second} == {"domino 2", "domino 3"})
    later = int(hit.time_s * clip.fps) + 3
    assert not depends_on(clip, "domino 4", "ball 1", frame=later)


def test_what_cannot_be_asked_is_refused_with_what_can(billiards):
    broken = make_clip("billiards", 1, violation="vanish", **SMALL)
    with pytest.raises(InputError, match=r"a counterfactual was asked of a clip with vanish; .* lawful twin"):
        counterfactual(broken, Remove(3, "disc 1"))
    known = ", ".join(truth.name for truth in billiards.objects)
    with pytest.raises(InputError, match=rf"no body is called 'ball 1'\. Known: {known}\."):
        counterfactual(billiards, Remove(3, "ball 1"))
    with pytest.raises(InputError, match=r"frame was asked to be 30; it may be 0 to 29\."):
        counterfactual(billiards, Remove(30, "disc 1"))
    with pytest.raises(InputError, match=r"frame was asked to be -1; it may be 0 to 29\."):
        depends_on(billiards, "disc 2", "disc 1", frame=-1)
    with pytest.raises(InputError, match=r"frame was asked to be 0; it may be 1 to 29\."):
        counterfactual(billiards, SetVelocity(0, "disc 1", (0.0, 0.0), (0.0,)))
    with pytest.raises(InputError, match=r"no body is called 'ball 7'"):
        depends_on(billiards, "ball 7", "disc 1")
    with pytest.raises(InputError, match=r"both asked to be 'disc 1'; they must be two bodies"):
        depends_on(billiards, "disc 1", "disc 1")
