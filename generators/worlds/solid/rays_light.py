"""Sun and sky of the ray caster: how bright a place is, and what casts hard shadows on it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32

from lawful.generators.worlds.solid.geometry import entry, outward
from lawful.generators.worlds.solid.rays_lens import Thing


@dataclass(frozen=True, eq=False)
class Sun:
    """Light from one side, and some from everywhere."""

    way: Float32[np.ndarray, " 3"]
    """Unit vector towards it."""
    strength: float
    """Brightness of what faces it, beyond that in shadow."""
    sky: float
    """Brightness of what lies in shadow."""

    def shade(
        self, facing: Float32[np.ndarray, "3 points"], lit: Bool[np.ndarray, " points"] | bool
    ) -> Float32[np.ndarray, "points 1"]:
        """Brightness, about 0 to 1, of places that face somewhere, in the sun or in a shadow."""
        towards = np.maximum(self.way @ facing, 0)
        # The sky lights what faces upwards a little more.
        light = self.sky * (1 + np.float32(0.15) * facing[2]) + self.strength * towards * lit
        return light[:, None].astype(np.float32)


def a_sun(rng: np.random.Generator, flat: bool) -> Sun:
    """A sun above and on the viewer's side, which is that of the least y."""
    aside = rng.uniform(-1.1, 1.1)
    height = rng.uniform(0.5, 0.8) if flat else rng.uniform(0.75, 1.5)
    way = np.array([np.sin(aside), -np.cos(aside), height])
    if flat:
        way = np.array([0.8 * np.sin(aside), -1.2, height])
    sky = float(rng.uniform(0.42, 0.58))
    # What faces the viewer of a flat world is about as bright as its colour is meant to be.
    return Sun((way / np.linalg.norm(way)).astype(np.float32), 1.25 * (1.02 - sky), sky)


def facing(thing: Thing, own: Float32[np.ndarray, "3 points"]) -> Float32[np.ndarray, "3 points"]:
    """Unit vectors in the world in which a thing's surface faces at places in its own axes and half sizes."""
    normal = outward(thing.shape, own) / thing.half_size_m.astype(np.float32)[:, None]
    normal = thing.rotation.astype(np.float32) @ normal
    return normal / np.sqrt((normal**2).sum(axis=0))


def shadowed(
    points: Float32[np.ndarray, "3 points"], sun: Sun, casters: Sequence[Thing]
) -> Bool[np.ndarray, " points"]:
    """Which places have a thing between them and the sun."""
    dark = np.zeros(points.shape[1], bool)
    for caster in casters:
        apart = points - caster.centre_m.astype(np.float32)[:, None]
        along = sun.way @ apart
        near = (apart**2).sum(axis=0) - along**2 < np.float32(caster.reach_m**2)
        asked = np.flatnonzero(near & (along < np.float32(caster.reach_m)) & ~dark)
        if len(asked):
            matrix = caster.matrix.astype(np.float32)
            start, way = matrix @ apart[:, asked], (matrix @ sun.way)[:, None]
            dark[asked] = np.isfinite(entry(caster.shape, start, np.broadcast_to(way, start.shape)))
    return dark


def may_shade(caster: Thing, thing: Thing, sun: Sun) -> bool:
    """Whether a thing can cast a shadow on another: both are held by spheres on one line to the sun."""
    apart = caster.centre_m - thing.centre_m
    along, both = float(sun.way @ apart), caster.reach_m + thing.reach_m
    return along > -both and float(apart @ apart) - along**2 < both**2
