"""What is to be known of a clip's objects: energy, boxes, visible shares and true point tracks."""

from types import ModuleType

import numpy as np
from jaxtyping import Bool, Float64

from lawful.generators.worlds.camera import View
from lawful.generators.worlds.energy import kinetic_j, potential_j
from lawful.generators.worlds.flat import surface as flat_surface
from lawful.generators.worlds.motion import Simulated
from lawful.generators.worlds.records import ObjectTruth, WorldClip
from lawful.generators.worlds.scene import Scene
from lawful.generators.worlds.solid import surface as solid_surface
from lawful.video.frames import PointTracks

_SAMPLES = {2: 48, 3: 144}
"""Points on each body by the scene's dimensions; at least half of those on a solid one face away."""


def object_truths(scene: Scene, simulated: Simulated) -> tuple[ObjectTruth, ...]:
    """The truth of every body: states, energies, boxes in the frame and visible shares."""
    surface = _surface(scene)
    truths = []
    for number, motion in enumerate(simulated.motions):
        points, weights = surface.surface_points(motion, _SAMPLES[scene.dimensions], 0, simulated.view)
        hidden = surface.hidden(points, scene, simulated, number)
        inside = _inside(points, simulated.view) & motion.present[:, None]
        centre = simulated.view.project(motion.position_m[:, None])[:, 0]
        box = surface.outline_box(motion, simulated.view)
        area = np.maximum(weights.sum(axis=1), 1e-9)
        area_inside = np.maximum((weights * inside).sum(axis=1), 1e-9)
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
                visible=(weights * (inside & ~hidden)).sum(axis=1) / area,
                behind=(weights * (inside & hidden)).sum(axis=1) / area_inside,
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
    simulated, surface = clip.simulated, _surface(clip.world)
    for number, motion in enumerate(simulated.motions):
        points, weights = surface.surface_points(motion, points_per_object, seed + number + 1, simulated.view)
        seen = _inside(points, simulated.view) & ~surface.hidden(points, clip.world, simulated, number)
        seen &= weights > 0
        visible.append((seen & motion.present[:, None]).T)
        xy.append(simulated.view.project(points).transpose(1, 0, 2))
        ids.append(1000 * number + np.arange(points_per_object))
    return PointTracks(
        ids=np.concatenate(ids).astype(np.int64),
        times_s=clip.frames.times_s,
        xy=np.concatenate(xy).astype(np.float32),
        visible=np.concatenate(visible),
    )


def _surface(scene: Scene) -> ModuleType:
    return flat_surface if scene.dimensions == 2 else solid_surface


def _inside(
    points: Float64[np.ndarray, "frames points axes"], view: View
) -> Bool[np.ndarray, "frames points"]:
    shares = view.project(points)
    with np.errstate(invalid="ignore"):
        return np.all((shares >= 0) & (shares <= 1), axis=-1)
