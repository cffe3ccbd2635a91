"""Whether pushes at contacts can account for changes of velocity."""

import math

import numpy as np
from jaxtyping import Float64
from scipy.optimize import nnls

_SIDES = 8
"""Edges of the pyramid that stands for a solid contact's cone of friction; it lies within the cone."""


def rays(normals: Float64[np.ndarray, "normals axes"], friction: float) -> Float64[np.ndarray, "rays axes"]:
    """Edges of the cones of the pushes that a contact gives along its normals, with friction."""
    if normals.shape[1] == 2:
        across = np.stack([-normals[:, 1], normals[:, 0]], axis=1)
        return np.concatenate([normals + friction * across, normals - friction * across])
    edges = [normals]
    helper = np.where(np.abs(normals[:, :1]) < 0.7, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    one = np.cross(normals, helper)
    one /= np.linalg.norm(one, axis=1, keepdims=True)
    two = np.cross(normals, one)
    # Lengthened so that the pyramid holds the cone.
    wide = friction / math.cos(math.pi / _SIDES)
    for side in range(_SIDES):
        angle = 2 * math.pi * side / _SIDES
        edges.append(normals + wide * (math.cos(angle) * one + math.sin(angle) * two))
    return np.concatenate(edges)


def unexplained(
    wanted: Float64[np.ndarray, " rows"], columns: list[Float64[np.ndarray, " rows"]]
) -> Float64[np.ndarray, " rows"]:
    """What is left of a change of momentum when the best non-negative sum of some pushes is taken off."""
    if not columns:
        return wanted
    matrix = np.stack(columns, axis=1)
    weights, _ = nnls(matrix, wanted)
    return wanted - matrix @ weights
