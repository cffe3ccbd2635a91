"""The flat scene families and what each can show."""

from collections.abc import Mapping

from lawful.generators.worlds.family import ANYWHERE, FORM, HITS, IN_THE_AIR, ROLLING, SceneFamily
from lawful.generators.worlds.flat import scenes, scenes_bound, scenes_falls, scenes_hard, scenes_piles

_IN_A_ROW = ("vanish", "appear", "teleport", "colour_change", "shape_change")
"""What can happen to a body that has little room."""

FLAT: Mapping[str, SceneFamily] = {
    "bounce": SceneFamily(scenes.bounce, (*ANYWHERE, "freeze", *IN_THE_AIR, "reversal")),
    "billiards": SceneFamily(
        scenes.billiards,
        (*ANYWHERE, "freeze", "kink", "spontaneous_start", "energy_gain", *HITS, "reversal"),
    ),
    "slide": SceneFamily(scenes.slide, (*ANYWHERE, "freeze", "energy_gain", "reversal")),
    "pendulum": SceneFamily(
        scenes.pendulum, ("vanish", "appear", "teleport", "colour_change", *FORM, "freeze", "energy_gain")
    ),
    "screen": SceneFamily(
        scenes.screen, (*ROLLING, "freeze", "lost_behind", "changed_behind", "energy_gain")
    ),
    "pan": SceneFamily(scenes.pan, (*ANYWHERE, "freeze", *IN_THE_AIR, "reversal")),
    "still": SceneFamily(scenes.still, (*ANYWHERE, "spontaneous_start")),
    "throw": SceneFamily(scenes_falls.throw, (*ANYWHERE, "freeze", *IN_THE_AIR, "energy_gain", "reversal")),
    "ramp": SceneFamily(
        scenes_falls.ramp, (*ROLLING, "freeze", "energy_gain", "pass_through", "overlap", "reversal")
    ),
    "dominoes": SceneFamily(
        scenes_piles.dominoes,
        (
            *_IN_A_ROW,
            "stretch",
            "freeze",
            "spontaneous_start",
            "pass_through",
            "no_reaction",
            "effect_before_cause",
            "reversal",
        ),
    ),
    "topple": SceneFamily(
        scenes_piles.topple,
        (
            *ROLLING,
            "freeze",
            "spontaneous_start",
            "pass_through",
            "overlap",
            "no_reaction",
            "effect_before_cause",
            "reversal",
        ),
    ),
    "container": SceneFamily(
        scenes_falls.container,
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
    ),
    "roll": SceneFamily(
        scenes_falls.roll, (*ROLLING, "freeze", "energy_gain", "spontaneous_start", *HITS, "reversal")
    ),
    "spring": SceneFamily(scenes_bound.spring, (*ANYWHERE, "freeze", "energy_gain", "kink")),
    "chain": SceneFamily(
        scenes_bound.chain, ("vanish", "appear", "colour_change", "duplicate", *FORM, "freeze", "energy_gain")
    ),
    "crossing": SceneFamily(scenes_falls.crossing, (*ROLLING, "freeze", "energy_gain")),
    "elastic": SceneFamily(scenes_hard.elastic, (*ANYWHERE, "freeze", *IN_THE_AIR, "energy_gain"), hard=True),
    "cushion": SceneFamily(
        scenes_hard.cushion,
        (
            *ANYWHERE,
            "freeze",
            "super_elastic",
            "kink",
            "stop_in_mid_air",
            "reversed_gravity",
            "wrong_gravity",
            "spontaneous_start",
            "pass_through",
            "reversal",
        ),
        hard=True,
    ),
    "magnet": SceneFamily(scenes_bound.magnet, (*ANYWHERE, "freeze", *IN_THE_AIR, "reversal"), hard=True),
    "hand": SceneFamily(
        scenes_piles.hand,
        (
            *_IN_A_ROW,
            "duplicate",
            "stretch",
            "freeze",
            "energy_gain",
            "spontaneous_start",
            "pass_through",
            "effect_before_cause",
        ),
        hard=True,
    ),
    "splash": SceneFamily(
        scenes_piles.splash,
        (*ANYWHERE, "freeze", "kink", "stop_in_mid_air", "reversed_gravity", "wrong_gravity", "reversal"),
        hard=True,
    ),
    "spin": SceneFamily(
        scenes_hard.spin, (*ANYWHERE, "freeze", "kink", "energy_gain", "pass_through", "overlap"), hard=True
    ),
}
"""By name. New ones are added at the end: pairs are drawn by their order."""
