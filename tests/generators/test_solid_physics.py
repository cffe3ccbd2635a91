"""The simulator of solid scenes is checked, not trusted."""

import math
import sys
from dataclasses import replace

import numpy as np
import pytest

from lawful.core.errors import AbsentError, InputError
from lawful.generators.worlds.energy import kinetic_j, potential_j
from lawful.generators.worlds.interventions import (
    Ghost,
    Insert,
    Move,
    Outcome,
    Rebound,
    Remove,
    Repaint,
    Reshape,
    SetGravity,
    SetVelocity,
    Unmoved,
)
from lawful.generators.worlds.scene import Block, Body, Look, Mover, Pivot, Scene, Spring
from lawful.generators.worlds.simulate import simulate
from lawful.generators.worlds.solid.camera import SolidPath
from lawful.generators.worlds.solid.layout import lying, slope

FPS = 20.0
N_FRAMES = 40
G = 9.81
RED = Look("red", "spots", 1)
FLOOR = Block("floor", (-9.0, -9.0, -1.0), (9.0, 9.0, 0.0), (120, 120, 120))
STILL = (0.0, 0.0, 0.0)


def body(name="ball 1", shape="ball", half=(0.1, 0.1, 0.1), at=(0.0, 0.0, 1.0), **given):
    rest = {"velocity_m_s": STILL, "turn_rad": STILL, "spin_rad_s": STILL}
    states = {name: point(*value) if isinstance(value, tuple) else value for name, value in given.items()}
    return Body(name, shape, half, point(*at), RED, **{**rest, **states})


def point(*values):
    return tuple(float(value) for value in values)


def scene(*bodies, blocks=(FLOOR,), **given):
    return Scene(
        name="test",
        caption="A test.",
        view_height_m=2.0,
        view_width_m=2.0,
        bodies=bodies,
        blocks=blocks,
        backdrop_rgb=(0, 0, 0),
        room=point(-1, -1, 0, 1, 1, 2),
        on_floor=False,
        camera=SolidPath(point(0, -4, 1), point(0, 0, 1)),
        **given,
    )


def run(start, *changes, n_frames=N_FRAMES):
    return simulate(start, FPS, n_frames, changes)


def energy(start, result):
    return sum(kinetic_j(motion) + potential_j(motion, start) for motion in result.motions)


def test_what_flies_and_tumbles_keeps_to_its_parabola_its_energy_and_its_momenta():
    """A box thrown spinning about its middle axis, which is unstable."""
    start = scene(
        body(
            shape="box",
            half=(0.05, 0.1, 0.2),
            velocity_m_s=(1.0, 0.5, 4.0),
            spin_rad_s=(0.3, 8.0, 0.2),
        ),
        blocks=(),
    )
    result = run(start)
    motion, times = result.motions[0], np.arange(N_FRAMES) / FPS
    way = np.outer(times, (1.0, 0.5, 4.0)) - np.outer(times**2, (0, 0, G / 2)) + (0, 0, 1)
    np.testing.assert_allclose(motion.position_m, way, atol=1e-9)
    np.testing.assert_allclose(energy(start, result), energy(start, result)[0], rtol=1e-5)
    inertia = np.diag([0.1**2 + 0.2**2, 0.05**2 + 0.2**2, 0.05**2 + 0.1**2]) / 3
    about = motion.rotation @ inertia @ motion.rotation.transpose(0, 2, 1)
    swing = np.einsum("fab,fb->fa", about, motion.spin_rad_s)
    np.testing.assert_allclose(
        swing, np.broadcast_to(swing[0], swing.shape), atol=1e-4 * np.linalg.norm(swing[0])
    )
    tilt = motion.rotation[:, 1, 1]
    assert tilt.min() < -0.5  # it turned over, as such a box does
    assert not motion.touched.any()


@pytest.mark.parametrize("shape", ["ball", "box", "cylinder"])
def test_energy_is_kept_and_told_right_by_bodies_that_are_not_round(shape):
    half = (0.1, 0.1, 0.25) if shape == "cylinder" else (0.08, 0.12, 0.25)
    start = scene(body(shape=shape, half=half, spin_rad_s=(4, 7, 5)), blocks=(), gravity_m_s2=0.0)
    result = run(start)
    motion = result.motions[0]
    x, y, z = np.square(half)
    moments = {
        "ball": np.array([y + z, x + z, x + y]) / 5,
        "box": np.array([y + z, x + z, x + y]) / 3,
        "cylinder": np.array([x / 4 + z / 3, x / 4 + z / 3, x / 2]),
    }[shape]
    # At the start its own axes are those of the world.
    assert kinetic_j(motion)[0] == pytest.approx((moments * np.square((4, 7, 5))).sum() / 2)
    assert np.ptp(motion.rotation[:, 0, 0]) > 0.5
    np.testing.assert_allclose(kinetic_j(motion), kinetic_j(motion)[0], rtol=1e-4)


@pytest.mark.parametrize("shape", ["ball", "box", "cylinder"])
@pytest.mark.parametrize("turn", [STILL, (0.4, 0.5, 0.1)])
def test_a_bounce_has_the_restitution_of_both_and_makes_no_energy(shape, turn):
    start = scene(
        body(
            shape=shape,
            half=(0.1, 0.1, 0.1 if shape == "ball" else 0.14),
            velocity_m_s=(0.8, 0.3, 0.0),
            turn_rad=turn,
            restitution=0.7,
        ),
        blocks=(replace(FLOOR, restitution=0.9),),
    )
    result = run(start)
    hard = [contact for contact in result.contacts if contact.approach_m_s > 0.5]
    assert len(hard) >= 2
    for contact in hard:
        assert (contact.first, contact.second) == ("ball 1", "floor")
        np.testing.assert_allclose(contact.normal, (0, 0, -1), atol=1e-7)
        assert contact.separation_m_s / contact.approach_m_s == pytest.approx(0.63, rel=5e-3)
        gained = np.subtract(contact.first_m_s[1], contact.first_m_s[0])
        assert contact.impulse_n_s == pytest.approx(
            np.linalg.norm(gained + np.array([0, 0, G / 1200])), rel=1e-3
        )
    total = energy(start, result)
    assert np.diff(total).max() <= 1e-5 * total[0]


def test_momentum_is_kept_where_balls_meet():
    one = body("ball 1", at=(-0.5, 0.02, 1), velocity_m_s=(2, 0, 0), restitution=0.9, friction=0.3)
    two = body("ball 2", at=(0.5, 0, 1), mass_kg=0.5, restitution=0.9, spin_rad_s=(0, 0, 5))
    start = scene(one, two, blocks=(), gravity_m_s2=0.0)
    result = run(start)
    momentum = sum(motion.body.mass_kg * motion.velocity_m_s for motion in result.motions)
    np.testing.assert_allclose(momentum, np.tile([2.0, 0, 0], (N_FRAMES, 1)), atol=1e-9)
    (contact,) = result.contacts
    assert contact.separation_m_s == pytest.approx(0.81 * contact.approach_m_s, rel=1e-3)
    pushed = np.subtract(contact.second_m_s[1], contact.second_m_s[0])
    assert contact.impulse_n_s == pytest.approx(0.5 * np.linalg.norm(pushed), rel=1e-6)
    # A ball of 1 kg is stopped by no other of 0.5 kg: by the laws of impact 2 - 2 * 1.81 / 3 is left of it.
    along = np.dot(contact.first_m_s[1], contact.normal)
    assert along == pytest.approx(np.dot((2, 0, 0), contact.normal) * (1 - 1.81 / 3), rel=2e-3)


@pytest.mark.parametrize("held", [1.0, 0.6])
def test_a_pendulum_keeps_its_energy_and_its_length(held):
    bob = body(at=(held, 0.0, 1.2), velocity_m_s=(0, 0.3, 0))
    start = scene(bob, blocks=(), pivots=(Pivot("ball 1", (0.0, 0.0, 2.0)),))
    result = run(start)
    length = np.linalg.norm(result.motions[0].position_m - (0, 0, 2), axis=1)
    np.testing.assert_allclose(length, length[0], rtol=1e-3)
    total, moving = energy(start, result), kinetic_j(result.motions[0]).max()
    np.testing.assert_allclose(total, total[0], atol=5e-3 * moving)
    assert result.motions[0].touched.all()


def test_a_rod_lets_go_when_it_is_time_and_may_hang_from_another_body():
    upper, lower = body("ball 1", at=(0.4, 0, 1.5)), body("ball 2", at=(0.4, 0.3, 1.2))
    hung = (Pivot("ball 1", (0.0, 0.0, 2.0), until_s=0.5), Pivot("ball 2", (0.4, 0.0, 1.5), other="ball 1"))
    result = run(scene(upper, lower, blocks=(), pivots=hung), n_frames=24)
    one, two = result.motions
    apart = np.linalg.norm(one.position_m - two.position_m, axis=1)
    np.testing.assert_allclose(apart, apart[0], rtol=2e-3)
    length = np.linalg.norm(one.position_m - (0, 0, 2), axis=1)
    np.testing.assert_allclose(length[:11], length[0], rtol=2e-3)
    assert length[20] > 1.5 * length[0]
    momentum = one.velocity_m_s + two.velocity_m_s
    np.testing.assert_allclose(
        np.diff(momentum[11:], axis=0), np.tile([0, 0, -2 * G / FPS], (12, 1)), atol=1e-6
    )


def test_a_spring_swings_and_keeps_its_energy():
    weight = body(at=(0, 0, 1))
    start = scene(weight, blocks=(), springs=(Spring("ball 1", (0.0, 0.0, 2.0), 0.6, 60.0),))
    result = run(start)
    motion = result.motions[0]
    longer = np.linalg.norm(motion.position_m - (0, 0, 2), axis=1) - 0.6
    total = energy(start, result) + 30.0 * longer**2
    np.testing.assert_allclose(total, total[0], atol=1e-2 * np.ptp(kinetic_j(motion)))
    # It swings about where spring and weight are even, with the period of a spring.
    even = 2 - 0.6 - G / 60
    rate = math.sqrt(60.0)
    times = np.arange(N_FRAMES) / FPS
    np.testing.assert_allclose(motion.position_m[:, 2], even + (1 - even) * np.cos(rate * times), atol=3e-3)


@pytest.mark.parametrize(("shape", "share"), [("ball", 5 / 7), ("cylinder", 2 / 3), ("box", None)])
def test_what_goes_down_a_board_does_so_as_it_must(shape, share):
    angle = 0.4
    board = slope("ramp", (0.0, 0.0), (-2.0, 2.0 * math.tan(angle)), 0.5, 0.1, (90, 90, 90))
    lift = 0.1 * np.array([math.sin(angle), 0, math.cos(angle)])
    place = np.array([-1.7, 0, 1.7 * math.tan(angle)]) + lift
    turn = lying(math.pi / 2) if shape == "cylinder" else board.turn_rad
    thing = body(
        shape=shape, at=tuple(place.tolist()), turn_rad=turn, friction=0.25 if shape == "box" else 0.5
    )
    result = run(scene(thing, blocks=(board,)), n_frames=16)
    motion = result.motions[0]
    gained = np.linalg.norm(motion.velocity_m_s[14] - motion.velocity_m_s[4]) * FPS / 10
    wanted = G * (math.sin(angle) - 0.25 * math.cos(angle)) if share is None else share * G * math.sin(angle)
    assert gained == pytest.approx(wanted, rel=2e-3)
    if share is not None:
        rolled = 0.1 * np.linalg.norm(motion.spin_rad_s[4:], axis=1)
        np.testing.assert_allclose(rolled, np.linalg.norm(motion.velocity_m_s[4:], axis=1), rtol=2e-3)
    assert motion.touched[1:].all()


def test_what_slides_stops_after_the_way_that_friction_leaves_it():
    thing = body(shape="box", at=(0, 0, 0.1), velocity_m_s=(1.5, 0.8, 0), friction=0.3, restitution=0.1)
    result = run(scene(thing))
    way = np.hypot(*result.motions[0].position_m[-1, :2])
    assert way == pytest.approx((1.5**2 + 0.8**2) / (2 * 0.3 * G), rel=5e-3)
    assert np.abs(result.motions[0].velocity_m_s[-1]).max() < 1e-6


def test_what_stands_stays_and_nothing_sinks_in():
    pile = [body(f"box {k}", "box", (0.1, 0.1, 0.1), (0.02 * k, 0, 0.1 + 0.2 * k)) for k in range(4)]
    pile.append(body("cylinder 9", "cylinder", (0.1, 0.1, 0.15), (0.6, 0, 0.15)))
    result = run(scene(*pile))
    for motion in result.motions:
        np.testing.assert_allclose(
            motion.position_m, np.broadcast_to(motion.position_m[0], (N_FRAMES, 3)), atol=5e-4
        )
        np.testing.assert_allclose(motion.rotation[:, 2, 2], 1, atol=1e-6)
    for below, above in zip(result.motions[:3], result.motions[1:4], strict=True):
        apart = above.position_m[:, 2] - below.position_m[:, 2]
        assert apart.min() > 0.2 - 1e-3


def test_a_hand_goes_its_way_whatever_it_meets():
    hand = body("hand", "box", (0.05, 0.2, 0.1), (-0.5, 0, 0.15), fixed=True)
    pushed = body("box 1", "box", (0.1, 0.1, 0.1), (-0.1, 0, 0.1), friction=0.4, mass_kg=3.0)
    mover = Mover("hand", (0.2, 1.2), ((-0.5, 0.0, 0.15), (0.3, 0.0, 0.15)))
    result = run(scene(hand, pushed, movers=(mover,)))
    led, box = result.motions
    share = np.clip(np.arange(N_FRAMES) / FPS - 0.2, 0, 1)
    way = -0.5 + 0.8 * (3 * share**2 - 2 * share**3)
    np.testing.assert_allclose(led.position_m[:, 0], way, atol=1e-4)
    np.testing.assert_allclose(led.position_m[:, 1:], np.tile([0, 0.15], (N_FRAMES, 1)), atol=1e-5)
    assert led.touched.all()
    assert (box.position_m[:, 0] - led.position_m[:, 0]).min() > 0.15 - 1e-3
    assert box.position_m[-1, 0] > 0.45 - 1e-3
    first = next(
        contact for contact in result.contacts if {contact.first, contact.second} == {"hand", "box 1"}
    )
    assert first.approach_m_s == pytest.approx(mover.velocity_m_s(first.time_s)[0], abs=5e-3)


def test_two_runs_are_bit_equal_and_nothing_is_known_of_what_comes_later():
    thing = body(shape="box", half=(0.1, 0.08, 0.12), turn_rad=(0.3, 0.2, 0), velocity_m_s=(0.5, 0, 0))
    start = scene(thing, body("ball 2", at=(0.5, 0, 0.7)))
    lawful = run(start)
    new = body("ball 3", at=(0, 0.5, 0.5))
    changes = (
        Insert(21, new),
        Reshape(20, "ball 2", "box", (0.1, 0.1, 0.1)),
        SetVelocity(20, "ball 1", (1.0, 2.0, 3.0), STILL),
    )
    for result in (run(start), run(start, *changes)):
        for one, two in zip(lawful.motions, result.motions, strict=False):
            for field in ("position_m", "velocity_m_s", "rotation", "spin_rad_s", "touched"):
                np.testing.assert_array_equal(getattr(one, field)[:20], getattr(two, field)[:20])
    repainted = run(start, Repaint(5, "ball 1", Look("blue", "rings", 2)))
    for one, two in zip(lawful.motions, repainted.motions, strict=True):
        np.testing.assert_array_equal(one.position_m, two.position_m)
    assert repainted.motions[0].look_index.tolist() == [int(k >= 5) for k in range(N_FRAMES)]
    assert lawful.contacts == repainted.contacts


def test_changes_of_bodies_do_what_they_say():
    start = scene(body(), body("box 2", "box", (0.1, 0.1, 0.1), (0.6, 0, 0.1), fixed=True))
    assert run(start, Remove(20, "ball 1")).motions[0].present.tolist() == [k < 20 for k in range(N_FRAMES)]

    moved = run(start, Move(10, "ball 1", (0.1, 0.2, 0.9), (1.0, 0.0, 0.0), (0.0, 0.5, 0.0))).motions[0]
    np.testing.assert_array_equal(moved.position_m[10], (0.1, 0.2, 0.9))
    np.testing.assert_array_equal(moved.velocity_m_s[10], (1, 0, 0))
    assert moved.rotation[10, 0, 0] == pytest.approx(math.cos(0.5))

    shaped = run(start, Reshape(10, "ball 1", "cylinder", (0.05, 0.05, 0.2), 0.1)).motions[0]
    assert shaped.shapes == ("ball", "cylinder")
    assert shaped.shape(9) == "ball"
    assert shaped.shape(10) == "cylinder"
    assert shaped.position_m[10, 2] == pytest.approx(run(start).motions[0].position_m[10, 2] + 0.1)

    freed = run(start, SetVelocity(10, "box 2", (0.5, 0.0, 2.0), (0.0, 0.0, 3.0))).motions[1]
    assert not freed.velocity_m_s[:10].any()
    np.testing.assert_allclose(freed.velocity_m_s[10], (0.5, 0, 2.0 - G / FPS), atol=1e-9)
    np.testing.assert_allclose(freed.spin_rad_s[12], (0, 0, 3.0), atol=1e-9)

    for factor in (0.0, -0.5, 3.0):
        # A body that stands fixed is one on which no gravity acts, and MuJoCo goes by whether there is any.
        for things in (start, scene(body()), scene(body(), body("ball 2", at=(0.7, 0.0, 1.0)))):
            flown = run(things, SetGravity(4, "ball 1", factor), n_frames=6)
            pulls = [-factor * G, -G][: len(flown.motions)] if things is not start else [-factor * G]
            for motion, pull in zip(flown.motions, pulls, strict=False):
                np.testing.assert_allclose(np.diff(motion.velocity_m_s[3:, 2]), pull / FPS, atol=1e-9)


def test_changes_at_a_contact_do_what_they_say():
    one = body("ball 1", at=(-0.4, 0, 0.1), velocity_m_s=(1.0, 0, 0), spin_rad_s=(0, 10, 0))
    start = scene(one, body("ball 2", at=(0.1, 0, 0.1)))
    lawful = run(start)
    index = next(k for k, c in enumerate(lawful.contacts) if {c.first, c.second} == {"ball 1", "ball 2"})
    before = math.ceil(lawful.contacts[index].time_s * FPS)

    through = run(start, Ghost(index, "ball 1", "ball 2"))
    assert not any({c.first, c.second} == {"ball 1", "ball 2"} for c in through.contacts)
    np.testing.assert_allclose(through.motions[0].velocity_m_s[-1, 0], 1.0, atol=1e-3)

    wild = run(start, Rebound(index, 1.6)).contacts[index]
    assert wild.separation_m_s == pytest.approx(1.6 * wild.approach_m_s, rel=1e-3)
    assert wild.approach_m_s == lawful.contacts[index].approach_m_s

    aside = run(start, Outcome(index, (("ball 2", (0.0, 1.2, 0.0)),)))
    assert aside.contacts[index].second_m_s[1] == (0.0, 1.2, 0.0)
    assert aside.motions[1].position_m[-1, 1] > 0.3

    stands = run(start, Unmoved(index, "ball 2"))
    assert (stands.motions[1].position_m[before:] == stands.motions[1].position_m[before]).all()
    assert not stands.motions[1].velocity_m_s[before:].any()
    assert stands.motions[0].velocity_m_s[before, 0] < 0
    for result in (through, aside, stands):
        for was, now in zip(lawful.motions, result.motions, strict=True):
            np.testing.assert_array_equal(was.position_m[:before], now.position_m[:before])


def test_what_is_too_stiff_for_the_steps_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # MuJoCo writes its warnings into a file there
    spring = Spring("ball 1", (0.0, 0.0, 2.0), 0.6, 1e8)
    message = (
        r"^solid worlds cannot be simulated in steps of 0\.00083 s where springs are so stiff or bodies so fast: "
        r"MuJoCo warns of mjWARN_.*\. Ask for a larger `steps_per_s`, softer springs or slower bodies\.$"
    )
    with pytest.raises(InputError, match=message):
        run(scene(body(), blocks=(), springs=(spring,)))
    fine = run(scene(body(), blocks=(), springs=(spring,), steps_per_s=40_000), n_frames=4)
    assert np.isfinite(fine.motions[0].position_m).all()


def test_without_mujoco_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mujoco", None)
    with pytest.raises(AbsentError, match=r"mujoco is needed for solid worlds .*'lawful\[mujoco\]'"):
        run(scene(body()))
