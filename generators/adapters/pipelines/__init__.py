"""Pipelines of diffusers that make video piece by piece, each with what it needs to be asked for."""
