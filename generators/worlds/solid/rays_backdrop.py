"""What stands still before the ray caster: blocks and backdrop, their surfaces and the shadows among them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

from lawful.generators.worlds.scene import Block
from lawful.generators.worlds.solid.rays_lens import FAR_M, Lens, Region, Thing
from lawful.generators.worlds.solid.rays_light import a_sun, facing, shadowed
from lawful.generators.worlds.solid.rays_paint import TEXTURES, texture
from lawful.generators.worlds.solid.rays_things import Stage

_CONTRAST = 22.0


@dataclass(frozen=True, eq=False)
class Backdrop:
    """What is seen where no body is."""

    lit: Float32[np.ndarray, "height width 3"]
    """Its colours."""
    ahead_m: Float32[np.ndarray, "height width"]
    """How far ahead it is; infinite where nothing ends the view."""
    lies: Float32[np.ndarray, "3 places"]
    """Places in the sun, on which bodies may cast shadows: two coordinates across its light and one towards it."""
    points: Float32[np.ndarray, "3 places"]
    """The same places in the world."""
    where: Int64[np.ndarray, " places"]
    """The samples that show them, counted row by row."""


class Surroundings:
    """Surfaces and light of a scene, chosen once; makes the backdrop of any view."""

    def __init__(self, stage: Stage, rng: np.random.Generator) -> None:
        self.stage = stage
        self.sun = a_sun(rng, stage.flat)
        kinds = list(TEXTURES)
        self.far = texture(kinds[rng.integers(len(kinds))], rng)
        self.walls = texture(kinds[rng.integers(len(kinds))], rng)
        self.offsets = rng.uniform(-20, 20, (64, 3)).astype(np.float32)
        across = np.cross(self.sun.way, [0.0, 1.0, 0.0])
        across /= np.linalg.norm(across)
        self.frame = np.stack([across, np.cross(self.sun.way, across), self.sun.way]).astype(np.float32)
        self.behind, self.before = stage.behind(), stage.before()
        self.still = [thing for thing, _ in (*self.behind, *self.before)]

    def backdrop(self, lens: Lens) -> Backdrop:
        """What a camera sees of them."""
        shape = lens.height, lens.width
        ahead = np.full(shape, np.inf, np.float32)
        owner = np.full(shape, -1)
        regions = [lens.region(thing) for thing, _ in self.behind]
        for number, ((thing, _), region) in enumerate(zip(self.behind, regions, strict=True)):
            if region is not None:
                found = lens.ahead(thing, region)
                nearer = found < ahead[region]
                ahead[region][nearer] = found[nearer]
                owner[region][nearer] = number
        rgb, sunny = np.empty((*shape, 3), np.float32), np.zeros(shape, bool)
        where = owner < 0
        rgb[where], sunny[where] = self._far(lens, where, ahead)
        for number, region in enumerate(regions):
            if region is not None and (where := owner[region] == number).any():
                shown = self.block(lens, region, ahead[region], where, *self.behind[number], number)
                rgb[region][where], sunny[region][where] = shown
        if not self.stage.scene.style.shadow:
            sunny[:] = False
        points = lens.points(lens.whole, ahead, sunny)
        return Backdrop(rgb, ahead, self.frame @ points, points, np.flatnonzero(sunny))

    def block(
        self,
        lens: Lens,
        region: Region,
        ahead: Float32[np.ndarray, "rows columns"],
        where: Bool[np.ndarray, "rows columns"],
        thing: Thing,
        block: Block,
        number: int,
    ) -> tuple[Float32[np.ndarray, "places 3"], Bool[np.ndarray, " places"]]:
        """Colours of the chosen samples of a region that show a block, and whether they are in the sun."""
        points = lens.points(region, ahead, where)
        own = _own(thing, points)
        half = thing.half_size_m.astype(np.float32)[:, None]
        place = own * half / np.float32(self.stage.unit_m) + self.offsets[number % 64][:, None]
        size = np.abs(own)
        tone = self.walls(place, size.argmax(axis=0))
        from_edge = np.partition(half * (1 - size), 1, axis=0)[1]
        tone = np.where(from_edge < self.stage.rod_m, -2.4, tone)
        if not block.solid:
            planks = (3 * (own[0] + 1) + 0.04) % 1 < 0.08
            tone = np.where(planks, -2.4, tone)
        paint = _painted(block.rgb, tone)
        normal = facing(thing, own)
        others = [other for other in self.still if other is not thing]
        sunny = ~shadowed(points, self.sun, others) & (self.sun.way @ normal > 0)
        return paint * self.sun.shade(normal, sunny), sunny

    def _far(
        self,
        lens: Lens,
        where: Bool[np.ndarray, "height width"],
        ahead: Float32[np.ndarray, "height width"],
    ) -> tuple[Float32[np.ndarray, "places 3"], Bool[np.ndarray, " places"]]:
        """The same for what is behind all blocks; sets how far ahead that is."""
        rgb = self.stage.scene.backdrop_rgb
        if self.stage.flat:
            ahead[where] = FAR_M + self.stage.backdrop_m
            points = lens.points(lens.whole, ahead, where)
            axis = np.ones(points.shape[1], np.int64)
            paint = _painted(rgb, self.far(points / np.float32(self.stage.unit_m), axis))
            normal = np.broadcast_to(np.array([[0], [-1], [0]], np.float32), points.shape)
            sunny = ~shadowed(points, self.sun, self.still)
            return paint * self.sun.shade(normal, sunny), sunny
        # The walls of a large cube about the camera, which is seen to turn and never comes nearer.
        _, way = lens.rays(lens.whole, np.eye(3), np.zeros(3))
        size = np.abs(way[:, where])
        wall = way[:, where] / size.max(axis=0) * np.float32(8)
        return _painted(rgb, self.far(wall, size.argmax(axis=0))), np.zeros(size.shape[1], bool)


def _painted(rgb: tuple[int, int, int], tone: np.ndarray) -> Float32[np.ndarray, "places 3"]:
    return np.array(rgb, np.float32) + np.float32(_CONTRAST) * tone[:, None].astype(np.float32)


def _own(thing: Thing, points: Float32[np.ndarray, "3 places"]) -> Float32[np.ndarray, "3 places"]:
    return thing.matrix.astype(np.float32) @ (points - thing.centre_m.astype(np.float32)[:, None])
