"""What can be seen of simulated bodies: boxes, visible shares and true point tracks."""

import numpy as np
from jaxtyping import Bool, Float64

from lawful.generators.worlds.records import ObjectTruth, WorldClip
from lawful.generators.worlds.scene import Block, Body, Scene
from lawful.generators.worlds.simulate import Motion, Simulated
from lawful.video.frames import PointTracks

_SAMPLES = 48


def object_truths(scene: Scene, simulated: Simulated, pixels_per_metre: float) -> tuple[ObjectTruth, ...]:
    """The truth of every body: states, boxes in the frame and visible shares."""
    size = np.array([scene.view_width_m, scene.view_height_m])
    truths = []
    for number, motion in enumerate(simulated.motions):
        body = motion.body
        points = _body_points(body, _SAMPLES, seed=0)
        world = _placed(points, motion)
        seen = _seen(world, scene, simulated, number)
        centre = to_frame(motion.state[:, None, :2], simulated.camera_m, size)[:, 0]
        half = _half_extent(motion) / size
        box = np.concatenate([centre - half, centre + half], axis=1)
        outside = (box[:, 0] >= 1) | (box[:, 1] >= 1) | (box[:, 2] <= 0) | (box[:, 3] <= 0)
        box = np.where(outside[:, None], np.nan, np.clip(box, 0, 1))
        radius = (
            body.half_width_m if body.shape == "disc" else np.hypot(body.half_width_m, body.half_height_m)
        )
        truths.append(
            ObjectTruth(
                name=body.name,
                shape=body.shape,
                mass_kg=body.mass_kg,
                half_size_m=(body.half_width_m, body.half_height_m),
                radius_px=float(radius * pixels_per_metre),
                looks=motion.looks,
                look_index=motion.look_index,
                present=motion.present,
                position_m=motion.state[:, :2],
                velocity_m_s=motion.state[:, 2:4],
                angle_rad=motion.state[:, 4],
                spin_rad_s=motion.state[:, 5],
                centre=centre,
                box=box,
                visible=seen.mean(axis=1),
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
    size = np.array([clip.world.view_width_m, clip.world.view_height_m])
    simulated = Simulated(clip.fps, tuple(_motion(clip, truth) for truth in clip.objects), (), clip.camera_m)
    xy, visible, ids = [], [], []
    for number, motion in enumerate(simulated.motions):
        world = _placed(_body_points(motion.body, points_per_object, seed + number + 1), motion)
        visible.append(_seen(world, clip.world, simulated, number).T)
        xy.append(to_frame(world, clip.camera_m, size).transpose(1, 0, 2))
        ids.append(1000 * number + np.arange(points_per_object))
    return PointTracks(
        ids=np.concatenate(ids).astype(np.int64),
        times_s=clip.frames.times_s,
        xy=np.concatenate(xy).astype(np.float32),
        visible=np.concatenate(visible),
    )


def to_frame(
    world_m: Float64[np.ndarray, "frames points 2"],
    camera_m: Float64[np.ndarray, "frames 2"],
    view_m: Float64[np.ndarray, " 2"],
) -> Float64[np.ndarray, "frames points 2"]:
    """World positions in metres (y up) as shares of the frame (y down)."""
    offset = (world_m - camera_m[:, None]) / view_m
    return np.stack([0.5 + offset[..., 0], 0.5 - offset[..., 1]], axis=-1)


def _motion(clip: WorldClip, truth: ObjectTruth) -> Motion:
    shape = "disc" if truth.shape == "disc" else "box"
    body = Body(truth.name, shape, *truth.half_size_m, position_m=(0.0, 0.0), look=truth.looks[0])
    state = np.concatenate(
        [truth.position_m, truth.velocity_m_s, truth.angle_rad[:, None], truth.spin_rad_s[:, None]], axis=1
    )
    return Motion(body, truth.looks, truth.look_index, truth.present, state)


def _body_points(body: Body, count: int, seed: int) -> Float64[np.ndarray, "points 2"]:
    rng = np.random.default_rng(seed)
    if body.shape == "box":
        return rng.uniform(-0.92, 0.92, (count, 2)) * (body.half_width_m, body.half_height_m)
    # A sunflower spreads points evenly over a disc.
    steps = np.arange(count) + 0.5
    angle = np.pi * (1 + 5**0.5) * steps + rng.uniform(0, 2 * np.pi)
    radius = 0.92 * body.half_width_m * np.sqrt(steps / count)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _placed(
    points: Float64[np.ndarray, "points 2"], motion: Motion
) -> Float64[np.ndarray, "frames points 2"]:
    cos, sin = np.cos(motion.state[:, 4])[:, None], np.sin(motion.state[:, 4])[:, None]
    turned = np.stack(
        [points[:, 0] * cos - points[:, 1] * sin, points[:, 0] * sin + points[:, 1] * cos], axis=-1
    )
    return motion.state[:, None, :2] + turned


def _seen(
    world: Float64[np.ndarray, "frames points 2"], scene: Scene, simulated: Simulated, number: int
) -> Bool[np.ndarray, "frames points"]:
    half = np.array([scene.view_width_m, scene.view_height_m]) / 2
    inside = (np.abs(world - simulated.camera_m[:, None]) <= half).all(axis=-1)
    hidden = np.zeros_like(inside)
    for block in scene.blocks:
        if not block.solid:
            hidden |= _in_block(world, block)
    for other in simulated.motions[number + 1 :]:
        hidden |= _in_body(world, other)
    return inside & ~hidden & simulated.motions[number].present[:, None]


def _in_block(
    world: Float64[np.ndarray, "frames points 2"], block: Block
) -> Bool[np.ndarray, "frames points"]:
    x, y = world[..., 0], world[..., 1]
    return (x >= block.x0) & (x <= block.x1) & (y >= block.y0) & (y <= block.y1)


def _in_body(
    world: Float64[np.ndarray, "frames points 2"], motion: Motion
) -> Bool[np.ndarray, "frames points"]:
    offset = world - motion.state[:, None, :2]
    if motion.body.shape == "disc":
        return np.hypot(offset[..., 0], offset[..., 1]) <= motion.body.half_width_m
    cos, sin = np.cos(motion.state[:, 4])[:, None], np.sin(motion.state[:, 4])[:, None]
    x = offset[..., 0] * cos + offset[..., 1] * sin
    y = -offset[..., 0] * sin + offset[..., 1] * cos
    return (np.abs(x) <= motion.body.half_width_m) & (np.abs(y) <= motion.body.half_height_m)


def _half_extent(motion: Motion) -> Float64[np.ndarray, "frames 2"]:
    width, height = motion.body.half_width_m, motion.body.half_height_m
    if motion.body.shape == "disc":
        return np.full((len(motion.state), 2), width)
    cos, sin = np.abs(np.cos(motion.state[:, 4])), np.abs(np.sin(motion.state[:, 4]))
    return np.stack([width * cos + height * sin, width * sin + height * cos], axis=1)
