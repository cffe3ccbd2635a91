"""The violation families: what each scene can show, and how a law is broken in it."""

from collections.abc import Callable, Mapping

import numpy as np

from lawful.generators.worlds.breaking import contact, existence, form, motion, time
from lawful.generators.worlds.breaking.moments import Lawful, Plan, UnseenError

_MAKERS: Mapping[str, Callable[[Lawful, np.random.Generator], Plan | None]] = {
    "vanish": existence.vanish,
    "appear": existence.appear,
    "teleport": existence.teleport,
    "freeze": time.freeze,
    "super_elastic": contact.super_elastic,
    "colour_change": existence.colour_change,
    "duplicate": existence.duplicate,
    "lost_behind": existence.lost_behind,
    "changed_behind": existence.changed_behind,
    "hover": motion.hover,
    "reversed_gravity": motion.reversed_gravity,
    "wrong_gravity": motion.wrong_gravity,
    "kink": motion.kink,
    "stop_in_mid_air": motion.stop_in_mid_air,
    "spontaneous_start": motion.spontaneous_start,
    "energy_gain": motion.energy_gain,
    "pass_through": contact.pass_through,
    "overlap": contact.overlap,
    "wrong_collision": contact.wrong_collision,
    "no_reaction": contact.no_reaction,
    "shape_change": form.shape_change,
    "size_change": form.size_change,
    "stretch": form.stretch,
    "effect_before_cause": time.effect_before_cause,
    "reversal": time.reversal,
}
VIOLATIONS: tuple[str, ...] = tuple(_MAKERS)
"""Ids of the violation families, as in `lawful.checklists.laws`."""

NO_SHARED_PREFIX: tuple[str, ...] = ("reversal",)
"""Families whose clips share no frames with their lawful twin: they break a law from the first frame on."""


def plan_violation(violation: str, lawful: Lawful, rng: np.random.Generator) -> Plan:
    """Choose when, where and how a law is broken.

    Args:
        violation: A name of `VIOLATIONS` that the scene can show.
        lawful: The lawful twin.
        rng: Makes the choices.

    Raises:
        UnseenError: The clip has no moment at which it could be seen.
    """
    plan = _MAKERS[violation](lawful, rng)
    if plan is None:
        seconds = lawful.n_frames / lawful.simulated.fps
        raise UnseenError(
            f"{violation} was asked for in {lawful.scene.name}, but this clip of {seconds:.2f} s at "
            f"{lawful.simulated.fps:g} frames a second has no moment at which it would be seen. "
            "Ask for a longer clip (3 s is ample) or another seed."
        )
    return plan
