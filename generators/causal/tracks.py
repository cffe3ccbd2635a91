"""Point tracks as what the network is told: an embedding of each point in the latent cell where it is to be."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float32, Int64

from lawful.generators.causal.codec import Clock
from lawful.video.frames import PointTracks

_LONGEST_PERIOD = 10_000.0
TrackSignal = Callable[
    [PointTracks, Sequence[int], Clock, float, tuple[int, int, int]],
    Float32[np.ndarray, "channels latents rows columns"],
]
"""What a network is told of tracks: arguments and result of `track_signal`; zero where no point is seen."""


def track_signal(
    tracks: PointTracks,
    latents: Sequence[int],
    clock: Clock,
    fps: float,
    size: tuple[int, int, int],
) -> Float32[np.ndarray, "channels latents rows columns"]:
    """Embeddings of points in the cells where they are visible, zero elsewhere.

    A cell holds the sum over the points in it, and a latent frame the mean over its frames. A point counts in a
    frame for which the tracks tell a time within half a frame, where it is visible, known and inside the picture.

    Args:
        tracks: Points; a track's id is what its embedding is made of.
        latents: Latent frames that are asked for.
        clock: Their frames.
        fps: Frames a second.
        size: Channels, rows and columns of the signal.

    Source: after MotionStream (arXiv 2511.01266), section 3.1.
    """
    channels, rows, columns = size
    signal = np.zeros((rows, columns, len(latents), channels), np.float32)
    names = embedded_ids(tracks.ids, channels)
    for at, latent in enumerate(latents):
        frames = range(clock.start(latent), clock.start(latent + 1))
        for frame in frames:
            told = _nearest(tracks, frame / fps, 0.5 / fps)
            if told is None:
                continue
            x, y = tracks.xy[:, told, 0], tracks.xy[:, told, 1]
            inside = tracks.visible[:, told] & (x >= 0) & (x < 1) & (y >= 0) & (y < 1)  # False where unknown
            column = (x[inside] * columns).astype(np.int64)
            row = (y[inside] * rows).astype(np.int64)
            np.add.at(signal[:, :, at], (row, column), names[inside] / len(frames))
    return np.ascontiguousarray(signal.transpose(3, 2, 0, 1))


def embedded_ids(ids: Int64[np.ndarray, " tracks"], channels: int) -> Float32[np.ndarray, "tracks channels"]:
    """Sines and cosines of ids at periods from 2 pi to 10,000 times that; sines first."""
    n_waves = -(-channels // 2)
    rates = _LONGEST_PERIOD ** (-np.arange(n_waves) / n_waves)
    angles = ids[:, None] * rates
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)[:, :channels].astype(np.float32)


def _nearest(tracks: PointTracks, time_s: float, reach_s: float) -> int | None:
    if not len(tracks.times_s):
        return None
    apart = np.abs(tracks.times_s - time_s)
    best = int(apart.argmin())
    return best if apart[best] <= reach_s + 1e-9 else None
