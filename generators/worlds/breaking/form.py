"""Rigid bodies that change their shape or size."""

import math
from dataclasses import replace

import numpy as np

from lawful.generators.worlds.breaking.moments import Lawful, Plan, is_free, is_held, moments, point
from lawful.generators.worlds.interventions import Reshape
from lawful.generators.worlds.motion import Motion
from lawful.generators.worlds.scene import Shape

_OTHER: dict[Shape, Shape] = {"disc": "box", "box": "disc", "ball": "box", "cylinder": "ball"}


def shape_change(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body has another shape from one frame to the next."""
    for number, frame in moments(lawful, rng):
        motion = lawful.simulated.motions[number]
        old = motion.body.shape
        new: Shape = "ball" if old == "box" and lawful.scene.dimensions == 3 else _OTHER[old]
        # A ball's or disc's radius is one; a box is smaller across so that its corners stay near the old edge.
        size = min(motion.body.half_size_m) * (0.82 if new == "box" else 1.0)
        half_size = (size,) * lawful.scene.dimensions
        lift = size - motion.body.half_height_m if _grounded(lawful, motion, frame) else 0.0
        change = Reshape(frame, motion.body.name, new, half_size, lift)
        return Plan((change,), frame, motion.body.name)
    return None


def size_change(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body is half as large again, or little more than half as large, from one frame to the next."""
    factor = rng.uniform(1.4, 1.7) if rng.random() < 0.5 else rng.uniform(0.5, 0.65)
    for number, frame in moments(lawful, rng):
        motion = lawful.simulated.motions[number]
        half_size = tuple(factor * half for half in motion.body.half_size_m)
        place = point(motion.position_m[frame])
        if factor > 1 and not is_free(
            lawful, replace(motion.body, half_size_m=half_size), place, frame, number
        ):
            continue
        lift = half_size[-1] - motion.body.half_height_m if _grounded(lawful, motion, frame) else 0.0
        change = Reshape(frame, motion.body.name, motion.body.shape, half_size, lift)
        return Plan((change,), frame, motion.body.name)
    return None


def stretch(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A rigid body grows long and thin and short and thick again, as one of rubber would."""
    amount = rng.uniform(0.35, 0.55) * (1 if rng.random() < 0.5 else -1)
    hz = rng.uniform(1.0, 2.0)
    for number, frame in moments(lawful, rng):
        motion = lawful.simulated.motions[number]
        grounded = _grounded(lawful, motion, frame)
        if grounded and (motion.body.shape != "box" or _turned(motion, frame)):
            continue
        changes, height = [], motion.body.half_height_m
        for later in range(frame, lawful.n_frames):
            # A quarter of a period ahead: the first frame already shows much of it.
            phase = 2 * math.pi * hz * (later - frame + 1) / lawful.simulated.fps
            long = math.exp(amount * math.sin(phase))
            across = tuple(half / math.sqrt(long) for half in motion.body.half_size_m[:-1])
            half_size = (*across, motion.body.half_height_m * long)
            lift = half_size[-1] - height if grounded else 0.0
            changes.append(Reshape(later, motion.body.name, motion.body.shape, half_size, lift))
            height = half_size[-1]
        return Plan(tuple(changes), frame, motion.body.name)
    return None


def _grounded(lawful: Lawful, motion: Motion, frame: int) -> bool:
    """True where a body stands on something, or is so near the floor that growing would sink it in."""
    near = motion.position_m[frame, -1] - 1.3 * motion.body.half_height_m < lawful.scene.floor_m
    hangs = is_held(lawful, motion.body.name, frame)
    return lawful.scene.gravity_m_s2 > 0 and not hangs and bool(near or motion.touched[frame])


def _turned(motion: Motion, frame: int) -> bool:
    return bool(abs(motion.rotation[frame, -1, -1]) < 0.999)
