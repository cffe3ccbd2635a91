"""Reading a clip of any kind as a stream of frames with true times."""

import stat
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import numpy as np

from lawful.core.digest import digest, file_sha256
from lawful.core.errors import InputError
from lawful.video.collect import NO_RATE, printable
from lawful.video.frames import ClipMeta, Frames
from lawful.video.images import ImageFolderSource, NumberedImages, WebpSource, is_webp, numbered_images
from lawful.video.picking import Clock, Picker, lasts_until, shrunk, spread, times_of
from lawful.video.sampling import Sampling
from lawful.video.sources import MAX_FPS, DamagedError, Decoded, Size, Source

_MAX_CHUNK_BYTES = 128 << 20


class VideoReader:
    """A clip that is open for reading (see `open_video`).

    `damage`, `decoded_frames` and `decoded_duration_s` speak of the last complete pass of `chunks`.
    """

    def __init__(self, source: Source, meta: ClipMeta, until_s: float | None = None) -> None:
        self._source = source
        self._until_s = until_s
        self._running: list[Generator[Frames, None, None]] = []
        self.meta: ClipMeta = meta
        self.damage: str | None = None
        self.decoded_frames: int = 0
        self.decoded_duration_s: float = 0.0

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; chunks that were not read are gone."""
        for running in self._running:
            running.close()
        self._running.clear()

    @property
    def reached(self) -> bool:
        """Whether the last pass came to the time at which it was to end: the clip is no shorter."""
        return self._until_s is None or lasts_until(self.decoded_duration_s, self._until_s)

    def chunks(
        self,
        sampling: Sampling | None = None,
        chunk_frames: int = 16,
        watch: Callable[[Decoded, float], None] | None = None,
    ) -> Iterator[Frames]:
        """The frames that a policy picks, from the start of the clip, a chunk at a time.

        Which frames come does not depend on the size of the chunks. Memory is bounded in the clip's length.

        Args:
            sampling: Which frames, and how large; None for all as they are.
            chunk_frames: Frames in a chunk; the last may be shorter, and so are those of very large frames
                (a chunk takes at most 128 MiB, or one frame).
            watch: Is shown every decoded frame with its time, picked or not.

        Raises:
            ValueError: `chunk_frames` is not positive.
            InputError: The file was removed or replaced since it was opened.
        """
        if chunk_frames < 1:
            raise ValueError(f"chunk_frames must be positive, got {chunk_frames}")
        running = self._chunks(sampling or Sampling(), chunk_frames, watch)
        self._running.append(running)
        return running

    def _chunks(
        self, sampling: Sampling, chunk_frames: int, watch: Callable[[Decoded, float], None] | None
    ) -> Generator[Frames, None, None]:
        self.damage, self.decoded_frames, self.decoded_duration_s = None, 0, 0.0
        size = shrunk((self.meta.width_px, self.meta.height_px), sampling.long_side_px)
        wanted_s = None
        if sampling.count is not None:
            times_s = _times_before(self._source, self._until_s)[0]
            wanted_s = spread(times_s or [0.0], sampling.count)
        picker = Picker(sampling, wanted_s, self._source.rounding_s)
        chunk = _Chunk(size, chunk_frames)
        try:
            for index, (frame, start_s, end_s) in enumerate(self._timed()):
                if picker.picks(start_s, end_s):
                    chunk.add(frame, start_s, index)
                if watch is not None:
                    watch(frame, start_s)
                self.decoded_frames, self.decoded_duration_s = index + 1, end_s
                if chunk.is_full:
                    yield chunk.take()
            missing = None
            if self._until_s is None or not self.reached:
                missing = self._source.shortfall(self.decoded_frames, self.decoded_duration_s)
            if missing is not None:
                self.damage = f"{missing}; {self._read_so_far()} could be read"
        except DamagedError as error:
            self.damage = f"decoding stopped at {self._read_so_far()}: {error}"
        if len(chunk):
            yield chunk.take()

    def _read_so_far(self) -> str:
        declared_s = self._source.declared_s
        read = f"{self.decoded_duration_s:.2f} s"
        if declared_s is None or declared_s < self.decoded_duration_s + 0.005:
            return read
        return f"{read} of {declared_s:.2f} s"

    def _timed(self) -> Iterator[tuple[Decoded, float, float]]:
        """Every frame with the time at which it comes and the time at which it goes."""
        clock = Clock(1 / self._source.fps)
        held: tuple[Decoded, float] | None = None
        broken: DamagedError | None = None
        frames = self._source.decode()
        while True:
            try:
                frame = next(frames, None)
            except DamagedError as error:
                frame, broken = None, error
            if frame is None:
                break
            time_s = clock.time_s(frame.stamp_s)
            if held is not None:
                yield *held, time_s
                if self._until_s is not None and lasts_until(time_s, self._until_s):
                    return
            held = frame, time_s
        if held is not None:
            yield *held, held[1] + self._last_interval_s(held[0])
        if broken is not None:
            raise broken

    def _last_interval_s(self, frame: Decoded) -> float:
        nominal_s = 1 / self._source.fps
        return nominal_s if frame.duration_s is None else min(frame.duration_s, max(10.0, nominal_s))


class _Chunk:
    """Picked frames on their way into a `Frames`."""

    def __init__(self, size: Size, chunk_frames: int) -> None:
        width, height = size
        self._size = size
        self._room = max(1, min(chunk_frames, _MAX_CHUNK_BYTES // (width * height * 3)))
        self._rgb = np.empty((0, height, width, 3), np.uint8)
        self._times_s: list[float] = []
        self._indices: list[int] = []

    def __len__(self) -> int:
        return len(self._times_s)

    @property
    def is_full(self) -> bool:
        return len(self) == self._room

    def add(self, frame: Decoded, time_s: float, index: int) -> None:
        pixels = frame.rgb(self._size)
        if not self._times_s:
            self._rgb = np.empty((self._room, *pixels.shape), np.uint8)
        self._rgb[len(self)] = pixels
        self._times_s.append(time_s)
        self._indices.append(index)

    def take(self) -> Frames:
        frames = Frames(
            self._rgb[: len(self)],
            np.asarray(self._times_s, dtype=np.float64),
            np.asarray(self._indices, dtype=np.int64),
        )
        self._times_s, self._indices = [], []
        return frames


def open_video(
    path: Path,
    *,
    image_fps: float | None = None,
    sha256: str | None = None,
    name: str | None = None,
    until_s: float | None = None,
) -> VideoReader:
    """Open a video file or a folder of numbered images; use it as a context manager.

    Args:
        path: The file or folder.
        image_fps: Frames a second of a folder of images; not used for files.
        sha256: `source_sha256` of it, where it is known already.
        name: How the clip is shown to people; None for the path as given.
        until_s: Read the clip as if it ended here: the frames that begin before, and the first in any case; None
            for all of it. The last frame stays on screen as long as it does in the clip.

    Raises:
        InputError: No frame of it can be read; one line that says why.
    """
    shown = printable(str(path)) if name is None else name
    source = _source(path, image_fps, shown)
    width, height = source.size
    meta = ClipMeta(
        video_sha256=source_sha256(path, image_fps=image_fps) if sha256 is None else sha256,
        name=shown,
        width_px=width,
        height_px=height,
        fps=source.fps,
        duration_s=source.declared_s,
        n_frames=source.declared_frames,
    )
    return VideoReader(source, meta if until_s is None else _cut(meta, source, until_s), until_s)


def read_frames(reader: VideoReader, sampling: Sampling | None = None) -> Frames:
    """All frames that a policy picks, at once: for clips that fit into memory."""
    chunks = list(reader.chunks(sampling))
    return Frames(
        np.concatenate([chunk.rgb for chunk in chunks]),
        np.concatenate([chunk.times_s for chunk in chunks]),
        np.concatenate([chunk.indices for chunk in chunks]),
    )


def source_sha256(path: Path, *, image_fps: float | None = None) -> str:
    """SHA-256 (64 hex digits) by which a clip is known.

    Of the bytes of a file; of the names, the bytes and the frame rate of a folder of images, because the rate
    is part of the clip.

    Raises:
        InputError: The clip cannot be read.
    """
    try:
        if not path.is_dir():
            _check_regular(path, str(path))
            return file_sha256(path)
        images = _images_in(path, str(path))
        return digest(
            {
                "fps": None if image_fps is None else float(image_fps),
                "images": [[printable(image.name), file_sha256(image)] for image in images.paths],
            }
        )
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def _times_before(source: Source, until_s: float | None) -> tuple[list[float], float | None]:
    """The times of the frames that begin before a time, and that of the first one that does not."""
    times_s: list[float] = []
    for time_s in times_of(source.stamps(), source.fps):
        if times_s and until_s is not None and lasts_until(time_s, until_s):
            return times_s, time_s
        times_s.append(time_s)
    return times_s, None


def _cut(meta: ClipMeta, source: Source, until_s: float) -> ClipMeta:
    """What a file of the frames before a time would declare, as far as the whole one declares it."""
    if meta.duration_s is None and meta.n_frames is None:
        return meta
    times_s, end_s = _times_before(source, until_s)
    if end_s is None:
        return meta
    return replace(
        meta,
        duration_s=None if meta.duration_s is None else min(meta.duration_s, end_s),
        n_frames=None if meta.n_frames is None else len(times_s),
    )


def _source(path: Path, image_fps: float | None, name: str) -> Source:
    try:
        if path.is_dir():
            return _folder_source(path, image_fps, name)
        _check_regular(path, name)
        webp = is_webp(path)
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror}") from error
    if webp:
        return WebpSource(path, name)
    from lawful.video.containers import ContainerSource

    return ContainerSource(path, name)


def _folder_source(path: Path, image_fps: float | None, name: str) -> Source:
    images = _images_in(path, name)
    if image_fps is None:
        raise InputError(f"{name}: {NO_RATE}")
    if not 0 < image_fps <= MAX_FPS:
        raise InputError(f"{name}: --image-fps must be above 0 and at most {MAX_FPS:g}, got {image_fps}")
    return ImageFolderSource(name, images, image_fps)


def _images_in(path: Path, name: str) -> NumberedImages:
    shown = [entry for entry in path.iterdir() if not entry.name.startswith(".") and not entry.is_dir()]
    images = numbered_images(shown)
    if isinstance(images, str):
        raise InputError(f"{name}: this folder is no clip: {images}")
    for image in images.paths:
        if not stat.S_ISREG(image.stat().st_mode):
            raise InputError(f"{name}: {image.name} is not a regular file")
    return images


def _check_regular(path: Path, name: str) -> None:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{name}: not a regular file")
    if status.st_size == 0:
        raise InputError(f"{name}: the file is empty")
