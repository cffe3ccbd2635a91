"""What is to be known of a flat clip's objects: energy, boxes, visible shares and true point tracks."""

import numpy as np
from jaxtyping import Bool, Float64

from lawful.generators.worlds.camera import View
from lawful.generators.worlds.energy import kinetic_j, potential_j
from lawful.generators.worlds.motion import Motion, Simulated
from lawful.generators.worlds.records import ObjectTruth, WorldClip
from lawful.generators.worlds.scene import Block, Scene, Shape
from lawful.video.frames import PointTracks

_SAMPLES = 48


def object_truths(scene: Scene, simulated: Simulated) -> tuple[ObjectTruth, ...]:
    """The truth of every body: states, energies, boxes in the frame and visible shares."""
    truths = []
    for number, motion in enumerate(simulated.motions):
        points = _placed(body_points(motion, _SAMPLES, seed=0), motion)
        inside, hidden = _inside(points, simulated.view), _hidden(points, scene, simulated, number)
        inside &= motion.present[:, None]
        centre = simulated.view.project(motion.position_m[:, None])[:, 0]
        box = outline_box(motion, simulated.view)
        n_inside = np.maximum(inside.sum(axis=1), 1)
        truths.append(
            ObjectTruth(
                name=motion.body.name,
                mass_kg=motion.body.mass_kg,
                shapes=motion.shapes,
                shape_index=motion.shape_index,
                half_size_m=motion.half_size_m,
                looks=motion.looks,
                look_index=motion.look_index,
                present=motion.present,
                driven=any(mover.body == motion.body.name for mover in scene.movers),
                touched=motion.touched,
                position_m=motion.position_m,
                velocity_m_s=motion.velocity_m_s,
                rotation=motion.rotation,
                spin_rad_s=motion.spin_rad_s,
                kinetic_j=kinetic_j(motion),
                potential_j=potential_j(motion, scene),
                momentum_kg_m_s=motion.body.mass_kg * motion.velocity_m_s,
                centre=centre,
                box=box,
                visible=(inside & ~hidden).mean(axis=1),
                behind=(inside & hidden).sum(axis=1) / n_inside,
            )
        )
    return tuple(truths)


def true_tracks(clip: WorldClip, points_per_object: int = 16, seed: int = 0) -> PointTracks:
    """Points on the surfaces of a clip's objects, followed without error.

    Args:
        clip: The clip.
        points_per_object: How many points on each object, spread over its area.
        seed: Chooses the points.

    Returns:
        Tracks with ids 1000 * object + point, where the object is its place in `clip.objects`; positions are
        known wherever the object exists, seen or not.
    """
    xy, visible, ids = [], [], []
    simulated = clip.simulated
    for number, motion in enumerate(simulated.motions):
        points = _placed(body_points(motion, points_per_object, seed + number + 1), motion)
        seen = _inside(points, simulated.view) & ~_hidden(points, clip.world, simulated, number)
        visible.append((seen & motion.present[:, None]).T)
        xy.append(simulated.view.project(points).transpose(1, 0, 2))
        ids.append(1000 * number + np.arange(points_per_object))
    return PointTracks(
        ids=np.concatenate(ids).astype(np.int64),
        times_s=clip.frames.times_s,
        xy=np.concatenate(xy).astype(np.float32),
        visible=np.concatenate(visible),
    )


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


def body_points(motion: Motion, count: int, seed: int) -> Float64[np.ndarray, "frames points 2"]:
    """Points spread over a flat body, in its own axes, that move with its size."""
    grids = np.stack([_unit_points(shape, count, seed) for shape in motion.shapes])
    return grids[motion.shape_index] * motion.half_size_m[:, None]


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


def _placed(
    points: Float64[np.ndarray, "frames points 2"], motion: Motion
) -> Float64[np.ndarray, "frames points 2"]:
    return motion.position_m[:, None] + np.einsum("fpa,fba->fpb", points, motion.rotation)


def _inside(points: Float64[np.ndarray, "frames points 2"], view: View) -> Bool[np.ndarray, "frames points"]:
    shares = view.project(points)
    return np.all((shares >= 0) & (shares <= 1), axis=-1)


def _hidden(
    points: Float64[np.ndarray, "frames points 2"], scene: Scene, simulated: Simulated, number: int
) -> Bool[np.ndarray, "frames points"]:
    hidden = np.zeros(points.shape[:2], bool)
    for block in scene.blocks:
        if not block.solid:
            hidden |= _in_block(points, block)
    for other in simulated.motions[number + 1 :]:
        hidden |= inside_body(points, other) & other.present[:, None]
    return hidden


def _in_block(
    points: Float64[np.ndarray, "frames points 2"], block: Block
) -> Bool[np.ndarray, "frames points"]:
    return np.all((points >= np.array(block.low)) & (points <= np.array(block.high)), axis=-1)
