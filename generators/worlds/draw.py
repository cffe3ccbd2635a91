"""From simulated states to pictures: painted sprites over a textured world, anti-aliased, by OpenCV."""

from collections.abc import Iterable

import cv2
import numpy as np
from jaxtyping import Float32, Float64, UInt8

from lawful.generators.worlds.scene import COLOURS, Block, Body, Look, Scene
from lawful.generators.worlds.simulate import Simulated, camera_path

_FINE = 4
"""Sprites are painted this many times larger than they are kept."""
_SPRITE_SCALE = 2
"""Sprites are kept at this many pixels a frame pixel, so that bilinear sampling does not blur them."""

Sprite = tuple[Float32[np.ndarray, "size size 4"], float]
"""RGB times alpha (0-255) and alpha (0-1), and its pixels per metre."""


def draw(
    scene: Scene,
    simulated: Simulated,
    width_px: int,
    height_px: int,
    noise: float,
    look_rng: np.random.Generator,
    noise_rng: np.random.Generator,
) -> UInt8[np.ndarray, "frames height width 3"]:
    """Draw every frame.

    A frame depends on the states at its time, on both generators' seeds and on nothing later, so twins are
    identical up to their onset.

    Args:
        scene: What stands still, and the size of the view.
        simulated: What moves.
        width_px: Width of the frames.
        height_px: Height of the frames.
        noise: Standard deviation of the sensor noise, grey levels.
        look_rng: Chooses the background's texture.
        noise_rng: Makes the noise.

    Returns:
        sRGB frames, 0-255.
    """
    scale = height_px / scene.view_height_m
    n_frames = len(simulated.camera_m)
    path = camera_path(scene, np.arange(n_frames) / simulated.fps)
    backdrop, origin_m = _backdrop(scene, path, scale, look_rng)
    front = [(block, _front(block, look_rng, scale)) for block in scene.blocks if not block.solid]
    sprites = {
        (motion.body.name, look): _sprite(motion.body, look, scale)
        for motion in simulated.motions
        for look in motion.looks
    }
    pivots = {pivot.body: pivot.point_m for pivot in scene.pivots}
    rgb = np.empty((n_frames, height_px, width_px, 3), np.uint8)
    grain = _Grain(noise_rng, noise, width_px, height_px)
    for frame in range(n_frames):
        corner = simulated.camera_m[frame] + (-scene.view_width_m / 2, scene.view_height_m / 2)
        picture = _window(backdrop, (corner - origin_m) * (scale, -scale), width_px, height_px)
        for motion in simulated.motions:
            if not motion.present[frame]:
                continue
            state = motion.state[frame]
            u, v = (state[0] - corner[0]) * scale, (corner[1] - state[1]) * scale
            if motion.body.name in pivots:
                held = pivots[motion.body.name]
                _rod(picture, ((held[0] - corner[0]) * scale, (corner[1] - held[1]) * scale), (u, v))
            sprite = sprites[motion.body.name, motion.looks[motion.look_index[frame]]]
            _stamp(picture, sprite, u, v, state[4], scale)
        for block, texture in front:
            _cover(picture, block, texture, corner, scale)
        rgb[frame] = grain.over(picture)
    return rgb


class _Grain:
    """Sensor noise: windows of one large random field, one for each frame in order."""

    def __init__(self, rng: np.random.Generator, noise: float, width_px: int, height_px: int) -> None:
        self.rng = rng
        self.noise = noise
        shape = (height_px + 32, width_px + 32, 3)
        self.field = np.rint(rng.normal(0, noise, shape)).astype(np.int16) if noise > 0 else None

    def over(self, picture: UInt8[np.ndarray, "height width 3"]) -> UInt8[np.ndarray, "height width 3"]:
        if self.field is None:
            return picture
        y, x = self.rng.integers(0, 33, 2)
        part = self.field[y : y + picture.shape[0], x : x + picture.shape[1]]
        return cv2.add(picture, part, dtype=cv2.CV_8U)


def _backdrop(
    scene: Scene, camera_m: Float64[np.ndarray, "frames 2"], scale: float, rng: np.random.Generator
) -> tuple[UInt8[np.ndarray, "height width 3"], Float64[np.ndarray, " 2"]]:
    """The whole world that the camera sees, without the bodies, and the world position of its top left corner."""
    margin = 2 / scale
    half = np.array([scene.view_width_m, scene.view_height_m]) / 2 + margin
    low, high = camera_m.min(axis=0) - half, camera_m.max(axis=0) + half
    if np.ptp(camera_m) == 0:
        low, high = camera_m[0] - half + margin, camera_m[0] + half - margin
    width, height = (int(np.ceil(side - 1e-6)) for side in (high - low) * scale)
    picture = texture(rng, width, height, scene.backdrop_rgb, contrast=20.0)
    _marks(picture, rng)
    origin = np.array([low[0], high[1]])
    for block in scene.blocks:
        if block.solid:
            x0, x1 = np.clip([(block.x0 - low[0]) * scale, (block.x1 - low[0]) * scale], 0, width)
            y0, y1 = np.clip([(high[1] - block.y1) * scale, (high[1] - block.y0) * scale], 0, height)
            _panel(picture, rng, (x0, y0, x1, y1), block.rgb)
    return picture, origin


def texture(
    rng: np.random.Generator, width: int, height: int, rgb: tuple[int, int, int], contrast: float
) -> UInt8[np.ndarray, "height width 3"]:
    """A cloudy surface of a mean colour: smooth noise at four scales."""
    field = np.zeros((height, width), np.float32)
    for cells in (3, 8, 20, 48):
        grid = rng.normal(0, 1, (cells, max(2, round(cells * width / height)))).astype(np.float32)
        field += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    tint = rng.uniform(0.85, 1.15, 3).astype(np.float32)
    shade = (contrast / 2 * field)[..., None] * tint
    return np.clip(shade + np.array(rgb, np.float32), 0, 255).astype(np.uint8)


def _marks(picture: UInt8[np.ndarray, "height width 3"], rng: np.random.Generator) -> None:
    """Scatter some quiet shapes over a background, so that a moving camera shows."""
    height, width = picture.shape[:2]
    side = min(height, width)
    for _ in range(int(rng.integers(12, 28) * width / height)):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        w, h = rng.uniform(0.02, 0.12, 2) * side
        corners = np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])
        mean = picture[min(int(y), height - 1), min(int(x), width - 1)].astype(int)
        _fill(picture, corners, tuple(int(c) for c in np.clip(mean + rng.integers(-28, 29), 0, 255)))


def _panel(
    picture: UInt8[np.ndarray, "height width 3"],
    rng: np.random.Generator,
    edges: tuple[float, float, float, float],
    rgb: tuple[int, int, int],
) -> None:
    x0, y0, x1, y1 = edges
    left, top, right, bottom = int(x0), int(y0), int(np.ceil(x1)), int(np.ceil(y1))
    if right - left < 1 or bottom - top < 1:
        return
    surface = texture(rng, right - left, bottom - top, rgb, contrast=22.0)
    cover = np.zeros((bottom - top, right - left), np.uint8)
    _fill(cover, np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]) - (left, top), 255)
    part = picture[top:bottom, left:right]
    share = cover[..., None].astype(np.float32) / 255
    part[:] = np.rint(part * (1 - share) + surface * share).astype(np.uint8)
    dark = tuple(int(0.6 * c) for c in rgb)
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    for one, two in zip(corners, corners[1:] + corners[:1], strict=True):
        _line(picture, one, two, dark, 1)


def _front(block: Block, rng: np.random.Generator, scale: float) -> UInt8[np.ndarray, "h w 3"]:
    width = max(1, round((block.x1 - block.x0) * scale))
    height = max(1, round((block.y1 - block.y0) * scale))
    surface = texture(rng, width, height, block.rgb, contrast=24.0)
    for x in range(0, width, max(3, width // 6)):
        surface[:, x] //= 2
    surface[[0, -1]] //= 2
    surface[:, [0, -1]] //= 2
    return surface


def _cover(
    picture: UInt8[np.ndarray, "height width 3"],
    block: Block,
    surface: UInt8[np.ndarray, "h w 3"],
    corner: Float64[np.ndarray, " 2"],
    scale: float,
) -> None:
    left, top = round((block.x0 - corner[0]) * scale), round((corner[1] - block.y1) * scale)
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + surface.shape[1], picture.shape[1]), min(top + surface.shape[0], picture.shape[0])
    if x1 > x0 and y1 > y0:
        picture[y0:y1, x0:x1] = surface[y0 - top : y1 - top, x0 - left : x1 - left]


def _window(
    backdrop: UInt8[np.ndarray, "h w 3"], offset: Float64[np.ndarray, " 2"], width: int, height: int
) -> UInt8[np.ndarray, "height width 3"]:
    if backdrop.shape[:2] == (height, width):
        return backdrop.copy()
    shift = np.array([[1, 0, offset[0]], [0, 1, offset[1]]], np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(backdrop, shift, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _sprite(body: Body, look: Look, scale: float) -> Sprite:
    """The body at angle 0, painted large and shrunk."""
    kept = scale * _SPRITE_SCALE
    reach = np.hypot(body.half_width_m, body.half_height_m) if body.shape == "box" else body.half_width_m
    size = 2 * int(np.ceil(reach * kept + 2))
    fine = kept * _FINE
    middle = size * _FINE / 2
    colour = np.zeros((size * _FINE, size * _FINE, 3), np.uint8)
    alpha = np.zeros((size * _FINE, size * _FINE), np.uint8)
    half = np.array([body.half_width_m, body.half_height_m]) * fine
    base = np.array(COLOURS[look.colour])
    mark = tuple(int(c) for c in (base * 0.35 if base.sum() > 330 else base + (255 - base) * 0.75))
    colour[:] = base
    _paint(colour, look, middle, half, mark)
    if body.shape == "disc":
        _disc(alpha, (middle, middle), half[0], 255)
    else:
        corners = middle + np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
        _fill(alpha, corners, 255)
    small = cv2.resize(colour, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)
    cover = cv2.resize(alpha, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)[..., None] / 255
    return np.concatenate([small * cover, cover], axis=2), kept


def _paint(
    colour: UInt8[np.ndarray, "size size 3"],
    look: Look,
    middle: float,
    half: Float64[np.ndarray, " 2"],
    mark: tuple[int, ...],
) -> None:
    rng = np.random.default_rng(look.seed)
    if look.pattern == "spots":
        for number in range(5):
            angle = 2 * np.pi * number / 5 + rng.uniform(-0.4, 0.4)
            place = middle + rng.uniform(0.4, 0.65) * half * (np.cos(angle), np.sin(angle))
            _disc(colour, place, rng.uniform(0.14, 0.24) * half.min(), mark)
    elif look.pattern == "stripes":
        for share in (-0.55, 0.05, 0.6):
            y = middle + share * half[1]
            corners = [(0, y), (2 * middle, y), (2 * middle, y + 0.28 * half[1]), (0, y + 0.28 * half[1])]
            _fill(colour, np.array(corners), mark)
    elif look.pattern == "quarters":
        for x, y in ((0, 0), (middle, middle)):
            _fill(
                colour, np.array([(x, y), (x + middle, y), (x + middle, y + middle), (x, y + middle)]), mark
            )
    else:
        shift = rng.uniform(-0.2, 0.2, 2) * half
        _disc(colour, middle + shift, 0.62 * half.min(), mark)
        _disc(colour, middle + shift, 0.34 * half.min(), tuple(int(c) for c in COLOURS[look.colour]))
        _disc(colour, middle + 0.72 * half * (1, 0), 0.15 * half.min(), mark)


def _stamp(
    picture: UInt8[np.ndarray, "height width 3"],
    sprite: Sprite,
    u: float,
    v: float,
    angle: float,
    scale: float,
) -> None:
    """Blend a sprite with its centre at (u, v), edges counted from the picture's corner, turned by an angle."""
    surface, kept = sprite
    shrink = scale / kept
    reach = surface.shape[0] / 2 * shrink * 1.42 + 1
    x0, y0 = max(int(np.floor(u - reach)), 0), max(int(np.floor(v - reach)), 0)
    x1 = min(int(np.ceil(u + reach)), picture.shape[1])
    y1 = min(int(np.ceil(v + reach)), picture.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    # Rows of the picture run downwards, so a counter-clockwise turn has its sine negated.
    cos, sin = np.cos(angle) * shrink, np.sin(angle) * shrink
    turn = np.array([[cos, sin], [-sin, cos]])
    middle = np.full(2, (surface.shape[0] - 1) / 2)
    target = np.array([u - 0.5 - x0, v - 0.5 - y0])
    matrix = np.hstack([turn, (target - turn @ middle)[:, None]])
    patch = cv2.warpAffine(surface, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
    part = picture[y0:y1, x0:x1]
    part[:] = np.rint(patch[..., :3] + part * (1 - patch[..., 3:])).astype(np.uint8)


def _rod(picture: UInt8[np.ndarray, "height width 3"], one: Iterable[float], two: Iterable[float]) -> None:
    _line(picture, one, two, (48, 46, 44), max(1, picture.shape[0] // 120))


_SHIFT = 4


def _fixed(points: np.ndarray) -> np.ndarray:
    """Positions counted from the edge as OpenCV's fixed-point positions counted from the first pixel's centre."""
    return np.rint((np.asarray(points, np.float64) - 0.5) * (1 << _SHIFT)).astype(np.int32)


def _fill(picture: np.ndarray, corners: np.ndarray, colour: int | tuple[int, ...]) -> None:
    cv2.fillConvexPoly(picture, _fixed(corners), _scalar(colour), lineType=cv2.LINE_AA, shift=_SHIFT)


def _disc(picture: np.ndarray, centre: Iterable[float], radius: float, colour: int | tuple[int, ...]) -> None:
    x, y = (int(c) for c in _fixed(np.array(list(centre))))
    cv2.circle(picture, (x, y), round(radius * (1 << _SHIFT)), _scalar(colour), -1, cv2.LINE_AA, _SHIFT)


def _line(
    picture: np.ndarray, one: Iterable[float], two: Iterable[float], colour: tuple[int, ...], width: int
) -> None:
    ends = [tuple(int(c) for c in _fixed(np.array(list(end)))) for end in (one, two)]
    cv2.line(picture, ends[0], ends[1], _scalar(colour), width, cv2.LINE_AA, _SHIFT)


def _scalar(colour: int | tuple[int, ...]) -> tuple[int, ...]:
    return (colour,) if isinstance(colour, int) else colour
