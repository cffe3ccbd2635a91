"""From simulated states to pictures, by one of three renderers."""

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from lawful.core.errors import InputError
from lawful.generators.worlds.light import Grain, lit
from lawful.generators.worlds.motion import Simulated
from lawful.generators.worlds.scene import Scene

Renderer = Literal["paint", "mujoco", "rays"]
"""Sprites painted by OpenCV (flat scenes), MuJoCo (solid scenes), a ray caster of our own (both)."""
RENDERERS: tuple[Renderer, ...] = ("paint", "mujoco", "rays")
Pictures = Callable[
    [Scene, Simulated, int, int, np.random.Generator], Iterator[UInt8[np.ndarray, "height width 3"]]
]
"""A renderer: takes scene, states, width, height and a generator that chooses textures."""


def draw(
    scene: Scene,
    simulated: Simulated,
    width_px: int,
    height_px: int,
    noise: float,
    look_rng: np.random.Generator,
    noise_rng: np.random.Generator,
    renderer: Renderer,
) -> UInt8[np.ndarray, "frames height width 3"]:
    """Draw every frame.

    A frame depends on the states at its time, on both generators' seeds and on nothing later, so twins are
    identical up to their onset.

    Args:
        scene: What stands still, and the size of the view.
        simulated: What moves.
        width_px: Width of the frames.
        height_px: Height of the frames.
        noise: Standard deviation of the sensor noise, grey levels.
        look_rng: Chooses the textures.
        noise_rng: Makes the noise.
        renderer: What draws; `own_renderer` draws every scene of its kind.

    Returns:
        sRGB frames, 0-255.

    Raises:
        InputError: The renderer cannot draw such a scene.
        AbsentError: MuJoCo, or a system library that it draws with, is not here.
    """
    rgb = np.empty((len(simulated), height_px, width_px, 3), np.uint8)
    grain = Grain(noise_rng, noise, width_px, height_px)
    pictures = _pictures(scene, renderer)(scene, simulated, width_px, height_px, look_rng)
    for frame, picture in enumerate(pictures):
        rgb[frame] = grain.over(lit(picture, scene, frame / simulated.fps))
    return rgb


def own_renderer(scene: Scene) -> Renderer:
    """The renderer that is meant for a scene."""
    return "paint" if scene.dimensions == 2 else "mujoco"


def _pictures(scene: Scene, renderer: Renderer) -> Pictures:
    own = own_renderer(scene)
    if renderer == "rays":
        from lawful.generators.worlds.solid.rays import cast

        return cast
    if renderer != own:
        kind = "flat" if scene.dimensions == 2 else "solid"
        raise InputError(f"{renderer} cannot draw {scene.name}, a {kind} scene; {own} and rays can.")
    if renderer == "paint":
        from lawful.generators.worlds.flat.draw import paint

        return paint
    from lawful.generators.worlds.solid.draw import render

    return render
