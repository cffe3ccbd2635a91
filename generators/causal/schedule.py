"""Noise levels, steps between them, and which block is at which step."""

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from lawful.generators.causal.spec import Prediction, Sampler

Latents = Float[Tensor, "batch channels frames height width"]
Levels = Float[Tensor, "#batch 1 #frames 1 1"]


def shifted(levels: list[float], shift: float) -> list[float]:
    """Noise levels moved towards noise, as few-step models of the Wan family warp their timesteps.

    >>> [round(level, 4) for level in shifted([1.0, 0.75, 0.5, 0.25], shift=5)]
    [1.0, 0.9375, 0.8333, 0.625]

    Source: Esser et al., Scaling rectified flow transformers (2024), section 5.3.2.
    """
    return [shift * level / (1 + (shift - 1) * level) for level in levels]


def mix(result: Latents, noise: Latents, sigma: Levels) -> Latents:
    """The straight path of rectified flow: (1 - sigma) result + sigma noise."""
    return (1 - sigma) * result + sigma * noise


def result_of(output: Latents, noisy: Latents, sigma: Levels, prediction: Prediction) -> Latents:
    """The result that a network's output tells: the output itself, or noisy - sigma velocity."""
    return output if prediction == "x0" else noisy - sigma * output


def velocity_of(output: Latents, noisy: Latents, sigma: Levels, prediction: Prediction) -> Latents:
    """The velocity (noise - result) that a network's output tells; sigma must be above 0 for "x0"."""
    return output if prediction == "velocity" else (noisy - output) / sigma


def next_latents(
    noisy: Latents, result: Latents, sigma: Levels, following: Levels, noise: Latents, sampler: Sampler
) -> Latents:
    """One step, from level `sigma` to the lower level `following`.

    "renoise": the estimated result is noised anew. "euler": along the velocity (noisy - result) / sigma, written
    as a mean of both so that level 0 gives the estimate itself. `noise` is used by "renoise" alone.
    """
    if sampler == "renoise":
        return mix(result, noise, following)
    return result + (noisy - result) * (following / sigma.clamp_min(torch.finfo(sigma.dtype).tiny))


def progress(n_blocks: int, n_steps: int, lag: int) -> Int64[np.ndarray, "rounds blocks"]:
    """Steps that each block has behind it after each round of the network.

    No block is ahead of an earlier one. `lag` 0 takes all blocks together, `lag` >= `n_steps` one after the other;
    in between a wave of blocks at different noise levels runs through the video.

    >>> progress(3, 2, 1).tolist()
    [[1, 0, 0], [2, 1, 0], [2, 2, 1], [2, 2, 2]]

    Source: AR-Diffusion (arXiv 2503.07418), section 3.4; SkyReels-V2 (arXiv 2504.13074) calls the lag ar_step.
    """
    before = np.zeros(n_blocks, np.int64)
    rounds: list[np.ndarray] = []
    while (before < n_steps).any():
        after = np.empty_like(before)
        for block in range(n_blocks):
            leads = block == 0 or before[block - 1] == n_steps
            after[block] = before[block] + 1 if leads else after[block - 1] - lag
        before = after.clip(0, n_steps)
        rounds.append(before)
    return np.array(rounds, np.int64).reshape(-1, n_blocks)
