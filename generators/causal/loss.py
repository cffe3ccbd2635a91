"""How well a model denoises a video: the loss it is trained with, and what it says of a clip's likelihood.

For a pair of clips, one lawful and one not, the difference of losses at the same noise levels and the same noise
tells which of them the model finds more likely (after LikePhys, arXiv 2510.11512, with the path and the target of
rectified flow). Looking block by block tells when: what comes before two clips part differs by exactly 0.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from lawful.generators.causal.model import CausalModel
from lawful.generators.causal.noise import HISTORY_STEP, block_noise
from lawful.generators.causal.schedule import mix, result_of, velocity_of

Latents = Float[Tensor, "batch channels frames height width"]
Measure = Literal["velocity", "result"]
"""What is compared: noise - result (rectified flow), or the result alone, which is sigma^2 times less."""
LossMode = Literal["full", "causal_chunk"]
"""The whole clip noisy, or each block alone after a clean past (teacher forcing)."""


def flow_loss(
    model: CausalModel,
    latents: Latents,
    sigmas: Float[Tensor, "batch"] | Float[Tensor, "batch frames"],
    noise: Latents,
    context: Float[Tensor, "batch words text"],
    tracks: Float[Tensor, "batch track_channels frames height width"] | None = None,
    clean: Latents | None = None,
    measure: Measure = "velocity",
) -> Float[Tensor, "batch frames"]:
    """Mean squared error of the masked pass for each latent frame; gradients flow.

    Args:
        model: The network.
        latents: Of the video, from its start.
        sigmas: Noise level of each video, or of each latent frame; above 0 where a model predicts results and the
            velocity is compared.
        noise: Standard normal.
        context: Embedded prompts.
        tracks: Point tracks; None: none is seen.
        clean: What blocks see of earlier ones (see `CausalModel.forward`); None: the noisy latents.
        measure: What is compared.
    """
    levels = (sigmas[:, None] if sigmas.ndim == 1 else sigmas)[:, None, :, None, None]
    noisy = mix(latents, noise, levels)
    output = model(noisy, sigmas, context, tracks, clean)
    return _errors(model, output, noisy, latents, noise, levels, measure)


def _errors(
    model: CausalModel,
    output: Tensor,
    noisy: Tensor,
    latents: Tensor,
    noise: Tensor,
    levels: Tensor,
    measure: Measure,
) -> Tensor:
    prediction = model.spec.prediction
    if measure == "velocity":
        error = velocity_of(output, noisy, levels, prediction) - (noise - latents)
    else:
        error = result_of(output, noisy, levels, prediction) - latents
    return error.square().mean(dim=(1, 3, 4))


@torch.no_grad()
def denoise_loss(
    model: CausalModel,
    latents: Float[Tensor, "1 channels frames height width"],
    context: Float[Tensor, "1 words text"],
    sigmas: Sequence[float],
    seeds: Sequence[int],
    mode: LossMode = "causal_chunk",
    tracks: Float[Tensor, "1 track_channels frames height width"] | None = None,
) -> Float32[np.ndarray, "blocks levels seeds"]:
    """Mean squared error of the velocity for each block, noise level and seed.

    Noise depends on seed and latent frame alone, so two clips are compared under the same noise.

    Args:
        model: The network.
        latents: Of the video, from its start; a last block that is cut short counts as a block.
        context: Embedded prompt.
        sigmas: Noise levels, above 0 to 1. A few-step model knows those of its own steps alone.
        seeds: Of the noise.
        mode: What is noisy. "causal_chunk" shares one cache of the clean past between levels and seeds.
        tracks: Point tracks; None: none is seen.

    Raises:
        ValueError: A noise level is out of range.
    """
    if not all(0 < sigma <= 1 for sigma in sigmas):
        raise ValueError(f"noise levels must be above 0, at most 1, got {list(sigmas)}")
    n_frames = latents.shape[2]
    bounds = [(start, min(stop, n_frames)) for start, stop in model.spec.bounds(n_frames)]
    losses = np.empty((len(bounds), len(sigmas), len(seeds)), np.float32)
    shape = (latents.shape[1], latents.shape[3], latents.shape[4])
    if mode == "full":
        for number, seed in enumerate(seeds):
            noise = torch.from_numpy(block_noise(seed, 0, range(n_frames), 0, shape))[None].to(latents.device)
            for at, sigma in enumerate(sigmas):
                level = latents.new_tensor([sigma])
                by_frame = flow_loss(model, latents, level, noise, context, tracks)[0]
                losses[:, at, number] = [float(by_frame[start:stop].mean()) for start, stop in bounds]
        return losses
    cache = model.new_cache(n_frames, 1, latents.shape[3], latents.shape[4])
    for block, (start, stop) in enumerate(bounds):
        frames, part = range(start, stop), latents[:, :, start:stop]
        shown = None if tracks is None else tracks[:, :, start:stop]
        for number, seed in enumerate(seeds):
            noise = torch.from_numpy(block_noise(seed, 0, frames, 0, shape))[None].to(latents.device)
            for at, sigma in enumerate(sigmas):
                level = latents.new_tensor([sigma])
                levels = level[:, None, None, None, None]
                noisy = mix(part, noise, levels)
                output = model.step(cache, noisy, level, context, frames, tracks=shown)
                error = _errors(model, output, noisy, part, noise, levels, "velocity")
                losses[block, at, number] = float(error.mean())
        if block + 1 < len(bounds):
            history = latents.new_tensor([model.spec.history_sigma])
            noise = torch.from_numpy(block_noise(seeds[0], 0, frames, HISTORY_STEP, shape))[None]
            past = mix(part, noise.to(latents.device), history[:, None, None, None, None])
            model.step(cache, past, history, context, frames, tracks=shown)
    return losses
