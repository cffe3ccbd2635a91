"""Noise that depends on what it is for, and on nothing else."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

HISTORY_STEP = 2**32
"""The step of the noise in which a finished block is shown to later ones."""


def frame_noise(
    seed: int, branch: int, frame: int, step: int, shape: tuple[int, ...]
) -> Float32[np.ndarray, "..."]:
    """Standard normal noise of one latent frame.

    A counter-based generator (Philox) is keyed by seed and branch and counts from (frame, step): no batch, device,
    number of workers or length of the video can change it.

    Args:
        seed: Of the video, 0 to 2**63 - 1.
        branch: Which future of the video, 0 to 2**63 - 1.
        frame: Latent frame, from 0.
        step: 0 for the start; k for the noise that is added after step k - 1.
        shape: Of a latent frame.

    Source: Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (SC 2011).
    """
    bits = np.random.Philox(key=[seed, branch], counter=[0, 0, step, frame])
    return np.random.Generator(bits).standard_normal(shape, dtype=np.float32)


def block_noise(
    seed: int, branch: int, frames: Sequence[int], step: int, shape: tuple[int, int, int]
) -> Float32[np.ndarray, "channels frames height width"]:
    """The noise of some latent frames, each of `shape` (channels, height, width), side by side in time."""
    return np.stack([frame_noise(seed, branch, frame, step, shape) for frame in frames], axis=1)
