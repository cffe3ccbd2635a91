"""The solid scene families and what each can show."""

from collections.abc import Mapping

from lawful.generators.worlds.family import ANYWHERE, FORM, HITS, IN_THE_AIR, ROLLING, SceneFamily
from lawful.generators.worlds.solid import scenes, scenes_floor, scenes_piles

_IN_A_ROW = ("vanish", "appear", "colour_change", "duplicate", "shape_change")
"""What can happen to a body that has little room."""
_HITS = tuple(family for family in HITS if family != "effect_before_cause")
"""What can happen where others stand so near that what is hit first is seldom seen whole."""
_PILED = tuple(family for family in HITS if family != "wrong_collision")
"""What can happen where things stand on each other, or tip: what pushes them from below may send them anywhere."""

SOLID: Mapping[str, SceneFamily] = {
    "drop3d": SceneFamily(scenes.drop3d, (*ANYWHERE, "freeze", *IN_THE_AIR, "reversal"), solid=True),
    "throw3d": SceneFamily(scenes.throw3d, (*ANYWHERE, "freeze", *IN_THE_AIR, "energy_gain"), solid=True),
    "ramp3d": SceneFamily(
        scenes_floor.ramp3d, (*ROLLING, "freeze", "energy_gain", "pass_through", "overlap"), solid=True
    ),
    "billiards3d": SceneFamily(
        scenes_floor.billiards3d,
        (*ROLLING, "freeze", "kink", "spontaneous_start", "energy_gain", *_HITS, "reversal"),
        solid=True,
    ),
    "dominoes3d": SceneFamily(
        scenes_piles.dominoes3d,
        (
            *_IN_A_ROW,
            "teleport",
            "freeze",
            "spontaneous_start",
            "pass_through",
            "overlap",
            "no_reaction",
            "reversal",
        ),
        solid=True,
    ),
    "topple3d": SceneFamily(
        scenes_piles.topple3d, (*ROLLING, "freeze", "spontaneous_start", *_PILED, "reversal"), solid=True
    ),
    "pendulum3d": SceneFamily(
        scenes.pendulum3d,
        ("vanish", "appear", "teleport", "colour_change", *FORM, "freeze", "energy_gain"),
        solid=True,
    ),
    "slide3d": SceneFamily(
        scenes_floor.slide3d, (*ANYWHERE, "freeze", "energy_gain", "reversal"), solid=True
    ),
    "screen3d": SceneFamily(
        scenes_floor.screen3d,
        (*ROLLING, "freeze", "lost_behind", "changed_behind", "energy_gain"),
        solid=True,
    ),
    "container3d": SceneFamily(
        scenes.container3d,
        (
            *ANYWHERE,
            "freeze",
            "super_elastic",
            "kink",
            "stop_in_mid_air",
            "pass_through",
            "overlap",
            "reversal",
        ),
        solid=True,
    ),
    "roll3d": SceneFamily(
        scenes_floor.roll3d,
        (*ROLLING, "freeze", "energy_gain", *HITS, "reversal"),
        solid=True,
    ),
    "hand3d": SceneFamily(
        scenes_piles.hand3d,
        (
            *_IN_A_ROW,
            "teleport",
            "stretch",
            "freeze",
            "spontaneous_start",
            "pass_through",
            "effect_before_cause",
        ),
        solid=True,
        hard=True,
    ),
}
"""By name. New ones are added at the end: pairs are drawn by their order."""
