"""Bodies that move, or stop, as nothing makes them."""

import math
from collections.abc import Iterator

import numpy as np

from lawful.generators.worlds.breaking.moments import Lawful, Plan, is_held, moments, point, turned_aside
from lawful.generators.worlds.interventions import SetGravity, SetVelocity
from lawful.generators.worlds.motion import Motion
from lawful.generators.worlds.scene import Point, Turn


def hover(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """At the top of its flight a body stays up there."""
    for number, frame in _in_flight(lawful, rng, after_s=0.15):
        motion = lawful.simulated.motions[number]
        rise = motion.velocity_m_s[:, -1]
        if frame > 1 and rise[frame - 2] > 0 >= rise[frame - 1]:
            name = motion.body.name
            level = (*point(motion.velocity_m_s[frame - 1])[:-1], 0.0)
            still = SetVelocity(frame, name, level, point(motion.spin_rad_s[frame - 1]))
            return Plan((still, SetGravity(frame, name, 0.0)), frame, name)
    return None


def reversed_gravity(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A flying body falls upwards from a moment on."""
    return _other_gravity(lawful, rng, -rng.uniform(0.5, 1.0))


def wrong_gravity(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A flying body falls far too slowly or too fast from a moment on."""
    slow = rng.random() < 0.5
    return _other_gravity(lawful, rng, rng.uniform(0.1, 0.3) if slow else rng.uniform(2.5, 3.5))


def kink(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body turns sharply with nothing near it."""
    least = 0.25 * min(lawful.scene.view_width_m, lawful.scene.view_height_m)
    for number, frame in _untouched(lawful, rng):
        motion = lawful.simulated.motions[number]
        velocity = motion.velocity_m_s[frame - 1]
        if np.linalg.norm(velocity) < least:
            continue
        aside = turned_aside(velocity, rng.uniform(math.pi / 3, 0.8 * math.pi), rng)
        name = motion.body.name
        return Plan((SetVelocity(frame, name, aside, point(motion.spin_rad_s[frame - 1])),), frame, name)
    return None


def stop_in_mid_air(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A flying body stops at once and stays where it is."""
    least = 0.35 * lawful.scene.view_height_m
    for number, frame in _in_flight(lawful, rng, after_s=0.1):
        motion = lawful.simulated.motions[number]
        if np.linalg.norm(motion.velocity_m_s[frame - 1]) >= least:
            name = motion.body.name
            still = SetVelocity(frame, name, *_rest(motion))
            return Plan((still, SetGravity(frame, name, 0.0)), frame, name)
    return None


def spontaneous_start(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body at rest sets off by itself, towards where there is room."""
    side = min(lawful.scene.view_width_m, lawful.scene.view_height_m)
    for number, frame in _untouched(lawful, rng):
        motion = lawful.simulated.motions[number]
        # At rest for a while before, not just at a turning point.
        if is_held(lawful, motion.body.name, frame):
            continue
        if np.linalg.norm(motion.velocity_m_s[max(0, frame - 4) : frame], axis=1).max() > 0.01 * side:
            continue
        sign = -1 if lawful.truths[number].centre[frame - 1, 0] > 0.5 else 1
        if _is_barred(lawful, number, frame, sign):
            sign = -sign
        if _is_barred(lawful, number, frame, sign):
            continue
        angle = rng.uniform(-0.6, 0.6) if lawful.scene.table_friction else 0.0
        speed = rng.uniform(0.5, 1.0) * side
        velocity = (sign * speed * math.cos(angle), speed * math.sin(angle))
        body = motion.body
        rolls = body.shape in {"disc", "ball"} and not lawful.scene.table_friction
        roll = velocity[0] / body.half_size_m[0] if rolls else 0.0
        if lawful.scene.dimensions == 2:
            push = SetVelocity(frame, body.name, velocity, (-roll,))
        else:
            push = SetVelocity(frame, body.name, (velocity[0], 0.0, 0.0), (0.0, roll, 0.0))
        return Plan((push,), frame, body.name)
    return None


def _is_barred(lawful: Lawful, number: int, frame: int, sign: int) -> bool:
    """True where another body stands close to the right (or to the left) of one."""
    motion, near = lawful.simulated.motions[number], 0.1 * lawful.scene.view_width_m
    for other in lawful.simulated.motions:
        if other is motion or not other.body.touches or not other.present[frame]:
            continue
        offset = other.position_m[frame] - motion.position_m[frame]
        gap = np.abs(offset) - motion.half_size_m[frame] - other.half_size_m[frame]
        if sign * offset[0] > 0 and gap[0] < near and (gap[1:] < -0.05 * motion.half_size_m[frame, 1:]).all():
            return True
    return False


def energy_gain(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A moving body gets half as fast again, or twice as fast, on its way."""
    least = 0.2 * min(lawful.scene.view_width_m, lawful.scene.view_height_m)
    for number, frame in _untouched(lawful, rng):
        motion = lawful.simulated.motions[number]
        if np.linalg.norm(motion.velocity_m_s[frame - 1]) < least:
            continue
        gain = rng.uniform(1.5, 2.0)
        # What hangs on one rod with it goes along.
        faster = [
            SetVelocity(
                frame,
                each.body.name,
                point(gain * each.velocity_m_s[frame - 1]),
                point(gain * each.spin_rad_s[frame - 1]),
            )
            for each in lawful.simulated.motions
            if each.body.name in _linked(lawful, motion.body.name)
        ]
        return Plan(tuple(faster), frame, motion.body.name)
    return None


def _linked(lawful: Lawful, name: str) -> set[str]:
    """A body and all that rods link to it."""
    linked = {name}
    for _ in lawful.scene.pivots:
        for pivot in lawful.scene.pivots:
            if pivot.other is not None and linked & {pivot.body, pivot.other}:
                linked |= {pivot.body, pivot.other}
    return linked


def _rest(motion: Motion) -> tuple[Point, Turn]:
    """No velocity and no spin."""
    return point(0 * motion.velocity_m_s[0]), point(0 * motion.spin_rad_s[0])


def _other_gravity(lawful: Lawful, rng: np.random.Generator, factor: float) -> Plan | None:
    for number, frame in _in_flight(lawful, rng, after_s=0.25):
        name = lawful.truths[number].name
        return Plan((SetGravity(frame, name, factor),), frame, name)
    return None


def _untouched(lawful: Lawful, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Those of `moments` at which nothing begins to touch the body within two frames."""
    for number, frame in moments(lawful, rng):
        if _next_touch_s(lawful, number, frame - 2) > 4 / lawful.simulated.fps:
            yield number, frame


def _in_flight(lawful: Lawful, rng: np.random.Generator, after_s: float) -> Iterator[tuple[int, int]]:
    """Those of `moments` at which the body is clear of everything, and would be for `after_s` more."""
    for number, frame in _untouched(lawful, rng):
        motion = lawful.simulated.motions[number]
        height = motion.position_m[frame, -1] - motion.body.half_height_m - lawful.scene.floor_m
        if (
            not motion.body.fixed
            and not motion.touched[frame - 1 : frame + 2].any()
            and height > 0.1 * lawful.scene.view_height_m
            and _next_touch_s(lawful, number, frame) > after_s
            and frame + after_s * lawful.simulated.fps < lawful.n_frames - 2
        ):
            yield number, frame


def _next_touch_s(lawful: Lawful, number: int, frame: int) -> float:
    """Seconds from a frame to the next first touch of a body; infinite if there is none."""
    name, now_s = lawful.truths[number].name, frame / lawful.simulated.fps
    later = [
        contact.time_s - now_s
        for contact in lawful.simulated.contacts
        if name in (contact.first, contact.second) and contact.time_s > now_s
    ]
    return min(later, default=math.inf)
