"""Surfaces, camera and light of a scene in words."""

import colorsys
import math
from collections import Counter

import numpy as np

from lawful.generators.worlds.camera import CameraPath
from lawful.generators.worlds.scene import Scene, Style, Surface
from lawful.generators.worlds.solid.camera import SolidPath
from lawful.generators.worlds.text.words import counted, listed, noun_of, plural, sentence

_PATTERNED: dict[Surface, str] = {
    "checks": "chequered",
    "stripes": "striped",
    "bricks": "patterned like bricks",
    "speckle": "speckled",
    "dots": "dotted",
    "patches": "patched",
    "ripples": "rippled",
}
_DIM, _BRIGHT = 0.8, 1.05
_PALE = 0.65
_LONG_S = 0.5
_SEVERAL = ("walls", "cushions", "magnets")


def setting_of(scene: Scene) -> list[str]:
    """Sentences on what is behind and below, on the camera, and on the light."""
    return [*_surfaces(scene), _camera(scene), *_light(scene)]


def hue_word(rgb: tuple[int, int, int]) -> str:
    """A plain word for a muted colour.

    >>> hue_word((62, 108, 84)), hue_word((128, 128, 126)), hue_word((214, 206, 190))
    ('green', 'grey', 'beige')
    """
    hue, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in rgb))
    if saturation < 0.12:
        return "dark grey" if lightness < 0.35 else "light grey" if lightness > 0.7 else "grey"
    names = (
        "red",
        "brown",
        "yellow",
        "green",
        "green",
        "green",
        "blue",
        "blue",
        "blue",
        "purple",
        "purple",
        "red",
    )
    word = names[round(hue * 12) % 12]
    return "beige" if word == "brown" and lightness > _PALE else word


def _tinted(rgb: tuple[int, int, int], style: Style) -> tuple[int, int, int]:
    red, green, blue = (
        min(255, round(channel * tint)) for channel, tint in zip(rgb, style.tint, strict=True)
    )
    return red, green, blue


def _surfaces(scene: Scene) -> list[str]:
    seen_from_above = scene.dimensions == 2 and scene.gravity_m_s2 == 0
    behind = "table" if seen_from_above else "background"
    # As it is seen in the light that there is: brown is blue in cold light.
    said = [f"the {behind} is {hue_word(_tinted(scene.backdrop_rgb, scene.style))}"]
    if scene.style.backdrop in _PATTERNED:
        said[0] += f" and {_PATTERNED[scene.style.backdrop]}"
    fixed = _fixed_things(scene)
    if fixed and scene.style.blocks in _PATTERNED:
        names = [f"the {kind}" for kind in fixed]
        verb = "is" if len(fixed) == 1 and fixed[0] not in _SEVERAL else "are"
        said.append(f"{listed(names)} {verb} {_PATTERNED[scene.style.blocks]}")
    pictures = sum(not body.touches for body in scene.bodies)
    if pictures:
        one, several = ("lies", "lie") if seen_from_above else ("hangs", "hang")
        where = "on the table" if seen_from_above else "in the background"
        said.append(f"{counted(pictures, 'small picture')} {one if pictures == 1 else several} {where}")
    return [sentence(text) for text in said]


def _fixed_things(scene: Scene) -> list[str]:
    """What stands fixed, each kind once, however many blocks it is made of."""
    kinds = Counter(
        noun_of(block.name).removeprefix("left ").removeprefix("right ") for block in scene.blocks
    )
    return [plural(kind) if count > 1 and plural(kind) in _SEVERAL else kind for kind, count in kinds.items()]


def _camera(scene: Scene) -> str:
    path, moves = scene.camera, []
    if isinstance(path, CameraPath):
        moves = _flat_moves(path)
    elif isinstance(path, SolidPath):
        moves = _solid_moves(path)
    return sentence("the camera " + " and ".join(moves or ["stands still"]))


def _flat_moves(path: CameraPath) -> list[str]:
    moves = [*_travel(path.velocity_m_s[0], path.velocity_m_s[-1]), *_sway(path.sway_m[0], path.sway_m[-1])]
    if path.zoom_per_s:
        moves.append(f"zooms slowly {'in' if path.zoom_per_s > 0 else 'out'}")
    return moves + _unsteady(path)


def _solid_moves(path: SolidPath) -> list[str]:
    arm = np.subtract(path.position_m, path.target_m)
    right = np.array([-arm[1], arm[0], 0.0])
    moves = [*_travel(float(right @ path.drift_m_s), path.drift_m_s[2])]
    moves += _sway(float(right @ path.sway_m), path.sway_m[2] * float(np.linalg.norm(right)))
    if path.orbit_rad_s:
        moves.append(f"circles the scene to the {_side(path.orbit_rad_s)}")
    if path.orbit_rad:
        moves.append(f"swings round the scene to the {_side(path.orbit_rad)} and back")
    if path.crane_rad:
        moves.append("rises, looking down at the scene, and sinks again")
    if path.turn_rad:
        moves.append(f"turns to the {_side(-path.turn_rad)} and back")
    if path.dolly_per_s:
        moves.append(f"moves slowly {'closer' if path.dolly_per_s > 0 else 'away'}")
    return moves + _unsteady(path)


def _travel(across: float, up: float) -> list[str]:
    if not across and not up:
        return []
    return [
        f"moves to the {_side(across)}" if abs(across) >= abs(up) else f"moves {'up' if up > 0 else 'down'}"
    ]


def _sway(across: float, up: float) -> list[str]:
    if not across and not up:
        return []
    return [f"pans to the {_side(across)} and back" if abs(across) >= abs(up) else "sways up and down"]


def _side(across: float) -> str:
    return "right" if across > 0 else "left"


def _unsteady(path: CameraPath | SolidPath) -> list[str]:
    moves = []
    if path.roll_rad:
        moves.append("tilts from side to side")
    if path.shake_m:
        moves.append("is held in the hand and shakes a little")
    if path.cuts:
        moves.append("cuts to another view of the same scene partway through")
    return moves


def _light(scene: Scene) -> list[str]:
    said = [sentence(f"the light is {_brightness(scene.style)}")]
    for light in scene.lights:
        if math.isinf(light.end_s):
            said.append(f"Partway through, the light is turned {'up' if light.gain > 1 else 'down'}.")
        elif light.end_s - light.start_s < _LONG_S:
            said.append("A flash lights everything up for a moment.")
        else:
            said.append(f"For a while the light is {'stronger' if light.gain > 1 else 'weaker'}.")
    if scene.style.shadow:
        said.append("Things cast soft shadows.")
    return said


def _brightness(style: Style) -> str:
    red, _, blue = style.tint
    warmth = "warm" if red > blue else "cold" if blue > red else "white"
    strength = "dim" if style.gain < _DIM else "bright" if style.gain > _BRIGHT else "even"
    return f"{strength} and {warmth}"
