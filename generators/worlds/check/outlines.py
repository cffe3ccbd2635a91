"""Outlines of bodies and blocks over time, and how far two of them are apart."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.spatial.transform import Rotation

from lawful.generators.worlds.motion import reach
from lawful.generators.worlds.scene import Block, Shape

_PROJECTIONS = 6
"""Steps from one outline to the nearest point of the other and back; more make no difference that counts."""

_SPREADS = (0.3, 0.3, 0.15, 0.15, 0.08, 0.08, 0.04, 0.04, 0.02, 0.01)
"""By how much directions are tried aside of the best so far."""


@dataclass(frozen=True, eq=False)
class Outline:
    """A convex body at some moments; it is its own mirror image about its centre."""

    shapes: tuple[Shape, ...]
    """Every shape it has."""
    shape_index: Int64[np.ndarray, " moments"]
    """Which of them it has."""
    centre_m: Float64[np.ndarray, "moments axes"]
    """Its centre; NaN where it is not present."""
    rotation: Float64[np.ndarray, "moments axes axes"]
    """From its own axes to the world's."""
    half_size_m: Float64[np.ndarray, "moments axes"]
    """Half its extent along each of its own axes."""

    @property
    def reach_m(self) -> Float64[np.ndarray, " moments"]:
        """Radius of the circle or sphere about its centre that holds it."""
        return reach(self.shapes, self.shape_index, self.half_size_m)

    @property
    def is_round(self) -> bool:
        """True for a disc or ball that stays one as long as it is present."""
        half = self.half_size_m[~np.isnan(self.half_size_m[:, 0])]
        return set(self.shapes) <= {"disc", "ball"} and bool((half == half[:, :1]).all())

    def at(self, moments: Bool[np.ndarray, " all"]) -> "Outline":
        """The outline at some of the moments."""
        rows = (self.shape_index, self.centre_m, self.rotation, self.half_size_m)
        return Outline(self.shapes, *(row[moments] for row in rows))

    def extent_m(
        self, directions: Float64[np.ndarray, "moments directions axes"]
    ) -> Float64[np.ndarray, "moments directions"]:
        """How far it reaches from its centre along unit vectors."""
        scaled = np.einsum("tda,tab->tdb", directions, self.rotation) * self.half_size_m[:, None]
        extents = np.stack([_extent(shape, scaled) for shape in self.shapes])
        return extents[self.shape_index, np.arange(len(scaled))]

    def nearest(self, points_m: Float64[np.ndarray, "moments axes"]) -> Float64[np.ndarray, "moments axes"]:
        """The point of it that is nearest to each point."""
        own = np.einsum("ta,tab->tb", points_m - self.centre_m, self.rotation)
        inside = np.stack([_clamped(shape, own, self.half_size_m) for shape in self.shapes])
        kept = inside[self.shape_index, np.arange(len(own))]
        return self.centre_m + np.einsum("tb,tab->ta", kept, self.rotation)


def block_outline(block: Block, n_moments: int) -> Outline:
    """A block, which stays as it is."""
    low, high = np.array(block.low, float), np.array(block.high, float)
    turn = block.turn_rad
    rotation = np.eye(3)
    if len(low) == 2:
        rotation = Rotation.from_rotvec((0.0, 0.0, turn[0])).as_matrix()[:2, :2]
    elif len(turn) == 3:
        rotation = Rotation.from_rotvec(turn).as_matrix()
    rows = ((low + high) / 2, rotation, (high - low) / 2)
    centre, turned, half = (np.repeat(row[None], n_moments, axis=0) for row in rows)
    return Outline(("box",), np.zeros(n_moments, np.int64), centre, turned, half)


def gap_m(
    one: Outline, two: Outline, near_m: float
) -> tuple[Float64[np.ndarray, " moments"], Float64[np.ndarray, "moments axes"]]:
    """How far two outlines are apart, and the unit vector from the first to the second across the gap.

    Args:
        one: The first.
        two: The second, at the same moments.
        near_m: Gaps of more than this come as infinite.

    Returns:
        Gaps, negative by the depth where they overlap, and normals; NaN where either is not present.
    """
    gaps = np.full(len(one.centre_m), np.inf)
    normals = np.full(one.centre_m.shape, np.nan)
    offset = two.nearest(one.centre_m) - one.centre_m
    with np.errstate(invalid="ignore"):
        close = np.linalg.norm(offset, axis=1) - one.reach_m <= near_m
    if one.is_round:
        # The nearest point of the other tells all, unless the centre is inside.
        length = np.linalg.norm(offset, axis=1)
        outside = close & (length > 1e-9)
        gaps[outside] = (length - one.reach_m)[outside]
        normals[outside] = (offset / np.maximum(length, 1e-9)[:, None])[outside]
        close &= ~outside
    if close.any():
        gaps[close], normals[close] = _gaps(one.at(close), two.at(close))
    return gaps, normals


def _gaps(
    one: Outline, two: Outline
) -> tuple[Float64[np.ndarray, " moments"], Float64[np.ndarray, "moments axes"]]:
    # Along any direction two outlines are at most as far apart as they are: the best of some is the gap.
    apart = two.centre_m - one.centre_m
    start, end = two.centre_m, one.centre_m
    for _ in range(_PROJECTIONS):
        end = one.nearest(start)
        start = two.nearest(end)
    axes = np.concatenate([one.rotation.swapaxes(1, 2), two.rotation.swapaxes(1, 2)], axis=1)
    directions = [apart[:, None], (start - end)[:, None], axes]
    if apart.shape[1] == 3:
        crosses = np.cross(axes[:, :3, None], axes[:, None, 3:]).reshape(len(axes), 9, 3)
        directions.append(crosses)
    candidates = np.concatenate(directions, axis=1)
    length = np.linalg.norm(candidates, axis=2)
    usable = length > 1e-9
    candidates = candidates / np.where(usable, length, 1.0)[..., None]
    along = np.einsum("tda,ta->td", candidates, apart)
    candidates = candidates * np.where(along < 0, -1.0, 1.0)[..., None]
    separation = np.abs(along) - one.extent_m(candidates) - two.extent_m(candidates)
    separation = np.where(usable, separation, -np.inf)
    best = separation.argmax(axis=1)
    rows = np.arange(len(best))
    gaps, normals = separation[rows, best], candidates[rows, best]
    if "cylinder" in (*one.shapes, *two.shapes):
        return _refined(one, two, gaps, normals)
    return gaps, normals


def _refined(
    one: Outline,
    two: Outline,
    gaps: Float64[np.ndarray, " moments"],
    normals: Float64[np.ndarray, "moments axes"],
) -> tuple[Float64[np.ndarray, " moments"], Float64[np.ndarray, "moments axes"]]:
    """Better directions near the best ones: the rims of cylinders have normals of all kinds."""
    apart = two.centre_m - one.centre_m
    rows = np.arange(len(gaps))
    for spread in _SPREADS:
        helper = np.where(np.abs(normals[:, :1]) < 0.7, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
        first = np.cross(normals, helper)
        first /= np.linalg.norm(first, axis=1, keepdims=True)
        second = np.cross(normals, first)
        angles = np.arange(8) * np.pi / 4
        aside = np.cos(angles)[:, None] * first[:, None] + np.sin(angles)[:, None] * second[:, None]
        tried = np.concatenate([normals[:, None], normals[:, None] + spread * aside], axis=1)
        tried /= np.linalg.norm(tried, axis=2, keepdims=True)
        separation = np.einsum("tda,ta->td", tried, apart) - one.extent_m(tried) - two.extent_m(tried)
        best = separation.argmax(axis=1)
        gaps, normals = separation[rows, best], tried[rows, best]
    return gaps, normals


def _extent(
    shape: Shape, scaled: Float64[np.ndarray, "moments directions axes"]
) -> Float64[np.ndarray, "moments directions"]:
    if shape == "box":
        return np.abs(scaled).sum(axis=2)
    if shape == "cylinder":
        return np.linalg.norm(scaled[..., :2], axis=2) + np.abs(scaled[..., 2])
    return np.linalg.norm(scaled, axis=2)


def _clamped(
    shape: Shape, own: Float64[np.ndarray, "moments axes"], half_size_m: Float64[np.ndarray, "moments axes"]
) -> Float64[np.ndarray, "moments axes"]:
    if shape == "box":
        return np.clip(own, -half_size_m, half_size_m)
    round_axes = slice(0, 2) if shape == "cylinder" else slice(None)
    kept = np.clip(own, -half_size_m, half_size_m)
    out = np.linalg.norm(own[:, round_axes] / half_size_m[:, round_axes], axis=1, keepdims=True)
    kept[:, round_axes] = own[:, round_axes] / np.maximum(out, 1.0)
    return kept
