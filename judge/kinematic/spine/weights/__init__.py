"""Weights of the net of the kinematic judge, and how they were made."""
