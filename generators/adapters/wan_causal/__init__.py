"""Causal checkpoints of the Wan 2.1 1.3B family: a table of presets over the engine of `lawful.generators.causal`."""
