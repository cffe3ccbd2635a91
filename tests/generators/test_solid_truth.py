"""What is seen of solid bodies: boxes, visible shares, true tracks."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lawful.generators.worlds.camera import View
from lawful.generators.worlds.solid.geometry import entry, inside, outward, turned, unit_points
from lawful.generators.worlds.solid.surface import hidden, outline_box, surface_points
from lawful.generators.worlds.truth import object_truths

SHAPES = ["ball", "box", "cylinder"]


@pytest.mark.parametrize("shape", SHAPES)
def test_rays_enter_where_they_first_come_inside(shape):
    """Small steps along each ray say the same as the solved equations."""
    rng = np.random.default_rng(1)
    start = rng.normal(scale=1.6, size=(3, 400))
    way = rng.uniform(-1, 1, (3, 400)) - start
    steps = np.linspace(0, 2, 4001)
    within = inside(shape, start[:, :, None] + way[:, :, None] * steps)
    first = np.where(within.any(axis=1) & ~within[:, 0], steps[within.argmax(axis=1)], np.inf)
    found = entry(shape, start, way)
    # A step may jump over a corner, never the other way round.
    assert not (np.isfinite(first) & ~np.isfinite(found)).any()
    both = np.isfinite(first) & np.isfinite(found)
    assert both.sum() > 60
    np.testing.assert_allclose(found[both], first[both], atol=2 / 4000 + 1e-9)
    assert (np.isfinite(found) & (found < 1.9) & ~np.isfinite(first)).sum() <= 4


@pytest.mark.parametrize("shape", SHAPES)
def test_rays_along_an_axis_are_no_exception(shape):
    for axis in range(3):
        start, way = np.zeros((3, 3)), np.zeros((3, 3))
        start[axis], way[axis] = -3, 1
        start[(axis + 1) % 3] = [0.0, 0.5, 1.5]
        found = entry(shape, start, way)
        assert found[0] == pytest.approx(2)
        assert found[1] <= 3
        assert found[2] == np.inf


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [1, 4, 16, 96])
def test_points_lie_on_the_surface_and_stand_for_all_of_it(shape, count):
    points, vectors = unit_points(shape, np.array([0.3, 0.2, 0.1]), count, 5)
    assert points.shape == (count, 3)
    size = np.linalg.norm(points, axis=1)
    assert inside(shape, 0.999 * points.T).all()
    assert not inside(shape, (points * (1 + 0.06 / size[:, None])).T).any()
    facing = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(outward(shape, points.T).T, facing, atol=1e-12)
    if count >= 6:
        area = {"ball": 4 * np.pi, "box": 24, "cylinder": 6 * np.pi}[shape]
        assert np.linalg.norm(vectors, axis=1).sum() == pytest.approx(area)


@pytest.mark.parametrize("shape", SHAPES)
def test_boxes_are_those_of_many_points(shape, hand_made):
    bodies = [
        hand_made.body(
            shape, (0.3, 0.3, 0.5), (0.2, 0.1, 0.8), turn_rad=(0.5, 0.9, 0.2), spin_rad_s=(3, 4, 5)
        )
    ]
    _, simulated = hand_made.world(bodies, n_frames=12, orbit_rad=1.0)
    motion, view = simulated.motions[0], simulated.view
    points, _ = surface_points(motion, 20000, 1, view)
    shares = view.project(points)
    tight = np.concatenate([shares.min(axis=1), shares.max(axis=1)], axis=1)
    # Points keep off the edges of faces by 4 %.
    off = 0.003 if shape == "ball" else 0.012
    np.testing.assert_allclose(outline_box(motion, view), tight, atol=off)


def test_a_ball_ahead_has_the_box_of_its_tangents(hand_made):
    _, simulated = hand_made.world(
        [hand_made.body("ball", 0.5, (0, 0, 0))], eye_m=(0, -1.3, 0), target_m=(0, 0, 0), n_frames=1
    )
    # Tangents leave at asin(0.5 / 1.3): 0.5 / 1.2 to a side at a distance of 1.
    half = 1.5 * 0.5 / 1.2
    box = outline_box(simulated.motions[0], replace(simulated.view, scale=np.array([0.5])))[0]
    np.testing.assert_allclose(box, np.array([-half / 1.25, -half, half / 1.25, half]) / 3 + 0.5)


def test_what_is_behind_the_camera_or_beside_it_has_no_box(hand_made):
    for place in [(0, -5, 1.4), (0, -4, 1.4), (3, -4, 1.4), (9, 0, 1)]:
        bodies = [hand_made.body(shape, 0.3, place, k) for k, shape in enumerate(SHAPES)]
        scene, simulated = hand_made.world(bodies, n_frames=1)
        for truth in object_truths(scene, simulated):
            assert np.isnan(truth.box).all()
            assert truth.visible.tolist() == [0]


@pytest.mark.parametrize("shape", SHAPES)
def test_what_reaches_past_the_camera_is_boxed_as_far_as_it_is_before_it(shape, hand_made):
    bodies = [hand_made.body(shape, (0.2, 0.2, 0.9), (0, -3.9, 1.15), turn_rad=(1.5, 0.1, 0))]
    _, simulated = hand_made.world(bodies, n_frames=1, target_m=(0, 0, 1.4))
    x0, y0, x1, y1 = outline_box(simulated.motions[0], simulated.view)[0]
    assert y1 == 1
    assert 0 <= x0 < 0.5 < x1 <= 1
    assert y0 > 0.5


@pytest.mark.parametrize("shape", SHAPES)
def test_a_lone_body_in_view_is_all_visible(shape, hand_made):
    bodies = [hand_made.body(shape, (0.3, 0.3, 0.4), (0.1, 0, 0.9), spin_rad_s=(5, 6, 7))]
    scene, simulated = hand_made.world(bodies, [hand_made.floor], n_frames=10, orbit_rad=2.0)
    truth = object_truths(scene, simulated)[0]
    np.testing.assert_allclose(truth.visible, 1)
    np.testing.assert_allclose(truth.behind, 0)


def test_a_thin_plate_is_seen_from_its_edge_too(hand_made):
    plate = hand_made.body("box", (0.4, 0.4, 0.002), (0, 0, 0.7))
    scene, simulated = hand_made.world([plate], eye_m=(0, -4, 0.7), n_frames=1)
    assert object_truths(scene, simulated)[0].visible.tolist() == [1]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_nearer_hides_the_farther_and_never_the_other_way_round(shape, hand_made):
    near = hand_made.body(shape, 0.4, (0, -1, 1.0), 0)
    far = hand_made.body("ball", 0.2, (0, 1, 0.8), 1)
    for bodies in ([near, far], [far, near]):
        scene, simulated = hand_made.world(bodies, n_frames=1)
        truths = {truth.name: truth for truth in object_truths(scene, simulated)}
        assert truths[near.name].visible[0] == 1
        assert truths[far.name].visible[0] == 0
        assert truths[far.name].behind[0] == 1
    swapped = [replace(near, position_m=far.position_m), replace(far, position_m=near.position_m)]
    scene, simulated = hand_made.world(swapped, n_frames=1)
    first, second = object_truths(scene, simulated)
    assert second.visible[0] == 1
    assert 0 < first.visible[0] < 1


@pytest.mark.parametrize("screen", [True, False])
def test_blocks_hide_what_is_behind_them_however_they_are_turned(screen, hand_made):
    ball = hand_made.body("ball", 0.2, (0, 0.5, 0.7))
    middle = (0, -0.5, 1.0)
    thin = hand_made.block(middle, (0.02, 0.05, 0.8), solid=not screen)
    wide = hand_made.block(middle, (0.8, 0.05, 0.8), solid=not screen)
    seen = {}
    for name, block in {
        "none": None,
        "thin": thin,
        "wide": wide,
        "turned": replace(wide, turn_rad=(0.0, 0.0, math.pi / 2)),
        "tipped": replace(wide, turn_rad=(0.0, math.pi / 2, 0.0)),
    }.items():
        scene, simulated = hand_made.world([ball], [block] if block else [], n_frames=1)
        seen[name] = float(object_truths(scene, simulated)[0].visible[0])
    assert seen["none"] == 1
    assert 0.7 < seen["thin"] < 1
    assert seen["wide"] == 0
    assert 0 < seen["turned"] < seen["thin"]
    assert seen["tipped"] == 0


def test_a_rotation_vector_turns_a_block_about_its_centre():
    np.testing.assert_allclose(turned((0.0, 0.0, np.pi / 2)) @ [1, 0, 0], [0, 1, 0], atol=1e-12)
    assert np.array_equal(turned((0.0,)), np.eye(3))


def test_the_order_of_bodies_changes_no_truth(hand_made):
    bodies = hand_made.bodies(6)
    scene, simulated = hand_made.world(bodies, [hand_made.floor], n_frames=4)
    truths = object_truths(scene, simulated)
    order = [3, 0, 5, 1, 4, 2]
    again = object_truths(
        replace(scene, bodies=tuple(bodies[k] for k in order)),
        replace(simulated, motions=tuple(simulated.motions[k] for k in order)),
    )
    assert 0.05 < np.mean([truth.visible for truth in truths]) < 0.95
    for place, number in enumerate(order):
        for field in ("box", "visible", "behind", "centre", "kinetic_j", "momentum_kg_m_s"):
            assert np.array_equal(
                getattr(truths[number], field), getattr(again[place], field), equal_nan=True
            )


def _moved(scene, simulated, turn, shift):
    """The same world and camera elsewhere."""
    motions = tuple(
        replace(m, position_m=m.position_m @ turn.T + shift, rotation=turn @ m.rotation)
        for m in simulated.motions
    )
    view = simulated.view
    view = View(view.position_m @ turn.T + shift, turn @ view.axes, view.scale, view.aspect)
    blocks = []
    for block in scene.blocks:
        middle, half = np.add(block.low, block.high) / 2, np.subtract(block.high, block.low) / 2
        place = turn @ middle + shift
        vector = Rotation.from_matrix(turn @ turned(block.turn_rad)).as_rotvec()
        corners = tuple(place - half), tuple(place + half)
        blocks.append(replace(block, low=corners[0], high=corners[1], turn_rad=tuple(vector)))
    return replace(scene, blocks=tuple(blocks)), replace(simulated, motions=motions, view=view)


def test_moving_camera_and_world_together_changes_nothing_that_is_seen(hand_made):
    bodies = hand_made.bodies(5, seed=3)
    wall = hand_made.block((-0.3, -1.2, 0.7), (0.3, 0.05, 0.8), (0.0, 0.2, 0.1))
    scene, simulated = hand_made.world(bodies, [hand_made.floor, wall], n_frames=3)
    turn = Rotation.from_rotvec([0.4, -1.1, 2.0]).as_matrix()
    moved_scene, moved = _moved(scene, simulated, turn, np.array([3.0, -2.0, 7.0]))
    for one, two in zip(object_truths(scene, simulated), object_truths(moved_scene, moved), strict=True):
        np.testing.assert_allclose(two.box, one.box, atol=1e-9)
        np.testing.assert_allclose(two.visible, one.visible, atol=1e-9)
        np.testing.assert_allclose(two.behind, one.behind, atol=1e-9)


def test_a_mirrored_world_is_seen_mirrored(hand_made):
    bodies = hand_made.bodies(6, seed=4)
    scene, simulated = hand_made.world(bodies, [hand_made.floor], n_frames=3)
    flip = np.diag([-1.0, 1.0, 1.0])
    # The body's own first axis is mirrored too, so that its axes stay right-handed.
    motions = tuple(
        replace(m, position_m=m.position_m @ flip, rotation=flip @ m.rotation @ flip)
        for m in simulated.motions
    )
    mirrored = object_truths(scene, replace(simulated, motions=motions))
    for one, two in zip(object_truths(scene, simulated), mirrored, strict=True):
        np.testing.assert_allclose(two.box[:, [0, 2]], 1 - one.box[:, [2, 0]], atol=1e-9)
        np.testing.assert_allclose(two.box[:, [1, 3]], one.box[:, [1, 3]], atol=1e-9)
        # The points that are tried are not mirrored.
        np.testing.assert_allclose(two.visible, one.visible, atol=0.09)


def test_absent_bodies_hide_nothing_and_are_not_seen(hand_made):
    near, far = hand_made.body("ball", 0.5, (0, -1, 1.0), 0), hand_made.body("box", 0.2, (0, 1, 0.8), 1)
    scene, simulated = hand_made.world([near, far], n_frames=2)
    gone = simulated.motions[0]
    nan = {
        name: np.where([[True], [False]], getattr(gone, name), np.nan)
        for name in ("half_size_m", "position_m", "velocity_m_s", "spin_rad_s")
    }
    gone = replace(
        gone,
        present=np.array([True, False]),
        rotation=np.where([[[True]], [[False]]], gone.rotation, np.nan),
        **nan,
    )
    truths = object_truths(scene, replace(simulated, motions=(gone, simulated.motions[1])))
    assert truths[0].visible.tolist() == [1, 0]
    assert np.isnan(truths[0].box[1]).all()
    assert truths[1].visible.tolist() == [0, 1]


def test_a_body_that_changes_its_shape_and_size_is_seen_as_it_is(hand_made):
    body = hand_made.body("box", 0.3, (0, 0, 0.7))
    _, simulated = hand_made.world([body], n_frames=3)
    motion = replace(
        simulated.motions[0],
        shapes=("box", "ball"),
        shape_index=np.array([0, 1, 1]),
        half_size_m=np.array([[0.3] * 3, [0.3] * 3, [0.6] * 3]),
    )
    box, ball, large = outline_box(motion, simulated.view)
    width = [one[2] - one[0] for one in (box, ball, large)]
    assert width[1] < width[0]
    assert width[2] > 2 * width[1]
    points, weights = surface_points(motion, 96, 0, simulated.view)
    apart = np.linalg.norm(points - motion.position_m[:, None], axis=2)
    assert apart[0].max() > 0.4
    np.testing.assert_allclose(apart[1:], np.repeat([[0.3], [0.6]], 96, axis=1))
    assert weights[2].sum() == pytest.approx(4 * weights[1].sum(), rel=0.1)


def test_what_counts_as_seen_area_is_the_outline(hand_made):
    """A ball's weights add up to its disc, a box's to its seen faces, from far away."""
    bodies = [hand_made.body("ball", 0.3, (0, 0, 0)), hand_made.body("box", (0.3, 0.2, 0.1), (0, 0, 0), 1)]
    _, simulated = hand_made.world(bodies, eye_m=(0, -500, 0), target_m=(0, 0, 0), n_frames=1)
    areas = [surface_points(m, 96, 0, simulated.view)[1].sum() for m in simulated.motions]
    assert areas[0] == pytest.approx(np.pi * 0.3**2, rel=0.01)
    assert areas[1] == pytest.approx(4 * 0.3 * 0.1, rel=0.01)


def test_the_camera_sees_through_what_it_is_inside_of(hand_made):
    bodies = [hand_made.body("ball", 0.3, (0, 0, 0.7), 0), hand_made.body("box", 0.5, (0, -4, 1.4), 1)]
    scene, simulated = hand_made.world(bodies, n_frames=1)
    assert object_truths(scene, simulated)[0].visible.tolist() == [1]


def test_touching_bodies_do_not_hide_each_other_where_they_touch(hand_made):
    lower, upper = hand_made.body("box", 0.2, (0, 0, 0.2), 0), hand_made.body("box", 0.2, (0, 0, 0.6), 1)
    scene, simulated = hand_made.world([lower, upper], [hand_made.floor], eye_m=(0, -4, 0.4), n_frames=1)
    for truth in object_truths(scene, simulated):
        assert truth.visible.tolist() == [1]


def test_a_points_view_is_hidden_by_what_is_on_the_way_and_not_by_what_is_beyond(hand_made):
    target = hand_made.body("ball", 0.3, (0, 0, 0.7), 0)
    beyond = hand_made.body("ball", 0.6, (0, 1.5, 0.4), 1)
    scene, simulated = hand_made.world([target, beyond], n_frames=1)
    points, weights = surface_points(simulated.motions[0], 200, 0, simulated.view)
    assert not hidden(points, scene, simulated, 0)[weights > 0].any()
