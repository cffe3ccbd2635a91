"""Energy of simulated bodies, flat or solid."""

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.motion import Motion
from lawful.generators.worlds.scene import Scene, Shape


def kinetic_j(motion: Motion) -> Float64[np.ndarray, " frames"]:
    """Kinetic energy of a body's centre and of its spin in each frame, J; NaN where it is not present."""
    own_axes = motion.spin_rad_s
    if motion.position_m.shape[1] == 3:
        own_axes = np.einsum("fa,fab->fb", motion.spin_rad_s, motion.rotation)
    per_shape = np.stack([_inertia_per_kg(shape, motion.half_size_m) for shape in motion.shapes])
    inertia = motion.body.mass_kg * per_shape[motion.shape_index, np.arange(len(own_axes))]
    of_centre = motion.body.mass_kg * (motion.velocity_m_s**2).sum(axis=1) / 2
    return of_centre + (inertia * own_axes**2).sum(axis=1) / 2


def potential_j(motion: Motion, scene: Scene) -> Float64[np.ndarray, " frames"]:
    """Potential energy of a body in gravity, from the floor of the room, J; NaN where it is not present."""
    return motion.body.mass_kg * scene.gravity_m_s2 * (motion.position_m[:, -1] - scene.floor_m)


def _inertia_per_kg(
    shape: Shape, half_size_m: Float64[np.ndarray, "frames axes"]
) -> Float64[np.ndarray, "frames turns"]:
    """Principal moments of inertia of an even body of 1 kg, m2."""
    squares = half_size_m**2
    if shape == "disc":
        return squares.sum(axis=1, keepdims=True) / 4
    if half_size_m.shape[1] == 2:
        return squares.sum(axis=1, keepdims=True) / 3
    if shape == "ball":
        return (squares.sum(axis=1, keepdims=True) - squares) / 5
    if shape == "cylinder":
        radius, half_length = squares[:, 0], squares[:, 2]
        across = radius / 4 + half_length / 3
        return np.stack([across, across, radius / 2], axis=1)
    return (squares.sum(axis=1, keepdims=True) - squares) / 3
