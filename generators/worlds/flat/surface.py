"""Surfaces of flat bodies: points on them, what hides them, the box around them."""

import numpy as np
from jaxtyping import Bool, Float64

from lawful.generators.worlds.camera import View
from lawful.generators.worlds.motion import Motion, Simulated
from lawful.generators.worlds.scene import Block, Scene, Shape


def outline_box(motion: Motion, view: View) -> Float64[np.ndarray, "frames 4"]:
    """x0, y0, x1, y1 of a flat body's outline in the frame, clipped to it; NaN where it is outside."""
    # How far an oval or a box reaches along the picture's axes, from how far its own half axes do.
    spread = np.einsum("fac,fab,fb->fcb", view.axes, motion.rotation, motion.half_size_m)
    is_disc = np.array([shape == "disc" for shape in motion.shapes])[motion.shape_index]
    half_m = np.where(is_disc[:, None], np.linalg.norm(spread, axis=2), np.abs(spread).sum(axis=2))
    half = half_m * view.scale[:, None] / (view.aspect, 1)
    centre = view.project(motion.position_m[:, None])[:, 0]
    box = np.concatenate([centre - half, centre + half], axis=1)
    outside = (box[:, 0] >= 1) | (box[:, 1] >= 1) | (box[:, 2] <= 0) | (box[:, 3] <= 0)
    return np.where(outside[:, None], np.nan, np.clip(box, 0, 1))


def surface_points(
    motion: Motion, count: int, seed: int, view: View
) -> tuple[Float64[np.ndarray, "frames points 2"], Float64[np.ndarray, "frames points"]]:
    """Points spread over a flat body that move, turn and grow with it, and how much each counts as seen area."""
    grids = np.stack([_unit_points(shape, count, seed) for shape in motion.shapes])
    own = grids[motion.shape_index] * motion.half_size_m[:, None]
    placed = motion.position_m[:, None] + np.einsum("fpa,fba->fpb", own, motion.rotation)
    return placed, np.ones(placed.shape[:2])


def inside_body(
    points: Float64[np.ndarray, "frames points 2"], motion: Motion
) -> Bool[np.ndarray, "frames points"]:
    """Which points lie in a flat body."""
    offset = points - motion.position_m[:, None]
    own = np.abs(np.einsum("fpa,fab->fpb", offset, motion.rotation) / motion.half_size_m[:, None])
    in_disc, in_box = np.hypot(own[..., 0], own[..., 1]) <= 1, (own <= 1).all(axis=-1)
    is_disc = np.array([shape == "disc" for shape in motion.shapes])[motion.shape_index]
    return np.where(is_disc[:, None], in_disc, in_box)


def _unit_points(shape: Shape, count: int, seed: int) -> Float64[np.ndarray, "points 2"]:
    rng = np.random.default_rng(seed)
    if shape == "box":
        return rng.uniform(-0.92, 0.92, (count, 2))
    # A sunflower spreads points evenly over a disc.
    steps = np.arange(count) + 0.5
    angle = np.pi * (1 + 5**0.5) * steps + rng.uniform(0, 2 * np.pi)
    radius = 0.92 * np.sqrt(steps / count)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def hidden(
    points: Float64[np.ndarray, "frames points 2"], scene: Scene, simulated: Simulated, number: int
) -> Bool[np.ndarray, "frames points"]:
    """Which points of the body of a number lie behind a screen or another body."""
    behind = np.zeros(points.shape[:2], bool)
    for block in scene.blocks:
        if not block.solid:
            behind |= _in_block(points, block)
    motion = simulated.motions[number]
    for other in simulated.motions[number + 1 :]:
        apart = np.hypot(*(motion.position_m - other.position_m).T)
        near = np.flatnonzero(apart <= motion.reach_m + other.reach_m)
        if len(near):
            behind[near] |= inside_body(points[near], other.at(near)) & other.present[near, None]
    return behind


def _in_block(
    points: Float64[np.ndarray, "frames points 2"], block: Block
) -> Bool[np.ndarray, "frames points"]:
    return np.all((points >= np.array(block.low)) & (points <= np.array(block.high)), axis=-1)
