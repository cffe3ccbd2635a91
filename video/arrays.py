"""Frames from arrays that are already in memory: numpy, and torch without importing it."""

import hashlib
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64, UInt8

from lawful.core.errors import InputError
from lawful.video.frames import ClipMeta, Frames

Layout = Literal["THWC", "TCHW"]
"""Order of the axes: frames, height, width and channels, or frames, channels, height and width."""
_ROUNDING = 1e-3


def frames_from_array(
    array: Any,
    fps: float | None = None,
    times_s: Sequence[float] | np.ndarray | None = None,
    layout: Layout | None = None,
) -> Frames:
    """Frames from a numpy array, a torch tensor or anything that numpy can read.

    >>> frames = frames_from_array(np.zeros((5, 48, 64, 3), np.uint8), fps=10)
    >>> frames.rgb.shape, frames.times_s.tolist()
    ((5, 48, 64, 3), [0.0, 0.1, 0.2, 0.3, 0.4])

    Args:
        array: RGB, frames x height x width x 3 or frames x 3 x height x width; uint8, or floats in [0, 1].
        fps: Frames a second; give this or `times_s`.
        times_s: Time of each frame in seconds, strictly increasing; the first becomes 0.
        layout: Order of the axes; needed where both readings are possible.

    Raises:
        InputError: The shape, the type, the range or the times are not as above.
    """
    values = _as_numpy(array)
    rgb = _as_uint8(_channels_last(values, layout))
    times = _times(len(rgb), fps, times_s)
    return Frames(np.ascontiguousarray(rgb), times, np.arange(len(rgb), dtype=np.int64))


def array_meta(frames: Frames, fps: float | None = None, name: str = "array") -> ClipMeta:
    """What is known of frames that come from an array.

    Args:
        frames: All frames of the clip.
        fps: Nominal frames a second; None: from the times (25 for a single frame).
        name: How the clip is shown to people.

    Returns:
        The record; its digest is over shape, times and bytes.
    """
    count, height, width, _ = frames.rgb.shape
    sha = hashlib.sha256(f"{frames.rgb.shape}".encode())
    sha.update(frames.times_s.tobytes())
    for frame in frames.rgb:
        sha.update(frame.tobytes())
    times = frames.times_s.tolist()
    nominal = (count - 1) / (times[-1] - times[0]) if count > 1 else 25.0
    return ClipMeta(
        sha.hexdigest(), name, width, height, nominal if fps is None else float(fps), n_frames=count
    )


def _as_numpy(array: Any) -> np.ndarray:
    if not isinstance(array, np.ndarray) and callable(getattr(array, "detach", None)):
        array = array.detach().cpu()
        if str(array.dtype) == "torch.bfloat16":  # numpy has no such type
            array = array.float()
        return np.asarray(array.numpy())
    return np.asarray(array)


def _channels_last(values: np.ndarray, layout: Layout | None) -> np.ndarray:
    if values.ndim != 4:
        raise InputError(
            f"a video array has four axes, frames x height x width x 3 or frames x 3 x height x width; "
            f"got shape {values.shape}.{_shape_hint(values)}"
        )
    if 0 in values.shape:
        raise InputError(f"the video array is empty: shape {values.shape}")
    if layout is None:
        last, second = values.shape[3] == 3, values.shape[1] == 3
        if last and second:
            raise InputError(
                f"shape {values.shape} can be read in two ways: say layout='THWC' (channels last) "
                "or layout='TCHW' (channels second)"
            )
        layout = "TCHW" if second else "THWC"
    channels = values.shape[1 if layout == "TCHW" else 3]
    if channels != 3:
        raise InputError(
            f"a video array has three channels, R, G and B; got shape {values.shape}.{_shape_hint(values)}"
        )
    return values.transpose(0, 2, 3, 1) if layout == "TCHW" else values


def _shape_hint(values: np.ndarray) -> str:
    if values.ndim == 5:
        return " It looks like a batch of videos: pass them one by one."
    if values.ndim == 3 or (values.ndim == 4 and 1 in {values.shape[1], values.shape[3]}):
        return " For grey video, repeat the grey values three times."
    if values.ndim == 4 and 4 in {values.shape[1], values.shape[3]}:
        return " Drop the alpha channel."
    return ""


def _as_uint8(values: np.ndarray) -> UInt8[np.ndarray, "frames height width 3"]:
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind != "f":
        raise InputError(f"a video array is uint8, or floats in [0, 1]; got {values.dtype}")
    low, high = float(values.min()), float(values.max())
    if np.isnan(low) or np.isnan(high):
        raise InputError("the video array holds NaN")
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        hint = ""
        if low >= -1 - _ROUNDING and high <= 1 + _ROUNDING:
            hint = " For values in [-1, 1], pass (array + 1) / 2."
        elif low >= 0 and high <= 255:
            hint = " For values in [0, 255], pass array / 255."
        raise InputError(f"a float video array lies in [0, 1]; got values from {low:g} to {high:g}.{hint}")
    return np.rint(values.clip(0, 1) * 255).astype(np.uint8)


def _times(
    count: int, fps: float | None, times_s: Sequence[float] | np.ndarray | None
) -> Float64[np.ndarray, " frames"]:
    if (fps is None) == (times_s is None):
        raise InputError("give fps or times_s: one of them and not both")
    if fps is not None:
        if not 0 < fps < float("inf"):
            raise InputError(f"fps must be a positive number, got {fps}")
        return np.arange(count, dtype=np.float64) / fps
    times = np.asarray(times_s, dtype=np.float64)
    if times.shape != (count,):
        raise InputError(f"times_s needs one time for each of the {count} frames; got shape {times.shape}")
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise InputError("times_s must be finite and strictly increasing")
    return times - times[0]
