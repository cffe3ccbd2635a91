"""When and where in a lawful clip a law can be broken so that it is seen."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from lawful.core.errors import InputError
from lawful.generators.worlds.interventions import Intervention
from lawful.generators.worlds.motion import Motion, Simulated
from lawful.generators.worlds.records import ObjectTruth
from lawful.generators.worlds.scene import Body, Point, Scene, Turn

SEEN = 0.9
"""Least visible share of the object that breaks a law, just before and at the onset."""


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


def moments(lawful: Lawful, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Random pairs of a body's number and a frame, where the body is well seen at and before the frame.

    Bodies that have no part in what happens are left out.
    """
    first = max(1, round(0.15 * lawful.n_frames))
    last = max(first, round(0.8 * lawful.n_frames))
    pairs = [
        (number, frame)
        for number, truth in enumerate(lawful.truths)
        if lawful.simulated.motions[number].body.touches
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
    """True where a body at a place touches no other, is inside the room, and is behind no screen."""
    scene, reach = lawful.scene, body.reach_m
    for axis in range(scene.dimensions - 1):
        half = body.half_size_m[axis]
        if not (scene.room[axis] + half <= place[axis] <= scene.room[scene.dimensions + axis] - half):
            return False
    for number, motion in enumerate(lawful.simulated.motions):
        if number != ignore and motion.present[frame]:
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
    return True


def turned_aside(velocity: np.ndarray, angle: float, rng: np.random.Generator) -> Point:
    """A velocity turned by an angle, to either side in a plane, about any axis across it in space."""
    if len(velocity) == 2:
        heading = math.atan2(velocity[1], velocity[0]) + angle * (1 if rng.random() < 0.5 else -1)
        speed = math.hypot(*velocity)
        return (speed * math.cos(heading), speed * math.sin(heading))
    across = np.cross(velocity, rng.normal(0, 1, 3))
    return point(Rotation.from_rotvec(angle * across / np.linalg.norm(across)).apply(velocity))


def contact_moments(lawful: Lawful, rng: np.random.Generator, least_m_s: float) -> Iterator[tuple[int, int]]:
    """Random pairs of a contact's number and the first frame after it, where its first body is well seen.

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
        if min(truths[contact.first].visible[frame - 1 : frame + 1]) >= SEEN:
            pairs.append((index, frame))
    for number in rng.permutation(len(pairs)):
        yield pairs[number]
