"""What bodies and the background are painted with: cube maps, which wrap them from six sides.

A cube map's faces lie below one another: towards +x, -x, +y, -y, +z and -z of what it wraps. What a face shows at a
row and column is what is seen from the middle of the body in a direction, as OpenGL has it.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from lawful.generators.worlds.flat.paint import fill, texture
from lawful.generators.worlds.scene import COLOURS, Look, Pattern, Point, Shape, Surface

CubeMap = UInt8[np.ndarray, "_ _ 3"]
"""Six square faces below one another, sRGB."""

_FINE = 2
"""Bodies are painted this many times finer than they are kept."""
_SPOTS = 14
_CONTRAST = 20.0


@lru_cache(maxsize=64)
def body_map(shape: Shape, half_size_m: Point, look: Look, side_px: int) -> CubeMap:
    """A body's paint: its colour and darker or lighter marks, so that turning about any axis is seen.

    It is kept for twins and may not be written to.

    Args:
        shape: Ball, box or cylinder.
        half_size_m: Half its extent along each of its own axes.
        look: Its colour and marks; nothing else chooses where the marks are.
        side_px: Width and height of each face.
    """
    half = np.array(half_size_m, np.float32)
    unit = _surface(shape, side_px * _FINE)
    base = np.array(COLOURS[look.colour], np.float32)
    mark = base * 0.35 if base.sum() > 330 else base + (255 - base) * 0.75
    marked = _marked(unit, half, look.pattern, np.random.default_rng(look.seed))
    fine = marked.reshape(6 * side_px, _FINE, side_px, _FINE).astype(np.float32)
    cover = fine.mean(axis=(1, 3))[..., None]
    painted = np.rint(base + (mark - base) * cover).astype(np.uint8)
    painted.flags.writeable = False
    return painted


@lru_cache(maxsize=8)
def _surface(shape: Shape, side: int) -> Float32[np.ndarray, "points 3"]:
    """Where the middles of a cube map's pixels lie on a body of half size 1, face by face and row by row."""
    across, down = np.meshgrid(*[(np.arange(side, dtype=np.float32) + 0.5) * 2 / side - 1] * 2)
    one = np.ones_like(across)
    faces = (
        (one, -down, -across),
        (-one, -down, across),
        (across, one, down),
        (across, -one, -down),
        (across, -down, one),
        (-across, -down, -one),
    )
    points = np.concatenate([np.stack(face, axis=-1).reshape(-1, 3) for face in faces])
    if shape == "box":
        return points
    reach = np.hypot(points[:, 0], points[:, 1])
    if shape == "cylinder":
        return points / np.maximum(reach, np.abs(points[:, 2]))[:, None]
    return points / np.hypot(reach, points[:, 2])[:, None]


def _marked(
    unit: Float32[np.ndarray, "points 3"],
    half: Float32[np.ndarray, " 3"],
    pattern: Pattern,
    rng: np.random.Generator,
) -> Bool[np.ndarray, " points"]:
    """True where points on a surface are covered by a mark."""
    points = unit * half
    # A flat body shows mostly its large faces.
    scale = float(np.median(half))
    # One mark of its own kind: without it a body could be turned onto itself.
    pole = half * _direction(rng)
    single = _near(points, points[_nearest(points, pole)][None], np.array([0.3 * scale]))
    if pattern == "spots":
        return single | _near(points, _apart(points, rng), rng.uniform(0.24, 0.38, _SPOTS) * scale)
    if pattern == "stripes":
        return ((unit @ _direction(rng) / 0.56 + np.float32(rng.uniform())) % 1 < 0.42) ^ single
    if pattern == "quarters":
        return ((points > 0).sum(axis=1) % 2 == 1) ^ single
    # About the axis along which a point lies furthest out.
    outward = unit**2
    along = outward == outward.max(axis=1, keepdims=True)
    distance = np.sqrt((np.where(along, 0, points) ** 2).sum(axis=1)) / scale
    return ((distance > 0.34) & (distance < 0.62)) | single


def _direction(rng: np.random.Generator) -> Float32[np.ndarray, " 3"]:
    """A unit vector that is far from parallel to each axis."""
    vector = rng.uniform(0.35, 1.0, 3) * rng.choice([-1.0, 1.0], 3)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def _nearest(points: Float32[np.ndarray, "points 3"], place: Float32[np.ndarray, " 3"]) -> int:
    return int(np.argmin(((points - place) ** 2).sum(axis=1)))


def _near(
    points: Float32[np.ndarray, "points 3"], places: Float32[np.ndarray, "places 3"], radius: np.ndarray
) -> Bool[np.ndarray, " points"]:
    """True where a point is within its radius of any of some places."""
    least = ((places**2).sum(axis=1) - radius**2).astype(np.float32) / 2
    far = (points**2).sum(axis=1) / 2
    return (points @ places.T - least).max(axis=1) > far


def _apart(points: Float32[np.ndarray, "points 3"], rng: np.random.Generator) -> Float32[np.ndarray, "n 3"]:
    """Points of a surface that are far from one another."""
    some = points[rng.integers(len(points), size=240)]
    places, distance = [some[0]], np.full(len(some), np.inf, np.float32)
    while len(places) < _SPOTS:
        distance = np.minimum(distance, ((some - places[-1]) ** 2).sum(axis=1))
        places.append(some[np.argmax(distance)])
    return np.stack(places)


def backdrop_map(rgb: tuple[int, int, int], kind: Surface, side_px: int, rng: np.random.Generator) -> CubeMap:
    """The far background, seen from within: six walls with some quiet shapes, so that a moving camera shows."""
    faces = []
    for _ in range(6):
        face = texture(rng, side_px, side_px, rgb, _CONTRAST, kind)
        for _ in range(int(rng.integers(24, 56))):
            x, y = rng.uniform(0, side_px, 2)
            w, h = rng.uniform(0.02, 0.1, 2) * side_px
            corners = np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])
            mean = face[int(y), int(x)].astype(int)
            fill(face, corners, tuple(int(c) for c in np.clip(mean + rng.integers(-28, 29), 0, 255)))
        faces.append(face)
    return np.concatenate(faces)
