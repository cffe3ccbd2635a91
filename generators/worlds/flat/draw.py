"""From flat states to pictures: painted sprites over a textured world, anti-aliased, by OpenCV."""

from collections.abc import Iterator
from itertools import pairwise

import cv2
import numpy as np
from jaxtyping import Float64, UInt8

from lawful.generators.worlds.camera import View
from lawful.generators.worlds.flat.paint import fill, line, texture
from lawful.generators.worlds.flat.simulate import corners
from lawful.generators.worlds.flat.sprites import Sprite, sprite, stamp
from lawful.generators.worlds.motion import Simulated
from lawful.generators.worlds.scene import Block, Look, Point, Scene, Shape, Spring, Surface


def paint(
    scene: Scene, simulated: Simulated, width_px: int, height_px: int, look_rng: np.random.Generator
) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """Paint every frame of a flat scene: see `lawful.generators.worlds.draw.draw`."""
    scale = height_px / scene.view_height_m
    lens = _Lens(simulated.view, width_px, height_px)
    # The background covers what an undisturbed camera sees, so that twins share it.
    path = scene.view(np.arange(len(simulated)) / simulated.fps)
    backdrop, origin_m, detail = _backdrop(scene, _Lens(path, width_px, height_px), scale, look_rng)
    front = [(block, _front(block, look_rng, scale)) for block in scene.blocks if not block.solid]
    sprites: dict[tuple[Shape, Point, Look], Sprite] = {}
    for frame in range(len(simulated)):
        picture = lens.window(frame, backdrop, origin_m, detail)
        shown = []
        for motion in simulated.motions:
            if motion.present[frame]:
                half_size_m = tuple(motion.half_size_m[frame].tolist())
                form = (motion.shape(frame), half_size_m, motion.looks[motion.look_index[frame]])
                if form not in sprites:
                    sprites[form] = sprite(*form, scale)
                as_seen = lens.axes[frame].T @ motion.rotation[frame]
                shown.append((motion, sprites[form], *lens.pixel(frame, motion.position_m[frame]), as_seen))
        if scene.style.shadow:
            aside = 0.04 * height_px
            for _, surface, u, v, as_seen in shown:
                stamp(
                    picture, surface, u + aside, v + aside / 2, as_seen, lens.scale[frame], scene.style.shadow
                )
        for motion, surface, u, v, as_seen in shown:
            _joints(picture, scene, simulated, lens, frame, motion.body.name)
            stamp(picture, surface, u, v, as_seen, lens.scale[frame])
        for block, surface in front:
            lens.cover(frame, picture, block, surface, scale)
        yield picture


def _joints(
    picture: UInt8[np.ndarray, "height width 3"],
    scene: Scene,
    simulated: Simulated,
    lens: "_Lens",
    frame: int,
    name: str,
) -> None:
    """Draw the rods and springs that hold a body."""
    width = max(1, len(picture) // 120)
    for joint in (*scene.pivots, *scene.springs):
        if joint.body != name:
            continue
        end_m = np.array(joint.point_m)
        if joint.other is not None:
            other = simulated.motion(joint.other)
            if not other.present[frame]:
                continue
            end_m = other.position_m[frame]
        ends = np.array(
            [lens.pixel(frame, end_m), lens.pixel(frame, simulated.motion(name).position_m[frame])]
        )
        if isinstance(joint, Spring):
            along = ends[1] - ends[0]
            across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-6)
            turns = np.linspace(0, 1, 2 * _COILS + 1)
            swing = np.where(np.arange(len(turns)) % 2, 1, -1) * 0.02 * len(picture)
            swing[[0, -1]] = 0
            coil = ends[0] + turns[:, None] * along + swing[:, None] * across
            for one, two in pairwise(coil):
                line(picture, one, two, _ROD_RGB, width)
        elif joint.seen and (joint.until_s is None or frame / simulated.fps < joint.until_s):
            line(picture, ends[0], ends[1], _ROD_RGB, width)


_COILS = 7
_ROD_RGB = (48, 46, 44)


class _Lens:
    """From the world to pixels, counted from the picture's upper left corner."""

    def __init__(self, view: View, width_px: int, height_px: int) -> None:
        self.width_px, self.height_px = width_px, height_px
        self.axes = view.axes
        self.scale = view.scale * height_px
        half = np.stack([-view.aspect / view.scale / 2, 1 / view.scale / 2], axis=1)
        self.corner_m = view.position_m + np.einsum("fab,fb->fa", view.axes, half)
        self.upright = (view.axes == np.eye(2)).all(axis=(1, 2)) & (view.scale == view.scale[0])
        self.still = np.ptp(view.position_m) == 0 and bool(self.upright.all())

    def pixel(self, frame: int, point_m: Float64[np.ndarray, " 2"]) -> tuple[float, float]:
        right, up = (point_m - self.corner_m[frame]) @ self.axes[frame] * self.scale[frame]
        return float(right), float(-up)

    def span_m(self) -> tuple[Float64[np.ndarray, " 2"], Float64[np.ndarray, " 2"]]:
        """Lowest and highest coordinates that are seen in any frame."""
        size = np.stack([self.width_px / self.scale, -self.height_px / self.scale], axis=1)
        steps = np.array([(0, 0), (1, 0), (0, 1), (1, 1)])
        seen = self.corner_m[:, None] + np.einsum("fab,fsb->fsa", self.axes, size[:, None] * steps)
        return seen.min(axis=(0, 1)), seen.max(axis=(0, 1))

    def window(
        self,
        frame: int,
        backdrop: UInt8[np.ndarray, "h w 3"],
        origin_m: Float64[np.ndarray, " 2"],
        detail: float,
    ) -> UInt8[np.ndarray, "height width 3"]:
        if backdrop.shape[:2] == (self.height_px, self.width_px):
            return backdrop.copy()
        offset = (self.corner_m[frame] - origin_m) * (detail, -detail)
        flip = np.array([1, -1])
        linear = (flip[:, None] * self.axes[frame] * flip) * (detail / self.scale[frame])
        # Positions count from edges, OpenCV's from the middle of the first pixel.
        half = linear @ (0.5, 0.5) - 0.5
        matrix = np.hstack([linear, (offset + half)[:, None]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (self.width_px, self.height_px)
        return cv2.warpAffine(backdrop, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)

    def cover(
        self,
        frame: int,
        picture: UInt8[np.ndarray, "height width 3"],
        block: Block,
        surface: UInt8[np.ndarray, "h w 3"],
        detail: float,
    ) -> None:
        """Draw a screen in front of what is there."""
        edges = np.array(
            [(block.low[0], block.high[1]), (block.high[0], block.high[1]), (block.low[0], block.low[1])]
        )
        if self.upright[frame]:
            left, top = (round(edge) for edge in self.pixel(frame, edges[0]))
            x0, y0 = max(left, 0), max(top, 0)
            x1, y1 = min(left + surface.shape[1], self.width_px), min(top + surface.shape[0], self.height_px)
            if x1 > x0 and y1 > y0:
                picture[y0:y1, x0:x1] = surface[y0 - top : y1 - top, x0 - left : x1 - left]
            return
        height, width = surface.shape[:2]
        source = np.array([(-0.5, -0.5), (width - 0.5, -0.5), (-0.5, height - 0.5)], np.float32)
        target = np.array([self.pixel(frame, edge) for edge in edges], np.float32) - np.float32(0.5)
        matrix = cv2.getAffineTransform(source, target)
        size = (self.width_px, self.height_px)
        share = cv2.warpAffine(np.full((height, width), 255, np.uint8), matrix, size)[..., None] / np.float32(
            255
        )
        shown = cv2.warpAffine(surface, matrix, size, borderMode=cv2.BORDER_REPLICATE)
        picture[:] = np.rint(picture * (1 - share) + shown * share).astype(np.uint8)


def _backdrop(
    scene: Scene, lens: _Lens, scale: float, rng: np.random.Generator
) -> tuple[UInt8[np.ndarray, "height width 3"], Float64[np.ndarray, " 2"], float]:
    """The whole world that the camera sees, without the bodies: picture, its upper left corner, pixels a metre."""
    low, high = lens.span_m()
    if not lens.still:
        low, high = low - 2 / scale, high + 2 / scale
    width, height = (int(np.ceil(side - 1e-6)) for side in (high - low) * scale)
    picture = texture(rng, width, height, scene.backdrop_rgb, 20.0, scene.style.backdrop)
    _marks(picture, rng)
    for block in scene.blocks:
        if block.solid:
            outline = (np.array(corners(block)[::-1]) - (low[0], high[1])) * (scale, -scale)
            _panel(picture, rng, outline, block.rgb, scene.style.blocks)
    return picture, np.array([low[0], high[1]]), scale


def _marks(picture: UInt8[np.ndarray, "height width 3"], rng: np.random.Generator) -> None:
    """Scatter some quiet shapes over a background, so that a moving camera shows."""
    height, width = picture.shape[:2]
    side = min(height, width)
    for _ in range(int(rng.integers(12, 28) * width / height)):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        w, h = rng.uniform(0.02, 0.12, 2) * side
        corners = np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])
        mean = picture[min(int(y), height - 1), min(int(x), width - 1)].astype(int)
        fill(picture, corners, tuple(int(c) for c in np.clip(mean + rng.integers(-28, 29), 0, 255)))


def _panel(
    picture: UInt8[np.ndarray, "height width 3"],
    rng: np.random.Generator,
    outline: Float64[np.ndarray, "corners 2"],
    rgb: tuple[int, int, int],
    kind: Surface,
) -> None:
    edge = (picture.shape[1], picture.shape[0])
    (x0, y0), (x1, y1) = np.clip(outline.min(axis=0), 0, edge), np.clip(outline.max(axis=0), 0, edge)
    left, top, right, bottom = int(x0), int(y0), int(np.ceil(x1)), int(np.ceil(y1))
    if right - left < 1 or bottom - top < 1:
        return
    surface = texture(rng, right - left, bottom - top, rgb, 22.0, kind)
    cover = np.zeros((bottom - top, right - left), np.uint8)
    # An upright one ends at the picture's edge, a turned one beyond it.
    shown = np.clip(outline, 0, edge) if np.ptp(outline[:2, 1]) == 0 else outline
    fill(cover, shown - (left, top), 255)
    part = picture[top:bottom, left:right]
    share = cover[..., None].astype(np.float32) / 255
    part[:] = np.rint(part * (1 - share) + surface * share).astype(np.uint8)
    dark = tuple(int(0.6 * c) for c in rgb)
    for one, two in zip(shown, np.roll(shown, -1, axis=0), strict=True):
        line(picture, one, two, dark, 1)


def _front(block: Block, rng: np.random.Generator, scale: float) -> UInt8[np.ndarray, "h w 3"]:
    width = max(1, round((block.high[0] - block.low[0]) * scale))
    height = max(1, round((block.high[1] - block.low[1]) * scale))
    surface = texture(rng, width, height, block.rgb, contrast=24.0)
    for x in range(0, width, max(3, width // 6)):
        surface[:, x] //= 2
    surface[[0, -1]] //= 2
    surface[:, [0, -1]] //= 2
    return surface
