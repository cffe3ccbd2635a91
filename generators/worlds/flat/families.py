"""The flat scene families and what each can show."""

from collections.abc import Mapping

from lawful.generators.worlds.family import ANYWHERE, FORM, HITS, IN_THE_AIR, ROLLING, SceneFamily
from lawful.generators.worlds.flat import scenes

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
}
"""By name. New ones are added at the end: pairs are drawn by their order."""
