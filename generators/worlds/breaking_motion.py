"""Bodies that move, or stop, as nothing makes them."""

import math
from collections.abc import Iterator

import numpy as np

from lawful.generators.worlds.interventions import Ghost, Hold, Rebound, SetGravity, SetVelocity
from lawful.generators.worlds.moments import SEEN, Lawful, Plan, moments


def freeze(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """Everything stands still for a while, then goes on."""
    n_held = max(2, round(rng.uniform(0.3, 0.6) * lawful.simulated.fps))
    least = 0.12 * min(lawful.scene.view_width_m, lawful.scene.view_height_m)
    for number, frame in moments(lawful, rng):
        speed = np.hypot(*lawful.truths[number].velocity_m_s[frame - 1 : frame + 2].T).min()
        if speed > least and frame + n_held < lawful.n_frames - 1:
            return Plan((Hold(frame, n_held),), frame, None)
    return None


def super_elastic(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body leaves the floor faster than it came."""
    fps, n_frames = lawful.simulated.fps, lawful.n_frames
    least = math.sqrt(2 * lawful.scene.gravity_m_s2 * 0.12 * lawful.scene.view_height_m)
    truths = {truth.name: truth for truth in lawful.truths}
    good = []
    for index, contact in enumerate(lawful.simulated.contacts):
        frame = math.ceil(contact.time_s * fps - 1e-6)
        if contact.second != "floor" or contact.approach_m_s < least or not 1 <= frame <= 0.8 * n_frames:
            continue
        if min(truths[contact.first].visible[frame - 1 : frame + 1]) >= SEEN:
            good.append((index, frame, contact.first))
    if not good:
        return None
    # A body that stays in view shows more of the wrong rebound than one that leaves at the top.
    ratio = rng.uniform(1.3, 2.0)
    top = 0.9 * (lawful.scene.view_height_m / 2 - lawful.scene.room[1])
    staying = [
        row
        for row in good
        if (ratio * lawful.simulated.contacts[row[0]].approach_m_s) ** 2 < 2 * lawful.scene.gravity_m_s2 * top
    ]
    choices = staying or good
    index, frame, name = choices[rng.integers(len(choices))]
    return Plan((Rebound(index, ratio),), frame, name)


def hover(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """At the top of its flight a body stays up there."""
    for number, frame in _in_flight(lawful, rng, after_s=0.15):
        state = lawful.simulated.motions[number].state
        if frame > 1 and state[frame - 2, 3] > 0 >= state[frame - 1, 3]:
            name = lawful.truths[number].name
            still = SetVelocity(frame, name, (float(state[frame - 1, 2]), 0.0), float(state[frame - 1, 5]))
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
        state = lawful.simulated.motions[number].state[frame - 1]
        speed = math.hypot(state[2], state[3])
        if speed < least:
            continue
        turn = rng.uniform(math.pi / 3, 0.8 * math.pi) * (1 if rng.random() < 0.5 else -1)
        heading = math.atan2(state[3], state[2]) + turn
        velocity = (speed * math.cos(heading), speed * math.sin(heading))
        name = lawful.truths[number].name
        return Plan((SetVelocity(frame, name, velocity, float(state[5])),), frame, name)
    return None


def stop_in_mid_air(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A flying body stops at once and stays where it is."""
    least = 0.35 * lawful.scene.view_height_m
    for number, frame in _in_flight(lawful, rng, after_s=0.1):
        if math.hypot(*lawful.simulated.motions[number].state[frame - 1, 2:4]) >= least:
            name = lawful.truths[number].name
            return Plan(
                (SetVelocity(frame, name, (0.0, 0.0), 0.0), SetGravity(frame, name, 0.0)), frame, name
            )
    return None


def spontaneous_start(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body at rest sets off by itself, towards where there is room."""
    side = min(lawful.scene.view_width_m, lawful.scene.view_height_m)
    for number, frame in _untouched(lawful, rng):
        state = lawful.simulated.motions[number].state
        # At rest for a while before, not just at a turning point.
        if np.hypot(*state[max(0, frame - 4) : frame, 2:4].T).max() > 0.01 * side:
            continue
        sign = -1 if state[frame - 1, 0] > lawful.simulated.camera_m[frame - 1, 0] else 1
        angle = rng.uniform(-0.6, 0.6) if lawful.scene.table_friction else 0.0
        speed = rng.uniform(0.5, 1.0) * side
        velocity = (sign * speed * math.cos(angle), speed * math.sin(angle))
        body = lawful.simulated.motions[number].body
        rolls = body.shape == "disc" and not lawful.scene.table_friction
        spin = -velocity[0] / body.half_width_m if rolls else 0.0
        return Plan((SetVelocity(frame, body.name, velocity, spin),), frame, body.name)
    return None


def energy_gain(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A moving body gets half as fast again, or twice as fast, on its way."""
    least = 0.2 * min(lawful.scene.view_width_m, lawful.scene.view_height_m)
    for number, frame in _untouched(lawful, rng):
        state = lawful.simulated.motions[number].state[frame - 1]
        if math.hypot(state[2], state[3]) < least:
            continue
        gain = rng.uniform(1.5, 2.0)
        name = lawful.truths[number].name
        velocity = (float(gain * state[2]), float(gain * state[3]))
        return Plan((SetVelocity(frame, name, velocity, float(gain * state[5])),), frame, name)
    return None


def pass_through(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body goes into what it should bounce off, and on through it."""
    truths = {truth.name: truth for truth in lawful.truths}
    least = 0.2 * min(lawful.scene.view_width_m, lawful.scene.view_height_m)
    good = []
    for index, contact in enumerate(lawful.simulated.contacts):
        frame = math.ceil(contact.time_s * lawful.simulated.fps - 1e-6)
        if contact.approach_m_s < least or not 1 <= frame <= 0.8 * lawful.n_frames:
            continue
        if min(truths[contact.first].visible[frame - 1 : frame + 1]) >= SEEN:
            good.append((index, frame, contact))
    if not good:
        return None
    index, frame, contact = good[rng.integers(len(good))]
    return Plan((Ghost(index, contact.first, contact.second),), frame, contact.first)


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
        body = lawful.simulated.motions[number].body
        height = lawful.simulated.motions[number].state[frame, 1] - body.half_height_m - lawful.scene.room[1]
        if (
            height > 0.1 * lawful.scene.view_height_m
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
