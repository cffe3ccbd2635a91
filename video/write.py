"""Writing frames to a file: one thread, fixed quality, no look-ahead, so that equal beginnings stay equal."""

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream
from jaxtyping import UInt8

from lawful.core.errors import InputError, LawfulError
from lawful.core.files import replacing
from lawful.video.frames import Frames

_TICKS_PER_S = 90_000
_LONE_FRAME_S = 1 / 24
_SUFFIXES = (".mp4", ".mkv")


class VideoWriter:
    """Writes a clip chunk by chunk; a context manager. The file appears whole when the block ends without error.

    H.264 with a fixed quantiser, no B-frames and no look-ahead: what is written of frame k depends on frames 0
    to k alone. Even sizes are stored as yuv420p, which everything plays; odd sizes as yuv444p, which keeps them
    exact and which some players refuse. Lossless is FFV1 in RGB, in .mkv.

    Times are kept to 1/90000 s in mp4 and to 1 ms in mkv; the last frame stays as long as the one before it
    (1/24 s if it is the only one).

    Args:
        path: The file, .mp4 or .mkv; its folder is made if missing.
        qp: Quantiser, 0 (best) to 51.
        lossless: Keep every value exactly; needs .mkv.

    Raises:
        LawfulError: The ending does not fit, or the file cannot be written.
    """

    def __init__(self, path: Path, *, qp: int = 18, lossless: bool = False) -> None:
        if path.suffix.lower() not in _SUFFIXES or (lossless and path.suffix.lower() != ".mkv"):
            allowed = ".mkv (lossless)" if lossless else " or ".join(_SUFFIXES)
            raise LawfulError(
                f"{path}: videos are written as {allowed}, not {path.suffix or 'without ending'}"
            )
        if not 0 <= qp <= 51:
            raise ValueError(f"qp must be 0 to 51, got {qp}")
        self._path = path
        self._qp = qp
        self._lossless = lossless
        self._stack = ExitStack()
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._held: Packet[VideoStream] | None = None
        self._last_tick: int | None = None
        self._last_step = round(_LONE_FRAME_S * _TICKS_PER_S)

    def __enter__(self) -> "VideoWriter":
        temporary = self._stack.enter_context(replacing(self._path))
        self._container = self._stack.enter_context(av.open(str(temporary), "w"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        if error is None:
            try:
                with self._stack:
                    self._finish()
            except FFmpegError as failed:
                # What was kept back is written when the file is closed: here a full disk is met at last.
                raise LawfulError(f"{self._path}: cannot be written: {failed.strerror}") from failed
            return None
        return self._stack.__exit__(kind, error, trace)

    def write(self, frames: Frames) -> None:
        """Add frames; all of one size, with times that go on increasing.

        Raises:
            InputError: The size differs or a time does not increase.
            LawfulError: The encoder refuses; its word is in the message.
        """
        ticks = [round(time_s * _TICKS_PER_S) for time_s in frames.times_s.tolist()]
        for rgb, tick in zip(frames.rgb, ticks, strict=True):
            stream = self._stream_for(rgb, ticks)
            if self._last_tick is not None:
                if tick <= self._last_tick:
                    at_s = tick / _TICKS_PER_S
                    raise InputError(
                        f"{self._path}: the frame at {at_s:g} s does not come after the one before it"
                    )
                self._last_step = tick - self._last_tick
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
            frame.pts = tick
            frame.time_base = Fraction(1, _TICKS_PER_S)
            self._last_tick = tick
            try:
                self._mux(stream.encode(frame))
            except (FFmpegError, OSError) as error:
                raise LawfulError(f"{self._path}: cannot be written: {error.strerror}") from error

    def _stream_for(self, rgb: UInt8[np.ndarray, "height width 3"], ticks: list[int]) -> VideoStream:
        height, width = rgb.shape[:2]
        if self._stream is None:
            self._stream = self._opened_stream(width, height, _rate(ticks))
        elif (self._stream.width, self._stream.height) != (width, height):
            raise InputError(
                f"{self._path}: a frame of {width}x{height} follows frames of "
                f"{self._stream.width}x{self._stream.height}"
            )
        return self._stream

    def _opened_stream(self, width: int, height: int, rate: Fraction) -> VideoStream:
        if self._container is None:
            raise LawfulError(f"{self._path}: open the writer with `with` before writing")
        options = {} if self._lossless else {"qp": str(self._qp), "tune": "zerolatency", "bf": "0"}
        codec = "ffv1" if self._lossless else "libx264"
        stream = self._container.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height = width, height
        stream.pix_fmt = "bgr0" if self._lossless else "yuv444p" if width % 2 or height % 2 else "yuv420p"
        stream.time_base = Fraction(1, _TICKS_PER_S)
        stream.codec_context.time_base = Fraction(1, _TICKS_PER_S)
        stream.codec_context.thread_count = 1
        return stream

    def _mux(self, packets: list["Packet[VideoStream]"]) -> None:
        """Write packets one behind, when it is known how long each stays."""
        for packet in packets:
            self._mux_held(packet)
            self._held = packet

    def _mux_held(self, following: "Packet[VideoStream] | None") -> None:
        held, self._held = self._held, None
        if held is None or self._container is None:
            return
        if following is not None and following.pts is not None and held.pts is not None:
            held.duration = following.pts - held.pts
        else:
            held.duration = self._last_step
        self._container.mux(held)

    def _finish(self) -> None:
        if self._stream is None:
            raise InputError(f"{self._path}: there are no frames to write")
        self._mux(self._stream.encode(None))
        self._mux_held(None)


def _rate(ticks: list[int]) -> Fraction:
    """The nominal frame rate that the first chunk's times tell."""
    step = float(np.median(np.diff(ticks))) if len(ticks) > 1 else _LONE_FRAME_S * _TICKS_PER_S
    return Fraction(_TICKS_PER_S / max(step, 1.0)).limit_denominator(1001)


def write_video(path: Path, frames: Frames, *, qp: int = 18, lossless: bool = False) -> None:
    """Write frames to a video file (see `VideoWriter` for the formats and errors)."""
    with VideoWriter(path, qp=qp, lossless=lossless) as writer:
        writer.write(frames)
