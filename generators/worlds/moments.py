"""When and where in a lawful clip a law can be broken so that it is seen."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lawful.core.errors import InputError
from lawful.generators.worlds.interventions import Intervention
from lawful.generators.worlds.records import ObjectTruth
from lawful.generators.worlds.scene import Body, Scene
from lawful.generators.worlds.simulate import Simulated

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

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.simulated.camera_m)


def moments(lawful: Lawful, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Random pairs of a body's number and a frame, where the body is well seen at and before the frame."""
    first = max(1, round(0.15 * lawful.n_frames))
    last = max(first, round(0.8 * lawful.n_frames))
    pairs = [
        (number, frame)
        for number, truth in enumerate(lawful.truths)
        for frame in range(first, min(last, lawful.n_frames - 1) + 1)
        if min(truth.visible[frame - 1], truth.visible[frame]) >= SEEN
    ]
    for index in rng.permutation(len(pairs)):
        yield pairs[index]


def free_place(
    lawful: Lawful, body: Body, frame: int, rng: np.random.Generator, ignore: int | None
) -> tuple[float, float] | None:
    """A place in the room and the view where a body touches nothing and is hidden by nothing, or None."""
    scene = lawful.scene
    reach = _reach(body)
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
    return place if is_free(lawful, body, place, frame, ignore) else None


def is_free(lawful: Lawful, body: Body, place: tuple[float, float], frame: int, ignore: int | None) -> bool:
    """True where a body at a place touches no other, is inside the room, and is behind no screen."""
    scene, reach = lawful.scene, _reach(body)
    if not (scene.room[0] + body.half_width_m <= place[0] <= scene.room[2] - body.half_width_m):
        return False
    for number, motion in enumerate(lawful.simulated.motions):
        if number != ignore and motion.present[frame]:
            other = math.hypot(motion.body.half_width_m, motion.body.half_height_m)
            if math.dist(place, motion.state[frame, :2]) < 1.1 * (reach + other):
                return False
    for block in scene.blocks:
        near_x = block.x0 - reach < place[0] < block.x1 + reach
        if not block.solid and near_x and block.y0 - reach < place[1] < block.y1 + reach:
            return False
    return True


def _reach(body: Body) -> float:
    return math.hypot(body.half_width_m, body.half_height_m) if body.shape == "box" else body.half_width_m
