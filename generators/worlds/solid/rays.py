"""A ray caster in numpy: the third renderer, which shares no code with OpenCV's painting or with MuJoCo.

It draws flat and solid scenes alike, with light, marks and surfaces of its own. It is for tests only: the splits keep
it out of training, so that a judge can be asked about pictures of a kind that it has never seen.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float32, UInt8

from lawful.generators.worlds.motion import Simulated
from lawful.generators.worlds.scene import Scene
from lawful.generators.worlds.solid.geometry import entry
from lawful.generators.worlds.solid.rays_backdrop import Backdrop, Surroundings
from lawful.generators.worlds.solid.rays_lens import Lens, Thing, lens_of, same_view
from lawful.generators.worlds.solid.rays_light import facing, may_shade, shadowed
from lawful.generators.worlds.solid.rays_paint import Marks, marks_of
from lawful.generators.worlds.solid.rays_things import Stage

_FINE = 2
"""Rays across and down in each pixel."""
_ROD_RGB = np.array((48, 46, 44), np.float32)


def cast(
    scene: Scene, simulated: Simulated, width_px: int, height_px: int, look_rng: np.random.Generator
) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """Cast every frame of a flat or solid scene: see `lawful.generators.worlds.draw.draw`."""
    stage = Stage(scene, simulated)
    around = Surroundings(stage, look_rng)
    view, seen_from, backdrop = simulated.view, 0, None
    for frame in range(len(simulated)):
        lens = lens_of(view, frame, _FINE * width_px, _FINE * height_px)
        if backdrop is None or not same_view(view, seen_from, frame):
            seen_from, backdrop = frame, around.backdrop(lens)
        fine = _picture(lens, stage, around, backdrop, frame)
        mean = fine.reshape(height_px, _FINE, width_px, _FINE, 3).mean(axis=(1, 3))
        yield np.clip(np.rint(mean), 0, 255).astype(np.uint8)


def _picture(
    lens: Lens, stage: Stage, around: Surroundings, backdrop: Backdrop, frame: int
) -> Float32[np.ndarray, "height width 3"]:
    rgb, ahead = backdrop.lit.copy(), backdrop.ahead_m.copy()
    present = [motion for motion in stage.simulated.motions if motion.present[frame]]
    bodies = [stage.body(motion, frame) for motion in present]
    if stage.scene.style.shadow:
        _cast_shadows(rgb, stage, around, backdrop, bodies)
    for motion, thing in zip(present, bodies, strict=True):
        for joint in stage.joints(motion, frame):
            _draw(rgb, ahead, lens, stage, around, joint, bodies, None)
        look = motion.looks[motion.look_index[frame]]
        marks = marks_of(thing.shape, _three(stage.painted_m(motion, frame)), look)
        _draw(rgb, ahead, lens, stage, around, thing, bodies, marks)
    for number, (thing, block) in enumerate(around.before):
        region = lens.region(thing)
        if region is not None:
            found = lens.ahead(thing, region)
            where = np.isfinite(found)
            rgb[region][where] = around.block(lens, region, found, where, thing, block, -1 - number)[0]
    return rgb


def _three(values: np.ndarray) -> tuple[float, float, float]:
    one, two, three = values.tolist()
    return one, two, three


def _cast_shadows(
    rgb: Float32[np.ndarray, "height width 3"],
    stage: Stage,
    around: Surroundings,
    backdrop: Backdrop,
    casters: list[Thing],
) -> None:
    """Darken what lies in the sun behind bodies."""
    dark = np.zeros(len(backdrop.where), bool)
    for caster in casters:
        across, along, towards = around.frame @ caster.centre_m.astype(np.float32)
        reach = np.float32(caster.reach_m)
        near = (backdrop.lies[0] - across) ** 2 + (backdrop.lies[1] - along) ** 2 < reach**2
        asked = np.flatnonzero(near & (backdrop.lies[2] < towards + reach))
        dark[asked] |= shadowed(backdrop.points[:, asked], around.sun, [caster])
    rgb.reshape(-1, 3)[backdrop.where[dark]] *= np.float32(1 - stage.scene.style.shadow)


def _draw(
    rgb: Float32[np.ndarray, "height width 3"],
    ahead: Float32[np.ndarray, "height width"],
    lens: Lens,
    stage: Stage,
    around: Surroundings,
    thing: Thing,
    bodies: list[Thing],
    marks: Marks | None,
) -> None:
    """Draw a thing where it is nearest, or over all before it in a flat scene; without marks it is a rod."""
    region = lens.region(thing)
    if region is None:
        return
    start, way = lens.rays(region, thing.matrix, thing.centre_m)
    found = entry(thing.shape, start, way)
    where = np.isfinite(found) if stage.flat else found < ahead[region]
    if not where.any():
        return
    own = start[:, where] + found[where] * way[:, where]
    points = lens.points(region, found, where)
    paint = np.broadcast_to(_ROD_RGB, (own.shape[1], 3)) if marks is None else marks.colour(own)
    rgb[region][where] = _shaded(paint, own, points, stage, around, thing, bodies)
    if not stage.flat:
        ahead[region][where] = found[where]


def _shaded(
    paint: Float32[np.ndarray, "points 3"],
    own: Float32[np.ndarray, "3 points"],
    points: Float32[np.ndarray, "3 points"],
    stage: Stage,
    around: Surroundings,
    thing: Thing,
    bodies: list[Thing],
) -> Float32[np.ndarray, "points 3"]:
    normal = facing(thing, own)
    sun = around.sun
    sunny = ~shadowed(points, sun, [block for block in around.still if may_shade(block, thing, sun)])
    light = sun.shade(normal, sunny)
    if stage.scene.style.shadow:
        casters = [body for body in bodies if body is not thing and may_shade(body, thing, sun)]
        dark = sunny & (sun.way @ normal > 0) & shadowed(points, sun, casters)
        light[dark] *= np.float32(1 - stage.scene.style.shadow)
    return paint * light
