"""What the ray caster paints with: marks on bodies and surfaces of blocks, as functions of a place."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int

from lawful.generators.worlds.scene import COLOURS, Look, Shape
from lawful.generators.worlds.solid.geometry import unit_points

_SPOTS = 16


@lru_cache(maxsize=256)
def marks_of(shape: Shape, half_size_m: tuple[float, float, float], look: Look) -> "Marks":
    """The marks of a body of a size when it is painted; `look.seed` alone chooses where they are."""
    rng = np.random.default_rng([look.seed, 3])
    # Marks on a plate are as large as its face allows, not as small as its edge.
    half = np.array(half_size_m) / sorted(half_size_m)[1]
    # On the side that faces the viewer of a flat world, and off its middle.
    side = rng.choice([-1.0, 1.0], 2) * rng.uniform(0.35, 0.6, 2)
    single = np.array([side[0], -0.75, side[1]])
    single = single / (np.linalg.norm(single) if shape == "ball" else np.abs(single).max()) * half
    way = rng.uniform(0.5, 1.0, 3) * rng.choice([-1.0, 1.0], 3) / (0.8, 1.6, 0.8)
    spots, _ = unit_points(shape, half, _SPOTS, int(rng.integers(1 << 31)))
    radii = rng.uniform(0.22, 0.36, _SPOTS)
    base = np.array(COLOURS[look.colour], np.float32)
    mark = base * 0.35 if base.sum() > 330 else base + (255 - base) * 0.75
    phase = float(rng.uniform())
    return Marks(
        look.pattern, half, single, way / np.linalg.norm(way), phase, spots * half, radii, base, mark
    )


@dataclass(frozen=True, eq=False)
class Marks:
    """What makes the turning of a body seen."""

    pattern: str
    """A name of `PATTERNS`."""
    half: Float64[np.ndarray, " 3"]
    """Half sizes; the one between the other two is 1."""
    single: Float64[np.ndarray, " 3"]
    """Middle of the one mark without which a body could be turned onto itself."""
    way: Float64[np.ndarray, " 3"]
    """Across the stripes."""
    phase: float
    """Where the stripes and rings begin."""
    spots: Float64[np.ndarray, "spots 3"]
    """Middles of the spots."""
    radii: Float64[np.ndarray, " spots"]
    """Radii of the spots."""
    base: Float32[np.ndarray, " 3"]
    """Colour of the body."""
    mark: Float32[np.ndarray, " 3"]
    """Colour of the marks."""

    def colour(self, own: Float32[np.ndarray, "3 points"]) -> Float32[np.ndarray, "points 3"]:
        """The colours of places on the surface, given in the body's axes and half sizes."""
        return np.where(self._marked(own)[:, None], self.mark, self.base)

    def _marked(self, own: Float32[np.ndarray, "3 points"]) -> Bool[np.ndarray, " points"]:
        place = own * self.half.astype(np.float32)[:, None]
        apart = np.sqrt(((place - self.single.astype(np.float32)[:, None]) ** 2).sum(axis=0))
        single = apart < 0.28
        if self.pattern == "spots":
            twice = 2 * self.spots.astype(np.float32) @ place
            least = ((self.spots**2).sum(axis=1) - self.radii**2).astype(np.float32)
            return single | ((twice - least[:, None]).max(axis=0) > (place**2).sum(axis=0))
        if self.pattern == "stripes":
            return ((self.way.astype(np.float32) @ own * 1.7 + self.phase) % 1 < 0.42) ^ single
        if self.pattern == "quarters":
            return ((own > 0).sum(axis=0) % 2 == 1) ^ single
        return (2.1 * apart + 0.3) % 1 > 0.58


Texture = Callable[
    [Float32[np.ndarray, "3 points"], Int[np.ndarray, " points"]], Float32[np.ndarray, " points"]
]
"""From places, in units of about a tile, and the axis that their surface faces to a tone of about -1 to 1."""


def texture(kind: str, rng: np.random.Generator) -> Texture:
    """A surface of a kind of `TEXTURES`, chosen by a generator."""
    frequency = rng.normal(size=(6, 3)).astype(np.float32) * np.float32(0.9)
    start = rng.uniform(0, 2 * np.pi, (6, 1)).astype(np.float32)
    tilt = rng.normal(scale=0.15, size=3).astype(np.float32)
    tone = TEXTURES[kind]

    def painted(place: Float32[np.ndarray, "3 points"], axis: Int[np.ndarray, " points"]) -> np.ndarray:
        # Two octaves of waves in place of noise: cheap, smooth and the same wherever they are asked for.
        first = np.sin(frequency @ place + start)
        cloud = first[:3].sum(axis=0) + 0.5 * np.sin(2.3 * (frequency[3:] @ place) + first[:3]).sum(axis=0)
        return 0.25 * cloud + tone(place, axis, cloud, tilt)

    return painted


def _plane(place: np.ndarray, axis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two coordinates along the surface."""
    return np.where(axis == 0, place[1], place[0]), np.where(axis == 2, place[1], place[2])


def _wood(place: np.ndarray, axis: np.ndarray, cloud: np.ndarray, tilt: np.ndarray) -> np.ndarray:
    """Year rings of a trunk that lies almost along the first axis."""
    away = place[1:] + tilt[:2, None] * place[0]
    radius = np.sqrt((away[0] - 2.3) ** 2 + (away[1] + 1.7) ** 2) + 0.12 * cloud
    ring = (2.2 * radius) % 1
    return 0.9 * ring**2 - 0.3


def _marble(place: np.ndarray, axis: np.ndarray, cloud: np.ndarray, tilt: np.ndarray) -> np.ndarray:
    """Dark veins."""
    vein = np.abs(np.sin(place[0] + 0.7 * place[1] - 0.8 * place[2] + 1.4 * cloud))
    return 0.5 - 1.5 * np.maximum(1 - 2.5 * vein, 0)


def _hexes(place: np.ndarray, axis: np.ndarray, cloud: np.ndarray, tilt: np.ndarray) -> np.ndarray:
    """Six-sided tiles with joints: the nearer of two grids of middles."""
    x, y = _plane(place, axis)
    tall = np.float32(3**0.5)
    one = np.round(x), np.round(y / tall) * tall
    two = np.floor(x) + 0.5, (np.floor(y / tall) + np.float32(0.5)) * tall
    nearer = (x - one[0]) ** 2 + (y - one[1]) ** 2 < (x - two[0]) ** 2 + (y - two[1]) ** 2
    column, row = np.where(nearer, one[0], two[0]), np.where(nearer, one[1], two[1])
    across, along = np.abs(x - column), np.abs(y - row)
    edge = np.maximum(across, 0.5 * across + tall / 2 * along)
    return np.where(edge > 0.45, -1.1, 0.45 * np.sin(12.9898 * column + 78.233 * row))


def _grid(place: np.ndarray, axis: np.ndarray, cloud: np.ndarray, tilt: np.ndarray) -> np.ndarray:
    """Fine crossed lines, every fourth of them bold."""
    lines = np.zeros(place.shape[1:], np.float32)
    for value in _plane(place, axis):
        fine, bold = (2 * value) % 1, (0.5 * value) % 1
        lines -= 0.5 * (fine < 0.12) + 0.8 * (bold < 0.06)
    return np.maximum(lines, -1.2) + 0.25


def _weave(place: np.ndarray, axis: np.ndarray, cloud: np.ndarray, tilt: np.ndarray) -> np.ndarray:
    """Over and under, like a basket."""
    x, y = (2 * value for value in _plane(place, axis))
    over = (np.floor(x) + np.floor(y)) % 2 < 1
    along, across = np.where(over, x, y) % 1, np.where(over, y, x) % 1
    return 0.9 * np.sin(np.pi * along) - 1.1 * (np.abs(across - 0.5) > 0.4) - 0.3


TEXTURES = {"wood": _wood, "marble": _marble, "hexes": _hexes, "grid": _grid, "weave": _weave}
"""Surfaces that no other renderer has."""
