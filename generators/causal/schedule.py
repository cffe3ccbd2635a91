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

    >>> [round(level, 4) for level in shifted([1.0, 0.75, 0.5, 0.25], shift=5.0)]
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


def next_round(before: list[int], n_steps: int, lag: int, n_left: int) -> list[int]:
    """Steps that the blocks in the making have behind them after one more round of the network.

    Args:
        before: Steps behind each, the first that is not finished first; empty where none is begun.
        n_steps: Steps that a block takes.
        lag: Steps by which a block is behind the one before it.
        n_left: Blocks that are not begun.

    Returns:
        The same for these blocks and those that begin now.

    Source: AR-Diffusion (arXiv 2503.07418), section 3.4; SkyReels-V2 (arXiv 2504.13074) calls the lag ar_step.
    """
    after = [before[0] + 1 if before else 1]
    while len(after) < len(before) + n_left:
        follows = after[-1] - lag
        if follows <= 0:
            break
        after.append(follows)
    return [min(steps, n_steps) for steps in after]


def progress(n_blocks: int, n_steps: int, lag: int) -> Int64[np.ndarray, "rounds blocks"]:
    """Steps that each block has behind it after each round of the network.

    No block is ahead of an earlier one. `lag` 0 takes all blocks together, `lag` >= `n_steps` one after the other;
    in between a wave of blocks at different noise levels runs through the video.

    >>> progress(3, 2, 1).tolist()
    [[1, 0, 0], [2, 1, 0], [2, 2, 1], [2, 2, 2]]
    """
    rounds: list[list[int]] = []
    done, live = 0, list[int]()
    while done < n_blocks:
        live = next_round(live, n_steps, lag, n_blocks - done - len(live))
        rounds.append([n_steps] * done + live + [0] * (n_blocks - done - len(live)))
        n_finished = live.count(n_steps)
        done, live = done + n_finished, live[n_finished:]
    return np.array(rounds, np.int64).reshape(-1, n_blocks)
