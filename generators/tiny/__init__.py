"""The embedded generator: a small causal video model of plain flat scenes, its data, its reader and its training."""
