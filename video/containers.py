"""Video files through FFmpeg (PyAV): one thread, nothing printed, nothing opened but the file itself."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from av.video.stream import VideoStream
from jaxtyping import UInt8

from lawful.core.errors import InputError
from lawful.video.sources import MAX_FPS, MAX_PIXELS, NOMINAL_FPS, DamagedError, Decoded, Size, over_black
from lawful.video.whole import MAX_SAMPLES, cut_off, too_many_samples

# A file may hold a playlist that names other files or addresses: only these demuxers and only files.
_OPTIONS = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif",
    "protocol_whitelist": "file",
    "max_pixels": str(MAX_PIXELS),
}
_MIN_FPS = 0.01
# What these containers round stamps to; the others are exact for the usual rates.
_STAMP_ROUNDING_S = {"matroska,webm": 0.001, "gif": 0.01}


class ContainerSource:
    """One video stream of a container file.

    Raises:
        InputError: No frame of it can be read; one line that says why.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self._cut_off = cut_off(path)
        absurd = too_many_samples(path)
        if absurd is not None:
            raise InputError(f"{name}: not a video that can be read: {absurd}")
        with _opened(path, name) as (container, stream):
            self.fps = _nominal_fps(container, stream)
            self.declared_s = _declared_s(container, stream)
            self.declared_frames = stream.frames or None
            self._format = container.format.name
            self.rounding_s = _STAMP_ROUNDING_S.get(self._format, 0.0)
            try:
                frame = next(self._whole_frames(container, stream), None)
                if frame is not None:
                    _upright(frame, (8, 8), _display_matrix(frame))
            except DamagedError as error:
                raise InputError(f"{name}: no frame can be decoded: {error}{_cut_off(path)}") from error
        if frame is None:
            raise InputError(f"{name}: the video has no frames{_cut_off(path)}")
        self._matrix = _display_matrix(frame)
        self.size: Size = _turned_size((frame.width, frame.height), self._matrix)

    def decode(self) -> Iterator[Decoded]:
        """See `Source.decode`."""
        with _opened(self._path, self._name) as (container, stream):
            for frame in self._whole_frames(container, stream):
                yield self._decoded(frame)

    def stamps(self) -> list[float | None]:
        """See `Source.stamps`; a pass over the packets, of which a file may hold any number."""
        found: list[float | None] = []
        with _opened(self._path, self._name) as (container, stream):
            base = float(stream.time_base or 0)
            with suppress(FFmpegError, OSError):  # decoding meets the same damage and tells of it
                for packet in container.demux(stream):
                    if len(found) == MAX_SAMPLES:
                        break
                    if packet.size and not packet.is_discard:
                        found.append(None if packet.pts is None else packet.pts * base)
        if None in found:
            return found
        return sorted(found, key=lambda stamp: stamp or 0.0)

    def shortfall(self, decoded_frames: int, decoded_s: float) -> str | None:
        """See `Source.shortfall`."""
        interval_s = 1 / self.fps
        if self._cut_off and not self._is_complete(decoded_frames, decoded_s + 0.5 * interval_s):
            return self._cut_off
        if self.declared_s is None:
            return None
        if decoded_s < self.declared_s - max(2 * interval_s, 0.05 * self.declared_s):
            return "the file holds less than it declares"
        return None

    def _is_complete(self, decoded_frames: int, decoded_s: float) -> bool:
        """Whether the frames are all there although the file is cut off: it lacks its index, say."""
        if self.declared_s is None:
            return False
        return decoded_s >= self.declared_s and decoded_frames >= (self.declared_frames or 0)

    def _whole_frames(self, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
        """The frames; of a gif that is cut off all but the last, which its decoder gives in part."""
        frames = _frames(container, stream)
        if self._format != "gif" or self._cut_off is None:
            yield from frames
            return
        held = next(frames, None)
        for frame in frames:
            if held is not None:
                yield held
            held = frame
        raise DamagedError(self._cut_off)

    def _decoded(self, frame: VideoFrame) -> Decoded:
        base = float(frame.time_base or 0)
        stated = frame.duration * base
        return Decoded(
            stamp_s=None if frame.pts is None else frame.pts * base,
            duration_s=stated if stated > 0 else None,
            rgb=lambda size: _upright(frame, size, self._matrix),
        )


@contextmanager
def _opened(path: Path, name: str) -> Iterator[tuple[InputContainer, VideoStream]]:
    try:
        container = av.open(f"file:{path.absolute()}", options=dict(_OPTIONS), metadata_errors="replace")
    except (FFmpegError, OSError, ValueError, UnicodeError) as error:
        raise InputError(f"{name}: not a video that can be read: {_word(error)}{_cut_off(path)}") from error
    with container:
        stream = _video_stream(name, container)
        stream.codec_context.thread_count = 1
        # "explode" makes decoders report an error where they would invent what is missing.
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS), "err_detect": "explode"}
        yield container, stream


def _video_stream(name: str, container: InputContainer) -> VideoStream:
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        raise InputError(f"{name}: the file has no video stream")
    best = container.streams.best("video")
    stream = best if isinstance(best, VideoStream) and best in streams else streams[0]
    context = stream.codec_context
    if context is None:
        raise InputError(f"{name}: there is no decoder for its video stream. Convert it, to H.264 for one.")
    if context.width * context.height > MAX_PIXELS:
        raise InputError(
            f"{name}: frames of {context.width}x{context.height} are larger than {MAX_PIXELS} pixels. "
            "Shrink the video."
        )
    return stream


def _frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """The frames up to the first damage; those still in the decoder then come before the error."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except (FFmpegError, OSError) as error:
            yield from _flushed(stream, None)
            raise DamagedError(_word(error)) from error
        if packet is None:
            return
        if packet.is_corrupt:
            yield from _flushed(stream, packet.pts)
            raise DamagedError("a packet is cut off")
        try:
            frames = packet.decode()
        except (FFmpegError, OSError, ValueError) as error:
            yield from _flushed(stream, packet.pts)
            raise DamagedError(_word(error)) from error
        for frame in frames:
            if frame.is_corrupt:
                raise DamagedError("a frame was decoded from damaged data")
            yield frame


def _flushed(stream: VideoStream, before: int | None) -> list[VideoFrame]:
    """Whole frames left in the decoder that are shown before the damaged packet."""
    try:
        frames = stream.codec_context.decode(None)
    except (FFmpegError, OSError, ValueError):
        return []
    kept: list[VideoFrame] = []
    for frame in frames:
        if frame.is_corrupt or (before is not None and frame.pts is not None and frame.pts >= before):
            break
        kept.append(frame)
    return kept


def _nominal_fps(container: InputContainer, stream: VideoStream) -> float:
    rates = [stream.average_rate, stream.guessed_rate]
    if container.format.name == "gif" and stream.frames and stream.duration and stream.time_base:
        rates.insert(0, stream.frames / (stream.duration * stream.time_base))
    for rate in rates:
        if rate and _MIN_FPS <= rate <= MAX_FPS:
            return float(rate)
    return NOMINAL_FPS


def _declared_s(container: InputContainer, stream: VideoStream) -> float | None:
    if container.format.name == "avi" and stream.frames and stream.average_rate:
        return float(stream.frames / stream.average_rate)  # the demuxer's duration is of what is there
    if stream.duration and stream.time_base and stream.duration > 0:
        return float(stream.duration * stream.time_base)
    if container.duration and container.duration > 0 and len(container.streams) == 1:
        return container.duration / av.time_base
    return None


def _display_matrix(frame: VideoFrame) -> tuple[int, int, int, int]:
    """The upper left 2x2 part (a, b, c, d) of the display matrix: x' = ax + cy, y' = bx + dy."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return 1, 0, 0, 1
    a, b, _, c, d = np.frombuffer(bytes(data), dtype=np.int32)[:5].tolist()
    return a, b, c, d


def _is_transposed(matrix: tuple[int, int, int, int]) -> bool:
    a, b, c, d = matrix
    return abs(b) + abs(c) > abs(a) + abs(d)


def _turned_size(size: Size, matrix: tuple[int, int, int, int]) -> Size:
    return (size[1], size[0]) if _is_transposed(matrix) else size


def _upright(
    frame: VideoFrame, shown: Size, matrix: tuple[int, int, int, int]
) -> UInt8[np.ndarray, "height width 3"]:
    width, height = _turned_size(shown, matrix)
    has_alpha = any(component.is_alpha for component in frame.format.components) or frame.format.has_palette
    smaller = width < frame.width or height < frame.height
    try:
        pixels = frame.to_ndarray(
            format="rgba" if has_alpha else "rgb24",
            width=width,
            height=height,
            interpolation=Interpolation.AREA if smaller else Interpolation.BILINEAR,
            threads=1,
        )
    except (FFmpegError, OSError, ValueError, MemoryError) as error:
        raise DamagedError(f"a frame cannot be converted to RGB: {_word(error)}") from error
    if has_alpha:
        pixels = over_black(pixels)
    a, b, c, d = matrix
    if _is_transposed(matrix):
        pixels = pixels.transpose(1, 0, 2)
        a, d = c, b
    if a < 0:
        pixels = pixels[:, ::-1]
    return pixels[::-1] if d < 0 else pixels


def _word(error: BaseException) -> str:
    if isinstance(error, FFmpegError | OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _cut_off(path: Path) -> str:
    missing = cut_off(path)
    return f" ({missing})" if missing else ""
