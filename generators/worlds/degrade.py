"""What happens to pictures on their way: lens, sensor, lost frames, poor coding. One seed for each step.

Frame k of a degraded clip depends on frames 0 to k alone, so twins that share their beginning still share it.
The truth of a clip speaks of its frames before they were degraded: a warp moves the picture by up to 1.5 % of its
shorter side, and where a frame was lost the one before it is seen again.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from lawful.core.errors import InputError
from lawful.generators.worlds.light import Grain
from lawful.video.frames import Frames
from lawful.video.read import open_video, read_frames
from lawful.video.write import write_video

_WARP = 0.015
_WARP_CELL_PX = 8
_BLUR_SIGMA = 0.012
_BLUR_LENGTH = 0.05
_FLICKER_SMOOTH, _FLICKER_ROUGH = 0.18, 0.07
_GREY_LEVELS = 22.0
_LOST_SHARE, _LOST_RUN = 0.35, 2
_LEAST_QP, _MOST_QP = 24, 48
_MOST_COLOURS, _LEAST_COLOURS = 256, 64
_CUBE_LEVELS = (0, 128, 255)

_Picture = UInt8[np.ndarray, "height width 3"]
_Rgb = UInt8[np.ndarray, "frames height width 3"]


@dataclass(frozen=True)
class Degradation:
    """One step that makes a clip worse."""

    name: str
    """A name of `DEGRADATIONS`."""
    strength: float
    """0 changes nothing; 1 is the worst."""
    seed: int
    """Makes its random choices."""

    def __post_init__(self) -> None:
        _check_name(self.name)
        if not 0 <= self.strength <= 1:
            raise InputError(f"{self.name} was asked for at strength {self.strength}; it may be 0 to 1.")
        if self.seed < 0:
            raise InputError(f"{self.name} was asked for with seed {self.seed}; it must be 0 or more.")


def degrade(frames: Frames, steps: Sequence[Degradation]) -> Frames:
    """Frames as they come out of some steps, one after the other; times and sizes stay as they are.

    The same steps give the same frames, bit for bit on one machine.

    Args:
        frames: The clip from its first frame on.
        steps: What happens to it, in this order.

    Returns:
        As many frames of the same size at the same times. Frame k depends on frames 0 to k alone.
    """
    for step in steps:
        if step.strength > 0:
            rgb = _STEPS[step.name](frames, step.strength, np.random.default_rng(step.seed))
            frames = Frames(rgb, frames.times_s, frames.indices)
    return frames


def choose(names: Sequence[str], rng: np.random.Generator) -> tuple[Degradation, ...]:
    """None, one or two degradations at random strengths, in the order in which a camera would meet them.

    Args:
        names: From which to choose, each once; names of `DEGRADATIONS`.
        rng: Chooses.

    Raises:
        InputError: A name is not known.
    """
    for name in names:
        _check_name(name)
    count = min(int(rng.integers(3)), len(names))
    chosen = {names[index] for index in rng.permutation(len(names))[:count]}
    return tuple(
        Degradation(name, float(rng.uniform(0.15, 1.0)), int(rng.integers(1 << 31)))
        for name in DEGRADATIONS
        if name in chosen
    )


def _check_name(name: str) -> None:
    if name not in DEGRADATIONS:
        raise InputError(f"no degradation is called {name!r}. Known: {', '.join(DEGRADATIONS)}.")


def _warp(frames: Frames, strength: float, rng: np.random.Generator) -> _Rgb:
    """Wobble as generated video does: the picture is pulled about by slow, long waves."""
    height, width = frames.rgb.shape[1:3]
    reach_px = _WARP * strength * min(height, width)
    across, rate_hz = rng.uniform(-1.5, 1.5, (2, 4, 2)), rng.uniform(0.2, 0.9, (2, 4))
    start = rng.uniform(0, 2 * np.pi, (2, 4))
    cells = [max(2, -(-side // _WARP_CELL_PX)) for side in (height, width)]
    coarse = np.stack(np.meshgrid(*(np.linspace(0, 1, count) for count in cells), indexing="ij"))
    phase = 2 * np.pi * np.einsum("swa,ayx->swyx", across, coarse) + start[..., None, None]
    rows, columns = np.indices((height, width), np.float32)
    out = np.empty_like(frames.rgb)
    for frame, time_s in enumerate(frames.times_s):
        waves = np.sin(phase + 2 * np.pi * (rate_hz * time_s)[..., None, None]).mean(axis=1)
        down, right = (
            cv2.resize(side.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
            for side in reach_px * waves
        )
        out[frame] = cv2.remap(
            frames.rgb[frame], columns + right, rows + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
    return out


def _blur(frames: Frames, strength: float, rng: np.random.Generator) -> _Rgb:
    """A lens out of focus, or one that moved: the same blur in every frame."""
    side = strength * min(frames.rgb.shape[1:3])
    if rng.random() < 0.5:
        return _each(
            frames.rgb, lambda picture: cv2.GaussianBlur(picture, (0, 0), max(_BLUR_SIGMA * side, 0.05))
        )
    kernel = _streak(_BLUR_LENGTH * side, float(rng.uniform(0, np.pi)))
    return _each(frames.rgb, lambda picture: cv2.filter2D(picture, -1, kernel, borderType=cv2.BORDER_REFLECT))


def _streak(length_px: float, angle_rad: float) -> Float32[np.ndarray, "side side"]:
    """The picture of a point that moved straight on."""
    half = int(np.ceil(length_px / 2)) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for along in np.linspace(-length_px / 2, length_px / 2, 8 * half + 1):
        y, x = half + along * np.sin(angle_rad), half + along * np.cos(angle_rad)
        top, left = int(y), int(x)
        for row, down in ((top, 1 - (y - top)), (top + 1, y - top)):
            for column, right in ((left, 1 - (x - left)), (left + 1, x - left)):
                kernel[row, column] += down * right
    return kernel / kernel.sum()


def _flicker(frames: Frames, strength: float, rng: np.random.Generator) -> _Rgb:
    """Brightness that comes and goes for all pixels alike: slow waves and a little at random."""
    rate_hz, start = rng.uniform(0.4, 4.0, 3), rng.uniform(0, 2 * np.pi, 3)
    slow = np.sin(2 * np.pi * np.outer(frames.times_s, rate_hz) + start).mean(axis=1)
    rough = np.clip(rng.normal(0, 1, len(frames)), -2, 2)
    gains = 1 + strength * (_FLICKER_SMOOTH * slow + _FLICKER_ROUGH * rough)
    levels = np.arange(256)
    tables = np.clip(np.rint(gains[:, None] * levels), 0, 255).astype(np.uint8)
    return np.stack([cv2.LUT(picture, table) for picture, table in zip(frames.rgb, tables, strict=True)])


def _noise(frames: Frames, strength: float, rng: np.random.Generator) -> _Rgb:
    """Sensor noise, of a dark room at the worst."""
    height, width = frames.rgb.shape[1:3]
    return _each(frames.rgb, Grain(rng, _GREY_LEVELS * strength, width, height).over)


def _drop(frames: Frames, strength: float, rng: np.random.Generator) -> _Rgb:
    """Lost frames: the one before is shown again, never more than twice, so that time does not stand still."""
    lost = rng.random(len(frames)) < _LOST_SHARE * strength
    source = np.arange(len(frames))
    for frame in range(1, len(frames)):
        if lost[frame] and frame - source[frame - 1] <= _LOST_RUN:
            source[frame] = source[frame - 1]
    return frames.rgb[source]


def _codec(frames: Frames, strength: float, rng: np.random.Generator) -> _Rgb:
    """There and back through H.264 at a poor fixed quantiser, without B-frames and look-ahead."""
    qp = round(_LEAST_QP + (_MOST_QP - _LEAST_QP) * strength)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        write_video(path, frames, qp=qp)
        with open_video(path) as reader:
            return read_frames(reader).rgb


def _gif(frames: Frames, strength: float, rng: np.random.Generator) -> _Rgb:
    """A few colours, dithered: 27 that are spread evenly, the others those of the first frame."""
    share = _LEAST_COLOURS / _MOST_COLOURS
    count = round(_MOST_COLOURS * share**strength)
    cube = [(r, g, b) for r in _CUBE_LEVELS for g in _CUBE_LEVELS for b in _CUBE_LEVELS]
    first = Image.fromarray(frames.rgb[0]).quantize(count - len(cube), Image.Quantize.MEDIANCUT)
    own = first.getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*(level for rgb in cube for level in rgb), *own[: 3 * (count - len(cube))]])

    def few_colours(picture: _Picture) -> _Picture:
        few = Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
        return np.asarray(few.convert("RGB"))

    return _each(frames.rgb, few_colours)


def _each(rgb: _Rgb, change: Callable[[_Picture], _Picture]) -> _Rgb:
    out = np.empty_like(rgb)
    for frame, picture in enumerate(rgb):
        out[frame] = change(picture)
    return out


_STEPS: Mapping[str, Callable[[Frames, float, np.random.Generator], _Rgb]] = {
    "warp": _warp,
    "blur": _blur,
    "flicker": _flicker,
    "noise": _noise,
    "drop": _drop,
    "codec": _codec,
    "gif": _gif,
}
DEGRADATIONS: tuple[str, ...] = tuple(_STEPS)
"""Their names in the order in which a picture meets them: lens, sensor, transport, coding."""
