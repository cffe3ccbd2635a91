import math
from itertools import pairwise

import numpy as np
import pytest

from lawful.generators.worlds.make import make_clip
from lawful.judge.kinematic.bodies import SCENE
from lawful.judge.kinematic.true_bodies import glimpses
from lawful.judge.kinematic.true_outlines import meeting


def test_bodies_are_where_the_truth_has_them() -> None:
    clip = make_clip("bounce", 3, fps=24, width_px=192, height_px=144, noise=0)
    seen = list(glimpses(clip))
    assert len(seen) == len(clip.frames)
    assert math.isnan(seen[0].step_s)
    for frame, glimpse in enumerate(seen):
        for body in glimpse.bodies:
            truth = clip.objects[body.id]
            assert body.at_px == pytest.approx(truth.centre[frame] * (192, 144))
            assert body.sight == "seen"
            radius = truth.half_size_m[frame, 0] * 144 / clip.world.view_height_m
            assert body.area_px == pytest.approx(math.pi * radius**2, rel=0.05)
            assert body.axes_px == pytest.approx((radius, radius), rel=0.05)


def test_the_camera_is_taken_out_exactly_in_a_flat_scene() -> None:
    clip = make_clip("pan", 4, fps=24, width_px=192, height_px=144, noise=0)
    for frame, glimpse in enumerate(glimpses(clip)):
        assert glimpse.reliable
        assert glimpse.camera_still == (frame == 0)
        for body in glimpse.bodies:
            world = clip.objects[body.id].position_m[frame]
            as_first = clip.view.at(np.array([0])).project(world[None, None])[0, 0] * (192, 144)
            assert body.at_px == pytest.approx(as_first, abs=1e-6)


def test_touches_are_there_when_the_truth_has_contacts() -> None:
    clip = make_clip("bounce", 3, fps=60, width_px=192, height_px=144, noise=0)
    seen = list(glimpses(clip))
    for contact in clip.contacts:
        number = next(k for k, truth in enumerate(clip.objects) if truth.name == contact.first)
        others = {truth.name: k for k, truth in enumerate(clip.objects)}
        other = others.get(contact.second, SCENE)
        around = [glimpse for glimpse in seen if abs(glimpse.time_s - contact.time_s) < 1.5 / 60]
        gaps = [
            touch.gap_px
            for glimpse in around
            for touch in glimpse.touches
            if {touch.first, touch.second} == {number, other}
        ]
        assert min(gaps) < 6


def test_what_is_gone_and_what_is_new_are_named_once() -> None:
    for violation, name in (("vanish", "gone"), ("appear", "new")):
        clip = make_clip("billiards", 5, violation=violation)
        named = [(glimpse.time_s, number) for glimpse in glimpses(clip) for number in getattr(glimpse, name)]
        (number,) = (k for k, truth in enumerate(clip.objects) if truth.name == clip.subject)
        assert named == [(clip.onset_s, number)]


def test_behind_a_screen_a_body_is_carried_on_from_what_was_seen() -> None:
    clip = make_clip("screen", 5, violation="lost_behind", fps=24)
    hidden = [glimpse.bodies[0] for glimpse in glimpses(clip) if glimpse.bodies[0].sight == "hidden"]
    steps = np.diff([body.at_px for body in hidden], axis=0)
    assert steps == pytest.approx(np.repeat(steps[:1], len(steps), axis=0))
    assert hidden[0].covered > 0.95
    assert hidden[-1].covered < 0.05
    assert all(one.sd_px < two.sd_px for one, two in pairwise(hidden))


def test_how_two_outlines_lie_to_each_other() -> None:
    square = np.array([(x, y) for x in (-1.0, 1.0) for y in (-1.0, 1.0)])
    apart = meeting(square, square + np.array((5.0, 0.5)))
    assert (apart.gap_px, apart.overlap_px, apart.towards) == (
        pytest.approx(3.0),
        0.0,
        pytest.approx((1.0, 0.0)),
    )
    over = meeting(square, square + np.array((0.5, 1.5)))
    assert (over.gap_px, over.overlap_px, over.towards) == (
        0.0,
        pytest.approx(0.5),
        pytest.approx((0.0, 1.0)),
    )
    corner = meeting(square, square + np.array((5.0, 6.0)))
    assert corner.gap_px == pytest.approx(5.0, rel=0.01)


def test_in_a_solid_scene_a_touch_is_only_a_chance() -> None:
    clip = make_clip("drop3d", 3, fps=10, duration_s=1.0, width_px=96, height_px=72)
    chances = {touch.chance for glimpse in glimpses(clip) for touch in glimpse.touches}
    assert chances <= {0.0, 0.5}
    assert 0.5 in chances
