"""Small clips that the tests make for themselves."""

from collections.abc import Callable, Mapping
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from lawful.video.frames import Frames

MakeFrames = Callable[..., Frames]
Encode = Callable[..., Path]


@pytest.fixture
def make_frames() -> MakeFrames:
    """A textured square that moves over a gradient; the red channel of the top left corner counts the frames."""

    def make(count: int = 24, width: int = 96, height: int = 64, fps: float = 24.0, seed: int = 0) -> Frames:
        rng = np.random.default_rng(seed)
        ground = np.zeros((height, width, 3), np.uint8)
        ground[..., 0] = np.linspace(0, 200, width)
        ground[..., 1] = np.linspace(0, 200, height)[:, None]
        ground[..., 2] = 40
        side = max(1, min(width, height) // 4)
        square = rng.integers(0, 255, (side, side, 3), dtype=np.uint8)
        rgb = np.repeat(ground[None], count, axis=0)
        for index in range(count):
            left, top = (2 * index) % max(1, width - side), index % max(1, height - side)
            rgb[index, top : top + side, left : left + side] = square
        return Frames(rgb, np.arange(count) / fps, np.arange(count, dtype=np.int64))

    return make


@pytest.fixture
def encode() -> Encode:
    """Write frames with any codec, straight through PyAV, with the encoder's own defaults."""

    def write(
        path: Path,
        frames: Frames,
        codec: str = "libx264",
        pix_fmt: str = "yuv420p",
        fps: int = 24,
        options: Mapping[str, str] | None = None,
        container_options: Mapping[str, str] | None = None,
        alpha: np.ndarray | None = None,
    ) -> Path:
        with av.open(str(path), "w", container_options=dict(container_options or {})) as container:
            stream = container.add_stream(codec, rate=fps, options=dict(options or {}))
            stream.height, stream.width = frames.rgb.shape[1:3]
            stream.pix_fmt = pix_fmt
            stream.codec_context.thread_count = 1
            for rgb in frames.rgb:
                pixels = rgb if alpha is None else np.dstack([rgb, alpha])
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24" if alpha is None else "rgba")
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return write


@pytest.fixture
def save_images() -> Callable[..., Path]:
    """Write frames as numbered images."""

    def write(
        folder: Path, frames: Frames, pattern: str = "{:04d}.png", step: int = 1, first: int = 1
    ) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for index, rgb in enumerate(frames.rgb):
            Image.fromarray(rgb).save(folder / pattern.format(first + index * step))
        return folder

    return write


@pytest.fixture
def save_webp() -> Callable[..., Path]:
    """Write frames as an animated webp."""

    def write(path: Path, frames: Frames, duration_ms: int | list[int] = 50, lossless: bool = True) -> Path:
        images = [Image.fromarray(rgb) for rgb in frames.rgb]
        images[0].save(
            path,
            save_all=True,
            append_images=images[1:],
            duration=duration_ms,
            lossless=lossless,
            minimize_size=False,
        )
        return path

    return write


@pytest.fixture
def peak_code():
    """Code that defines `peak_mb()`, the most memory that its process ever had."""
    return """
def peak_mb():
    import resource
    from pathlib import Path
    status = Path("/proc/self/status")
    if status.exists():
        # Here ru_maxrss begins with what the parent had when it forked.
        return next(int(line.split()[1]) for line in status.open() if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
"""
