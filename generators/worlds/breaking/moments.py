"""When and where in a lawful clip a law can be broken so that it is seen."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from lawful.core.errors import InputError
from lawful.generators.worlds.breaking.plain_view import share_seen
from lawful.generators.worlds.interventions import Intervention
from lawful.generators.worlds.motion import Contact, Motion, Simulated
from lawful.generators.worlds.records import ObjectTruth
from lawful.generators.worlds.scene import Block, Body, Point, Scene, Turn

SEEN = 0.9
"""Least visible share of the object that breaks a law, just before and at the onset."""
_TINY = 0.03
"""A body of less reach than this share of the picture's shorter side is too small to be watched."""


class UnseenError(InputError):
    """A clip has no moment at which a violation would be seen; another seed may have."""


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
    pixels_per_metre: float
    """Scale of the picture, in a solid scene at what the camera looks at."""

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.simulated)


def point(row: np.ndarray) -> Point:
    """An array's row as plain numbers."""
    return tuple(float(value) for value in row)


def turn_at(motion: Motion, frame: int) -> Turn:
    """Orientation of a body in a frame, as the turn that a body starts with."""
    if motion.position_m.shape[1] == 2:
        return (float(motion.angle_rad[frame]),)
    return point(Rotation.from_matrix(motion.rotation[frame]).as_rotvec())


def is_led(scene: Scene, name: str) -> bool:
    """True for a body that a hand leads: no law says how it moves."""
    return any(mover.body == name for mover in scene.movers)


def can_break(scene: Scene, body: Body) -> bool:
    """True for a body whose breaking a law would be seen, and would be breaking one."""
    return body.touches and not _tiny(scene, body) and not is_led(scene, body.name)


def _tiny(scene: Scene, body: Body) -> bool:
    return body.reach_m < _TINY * min(scene.view_width_m, scene.view_height_m)


def is_held(lawful: Lawful, name: str, frame: int) -> bool:
    """True where a rod or a spring holds a body in a frame."""
    now_s = frame / lawful.simulated.fps
    rods = any(
        pivot.body == name and (pivot.until_s is None or now_s < pivot.until_s)
        for pivot in lawful.scene.pivots
    )
    return rods or any(spring.body == name for spring in lawful.scene.springs)


def subject_of(lawful: Lawful, contact: Contact) -> str | None:
    """The first of two that meet whose breaking a law would be seen, or None: neither may be tiny."""
    bodies = [motion.body for motion in lawful.simulated.motions]
    meet = [body for name in (contact.first, contact.second) for body in bodies if body.name == name]
    if any(_tiny(lawful.scene, body) for body in meet):
        return None
    return next((body.name for body in meet if can_break(lawful.scene, body)), None)


def moments(lawful: Lawful, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Random pairs of a body's number and a frame, where the body is well seen at and before the frame.

    Bodies that have no part in what happens, that a hand leads or that are tiny are left out.
    """
    first = max(1, round(0.15 * lawful.n_frames))
    last = max(first, round(0.8 * lawful.n_frames))
    pairs = [
        (number, frame)
        for number, truth in enumerate(lawful.truths)
        if can_break(lawful.scene, lawful.simulated.motions[number].body)
        for frame in range(first, min(last, lawful.n_frames - 1) + 1)
        if min(truth.visible[frame - 1], truth.visible[frame]) >= SEEN
    ]
    for index in rng.permutation(len(pairs)):
        yield pairs[index]


def free_place(
    lawful: Lawful, body: Body, frame: int, rng: np.random.Generator, ignore: int | None
) -> Point | None:
    """A place in the room and the view where a body touches nothing and is hidden by nothing, or None."""
    scene = lawful.scene
    reach = body.reach_m
    low, high = np.array(scene.room[: scene.dimensions]), np.array(scene.room[scene.dimensions :])
    if scene.dimensions == 2:
        camera = lawful.simulated.view.position_m[frame]
        half_view = np.array([scene.view_width_m, scene.view_height_m]) / 2
        low, high = np.maximum(low, camera - half_view), np.minimum(high, camera + half_view)
    low, high = low + 1.1 * reach, high - 1.1 * reach
    if (high <= low).any():
        return None
    across = tuple(float(rng.uniform(*span)) for span in zip(low[:-1], high[:-1], strict=True))
    height = scene.floor_m + body.half_height_m if scene.on_floor else float(rng.uniform(low[-1], high[-1]))
    place = (*across, height)
    return place if is_free(lawful, body, place, frame, ignore) else None


def is_free(lawful: Lawful, body: Body, place: Point, frame: int, ignore: int | None) -> bool:
    """True where a body at a place touches nothing, is inside the room, and is hidden by nothing."""
    scene, reach = lawful.scene, body.reach_m
    for axis in range(scene.dimensions - 1):
        half = body.half_size_m[axis]
        if not (scene.room[axis] + half <= place[axis] <= scene.room[scene.dimensions + axis] - half):
            return False
    for number, motion in enumerate(lawful.simulated.motions):
        if number != ignore and motion.present[frame] and motion.body.touches:
            other = math.hypot(*motion.body.half_size_m)
            if math.dist(place, motion.position_m[frame]) < 1.1 * (reach + other):
                return False
    for block in scene.blocks:
        near = all(
            low - reach < at < high + reach
            for low, at, high in zip(block.low, place, block.high, strict=True)
        )
        if not block.solid and near:
            return False
        # What ends at the floor's height is what it may stand on.
        above = bool(any(block.turn_rad)) or block.high[-1] > scene.floor_m + 1e-9
        if block.solid and above and _distance_m(block, place) < reach:
            return False
    return scene.dimensions == 2 or share_seen(scene, lawful.simulated, body, place, frame, ignore) >= SEEN


def _distance_m(block: Block, place: Point) -> float:
    """How far a point is from a block; 0 inside."""
    spans = zip(block.low, place, block.high, strict=True)
    offset = [at - (low + high) / 2 for low, at, high in spans]
    if len(place) == 2 and block.turn_rad[0]:
        (x, y), cos, sin = offset, math.cos(block.turn_rad[0]), math.sin(block.turn_rad[0])
        offset = [x * cos + y * sin, y * cos - x * sin]
    elif any(block.turn_rad):
        offset = point(Rotation.from_rotvec(block.turn_rad).inv().apply(offset))
    beyond = [
        max(abs(away) - (high - low) / 2, 0.0)
        for away, low, high in zip(offset, block.low, block.high, strict=True)
    ]
    return math.hypot(*beyond)


def turned_aside(velocity: np.ndarray, angle: float, rng: np.random.Generator) -> Point:
    """A velocity turned by an angle, to either side in a plane, about any axis across it in space."""
    if len(velocity) == 2:
        heading = math.atan2(velocity[1], velocity[0]) + angle * (1 if rng.random() < 0.5 else -1)
        speed = math.hypot(*velocity)
        return (speed * math.cos(heading), speed * math.sin(heading))
    across = np.cross(velocity, rng.normal(0, 1, 3))
    return point(Rotation.from_rotvec(angle * across / np.linalg.norm(across)).apply(velocity))


def contact_moments(lawful: Lawful, rng: np.random.Generator, least_m_s: float) -> Iterator[tuple[int, int]]:
    """Random pairs of a contact's number and the first frame after it, where its subject is well seen.

    Args:
        lawful: The clip.
        rng: Shuffles them.
        least_m_s: Least closing speed.
    """
    truths = {truth.name: truth for truth in lawful.truths}
    pairs = []
    for index, contact in enumerate(lawful.simulated.contacts):
        frame = math.ceil(contact.time_s * lawful.simulated.fps - 1e-6)
        if contact.approach_m_s < least_m_s or not 1 <= frame <= min(
            0.8 * lawful.n_frames, lawful.n_frames - 1
        ):
            continue
        name = subject_of(lawful, contact)
        if name is not None and min(truths[name].visible[frame - 1 : frame + 1]) >= SEEN:
            pairs.append((index, frame))
    for number in rng.permutation(len(pairs)):
        yield pairs[number]
