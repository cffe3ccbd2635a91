"""What happens in each flat scene family is what its caption says, and lawful."""

import math
from functools import cache

import numpy as np
import pymunk
import pytest

from lawful.generators.worlds.energy import kinetic_j, potential_j
from lawful.generators.worlds.families import FAMILIES
from lawful.generators.worlds.flat.families import FLAT
from lawful.generators.worlds.flat.simulate import corners
from lawful.generators.worlds.scene import COLOURS
from lawful.generators.worlds.simulate import simulate
from lawful.generators.worlds.truth import object_truths

FPS = 24.0
N_FRAMES = 72
SEEDS = range(6)
ASPECTS = (4 / 3, 1.0, 16 / 9, 0.75)
NEW = list(FLAT)[7:]
THIN = ("splash", "dominoes")


@cache
def shown(name, seed):
    """A scene of a family, as wide as its seed has it, and what comes of it in three seconds."""
    scene = FLAT[name].build(np.random.default_rng(seed), ASPECTS[seed % 4], N_FRAMES / FPS)
    return scene, simulate(scene, FPS, N_FRAMES)


def with_name(result, start):
    return [motion for motion in result.motions if motion.body.name.startswith(start)]


def test_the_new_families_come_after_the_old_and_flat_before_solid():
    old = ["bounce", "billiards", "slide", "pendulum", "screen", "pan", "still"]
    assert list(FLAT)[:7] == old
    assert list(FAMILIES)[: len(FLAT)] == list(FLAT)
    hard = ["elastic", "cushion", "magnet", "hand", "splash", "spin"]
    assert [name for name, family in FLAT.items() if family.hard] == hard
    assert all(family.summary.endswith(".") for family in FLAT.values())


@pytest.mark.parametrize("name", list(FLAT))
def test_a_caption_names_the_colours_that_are_there_and_no_other(name):
    for seed in range(20):
        scene = FLAT[name].build(np.random.default_rng(seed), ASPECTS[seed % 4], 3.0)
        assert scene.name == name
        words = scene.caption.lower().rstrip(".").replace(",", "").replace(":", "").split()
        named = {word for word in words if word in COLOURS}
        there = {body.look.colour for body in scene.bodies}
        # Of a group that is counted no colours are said.
        assert named <= there
        assert named or "stack" in words
        assert len({body.name for body in scene.bodies}) == len(scene.bodies)
        assert "a orange" not in scene.caption.lower()


@pytest.mark.parametrize("name", list(FLAT))
def test_nothing_sinks_deep_into_anything(name):
    """By the library's own geometry, at every other frame, as a share of the smaller half extent."""
    for seed in range(4) if name != "splash" else (1,):
        scene, result = shown(name, seed)
        assert deepest(scene, result, 6 if name == "splash" else 2) < (0.1 if name in THIN else 0.05)


def deepest(scene, result, every):
    space, sizes, rigid = pymunk.Space(), {}, []
    for block in scene.blocks:
        if block.solid:
            shape = pymunk.Poly(space.static_body, corners(block))
            sizes[shape] = math.inf
            space.add(shape)
    for motion in result.motions:
        half, body = motion.body.half_size_m, pymunk.Body(1, 1)
        box = pymunk.Poly.create_box(body, (2 * half[0], 2 * half[1]))
        shape = box if motion.body.shape == "box" else pymunk.Circle(body, half[0])
        space.add(body, shape)
        # A hand goes where it likes.
        sizes[shape] = math.inf if motion.body.fixed else min(half)
        rigid.append((motion, body, shape))
    worst = 0.0
    for frame in range(0, N_FRAMES, every):
        for motion, body, _ in rigid:
            body.position, body.angle = tuple(motion.position_m[frame]), float(motion.angle_rad[frame])
            space.reindex_shapes_for_body(body)
        for _, _, shape in rigid:
            for other in space.shape_query(shape):
                depth = max(-point.distance for point in other.contact_point_set.points)
                worst = max(worst, depth / min(sizes[shape], sizes[other.shape]))
    return worst


@pytest.mark.parametrize("name", NEW)
def test_velocity_jumps_only_where_something_touches(name):
    """What is touched and held by nothing falls, or slides, as gravity and the table have it."""
    for seed in SEEDS if name != "splash" else range(2):
        scene, result = shown(name, seed)
        pull = np.array([0, -scene.gravity_m_s2 / FPS])
        for motion in result.motions:
            if motion.body.fixed:
                continue
            free = ~motion.touched[1:]
            jump = np.diff(motion.velocity_m_s, axis=0)[free] - pull
            assert np.hypot(*jump.T).max(initial=0) <= scene.table_friction * 9.81 / FPS + 1e-4


@pytest.mark.parametrize("name", NEW)
def test_momentum_is_kept_where_two_meet_and_the_impulse_is_what_changed_it(name):
    checked = 0
    for seed in SEEDS if name != "splash" else range(2):
        scene, result = shown(name, seed)
        bodies = {motion.body.name: motion.body for motion in result.motions}
        bound = {pivot.body for pivot in scene.pivots if pivot.until_s is None} | {
            spring.body for spring in scene.springs
        }
        for contact in result.contacts:
            names = {contact.first, contact.second}
            alone = not any(
                other is not contact
                and names & {other.first, other.second}
                and abs(other.time_s - contact.time_s) < 1 / FPS
                for other in result.contacts
            )
            frame = math.floor(contact.time_s * FPS - 1e-6)
            flies = not result.motion(contact.first).touched[frame]
            if not (names <= set(bodies) and alone and flies) or names & bound:
                continue
            if any(bodies[one].fixed or result.motion(one).touched[frame] for one in names):
                continue
            change = [
                bodies[one].mass_kg * np.subtract(after, before)
                for one, (before, after) in (
                    (contact.first, contact.first_m_s),
                    (contact.second, contact.second_m_s),
                )
            ]
            # One step of gravity, or of the table's friction.
            step = 1.01 * (scene.gravity_m_s2 + scene.table_friction * 9.81) / scene.steps_per_s
            assert (
                np.hypot(*(change[0] + change[1])) <= step * sum(bodies[one].mass_kg for one in names) + 1e-6
            )
            assert (
                abs(np.hypot(*change[0]) - contact.impulse_n_s) <= step * bodies[contact.first].mass_kg + 1e-6
            )
            checked += 1
    assert checked or name not in {"spin", "throw"}


def test_a_spring_keeps_its_energy_but_for_its_damping():
    for seed in range(12):
        scene, result = shown("spring", seed)
        for motion, spring in zip(result.motions, scene.springs, strict=True):
            stretched = np.hypot(*(motion.position_m - spring.point_m).T) - spring.rest_m
            assert stretched.min() > -1e-3
            energy = kinetic_j(motion) + potential_j(motion, scene) + spring.stiffness_n_m * stretched**2 / 2
            worth = kinetic_j(motion).max()
            # What damping takes: its force times the speed, over time.
            lost = spring.damping_n_s_m * np.trapezoid(motion.velocity_m_s[:, 1] ** 2, dx=1 / FPS)
            assert energy[0] - energy[-1] == pytest.approx(lost, abs=0.04 * worth + 0.05 * lost)
            assert np.ptp(motion.position_m[:, 0]) < 1e-9


def test_links_of_a_chain_keep_their_length():
    for seed in range(12):
        scene, result = shown("chain", seed)
        assert 2 <= len(scene.pivots) <= 4
        for pivot in scene.pivots:
            end = np.array(pivot.point_m) if pivot.other is None else result.motion(pivot.other).position_m
            length = np.hypot(*(result.motion(pivot.body).position_m - end).T)
            np.testing.assert_allclose(length, length[0], rtol=1e-3)
            assert result.motion(pivot.body).touched.all()
        total = sum(kinetic_j(motion) + potential_j(motion, scene) for motion in result.motions)
        moving = max(sum(kinetic_j(motion) for motion in result.motions))
        np.testing.assert_allclose(total, total[0], atol=0.03 * moving)


def test_a_magnet_lets_go_when_it_is_said_to_and_not_before():
    for seed in range(12):
        scene, result = shown("magnet", seed)
        for pivot in scene.pivots:
            motion, falls = result.motion(pivot.body), math.ceil(pivot.until_s * FPS)
            held = motion.position_m[:falls]
            assert np.ptp(held, axis=0).max() < 1e-4
            drop = motion.position_m[0, 1] - motion.position_m[falls + 4, 1]
            since = (falls + 4) / FPS - pivot.until_s
            assert drop == pytest.approx(scene.gravity_m_s2 * since**2 / 2, rel=0.05)
            near = [block for block in scene.blocks if block.name == "magnet"]
            under = min(abs(block.low[1] - held[0, 1] - motion.body.half_height_m) for block in near)
            assert under < 0.05 * motion.body.half_height_m


def test_a_hand_goes_as_it_is_told_and_takes_boxes_along():
    for seed in range(12):
        scene, result = shown("hand", seed)
        (mover,) = scene.movers
        arm = result.motion(mover.body)
        told = np.array([mover.velocity_m_s(frame / FPS) for frame in range(N_FRAMES)])
        np.testing.assert_allclose(arm.velocity_m_s, told, atol=1e-2)
        places = [
            np.interp(time, np.arange(N_FRAMES) / FPS, arm.position_m[:, 0]) for time in mover.times_s[:3]
        ]
        np.testing.assert_allclose(places, [place[0] for place in mover.places_m[:3]], atol=2e-3)
        boxes = with_name(result, "box")
        begin = math.floor(mover.times_s[0] * FPS)
        for box in boxes:
            assert np.ptp(box.position_m[:begin], axis=0).max() < 1e-3
            assert np.hypot(*(box.position_m[-1] - box.position_m[0])) > 0.1 * scene.view_width_m
            assert np.hypot(*box.velocity_m_s[-1]) < 0.02 * scene.view_width_m
        # It comes from beyond the picture.
        assert min(abs(arm.position_m[:, 0])) + arm.body.half_size_m[0] > scene.view_width_m / 2


def test_what_crosses_is_out_of_view_at_both_ends():
    for seed in range(12):
        scene, result = shown("crossing", seed)
        for truth in object_truths(scene, result):
            assert truth.visible[0] == truth.visible[-1] == 0
            assert truth.visible.max() == 1
            assert np.isnan(truth.box[[0, -1]]).all()


def test_drops_burst_out_and_none_gets_more_than_the_ball_had():
    for seed in range(2):
        _, result = shown("splash", seed)
        ball, *drops = result.motions
        assert 20 <= len(drops) <= 40
        had = kinetic_j(ball).max()
        high = [drop.position_m[:, 1].max() - drop.position_m[0, 1] for drop in drops]
        assert sum(up > 5 * drops[0].body.half_size_m[0] for up in high) >= 5
        assert sum(kinetic_j(drop).max() for drop in drops) < had
        hit = min(c.time_s for c in result.contacts if "ball 1" in (c.first, c.second))
        still = [np.ptp(drop.position_m[: int(hit * FPS)], axis=0).max() for drop in drops]
        assert max(still) < 0.1 * drops[0].body.half_size_m[0]


def test_dominoes_fall_in_their_order_and_stand_till_then():
    for seed in range(12):
        _, result = shown("dominoes", seed)
        row = with_name(result, "domino")
        assert len(row) >= 4
        leans = [int(np.argmax(np.abs(one.angle_rad) > 0.02)) for one in row]
        assert all(leans)
        assert leans == sorted(leans)
        for one, other, lean in zip(row, row[1:], leans[1:], strict=False):
            pair = {one.body.name, other.body.name}
            touch = min(c.time_s for c in result.contacts if {c.first, c.second} == pair)
            assert touch <= lean / FPS
            assert np.ptp(other.position_m[: math.floor(touch * FPS)], axis=0).max() < 1e-3
        assert all(np.abs(one.angle_rad[-1]) > 0.5 for one in row)


def test_a_stack_falls():
    fallen = []
    for seed in range(20):
        _, result = shown("topple", seed)
        top = with_name(result, "box")[-1]
        fallen.append(top.position_m[0, 1] - top.position_m[-1, 1] > 1.5 * top.body.half_height_m)
        hits = [c for c in result.contacts if "ball 1" in (c.first, c.second) and c.second != "floor"]
        assert hits or len(with_name(result, "ball")) == 0
    assert np.mean(fallen) >= 0.95


def test_what_falls_into_a_container_stays_in_it():
    for seed in range(12):
        scene, result = shown("container", seed)
        sides = [block for block in scene.blocks if block.name == "container"]
        for ball in with_name(result, "ball"):
            x, y = ball.position_m[-1]
            assert sides[1].high[0] < x < sides[2].low[0]
            assert sides[0].high[1] < y < sides[1].high[1]


def test_a_ramp_is_gone_down_and_left():
    for seed in range(12):
        scene, result = shown("ramp", seed)
        board = next(block for block in scene.blocks if block.name == "ramp")
        assert 0.2 < abs(board.turn_rad[0]) < 0.7
        for motion in result.motions:
            down = motion.position_m[0, 1] - motion.position_m[:, 1].min()
            assert down > 0.1 * scene.view_height_m
            assert motion.position_m[:, 1].min() - motion.body.half_height_m < scene.floor_m + 0.02
            assert any({c.first, c.second} == {motion.body.name, "ramp"} for c in result.contacts)


def test_wheels_roll_without_slipping_until_they_meet():
    for seed in range(12):
        scene, result = shown("roll", seed)
        hit = min(c.time_s for c in result.contacts if c.first[:5] == c.second[:5] == "wheel")
        assert 0.15 < hit / (N_FRAMES / FPS) < 0.7
        if not any(block.name == "step" for block in scene.blocks):
            before = slice(0, math.floor(hit * FPS))
            wheel = result.motions[0]
            rolled = -wheel.spin_rad_s[before, 0] * wheel.body.half_size_m[0]
            np.testing.assert_allclose(wheel.velocity_m_s[before, 0], rolled, rtol=1e-2)


def test_an_elastic_ball_comes_back_almost_to_its_height():
    for seed in range(12):
        _, result = shown("elastic", seed)
        for motion in result.motions:
            falls = [c for c in result.contacts if c.first == motion.body.name and c.second == "floor"]
            assert falls[0].separation_m_s / falls[0].approach_m_s == pytest.approx(
                motion.body.restitution, rel=1e-3
            )
            assert 0.95 <= motion.body.restitution < 1


def test_a_mattress_stops_what_falls_on_it():
    for seed in range(12):
        _, result = shown("cushion", seed)
        for motion in result.motions:
            landing = next(c for c in result.contacts if c.first == motion.body.name)
            assert landing.second == "mattress"
            assert landing.approach_m_s > 2
            assert abs(landing.separation_m_s) < 0.05
            after = motion.position_m[math.ceil(landing.time_s * FPS) + 1 :]
            assert np.ptp(after, axis=0).max() < 0.06 * motion.body.half_size_m[0]


def test_what_spins_spins_fast_and_hardly_slows_by_itself():
    for seed in range(12):
        _, result = shown("spin", seed)
        for motion in result.motions:
            spin = np.abs(motion.spin_rad_s[:, 0])
            assert 12 <= spin[0] <= 45
            first = min(
                (c.time_s for c in result.contacts if motion.body.name in (c.first, c.second)), default=3
            )
            alone = spin[: math.floor(first * FPS)]
            assert alone[-1] > 0.85 * alone[0]


def test_a_throw_goes_up_and_comes_down_within_the_picture():
    for seed in range(12):
        scene, result = shown("throw", seed)
        for truth in object_truths(scene, result):
            top = int(np.argmax(truth.position_m[:, 1]))
            assert 3 < top < N_FRAMES - 3
            assert truth.visible[top] == 1
