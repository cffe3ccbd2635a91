"""What stands and moves in a scene, as things for the ray caster; flat scenes are put upright, with some depth.

A flat world's bodies lie about the plane y = 0: discs as balls, ovals as flattened balls, boxes as boxes. Blocks and
the backdrop are behind them, screens before them, so nothing of it changes an outline.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.motion import Motion, Simulated
from lawful.generators.worlds.scene import Block, Body, Pivot, Scene, Shape, Spring
from lawful.generators.worlds.solid.geometry import turned
from lawful.generators.worlds.solid.rays_lens import Thing, thing_at, thing_of, upright

_COILS = 6


class Stage:
    """Where a scene's things stand."""

    def __init__(self, scene: Scene, simulated: Simulated) -> None:
        self.scene = scene
        self.simulated = simulated
        self.flat = scene.dimensions == 2
        self.unit_m = 0.1 * scene.view_height_m
        self.rod_m = 0.006 * scene.view_height_m
        # By the scene alone, so that twins stand on the same stage.
        self.depth_m = max([0.02 * scene.view_height_m, *(min(body.half_size_m) for body in scene.bodies)])

    def behind(self) -> list[tuple[Thing, Block]]:
        """The blocks that bodies are before, or among."""
        if not self.flat:
            return [(thing_of(block), block) for block in self.scene.blocks]
        return [
            (self._flat_block(block, 0.5 * self.depth_m, 2 * self.depth_m), block)
            for block in self.scene.blocks
            if block.solid
        ]

    @property
    def backdrop_m(self) -> float:
        """How far behind the bodies of a flat scene its backdrop is."""
        return 1.1 * self.depth_m

    def before(self) -> list[tuple[Thing, Block]]:
        """The screens of a flat scene."""
        if not self.flat:
            return []
        near, far = -1.6 * self.depth_m, -1.3 * self.depth_m
        return [(self._flat_block(block, near, far), block) for block in self.scene.blocks if not block.solid]

    def body(self, motion: Motion, frame: int) -> Thing:
        """A body at a frame."""
        if not self.flat:
            return thing_at(motion, frame)
        half = self._deep(motion.body, motion.half_size_m[frame])
        away = 0.0 if motion.body.touches else self.backdrop_m - half[1]
        shape: Shape = "ball" if motion.shape(frame) == "disc" else "box"
        rotation = np.zeros((3, 3))
        rotation[np.ix_((0, 2), (0, 2))] = motion.rotation[frame]
        rotation[1, 1] = 1
        return Thing(shape, upright(motion.position_m[frame], away), rotation, half)

    def painted_m(self, motion: Motion, frame: int) -> Float64[np.ndarray, " 3"]:
        """The half sizes that a body had when it was painted: paint stretches with its body."""
        body = motion.body
        half = motion.half_size_m[frame]
        if motion.shape(frame) == body.shape:
            half = np.array(body.half_size_m, np.float64)
        return self._deep(body, half) if self.flat else half

    def _deep(self, body: Body, half_size_m: Float64[np.ndarray, " 2"]) -> Float64[np.ndarray, " 3"]:
        """Half sizes of a flat body with some depth."""
        across, along = half_size_m.tolist()
        return np.array([across, min(across, along) * (1.0 if body.touches else 0.1), along])

    def joints(self, motion: Motion, frame: int) -> Iterator[Thing]:
        """The rods and springs that hold a body, as thin cylinders."""
        for joint in (*self.scene.pivots, *self.scene.springs):
            if joint.body != motion.body.name:
                continue
            end = np.array(joint.point_m)
            if joint.other is not None:
                other = self.simulated.motion(joint.other)
                if not other.present[frame]:
                    continue
                end = other.position_m[frame]
            held = motion.position_m[frame]
            one, two = (upright(end, 0.0), upright(held, 0.0)) if self.flat else (end, held)
            if isinstance(joint, Spring):
                for corner, after in pairwise(self._coil(one, two)):
                    yield rod(corner, after, 0.7 * self.rod_m)
            elif joint.seen and self._holds(joint, frame):
                yield rod(one, two, self.rod_m)

    def _holds(self, pivot: Pivot, frame: int) -> bool:
        return pivot.until_s is None or frame / self.simulated.fps < pivot.until_s

    def _coil(
        self, one: Float64[np.ndarray, " 3"], two: Float64[np.ndarray, " 3"]
    ) -> Float64[np.ndarray, "corners 3"]:
        """Corners of a zigzag that is seen from the front."""
        along = two - one
        across = np.cross(along, [0.0, 1.0, 0.0])
        across /= max(float(np.linalg.norm(across)), 1e-9)
        shares = np.linspace(0, 1, 2 * _COILS + 1)
        swing = np.where(np.arange(len(shares)) % 2, 1, -1) * 0.02 * self.scene.view_height_m
        swing[[0, -1]] = 0
        return one + shares[:, None] * along + swing[:, None] * across

    def _flat_block(self, block: Block, near_m: float, far_m: float) -> Thing:
        low, high = np.array(block.low), np.array(block.high)
        middle, half = (low + high) / 2, (high - low) / 2
        # Counter-clockwise as seen is backwards about the axis that points away.
        rotation = turned((0.0, -block.turn_rad[0], 0.0))
        deep = (far_m - near_m) / 2
        centre = upright(middle, near_m + deep)
        return Thing("box", centre, rotation, np.array([half[0], deep, half[1]]))


def rod(one: Float64[np.ndarray, " 3"], two: Float64[np.ndarray, " 3"], radius_m: float) -> Thing:
    """A thin cylinder between two points."""
    along = two - one
    length = max(float(np.linalg.norm(along)), 1e-6)
    last = along / length
    # Any axis across will do; the least of its parts keeps it far from parallel.
    first = np.cross(last, np.eye(3)[np.argmin(np.abs(last))])
    first /= max(float(np.linalg.norm(first)), 1e-9)
    rotation = np.stack([first, np.cross(last, first), last], axis=1)
    return Thing("cylinder", (one + two) / 2, rotation, np.array([radius_m, radius_m, length / 2]))
