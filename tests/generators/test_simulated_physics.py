"""The simulator is checked, not trusted."""

import numpy as np
import pytest

from lawful.generators.worlds.energy import kinetic_j, potential_j
from lawful.generators.worlds.flat.families import FLAT
from lawful.generators.worlds.interventions import Hold, Insert, Move, Rebound, Remove
from lawful.generators.worlds.simulate import simulate

FPS = 24.0
N_FRAMES = 72
SEEDS = range(6)
OLD = ("bounce", "billiards", "slide", "pendulum", "screen", "pan", "still")
PRESSED = ("topple", "dominoes", "splash", "roll")


@pytest.fixture
def simulated():
    """Runs a scene family without drawing it."""

    def make(name, seed, interventions=()):
        scene = FLAT[name].build(np.random.default_rng(seed), 4 / 3, N_FRAMES / FPS)
        return scene, simulate(scene, FPS, N_FRAMES, interventions)

    return make


def energy(scene, simulated):
    """Kinetic and potential energy of all that is free to move, and of springs, at every frame, J."""
    total = np.zeros(N_FRAMES)
    for motion in simulated.motions:
        if motion.body.fixed:
            continue
        body, (a, b) = motion.body, motion.body.half_size_m
        inertia = body.mass_kg * (a**2 + b**2) / (4 if body.shape == "disc" else 3)
        moving = (
            body.mass_kg * (motion.velocity_m_s**2).sum(axis=1) / 2
            + inertia * motion.spin_rad_s[:, 0] ** 2 / 2
        )
        high = body.mass_kg * scene.gravity_m_s2 * (motion.position_m[:, 1] - scene.room[1])
        np.testing.assert_allclose(kinetic_j(motion), moving)
        np.testing.assert_allclose(potential_j(motion, scene), high)
        total += moving + high
    for spring in scene.springs:
        length = np.hypot(*(simulated.motion(spring.body).position_m - spring.point_m).T)
        total += spring.stiffness_n_m * (length - spring.rest_m) ** 2 / 2
    return total


def free_intervals(simulated, name):
    """Indices k for which nothing touches a body from frame k - 1 to k + 1."""
    times = [c.time_s for c in simulated.contacts if name in (c.first, c.second)]
    return [
        k
        for k in range(1, N_FRAMES - 1)
        if not any((k - 1) / FPS - 1e-9 <= t <= (k + 1) / FPS + 1e-9 for t in times)
    ]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["bounce", "pan"])
def test_free_fall_is_ballistic(simulated, name, seed):
    scene, result = simulated(name, seed)
    checked = 0
    for motion in result.motions:
        for k in free_intervals(result, motion.body.name):
            height = motion.position_m[k - 1 : k + 2, 1].min() - motion.body.half_height_m - scene.room[1]
            if height < 0.02 * scene.view_height_m:
                continue  # at rest on the floor, or nearly
            bend = motion.position_m[k + 1] - 2 * motion.position_m[k] + motion.position_m[k - 1]
            np.testing.assert_allclose(bend, [0, -scene.gravity_m_s2 / FPS**2], atol=2e-6)
            checked += 1
    assert checked > 10


@pytest.mark.parametrize("name", [name for name in FLAT if name != "hand"])
def test_energy_does_not_grow(simulated, name):
    for seed in SEEDS if name != "splash" else range(2):
        scene, result = simulated(name, seed)
        total = energy(scene, result)
        most = max(sum(kinetic_j(motion) for motion in result.motions))
        # While several are pressed into each other, some of it is in the pressing.
        pressed = 0.01 if name in PRESSED else 0.003
        assert np.diff(total).max() <= 1e-3 * total[0] + pressed * (most if name not in OLD else 0)
        assert total.max() <= 1.002 * total[0] + 6e-3 * most


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pendulum_keeps_its_energy(simulated, seed):
    scene, result = simulated("pendulum", seed)
    for motion, pivot in zip(result.motions, scene.pivots, strict=True):
        length = np.hypot(*(motion.position_m - pivot.point_m).T)
        np.testing.assert_allclose(length, length[0], rtol=1e-3)
    total = energy(scene, result)
    np.testing.assert_allclose(total, total[0], rtol=5e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_momentum_is_kept_where_two_discs_meet(simulated, seed):
    scene, result = simulated("billiards", seed)
    motions = {motion.body.name: motion for motion in result.motions}
    checked = 0
    for contact in result.contacts:
        after = int(np.ceil(contact.time_s * FPS - 1e-9))
        names = {contact.first, contact.second}
        others = [
            c
            for c in result.contacts
            if c is not contact
            and names & {c.first, c.second}
            and (after - 1) / FPS - 0.01 < c.time_s <= after / FPS + 1e-9
        ]
        if contact.second not in motions or others or not 1 <= after < N_FRAMES:
            continue
        one, two = motions[contact.first], motions[contact.second]
        mass = one.body.mass_kg
        rubbed = 2 * scene.table_friction * mass * 9.81 / FPS
        before = mass * (one.velocity_m_s[after - 1] + two.velocity_m_s[after - 1])
        gone = before - mass * (one.velocity_m_s[after] + two.velocity_m_s[after])
        assert np.hypot(*gone) <= rubbed + 1e-9
        assert contact.separation_m_s <= contact.approach_m_s
        checked += 1
    assert checked >= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bounce_has_the_restitution_of_its_body(simulated, seed):
    _, result = simulated("bounce", seed)
    bodies = {motion.body.name: motion.body for motion in result.motions}
    ratios = [
        contact.separation_m_s / contact.approach_m_s / bodies[contact.first].restitution
        for contact in result.contacts
        if contact.second == "floor" and contact.approach_m_s > 0.5
    ]
    assert ratios
    np.testing.assert_allclose(ratios, 1, rtol=1e-6)


@pytest.mark.parametrize("name", ["bounce", "billiards"])
def test_velocity_jumps_only_at_contacts(simulated, name):
    for seed in SEEDS:
        scene, result = simulated(name, seed)
        pull = np.array([0, -scene.gravity_m_s2 / FPS])
        for motion in result.motions:
            for k in free_intervals(result, motion.body.name):
                height = motion.position_m[k - 1 : k + 2, 1].min() - motion.body.half_height_m - scene.room[1]
                if scene.gravity_m_s2 and height < 0.02 * scene.view_height_m:
                    continue
                jump = motion.velocity_m_s[k + 1] - motion.velocity_m_s[k] - pull
                assert np.hypot(*jump) <= scene.table_friction * 9.81 / FPS + 1e-4


def test_a_slide_slows_down_and_a_wheel_rolls_without_slipping(simulated):
    for seed in SEEDS:
        _, result = simulated("slide", seed)
        for motion in result.motions:
            speed = np.abs(motion.velocity_m_s[:, 0])
            assert speed[-1] < 0.5 * speed[0]
        _, result = simulated("screen", seed)
        wheel = result.motions[0]
        rolled = -wheel.spin_rad_s[:, 0] * wheel.body.half_size_m[0]
        np.testing.assert_allclose(wheel.velocity_m_s[:, 0], rolled, rtol=1e-2)


def test_interventions_do_what_they_say(simulated):
    _, lawful = simulated("bounce", 0)
    name = lawful.motions[0].body.name

    _, result = simulated("bounce", 0, [Remove(20, name)])
    assert result.motions[0].present.tolist() == [k < 20 for k in range(N_FRAMES)]

    body = lawful.motions[0].body
    _, result = simulated("bounce", 0, [Insert(30, type(body)(**{**vars(body), "name": "new"}))])
    new = result.motions[-1]
    assert new.present.tolist() == [k >= 30 for k in range(N_FRAMES)]
    assert tuple(new.position_m[30]) == body.position_m

    _, result = simulated("bounce", 0, [Move(10, name, (0.1, 0.2), (1.0, 0.0), (0.5,))])
    moved = result.motions[0]
    assert moved.position_m[10].tolist() == [0.1, 0.2]
    assert moved.velocity_m_s[10].tolist() == [1.0, 0.0]
    assert moved.angle_rad[10] == pytest.approx(0.5)

    floor = next(i for i, c in enumerate(lawful.contacts) if c.second == "floor" and c.approach_m_s > 1)
    _, result = simulated("bounce", 0, [Rebound(floor, 1.5)])
    contact = result.contacts[floor]
    assert contact.separation_m_s == pytest.approx(1.5 * contact.approach_m_s)
    assert contact.approach_m_s == lawful.contacts[floor].approach_m_s


def test_a_hold_repeats_one_frame_and_then_goes_on(simulated):
    _, lawful = simulated("pan", 2)
    _, result = simulated("pan", 2, [Hold(20, 5)])
    for held, free in zip(result.motions, lawful.motions, strict=True):
        assert (held.velocity_m_s[20:25] == 0).all()
        assert (held.spin_rad_s[20:25] == 0).all()
        for field in ("position_m", "rotation", "velocity_m_s", "spin_rad_s"):
            shown, was = getattr(held, field), getattr(free, field)
            np.testing.assert_array_equal(shown[:20], was[:20])
            np.testing.assert_array_equal(shown[25:], was[20:-5])
        np.testing.assert_array_equal(held.position_m[20:25], np.repeat(free.position_m[19:20], 5, axis=0))
    np.testing.assert_array_equal(result.view.position_m[25:], lawful.view.position_m[20:-5])
    late = next(c.time_s for c in lawful.contacts if c.time_s > 19 / FPS)
    assert any(c.time_s == pytest.approx(late + 5 / FPS) for c in result.contacts)
