"""Solid scenes, their cameras, and the states of broken twins; nothing is drawn."""

import functools
import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lawful.generators.worlds.breaking.moments import SEEN, Lawful, UnseenError
from lawful.generators.worlds.breaking.plain_view import share_seen
from lawful.generators.worlds.breaking.violations import NO_SHARED_PREFIX, plan_violation
from lawful.generators.worlds.energy import kinetic_j, potential_j
from lawful.generators.worlds.interventions import Remove, Repaint
from lawful.generators.worlds.make import Format, simulate_clip
from lawful.generators.worlds.motion import Simulated
from lawful.generators.worlds.scene import Block
from lawful.generators.worlds.simulate import simulate
from lawful.generators.worlds.solid.camera import SolidCut, SolidPath, solid_camera
from lawful.generators.worlds.solid.families import SOLID
from lawful.generators.worlds.solid.gl import mujoco_package
from lawful.generators.worlds.solid.layout import slope, solid_stage
from lawful.generators.worlds.solid.model import build_model
from lawful.generators.worlds.solid.surface import hidden, surface_points
from lawful.generators.worlds.truth import object_truths
from lawful.generators.worlds.variety import CAMERA_MOVES, RICH

FPS = 12.0
SECONDS = 2.2
N_FRAMES = 26
COMBINATIONS = [(scene, violation) for scene in SOLID for violation in SOLID[scene].possible]
EVEN = [scene for scene in SOLID if scene != "hand3d"]


@functools.cache
def built(name, seed, aspect=4 / 3):
    return SOLID[name].build(np.random.default_rng([seed, 7]), aspect, SECONDS)


@functools.cache
def lawful(name, seed):
    start = built(name, seed)
    simulated = simulate(start, FPS, N_FRAMES)
    return Lawful(start, simulated, object_truths(start, simulated), 96 / start.view_height_m)


def energy(clip):
    return sum(kinetic_j(motion) + potential_j(motion, clip.scene) for motion in clip.simulated.motions)


@pytest.mark.parametrize("name", list(SOLID))
def test_scenes_are_seen_whole_and_said_as_they_are(name):
    for seed, aspect in enumerate((1.0, 4 / 3, 16 / 9, 3 / 4)):
        scene = built(name, seed, aspect)
        assert scene.name == name
        assert scene.dimensions == 3
        assert scene == SOLID[name].build(np.random.default_rng([seed, 7]), aspect, SECONDS)
        assert scene.view_width_m == pytest.approx(aspect * scene.view_height_m)
        for body in scene.bodies:
            noun = "plate" if body.name == "hand" else body.name.split()[0]
            assert noun in scene.caption
        first = scene.bodies[-1 if name == "topple3d" else 0]
        assert first.look.colour in scene.caption
        assert scene.caption[0].isupper()
        assert scene.caption.endswith(".")
        view = scene.view(np.zeros(1))
        low, high = np.reshape(scene.room, (2, 3))
        corners = np.array(
            [[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])]
        )
        assert ((view.project(corners[None]) > 0) & (view.project(corners[None]) < 1)).all()
        places = np.array([body.position_m for body in scene.bodies])
        assert ((view.project(places[None]) > 0) & (view.project(places[None]) < 1)).all()
        assert isinstance(scene.camera, SolidPath)
        assert scene.camera.still
        assert scene.floor_m == 0
        assert any(block.name in {"floor"} and block.high[2] == 0 for block in scene.blocks)


def deepest_m(clip):
    """How far anything is within anything else in any frame, by MuJoCo's own distances."""
    mujoco = mujoco_package("a test")
    model = build_model(clip.scene, clip.scene.bodies)
    data, deepest = mujoco.MjData(model.compiled), 0.0
    for frame in range(N_FRAMES):
        for motion in clip.simulated.motions:
            place, _ = model.free[motion.body.name]
            turn = Rotation.from_matrix(motion.rotation[frame]).as_quat(scalar_first=True)
            data.qpos[place : place + 7] = [*motion.position_m[frame], *turn]
        mujoco.mj_forward(model.compiled, data)
        deepest = max(deepest, -data.contact.dist.min(initial=0.0))
    return deepest


@pytest.mark.parametrize("name", list(SOLID))
def test_nothing_starts_in_anything_else_whatever_the_picture(name):
    mujoco = mujoco_package("a test")
    for seed in range(6):
        for aspect in (3 / 4, 1.0, 16 / 9):
            scene = built(name, seed, aspect)
            model = build_model(scene, scene.bodies)
            data = mujoco.MjData(model.compiled)
            mujoco.mj_forward(model.compiled, data)
            assert (data.contact.dist > -1e-3 * scene.view_height_m).all()


@pytest.mark.parametrize("name", list(SOLID))
def test_nothing_is_in_anything_else_and_energy_never_grows(name):
    for seed in (0, 1):
        clip = lawful(name, seed)
        assert all(c.approach_m_s < 0.1 for c in clip.simulated.contacts if c.time_s < 0.005)
        least = min(min(body.half_size_m) for body in clip.scene.bodies)
        assert deepest_m(clip) < 0.08 * least
        if name in EVEN:
            total = energy(clip)
            assert np.diff(total).max() <= 2e-3 * total[0]


@pytest.mark.parametrize("name", ["drop3d", "throw3d", "topple3d", "container3d"])
def test_velocity_jumps_only_where_something_touches(name):
    checked = 0
    for seed in range(3):
        clip = lawful(name, seed)
        fall = np.array([0, 0, -clip.scene.gravity_m_s2 / FPS])
        for motion in clip.simulated.motions:
            jumps = np.linalg.norm(np.diff(motion.velocity_m_s, axis=0) - fall, axis=1)
            free = ~motion.touched[1:]
            assert (jumps[free] < 1e-6).all()
            checked += int(free.sum())
        names = {contact.first for contact in clip.simulated.contacts}
        assert names <= {motion.body.name for motion in clip.simulated.motions}
    assert checked > 20


@pytest.mark.parametrize("name", ["roll3d", "screen3d"])
def test_what_rolls_does_not_slip(name):
    motion = lawful(name, 0).simulated.motions[0]
    met = (c.time_s for c in lawful(name, 0).simulated.contacts if "floor" not in (c.first, c.second))
    hit = next(met, SECONDS)
    rolling = np.arange(N_FRAMES) / FPS < hit - 1e-3
    rolled = motion.body.half_size_m[0] * np.linalg.norm(motion.spin_rad_s, axis=1)
    np.testing.assert_allclose(
        np.linalg.norm(motion.velocity_m_s[rolling], axis=1), rolled[rolling], rtol=1e-3
    )


def test_dominoes_fall_one_after_another():
    for seed in range(3):
        simulated = lawful("dominoes3d", seed).simulated
        row = [motion for motion in simulated.motions if motion.body.name.startswith("domino")]
        assert len(row) >= 3
        leaning = [int(np.argmax(motion.rotation[:, 2, 2] < 0.95)) for motion in row]
        assert leaning == sorted(leaning)
        assert leaning[0] > 0
        firsts = [
            next(
                c.time_s for c in simulated.contacts if {c.first, c.second} == {one.body.name, two.body.name}
            )
            for one, two in pairwise(row)
        ]
        assert firsts == sorted(firsts)


def test_a_ball_has_some_way_to_the_first_domino_in_any_picture():
    for seed in range(12):
        for aspect in (3 / 4, 1.0, 4 / 3, 16 / 9):
            ball, domino, *_ = built("dominoes3d", seed, aspect).bodies
            middles = abs(domino.position_m[0] - ball.position_m[0])
            assert middles - domino.half_size_m[0] - ball.reach_m > 0.24 * ball.reach_m


def test_the_ball_goes_behind_the_screen_and_comes_out_again():
    for seed in range(3):
        (truth,) = lawful("screen3d", seed).truths
        assert truth.visible[0] == 1
        assert truth.behind.max() == 1
        assert truth.visible[-4:].max() >= SEEN


def planned(name, violation):
    for seed in range(8):
        clip = lawful(name, seed)
        try:
            return clip, plan_violation(violation, clip, np.random.default_rng([seed, 3]))
        except UnseenError:
            continue
    raise AssertionError(f"none of eight clips of {name} can show {violation}")


@pytest.mark.parametrize(("name", "violation"), COMBINATIONS)
def test_states_of_twins_are_equal_up_to_the_onset_and_differ_at_it(name, violation):
    clip, plan = planned(name, violation)
    onset = plan.onset_frame
    if violation in NO_SHARED_PREFIX:
        assert onset == 0
        return
    # What comes of it later is looked at where clips are drawn.
    broken = simulate(clip.scene, FPS, onset + 2, plan.interventions)
    # What is exchanged or lost behind a screen is so before it can be seen.
    unseen = violation in {"lost_behind", "changed_behind"}
    first = plan.interventions[0]
    if unseen:
        assert isinstance(first, Remove | Repaint)
        assert first.frame <= onset
    same = first.frame if unseen and isinstance(first, Remove | Repaint) else onset
    differs = len(broken.motions) > len(clip.simulated.motions)
    for was, now in zip(clip.simulated.motions, broken.motions, strict=False):
        for field in ("position_m", "velocity_m_s", "rotation", "spin_rad_s", "touched", "present"):
            # Between exchange and onset a body that is lost alone differs, and of one that is changed the look.
            lost = isinstance(first, Remove) and was.body.name == first.body
            until = same if lost else onset
            np.testing.assert_array_equal(getattr(was, field)[:until], getattr(now, field)[:until])
        for field in ("position_m", "rotation", "half_size_m", "look_index", "shape_index", "present"):
            one, two = getattr(was, field)[onset : onset + 2], getattr(now, field)[onset : onset + 2]
            differs |= not np.array_equal(one, two)
    assert differs
    if violation in {"appear", "teleport"}:
        truths = object_truths(clip.scene, broken)
        assert next(t for t in truths if t.name == plan.subject).visible[onset] >= SEEN
    if violation == "super_elastic":
        wrong = [c for c in broken.contacts if c.separation_m_s > 1.1 * c.approach_m_s > 0.1]
        assert [c.first for c in wrong] == [plan.subject]


@pytest.mark.parametrize("seed", [4, 5])
def test_what_is_exchanged_behind_a_screen_shows_not_even_a_sliver(seed):
    """Twins are alike up to the onset: of thousands of points none may be seen meanwhile."""
    course = simulate_clip("screen3d", seed, "changed_behind", Format(fps=30), RICH)
    assert course.plan is not None
    (first,) = course.plan.interventions
    assert isinstance(first, Repaint)
    meanwhile = np.arange(first.frame, course.plan.onset_frame)
    motion = course.simulated.motion(first.body).at(meanwhile)
    shown = Simulated(30.0, (motion,), (), course.simulated.view.at(meanwhile))
    points, weights = surface_points(motion, 4000, 1, shown.view)
    assert not (weights * ~hidden(points, course.world, shown, 0)).any()


def test_a_body_is_hidden_by_what_is_before_it():
    clip = lawful("screen3d", 0)
    (body,) = clip.scene.bodies
    screen = next(block for block in clip.scene.blocks if block.name == "screen")
    middle = (screen.low[0] + screen.high[0]) / 2
    behind, before = (middle, 0.0, body.half_height_m), (middle, 2.5 * screen.low[1], body.half_height_m)
    assert share_seen(clip.scene, clip.simulated, body, behind, 0, ignore=0) < 0.3
    assert share_seen(clip.scene, clip.simulated, body, before, 0, ignore=0) == 1
    assert share_seen(clip.scene, clip.simulated, body, body.position_m, 0, ignore=0) == 1


def test_a_solid_camera_looks_at_its_target_from_where_it_stands():
    path = SolidPath((3.0, -4.0, 2.0), (0.0, 0.0, 1.0))
    view = path.view(np.array([0.0, 1.0]), 2.0, 1.5)
    assert path.still
    np.testing.assert_array_equal(view.position_m, [[3, -4, 2], [3, -4, 2]])
    np.testing.assert_allclose(view.axes[0] @ view.axes[0].T, np.eye(3), atol=1e-12)
    assert np.linalg.det(view.axes[0]) == pytest.approx(1)
    # One metre upwards at the target is one metre of the view's height.
    up = view.axes[0, :, 1]
    shares = view.project(np.array([[[0, 0, 1], np.add((0, 0, 1), up)]] * 2))
    np.testing.assert_allclose(shares[0, 0], [0.5, 0.5], atol=1e-12)
    np.testing.assert_allclose(shares[0, 1], [0.5, 0.5 - 1 / 1.5], atol=1e-12)
    assert np.isnan(view.project(np.array([[[6.0, -8.0, 3.0]]] * 2))).all()


def test_a_solid_camera_moves_as_it_is_told_from_where_it_stands():
    stand = ((0.0, -4.0, 1.0), (0.0, 0.0, 1.0))
    times = np.array([0.0, 0.5])

    def end(**moves):
        path = SolidPath(*stand, **moves)
        assert not path.still
        view, still = path.view(times, 2.0, 2.0), SolidPath(*stand).view(times, 2.0, 2.0)
        np.testing.assert_allclose(view.position_m[0], still.position_m[0], atol=1e-12)
        np.testing.assert_allclose(view.axes[0], still.axes[0], atol=1e-12)
        return view.position_m[1], view.axes[1]

    place, axes = end(drift_m_s=(1.0, 0.0, 0.2))
    np.testing.assert_allclose(place, [0.5, -4, 1.1])
    place, _ = end(sway_m=(0.3, 0.0, 0.0), sway_hz=0.5)
    np.testing.assert_allclose(place, [0.3, -4, 1])
    place, axes = end(orbit_rad_s=math.pi)
    np.testing.assert_allclose(place, [4, 0, 1], atol=1e-12)
    np.testing.assert_allclose(axes[:, 2], [1, 0, 0], atol=1e-12)
    place, _ = end(orbit_rad=math.pi / 2, sway_hz=0.5)
    np.testing.assert_allclose(place, [4, 0, 1], atol=1e-12)
    place, _ = end(dolly_per_s=2 * math.log(2))
    np.testing.assert_allclose(place, [0, -2, 1])
    place, axes = end(roll_rad=0.2, sway_hz=0.5)
    np.testing.assert_allclose(axes[:, 0], [math.cos(0.2), 0, math.sin(0.2)], atol=1e-12)
    place, axes = end(crane_rad=math.pi / 6, sway_hz=0.5)
    np.testing.assert_allclose(place, [0, -2 * math.sqrt(3), 3], atol=1e-12)
    np.testing.assert_allclose(axes[:, 2], [0, -math.sqrt(3) / 2, 0.5], atol=1e-12)
    place, axes = end(turn_rad=math.pi / 2, sway_hz=0.5)
    np.testing.assert_allclose(place, stand[0], atol=1e-12)
    np.testing.assert_allclose(axes[:, 2], [1, 0, 0], atol=1e-12)
    place, axes = end(shake_m=0.05, shake_seed=4)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert 0.001 < abs(axes[:, 2] - [0, -1, 0]).max() < 0.1
    place, _ = end(cuts=(SolidCut(0.4, math.pi / 2, 1.5),))
    np.testing.assert_allclose(place, [6, 0, 1], atol=1e-12)


@pytest.mark.parametrize("move", CAMERA_MOVES)
def test_what_happens_stays_in_view_while_the_camera_moves(move):
    times = np.arange(30) / 10
    for seed, name in enumerate(SOLID):
        scene = built(name, seed)
        path = solid_camera(scene, move, np.random.default_rng(seed), 3.0)
        assert path == solid_camera(scene, move, np.random.default_rng(seed), 3.0)
        assert path.still == (move == "own")
        view = path.view(times, scene.view_width_m, scene.view_height_m)
        start = scene.view(times[:1])
        np.testing.assert_allclose(view.axes[0], start.axes[0], atol=1e-12)
        np.testing.assert_allclose(view.position_m[0], start.position_m[0], atol=1e-12)
        low, high = np.reshape(scene.room, (2, 3))
        middle = (low + high) / 2
        shares = view.project(np.broadcast_to(middle, (30, 1, 3)))
        assert ((shares > 0.1) & (shares < 0.9)).all()
        places = np.array([body.position_m for body in scene.bodies])
        shares = view.project(np.broadcast_to(places, (30, *places.shape)))
        assert ((shares > 0) & (shares < 1)).all(axis=2).mean() > 0.9
        assert view.position_m[:, 2].min() > 0


def test_a_slope_goes_up_where_it_is_told():
    for low, high in (((0.5, 0.1), (-1.0, 0.9)), ((-0.5, 0.1), (1.0, 0.9))):
        board = slope("ramp", low, high, 0.4, 0.1, (1, 2, 3))
        assert isinstance(board, Block)
        angle = -board.turn_rad[1]
        middle, half = np.add(board.low, board.high) / 2, np.subtract(board.high, board.low) / 2
        along = np.array([math.cos(angle), math.sin(angle)]) * half[0]
        over = np.array([-math.sin(angle), math.cos(angle)]) * half[2]
        ends = sorted([tuple(middle[[0, 2]] + over + along), tuple(middle[[0, 2]] + over - along)])
        np.testing.assert_allclose(ends, sorted([low, high]), atol=1e-12)


def test_a_stage_is_the_same_for_the_same_seed():
    one, two = (solid_stage(np.random.default_rng(5), 1.5, 1.0, 2.0) for _ in range(2))
    assert one == two
    assert one.room[2] > 0.4 * one.height
    assert one.room[0] > 0.25 * one.width
    assert isinstance(lawful("drop3d", 0).simulated, Simulated)
