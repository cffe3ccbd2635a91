"""Noise levels of training: one for every latent frame of a clip."""

import numpy as np
from jaxtyping import Float64

SHIFT = 5.0
"""Levels are moved towards noise by this much (see `lawful.generators.causal.schedule.shifted`)."""
NEARLY_CLEAN = 0.1
NEARLY_NOISE = 0.1
FOPP_SHARE = 0.3
"""Share of clips whose levels grow with time."""
CLEAN_SHARE = 0.6
"""Share of latent frames in the other clips that are shown clean or nearly so."""
FIRST_CLEAN_SHARE = 0.35
"""The same for a video's first latent frame, which is the hardest to make."""


def draw_levels(
    rng: np.random.Generator, n_latents: int, from_start: bool, from_noise: float = 0.0
) -> Float64[np.ndarray, " latents"]:
    """Levels, 0-1, of a clip that begins where its video begins or later.

    Three clips in ten have levels that never fall in time (FoPP: a pivot frame at a uniform level, lower ones before
    it, higher ones after it, in order); the others mix clean history with frames at any level, which is what a
    frame-by-frame rollout meets. The first frame of a clip that begins later is always clean. Of those that begin with
    their video a share `from_noise` has a first frame that is nearly all noise: there alone the prompt decides where
    things are and which way they go.

    Source: AR-Diffusion (arXiv 2503.07418), section 3.3, with a continuous scale in place of its table.
    """
    if rng.random() < FOPP_SHARE:
        levels = rng.random(n_latents)
        pivot = int(rng.integers(n_latents))
        middle = levels[pivot]
        levels[:pivot] = np.sort(levels[:pivot]) * middle
        levels[pivot + 1 :] = middle + np.sort(levels[pivot + 1 :]) * (1 - middle)
        levels = SHIFT * levels / (1 + (SHIFT - 1) * levels)
    else:
        levels = rng.random(n_latents)
        levels = SHIFT * levels / (1 + (SHIFT - 1) * levels)
        clean = rng.random(n_latents)
        # Half of what is clean is quite clean: that is what rollouts show.
        nearly = np.where(rng.random(n_latents) < 0.5, 0.0, NEARLY_CLEAN * rng.random(n_latents))
        shares = np.full(n_latents, CLEAN_SHARE)
        shares[0] = FIRST_CLEAN_SHARE
        levels = np.where(clean < shares, nearly, levels)
    if from_start and from_noise and rng.random() < from_noise:
        levels[0] = 1 - NEARLY_NOISE * rng.random()
    if not from_start:
        levels[0] = NEARLY_CLEAN * rng.random() if rng.random() < 0.5 else 0.0
    return levels
