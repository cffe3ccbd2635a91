"""Breaking one law from a frame on: which interventions, where and when."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from lawful.core.errors import InputError
from lawful.generators.worlds.interventions import Hold, Insert, Intervention, Move, Rebound, Remove, Repaint
from lawful.generators.worlds.records import ObjectTruth
from lawful.generators.worlds.scene import COLOURS, PATTERNS, Body, Look, Scene
from lawful.generators.worlds.simulate import Simulated

_ANYWHERE = ("vanish", "appear", "teleport", "colour_change")
POSSIBLE: Mapping[str, tuple[str, ...]] = {
    "bounce": (*_ANYWHERE, "freeze", "super_elastic"),
    "billiards": (*_ANYWHERE, "freeze"),
    "slide": (*_ANYWHERE, "freeze"),
    "pendulum": (*_ANYWHERE, "freeze"),
    "screen": (*_ANYWHERE, "freeze"),
    "pan": (*_ANYWHERE, "freeze", "super_elastic"),
    "still": _ANYWHERE,
}
"""The violation families that each scene can show."""

_SEEN = 0.9
"""Least visible share of the object that breaks a law, just before and at the onset."""
_TRIES = 400


@dataclass(frozen=True)
class Plan:
    """How a law is broken."""

    interventions: tuple[Intervention, ...]
    """What is changed."""
    onset_frame: int
    """The first frame that can differ from the lawful twin."""
    subject: str | None
    """The object that breaks the law; None for all."""


@dataclass(frozen=True, eq=False)
class Lawful:
    """The lawful twin, before it is drawn."""

    scene: Scene
    """Its start."""
    simulated: Simulated
    """What came of it."""
    truths: tuple[ObjectTruth, ...]
    """What is seen of it."""

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.simulated.camera_m)


def plan_violation(violation: str, lawful: Lawful, rng: np.random.Generator) -> Plan:
    """Choose when, where and how a law is broken.

    Args:
        violation: A name of `VIOLATIONS` that the scene can show.
        lawful: The lawful twin.
        rng: Makes the choices.

    Raises:
        InputError: The clip has no moment at which it could be seen.
    """
    plan = _MAKERS[violation](lawful, rng)
    if plan is None:
        seconds = lawful.n_frames / lawful.simulated.fps
        raise InputError(
            f"{violation} was asked for in {lawful.scene.name}, but this clip of {seconds:.2f} s at "
            f"{lawful.simulated.fps:g} frames a second has no moment at which it would be seen. "
            "Ask for a longer clip (3 s is ample) or another seed."
        )
    return plan


def _moments(lawful: Lawful, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Random pairs of a body's number and a frame, where the body is well seen at and before the frame."""
    first = max(1, round(0.15 * lawful.n_frames))
    last = max(first, round(0.8 * lawful.n_frames))
    pairs = [
        (number, frame)
        for number, truth in enumerate(lawful.truths)
        for frame in range(first, min(last, lawful.n_frames - 1) + 1)
        if min(truth.visible[frame - 1], truth.visible[frame]) >= _SEEN
    ]
    for index in rng.permutation(len(pairs)):
        yield pairs[index]


def _vanish(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    for number, frame in _moments(lawful, rng):
        name = lawful.truths[number].name
        return Plan((Remove(frame, name),), frame, name)
    return None


def _colour_change(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    for number, frame in _moments(lawful, rng):
        old = lawful.truths[number].looks[0]
        others = [name for name in COLOURS if math.dist(COLOURS[name], COLOURS[old.colour]) > 120]
        new = replace(old, colour=others[rng.integers(len(others))])
        name = lawful.truths[number].name
        return Plan((Repaint(frame, name, new),), frame, name)
    return None


def _freeze(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    n_held = max(2, round(rng.uniform(0.3, 0.6) * lawful.simulated.fps))
    least = 0.12 * min(lawful.scene.view_width_m, lawful.scene.view_height_m)
    for number, frame in _moments(lawful, rng):
        speed = np.hypot(*lawful.truths[number].velocity_m_s[frame - 1 : frame + 2].T).min()
        if speed > least and frame + n_held < lawful.n_frames - 1:
            return Plan((Hold(frame, n_held),), frame, None)
    return None


def _super_elastic(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    fps, n_frames = lawful.simulated.fps, lawful.n_frames
    least = math.sqrt(2 * lawful.scene.gravity_m_s2 * 0.12 * lawful.scene.view_height_m)
    truths = {truth.name: truth for truth in lawful.truths}
    good = []
    for index, contact in enumerate(lawful.simulated.contacts):
        frame = math.ceil(contact.time_s * fps - 1e-6)
        if contact.second != "floor" or contact.approach_m_s < least or not 1 <= frame <= 0.8 * n_frames:
            continue
        if min(truths[contact.first].visible[frame - 1 : frame + 1]) >= _SEEN:
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


def _appear(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    scene = lawful.scene
    if lawful.n_frames < 2:
        return None
    first = max(1, round(0.25 * lawful.n_frames))
    last = max(first, min(round(0.7 * lawful.n_frames), lawful.n_frames - 1))
    model = scene.bodies[0]
    used = {body.look.colour for body in scene.bodies}
    free = [name for name in COLOURS if name not in used]
    look = Look(
        free[rng.integers(len(free))], PATTERNS[rng.integers(len(PATTERNS))], int(rng.integers(1 << 31))
    )
    grow = rng.uniform(0.85, 1.15)
    speed = rng.uniform(0.3, 0.8) * scene.view_height_m if scene.table_friction else 0.0
    heading = rng.uniform(0, 2 * math.pi)
    body = replace(
        model,
        name=f"{'ball' if scene.name == 'pendulum' else model.name.split()[0]} {len(scene.bodies) + 1}",
        half_width_m=model.half_width_m * grow,
        half_height_m=model.half_height_m * grow,
        look=look,
        velocity_m_s=(speed * math.cos(heading), speed * math.sin(heading)),
        angle_rad=0.0 if model.shape == "box" else heading,
        spin_rad_s=0.0,
    )
    for attempt in range(_TRIES):
        frame = int(rng.integers(first, last + 1))
        if attempt and attempt % (_TRIES // 8) == 0:
            # No room: a smaller one may find it.
            body = replace(body, half_width_m=0.9 * body.half_width_m, half_height_m=0.9 * body.half_height_m)
        place = _free_place(lawful, body, frame, rng, ignore=None)
        if place is not None:
            return Plan((Insert(frame, replace(body, position_m=place)),), frame, body.name)
    return None


def _teleport(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    held = {pivot.body: pivot.point_m for pivot in lawful.scene.pivots}
    for number, frame in _moments(lawful, rng):
        body = lawful.simulated.motions[number].body
        x, y, vx, vy, angle, _ = lawful.simulated.motions[number].state[frame]
        if body.name in held:
            turn = _swing(held[body.name], (x, y), body.half_width_m, rng)
            place, speed = _turned((x, y), held[body.name], turn), _turned((vx, vy), (0.0, 0.0), turn)
            return Plan((Move(frame, body.name, place, speed, angle + turn),), frame, body.name)
        least = max(2.5 * max(body.half_width_m, body.half_height_m), 0.18 * lawful.scene.view_width_m)
        for _ in range(_TRIES):
            place = _free_place(lawful, body, frame, rng, ignore=number)
            if place is not None and math.dist(place, (x, y)) >= least:
                return Plan((Move(frame, body.name, place, (vx, vy), angle),), frame, body.name)
    return None


def _swing(
    point: tuple[float, float], at: tuple[float, float], radius: float, rng: np.random.Generator
) -> float:
    """By which angle to turn a bob about its pivot: at least 2.4 radii of its way, towards the other side."""
    length = math.dist(point, at)
    angle = math.atan2(at[0] - point[0], point[1] - at[1])
    least = 2.4 * radius / length
    side = -1 if angle > 0 else 1
    return side * max(least, rng.uniform(0.3, 0.6) + abs(angle))


def _turned(point: tuple[float, float], about: tuple[float, float], angle: float) -> tuple[float, float]:
    x, y = point[0] - about[0], point[1] - about[1]
    cos, sin = math.cos(angle), math.sin(angle)
    return about[0] + x * cos - y * sin, about[1] + x * sin + y * cos


def _free_place(
    lawful: Lawful, body: Body, frame: int, rng: np.random.Generator, ignore: int | None
) -> tuple[float, float] | None:
    """A place in the room and the view where a body touches nothing and is hidden by nothing, or None."""
    scene = lawful.scene
    reach = math.hypot(body.half_width_m, body.half_height_m) if body.shape == "box" else body.half_width_m
    camera = lawful.simulated.camera_m[frame]
    x0 = max(scene.room[0], camera[0] - scene.view_width_m / 2) + 1.1 * reach
    x1 = min(scene.room[2], camera[0] + scene.view_width_m / 2) - 1.1 * reach
    y0 = max(scene.room[1], camera[1] - scene.view_height_m / 2) + 1.1 * reach
    y1 = min(scene.room[3], camera[1] + scene.view_height_m / 2) - 1.1 * reach
    if x1 <= x0 or y1 <= y0:
        return None
    place = (
        rng.uniform(x0, x1),
        scene.room[1] + body.half_height_m if scene.on_floor else rng.uniform(y0, y1),
    )
    for number, motion in enumerate(lawful.simulated.motions):
        if number != ignore and motion.present[frame]:
            other = math.hypot(motion.body.half_width_m, motion.body.half_height_m)
            if math.dist(place, motion.state[frame, :2]) < 1.1 * (reach + other):
                return None
    for block in scene.blocks:
        near_x = block.x0 - reach < place[0] < block.x1 + reach
        if not block.solid and near_x and block.y0 - reach < place[1] < block.y1 + reach:
            return None
    return place


_MAKERS: Mapping[str, Callable[[Lawful, np.random.Generator], Plan | None]] = {
    "vanish": _vanish,
    "appear": _appear,
    "teleport": _teleport,
    "freeze": _freeze,
    "super_elastic": _super_elastic,
    "colour_change": _colour_change,
}
VIOLATIONS: tuple[str, ...] = tuple(_MAKERS)
"""Ids of the violation families, as in `lawful.checklists.laws`."""
