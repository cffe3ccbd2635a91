"""The ray caster: pictures that depend on the states of their own time, are right as seen and obey laws of optics."""

import time
from dataclasses import replace

import numpy as np
import pytest

from lawful.generators.worlds.families import FAMILIES
from lawful.generators.worlds.make import make_clip
from lawful.generators.worlds.pairs import make_pairs
from lawful.generators.worlds.scene import PATTERNS, Look, Pivot, Spring, Style
from lawful.generators.worlds.solid.geometry import outward, unit_points
from lawful.generators.worlds.solid.masks import solid_masks
from lawful.generators.worlds.solid.rays import cast
from lawful.generators.worlds.solid.rays_lens import Thing, lens_of
from lawful.generators.worlds.solid.rays_paint import TEXTURES, marks_of, texture
from lawful.generators.worlds.variety import RICH, Variety

FLAT = [name for name, family in FAMILIES.items() if not family.solid]
SOLID = [name for name, family in FAMILIES.items() if family.solid]
SOME = [scene for scene in FLAT if scene != "splash"]
"""The other is much the slowest, for its many bodies."""
SMALL = {"width_px": 96, "height_px": 80, "fps": 8, "duration_s": 2, "noise": 0}
RAYS = replace(RICH, renderers=("rays",))
SHADOW = Style(shadow=0.5)


def pictures(scene, simulated, width=96, height=80, seed=1):
    return np.stack(list(cast(scene, simulated, width, height, np.random.default_rng(seed))))


def test_the_same_seed_gives_the_same_pictures_and_another_seed_others(hand_made):
    made = hand_made.world(hand_made.bodies(4), [hand_made.floor], style=SHADOW)
    assert np.array_equal(pictures(*made), pictures(*made))
    assert (pictures(*made) != pictures(*made, seed=2)).any()


@pytest.mark.parametrize("orbit_rad", [0.0, 0.5])
def test_a_picture_depends_on_its_own_time_alone(orbit_rad, hand_made):
    """The last frames shown first, or alone, are the same pictures."""
    scene, simulated = hand_made.world(
        hand_made.bodies(5), [hand_made.floor], n_frames=5, orbit_rad=orbit_rad, style=SHADOW
    )
    whole = pictures(scene, simulated)
    for frames in ([4, 3, 2, 1, 0], [2], [1, 1, 4]):
        rows = np.array(frames)
        some = replace(
            simulated,
            motions=tuple(motion.at(rows) for motion in simulated.motions),
            view=simulated.view.at(rows),
        )
        assert np.array_equal(pictures(scene, some), whole[rows])


def test_flat_twins_are_identical_up_to_the_onset_and_differ_at_once():
    for lawful, broken in make_pairs(4, 5, scenes=SOME, variety=RAYS, **SMALL):
        onset = broken.onset_frame
        assert lawful.renderer == broken.renderer == "rays"
        assert np.array_equal(lawful.frames.rgb[:onset], broken.frames.rgb[:onset])
        late = slice(onset, onset + 2)
        assert np.abs(lawful.frames.rgb[late].astype(int) - broken.frames.rgb[late]).max() > 20


@pytest.mark.skipif(not SOLID, reason="no solid scene families")
def test_twins_of_solid_families_are_identical_up_to_the_onset():
    """Whatever camera and light the seed chooses."""
    for lawful, broken in make_pairs(
        2, 2, scenes=SOLID, violations=["vanish", "colour_change"], variety=RAYS, **SMALL
    ):
        onset = broken.onset_frame
        assert np.array_equal(lawful.frames.rgb[:onset], broken.frames.rgb[:onset])
        assert (lawful.frames.rgb[onset : onset + 2] != broken.frames.rgb[onset : onset + 2]).any()
        assert lawful.frames.rgb.std(axis=(1, 2)).min() > 3


def test_solid_twins_are_identical_up_to_the_onset(hand_made):
    scene, simulated = hand_made.world(hand_made.bodies(4), [hand_made.floor], n_frames=6, style=SHADOW)
    motion = simulated.motions[1]
    gone = replace(motion, present=np.arange(6) < 3)
    other = replace(simulated, motions=(simulated.motions[0], gone, *simulated.motions[2:]))
    one, two = pictures(scene, simulated), pictures(scene, other)
    assert np.array_equal(one[:3], two[:3])
    assert (one[3:] != two[3:]).any(axis=(1, 2, 3)).all()


def test_the_order_of_solid_bodies_changes_no_picture(hand_made):
    scene, simulated = hand_made.world(hand_made.bodies(5), [hand_made.floor], style=SHADOW)
    mixed = replace(simulated, motions=tuple(simulated.motions[k] for k in (3, 1, 4, 0, 2)))
    assert np.array_equal(pictures(scene, simulated), pictures(scene, mixed))


def test_shadows_only_darken_and_only_where_they_are_asked_for(hand_made):
    made = hand_made.bodies(3)
    plain = pictures(*hand_made.world(made, [hand_made.floor]))
    dark = pictures(*hand_made.world(made, [hand_made.floor], style=SHADOW))
    change = dark.astype(int) - plain
    assert change.max() <= 0
    assert (change < -20).any(axis=(1, 2, 3)).all()


def test_a_shadow_lies_on_the_line_from_the_sun_through_the_body(hand_made):
    """What darkens on the floor moves as the body moves, and away from it as it rises."""
    low, high = (hand_made.body("ball", 0.15, (0, 0, z)) for z in (0.16, 0.9))
    places = []
    for body in (low, high):
        one, two = (
            pictures(*hand_made.world([body], [hand_made.floor], n_frames=1, style=style))[0].astype(int)
            for style in (Style(), SHADOW)
        )
        places.append(np.argwhere((two - one).sum(axis=-1) < -20).mean(axis=0))
    assert np.linalg.norm(places[1] - places[0]) > 3


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("shape", ["ball", "box", "cylinder"])
def test_turning_about_any_axis_is_seen(shape, pattern, hand_made):
    half = (0.3, 0.3, 0.3) if shape == "ball" else (0.3, 0.3, 0.45)
    body = replace(hand_made.body(shape, half, (0, 0, 0.8)), look=Look("green", pattern, 11))
    for axis in range(3):
        turn = [0.0, 0.0, 0.0]
        turn[axis] = 0.5
        turned = replace(body, turn_rad=tuple(turn))
        one, two = (pictures(*hand_made.world([b], n_frames=1))[0].astype(int) for b in (body, turned))
        assert (np.abs(one - two).max(axis=2) > 30).sum() > 40


@pytest.mark.parametrize("colour", ["red", "blue", "white", "black"])
def test_a_body_has_the_colour_of_its_look(colour, hand_made):
    looks = Look(colour, "spots", 3), Look("green", "spots", 3)
    scene, simulated = hand_made.world([hand_made.body("ball", 0.5, (0, 0, 0.8))], n_frames=2)
    motion = replace(simulated.motions[0], looks=looks, look_index=np.array([0, 1]))
    both = pictures(scene, replace(simulated, motions=(motion,)))
    mean = [both[k][solid_masks(scene, simulated, 96, 80)[k] == 1].mean(axis=0) for k in (0, 1)]
    if colour == "red":
        assert mean[0][0] > 1.5 * mean[0][1]
    elif colour == "blue":
        assert mean[0][2] > 1.5 * mean[0][0]
    else:
        assert (mean[0] > 120).all() if colour == "white" else (mean[0] < 100).all()
    assert mean[1][1] > 1.5 * mean[1][0]


def test_current_shape_size_and_presence_are_drawn(hand_made):
    scene, simulated = hand_made.world([hand_made.body("box", 0.3, (0, 0, 0.7))], n_frames=4)
    motion = replace(
        simulated.motions[0],
        shapes=("box", "ball"),
        shape_index=np.array([0, 1, 1, 1]),
        half_size_m=np.array([[0.3] * 3, [0.3] * 3, [0.5] * 3, [0.5] * 3]),
        present=np.array([True, True, True, False]),
    )
    shown = pictures(scene, replace(simulated, motions=(motion,)))
    areas = (shown != shown[3]).any(axis=3).sum(axis=(1, 2))
    assert areas[1] < areas[0] < areas[2]
    assert areas[3] == 0


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("shape", ["ball", "box", "cylinder"])
def test_paint_stretches_with_its_body(shape, pattern, hand_made):
    """What a place on the surface shows is the same however long the body has become."""
    body = replace(hand_made.body(shape, 0.3, (0, 0, 0.8)), look=Look("green", pattern, 7))
    scene, simulated = hand_made.world([body], n_frames=4)
    long = np.array([1.0, 1.3, 1.7, 0.7])
    half = 0.3 * np.stack([long**-0.5, long**-0.5, long], axis=1)
    stretched = replace(simulated, motions=(replace(simulated.motions[0], half_size_m=half),))
    shown = pictures(scene, stretched, 240, 192)
    assert (shown[0] == pictures(scene, simulated, 240, 192)[0]).all()
    own, _ = unit_points(shape, np.ones(3), 400, 2)
    own = own[outward(shape, own.T)[1] < -0.7]
    shares = simulated.view.project(np.array(body.position_m) + own * half[:, None])
    column, row = (shares * (240, 192)).astype(int).transpose(2, 0, 1)
    rgb = shown[np.arange(4)[:, None], row, column].astype(float)
    marked = rgb[..., 0] > 0.6 * rgb[..., 1]
    assert 0.05 < marked[0].mean() < 0.95
    # Places at the edge of a mark may show its other side.
    assert (marked != marked[0]).mean(axis=1).max() < 0.15


def test_rods_and_springs_are_seen_while_they_hold(hand_made):
    ball = hand_made.body("ball", 0.1, (0, 0, 0.6))
    spring = Spring("ball 0", (0.5, 0.0, 1.2), 0.5, 10.0)
    for rod, seen in [
        ({"pivots": (Pivot("ball 0", (0.0, 0.0, 1.3)),)}, [True, True, True]),
        ({"pivots": (Pivot("ball 0", (0.0, 0.0, 1.3), until_s=1.5 / 24),)}, [True, True, False]),
        ({"pivots": (Pivot("ball 0", (0.0, 0.0, 1.3), seen=False),)}, [False, False, False]),
        ({"springs": (spring,)}, [True, True, True]),
    ]:
        plain, held = (pictures(*hand_made.world([ball], **joints)) for joints in ({}, rod))
        assert (plain != held).any(axis=(1, 2, 3)).tolist() == seen


def test_screens_of_a_flat_scene_cover_bodies():
    clip = make_clip("screen", 2, variety=Variety(renderers=("rays",)), **SMALL)
    behind = clip.objects[0].visible == 0
    assert behind.sum() >= 2
    assert (np.diff(clip.frames.rgb[behind].astype(int), axis=0) == 0).all()


def test_a_lens_shows_points_where_the_view_does(hand_made):
    _, simulated = hand_made.world(hand_made.bodies(1), n_frames=2, orbit_rad=1.0)
    lens = lens_of(simulated.view, 1, 100, 80)
    ahead = np.full((80, 100), 2.5, np.float32)
    points = lens.points(lens.whole, ahead, np.ones((80, 100), bool)).T.astype(np.float64)
    shares = simulated.view.at(np.array([1])).project(points[None])[0].reshape(80, 100, 2)
    np.testing.assert_allclose(
        shares[..., 0], np.broadcast_to((np.arange(100) + 0.5) / 100, (80, 100)), atol=1e-5
    )
    np.testing.assert_allclose(shares[:, 0, 1], (np.arange(80) + 0.5) / 80, atol=1e-5)


def test_nothing_is_drawn_of_what_is_behind_the_camera(hand_made):
    _, simulated = hand_made.world([hand_made.body("ball", 0.3, (0, -6, 1))], n_frames=1)
    lens = lens_of(simulated.view, 0, 96, 80)
    motion = simulated.motions[0]
    thing = Thing("ball", motion.position_m[0], motion.rotation[0], motion.half_size_m[0])
    assert lens.region(thing) is None


@pytest.mark.parametrize("kind", TEXTURES)
def test_textures_vary_within_bounds_and_by_the_seed(kind):
    rng = np.random.default_rng(0)
    place = rng.uniform(-20, 20, (3, 4000)).astype(np.float32)
    axis = rng.integers(3, size=4000)
    one, two = (texture(kind, np.random.default_rng(seed))(place, axis) for seed in (1, 2))
    assert np.abs(one).max() < 3
    assert one.std() > 0.15
    assert (one != two).any()


def test_marks_cover_some_of_a_body_and_not_all():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(3, 3000)).astype(np.float32)
    points /= np.linalg.norm(points, axis=0)
    for pattern in PATTERNS:
        for seed in range(5):
            marks = marks_of("ball", (0.2, 0.2, 0.2), Look("blue", pattern, seed))
            covered = (marks.colour(points) == marks.mark).all(axis=1).mean()
            assert 0.1 < covered < 0.75


@pytest.mark.long
def test_ten_frames_a_second(hand_made):
    made = hand_made.world(hand_made.bodies(6), [hand_made.floor], n_frames=20, style=SHADOW)
    start_s = time.process_time()
    pictures(*made, 128, 128)
    assert 20 / (time.process_time() - start_s) > 10
