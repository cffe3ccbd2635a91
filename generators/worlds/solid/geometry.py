"""Balls, boxes and cylinders of half size 1 in their own axes: where rays enter them, and points spread over them.

Half sizes turn these into every ball, oval, box and cylinder: a ray is brought into a body's axes and divided by
them, and counts in the same steps there.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Float64
from scipy.spatial.transform import Rotation

from lawful.generators.worlds.scene import Shape, Turn

_Face = Callable[[Float64[np.ndarray, "points 2"]], tuple[np.ndarray, np.ndarray]]
"""From points of the unit square to points on one face, and the unit vectors in which it faces there."""
_TINY = 1e-30
_INSET = 0.96
"""Points keep off the edges by so much, where two faces meet in a picture."""


def turned(turn_rad: Turn) -> Float64[np.ndarray, "3 3"]:
    """The rotation by a rotation vector; (0.0,) is none."""
    return np.eye(3) if not any(turn_rad) else Rotation.from_rotvec(turn_rad).as_matrix()


def entry(
    shape: Shape, start: Float[np.ndarray, "3 *rays"], way: Float[np.ndarray, "3 *rays"]
) -> Float[np.ndarray, "*rays"]:
    """After how many times its `way` each ray enters a body of half size 1; infinite where it does not.

    Rays that start within the body do not enter it, as a camera within a thing sees through it.
    """
    if shape == "box":
        enter, leave = _slab(start, way)
        enter, leave = enter.max(axis=0), leave.min(axis=0)
    elif shape == "cylinder":
        enter, leave = _round(start[:2], way[:2])
        low, high = _slab(start[2], way[2])
        enter, leave = np.maximum(enter, low), np.minimum(leave, high)
    else:
        enter, leave = _round(start, way)
    return np.where((enter <= leave) & (enter > 0), enter, enter.dtype.type(np.inf))


def _slab(start: np.ndarray, way: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """When rays come between -1 and 1, and when they leave, along each of their axes."""
    rate = 1 / np.where(np.abs(way) < _TINY, way.dtype.type(_TINY), way)
    one, two = (-1 - start) * rate, (1 - start) * rate
    return np.minimum(one, two), np.maximum(one, two)


def _round(start: np.ndarray, way: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """When rays come within 1 of the middle, and when they leave; never (inf, -inf) for those that miss."""
    square = np.maximum((way**2).sum(axis=0), way.dtype.type(_TINY))
    middle = -(start * way).sum(axis=0) / square
    # The least distance, not the discriminant, so that nothing cancels for a far and small body.
    nearest = 1 - ((start + middle * way) ** 2).sum(axis=0)
    half = np.sqrt(np.maximum(nearest, 0) / square)
    missed = nearest < 0
    never = way.dtype.type(np.inf)
    return np.where(missed, never, middle - half), np.where(missed, -never, middle + half)


def inside(shape: Shape, own: Float[np.ndarray, "3 *points"]) -> Bool[np.ndarray, "*points"]:
    """Which points lie in a body of half size 1."""
    if shape == "box":
        return np.abs(own).max(axis=0) <= 1
    if shape == "cylinder":
        return ((own[:2] ** 2).sum(axis=0) <= 1) & (np.abs(own[2]) <= 1)
    return (own**2).sum(axis=0) <= 1


def outward(shape: Shape, own: Float[np.ndarray, "3 *points"]) -> Float[np.ndarray, "3 *points"]:
    """Which way the surface of a body of half size 1 faces at points on it, as unit vectors.

    Divided by the half sizes, these are the ways in which the body's own surface faces.
    """
    if shape == "ball":
        return own
    if shape == "cylinder":
        end = (own[:2] ** 2).sum(axis=0) <= own[2] ** 2
        side = np.concatenate([own[:2], np.zeros_like(own[2:])])
        along = np.concatenate([np.zeros_like(own[:2]), np.sign(own[2:])])
        return np.where(end, along, side)
    size = np.abs(own)
    return np.where(size == size.max(axis=0), np.sign(own), 0).astype(own.dtype)


def unit_points(
    shape: Shape, half_size_m: Float64[np.ndarray, " 3"], count: int, seed: int
) -> tuple[Float64[np.ndarray, "points 3"], Float64[np.ndarray, "points 3"]]:
    """Points spread over each face of a body, in half sizes, and how the surface that each stands for faces.

    Args:
        shape: Ball, box or cylinder.
        half_size_m: Chooses how many points each face gets; small faces get more than their share.
        count: How many points.
        seed: Chooses the points.

    Returns:
        The points on the body of half size 1, and outward vectors as long as the area there that each stands for.
    """
    rng = np.random.default_rng(seed)
    if shape == "ball":
        points = _on_ball(count, rng)
        return points, points * (4 * np.pi / count)
    x, y, z = half_size_m
    if shape == "cylinder":
        faces = [_end(-1), _end(1), _side]
        areas = [np.pi, np.pi, 4 * np.pi]
        sizes = [np.pi * x * y, np.pi * x * y, 2 * np.pi * (x + y) * z]
    else:
        faces = [_wall(axis, sign) for axis in range(3) for sign in (-1, 1)]
        areas, sizes = [4.0] * 6, [4 * side for side in (y * z, y * z, x * z, x * z, x * y, x * y)]
    points, vectors = [], []
    for face, area, share in zip(faces, areas, _shares(np.sqrt(sizes), count), strict=True):
        if share:
            own, facing = face(_spread(share, rng))
            points.append(own)
            vectors.append(facing * (area / share))
    return np.concatenate(points), np.concatenate(vectors)


def _shares(sizes: np.ndarray, count: int) -> list[int]:
    """A count split by sizes; none gets nothing while there is one for each."""
    least = 1 if count >= len(sizes) else 0
    free = count - least * len(sizes)
    ideal = sizes / sizes.sum() * free
    shares = np.floor(ideal).astype(int)
    first = np.argsort(shares - ideal, kind="stable")[: free - shares.sum()]
    shares[first] += 1
    return (shares + least).tolist()


def _spread(count: int, rng: np.random.Generator) -> Float64[np.ndarray, "points 2"]:
    """Points spread evenly over the unit square: multiples of two irrational steps from a random start."""
    steps = np.arange(count)[:, None] * np.array([0.7548776662466927, 0.5698402909980532])
    return (rng.uniform(size=2) + steps) % 1


def _on_ball(count: int, rng: np.random.Generator) -> Float64[np.ndarray, "points 3"]:
    steps = np.arange(count) + 0.5
    height, angle = 1 - 2 * steps / count, np.pi * (1 + 5**0.5) * steps
    radius = np.sqrt(1 - height**2)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=1)
    return points @ Rotation.from_quat(rng.normal(size=4)).as_matrix().T


def _wall(axis: int, sign: int) -> _Face:
    def face(square: Float64[np.ndarray, "points 2"]) -> tuple[np.ndarray, np.ndarray]:
        facing = np.zeros((len(square), 3))
        facing[:, axis] = sign
        return np.insert((2 * square - 1) * _INSET, axis, sign, axis=1), facing

    return face


def _end(sign: int) -> _Face:
    def face(square: Float64[np.ndarray, "points 2"]) -> tuple[np.ndarray, np.ndarray]:
        radius, angle = _INSET * np.sqrt(square[:, 0]), 2 * np.pi * square[:, 1]
        flat = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        return np.insert(flat, 2, sign, axis=1), np.tile([0.0, 0.0, sign], (len(square), 1))

    return face


def _side(square: Float64[np.ndarray, "points 2"]) -> tuple[np.ndarray, np.ndarray]:
    angle = 2 * np.pi * square[:, 1]
    around = np.stack([np.cos(angle), np.sin(angle), np.zeros(len(square))], axis=1)
    return around + [0, 0, 1] * ((2 * square[:, :1] - 1) * _INSET), around
