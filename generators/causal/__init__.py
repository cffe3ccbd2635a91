"""Causal video diffusion: one engine over the stock Wan transformer of diffusers; needs the extra `generate`."""
