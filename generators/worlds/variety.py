"""How clips may look and be seen: from what a seed chooses, whatever the scene."""

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from lawful.generators.worlds.camera import CameraPath, Cut
from lawful.generators.worlds.draw import Renderer
from lawful.generators.worlds.flat.layout import looks_apart_from
from lawful.generators.worlds.scene import Body, Light, Scene, Style, Surface

CameraMove = Literal["own", "pan", "dolly", "orbit", "shake", "roll", "cut", "crane", "turn"]
CAMERA_MOVES: tuple[CameraMove, ...] = get_args(CameraMove)
"""`own` is the scene family's: still, but for `pan`. A flat scene rolls where it is asked to orbit, is passed up and
down where the camera is asked to crane, and panned while it is zoomed where it is asked to turn."""
Lighting = Literal["day", "dim", "bright", "warm", "cold", "flash", "switch"]
LIGHTINGS: tuple[Lighting, ...] = get_args(Lighting)


@dataclass(frozen=True)
class Variety:
    """Pools that a seed chooses from. The defaults are plain: nothing is changed."""

    cameras: tuple[CameraMove, ...] = ("own",)
    """Camera moves."""
    surfaces: tuple[Surface, ...] = ("clouds",)
    """Textures of background, floor and walls."""
    lightings: tuple[Lighting, ...] = ("day",)
    """Light, and how it changes."""
    shadows: float = 0.0
    """Share of clips with soft shadows, 0-1."""
    gravity: tuple[float, float] = (1.0, 1.0)
    """Least and most times the gravity of the scene family."""
    distractors: int = 0
    """Most things in the background that have no part in what happens."""
    degradations: tuple[str, ...] = ()
    """Names of `lawful.generators.worlds.degrade`; none to two of them are applied."""
    renderers: tuple[Renderer | Literal["own"], ...] = ("own",)
    """Renderers; `own` is the one that is meant for the scene."""


PLAIN = Variety()
"""Cloudy surfaces in even light, seen as the scene family wants it."""
RICH = Variety(
    cameras=("own", "pan", "dolly", "orbit", "shake", "roll", "cut"),
    surfaces=("clouds", "checks", "stripes", "bricks", "speckle"),
    lightings=LIGHTINGS,
    shadows=0.4,
    gravity=(1.0, 1.6),
    distractors=2,
)
"""What `lawful worlds` draws from where no split is named; a change of it would change what a seed gives."""


def varied(scene: Scene, variety: Variety, rng: np.random.Generator, duration_s: float) -> Scene:
    """A scene as a seed has it seen.

    Args:
        scene: As its family made it.
        variety: The pools.
        rng: Chooses.
        duration_s: Length of the clip, in which the light changes and the camera moves.
    """
    if variety == PLAIN:
        return scene
    move = variety.cameras[rng.integers(len(variety.cameras))]
    backdrop, blocks = (variety.surfaces[index] for index in rng.integers(len(variety.surfaces), size=2))
    lighting = variety.lightings[rng.integers(len(variety.lightings))]
    shadow = float(rng.uniform(0.25, 0.55)) if rng.random() < variety.shadows else 0.0
    gain, tint, lights = _light(lighting, rng, duration_s)
    changed = replace(
        _in_gravity(scene, float(rng.uniform(*variety.gravity))),
        style=Style(backdrop, blocks, gain, tint, shadow),
        lights=lights,
    )
    n_distractors = int(rng.integers(variety.distractors + 1))
    changed = replace(changed, bodies=(*_distractors(changed, n_distractors, rng), *changed.bodies))
    if move == "own":
        return changed
    if scene.dimensions == 2:
        return replace(changed, camera=_flat_camera(changed, move, rng, duration_s))
    from lawful.generators.worlds.solid.camera import solid_camera

    return replace(changed, camera=solid_camera(changed, move, rng, duration_s))


def _in_gravity(scene: Scene, factor: float) -> Scene:
    """A scene in another gravity, started so much faster that everything takes the same way in less time.

    What is aimed at is still hit, and a caption stays true.
    """
    if not scene.gravity_m_s2 or factor == 1:
        return scene
    faster = math.sqrt(factor)
    bodies = tuple(
        replace(
            body,
            velocity_m_s=tuple(faster * rate for rate in body.velocity_m_s),
            spin_rad_s=tuple(faster * rate for rate in body.spin_rad_s),
        )
        for body in scene.bodies
    )
    springs = tuple(
        replace(
            spring,
            stiffness_n_m=factor * spring.stiffness_n_m,
            damping_n_s_m=faster * spring.damping_n_s_m,
        )
        for spring in scene.springs
    )
    return replace(scene, gravity_m_s2=factor * scene.gravity_m_s2, bodies=bodies, springs=springs)


def _light(
    lighting: Lighting, rng: np.random.Generator, duration_s: float
) -> tuple[float, tuple[float, float, float], tuple[Light, ...]]:
    start = float(rng.uniform(0.2, 0.8)) * duration_s
    if lighting == "flash":
        # At 8 frames a second some frame still shows it.
        return 0.9, (1.0, 1.0, 1.0), (Light(start, start + float(rng.uniform(0.13, 0.25)), 1.7),)
    if lighting == "switch":
        return 0.9, (1.0, 1.0, 1.0), (Light(start, math.inf, float(rng.choice([0.55, 0.7, 1.25]))),)
    gain = {"dim": float(rng.uniform(0.45, 0.7)), "bright": float(rng.uniform(1.1, 1.25))}.get(lighting, 1.0)
    far = float(rng.uniform(0.05, 0.15))
    tints = {"warm": (1.0, 1 - far / 2, 1 - 2 * far), "cold": (1 - 2 * far, 1 - far / 2, 1.0)}
    return gain, tints.get(lighting, (1.0, 1.0, 1.0)), ()


def _distractors(scene: Scene, count: int, rng: np.random.Generator) -> tuple[Body, ...]:
    """Things that stand in the background of a flat scene, as pictures hang on a wall."""
    if scene.dimensions != 2:
        return ()
    bodies = []
    for number, look in enumerate(looks_apart_from(rng, count, scene.backdrop_rgb)):
        half = rng.uniform(0.02, 0.05, 2) * min(scene.view_width_m, scene.view_height_m)
        x = float(rng.uniform(-0.45, 0.45)) * scene.view_width_m
        y = float(
            rng.uniform(max(scene.floor_m + half[1], -0.1 * scene.view_height_m), 0.45 * scene.view_height_m)
        )
        bodies.append(
            Body(
                name=f"picture {number + 1}",
                shape="box",
                half_size_m=(float(half[0]), float(half[1])),
                position_m=(x, y),
                look=look,
                fixed=True,
                touches=False,
            )
        )
    return tuple(bodies)


def _flat_camera(scene: Scene, move: CameraMove, rng: np.random.Generator, duration_s: float) -> CameraPath:
    width, height = scene.view_width_m, scene.view_height_m
    sign = 1.0 if rng.random() < 0.5 else -1.0
    amount = float(rng.uniform(0.5, 1.0))
    if move == "pan":
        # There and back within the clip at most, so that what happens stays in view.
        sway = (sign * 0.12 * amount * width, 0.04 * amount * height)
        return CameraPath(sway_m=sway, sway_hz=float(rng.uniform(0.4, 0.6)) / duration_s)
    if move == "dolly":
        return CameraPath(zoom_per_s=sign * 0.16 * amount / duration_s)
    if move == "crane":
        sway = (0.03 * amount * width, sign * 0.12 * amount * height)
        return CameraPath(sway_m=sway, sway_hz=float(rng.uniform(0.4, 0.6)) / duration_s)
    if move == "turn":
        sway, zoom = (sign * 0.1 * amount * width, 0.0), float(rng.uniform(-0.12, 0.12)) / duration_s
        return CameraPath(sway_m=sway, sway_hz=float(rng.uniform(0.4, 0.6)) / duration_s, zoom_per_s=zoom)
    if move == "shake":
        return CameraPath(shake_m=0.008 * amount * min(width, height), shake_seed=int(rng.integers(1 << 31)))
    if move == "cut":
        shift = (sign * 0.1 * amount * width, 0.0)
        cut = Cut(float(rng.uniform(0.25, 0.75)) * duration_s, shift, 1 + 0.2 * amount * sign)
        own = scene.camera
        assert isinstance(own, CameraPath)
        # The scene's own move goes on: its caption may tell of it.
        return replace(own, cuts=(cut,))
    return CameraPath(roll_rad=sign * 0.1 * amount, sway_hz=float(rng.uniform(0.4, 0.6)) / duration_s)
