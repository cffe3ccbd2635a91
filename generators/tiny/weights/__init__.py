"""Weights of the embedded generator, and how they were made."""
