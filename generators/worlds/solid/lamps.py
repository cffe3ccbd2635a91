"""The lamps of a solid scene: even light from everywhere and one sun.

Its shadows are as dark as is asked, but no darker than where none of its light comes, about half.
"""

import math
from typing import Any

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.scene import Scene

_EVEN, _SUN = 0.45, 0.65
"""Shares of its colour that a surface shows in the even light, and more where it faces the sun."""
_ELEVATION_RAD = (0.72, 0.95)
_ASIDE_RAD = 0.8


def lit_room(scene: Scene) -> tuple[Float64[np.ndarray, " 3"], float]:
    """Middle and radius in metres of where things cast shadows: the room, and what is seen of it."""
    low, high = np.array(scene.room[:3]), np.array(scene.room[3:])
    seen = math.hypot(scene.view_width_m, scene.view_height_m) / 2
    return (low + high) / 2, max(float(np.linalg.norm(high - low)) / 2, seen)


def sun_towards(rng: np.random.Generator) -> Float64[np.ndarray, " 3"]:
    """Whither a sun shines that stands on the camera's side of a scene."""
    aside, elevation = rng.uniform(-_ASIDE_RAD, _ASIDE_RAD), rng.uniform(*_ELEVATION_RAD)
    level = np.cos(elevation)
    return np.array([np.sin(aside) * level, np.cos(aside) * level, -np.sin(elevation)])


def set_lamps(mujoco: Any, stage: Any, scene: Scene, sun: Float64[np.ndarray, " 3"]) -> None:
    """Set the lamps, and what of the surroundings is drawn.

    Args:
        mujoco: The package.
        stage: What MuJoCo draws.
        scene: Its style says how dark shadows are; without any, none are computed.
        sun: Whither the sun shines.
    """
    middle, radius_m = lit_room(scene)
    on_floor = -_SUN * sun[2]
    # The sun is two lamps in one place, and things stop the light of one.
    cast = min(1.0, scene.style.shadow * (_EVEN + on_floor) / on_floor)
    stage.nlight = 2 if scene.style.shadow else 1
    for number, (even, share) in enumerate(((_EVEN, 1 - cast), (0.0, cast))[: stage.nlight]):
        lamp = stage.lights[number]
        lamp.type = mujoco.mjtLightType.mjLIGHT_DIRECTIONAL
        lamp.headlight = 0
        lamp.pos, lamp.dir = middle - 2 * radius_m * sun, sun
        lamp.attenuation = (1.0, 0.0, 0.0)
        lamp.cutoff, lamp.exponent = 180.0, 0.0
        lamp.ambient, lamp.diffuse = np.full(3, even), np.full(3, _SUN * share)
        lamp.specular = np.zeros(3)
        lamp.castshadow = number
    flags = mujoco.mjtRndFlag
    stage.flags[:] = 0
    stage.flags[flags.mjRND_SKYBOX] = 1
    stage.flags[flags.mjRND_CULL_FACE] = 1
    stage.flags[flags.mjRND_SHADOW] = int(scene.style.shadow > 0)
