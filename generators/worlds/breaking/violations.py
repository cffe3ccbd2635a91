"""The violation families: what each scene can show, and how a law is broken in it."""

from collections.abc import Callable, Mapping

import numpy as np

from lawful.generators.worlds.breaking import contact, existence, form, motion, time
from lawful.generators.worlds.breaking.moments import Lawful, Plan, UnseenError
from lawful.generators.worlds.breaking.trace import leaves_trace
from lawful.generators.worlds.motion import Simulated
from lawful.generators.worlds.simulate import simulate

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
_TRIES = 4
"""So many moments of a clip are tried where what is done comes to nothing."""


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
        raise _unseen(violation, lawful)
    return plan


def break_law(violation: str, lawful: Lawful, rng: np.random.Generator) -> tuple[Plan, Simulated]:
    """Break a law of a clip so that it is soon to be seen.

    Args:
        violation: A name of `VIOLATIONS` that the scene can show.
        lawful: The lawful twin.
        rng: Makes the choices.

    Returns:
        How it is broken, and what comes of that.

    Raises:
        UnseenError: The clip has no moment at which it could be seen, or none of a few leaves a trace.
    """
    for _ in range(_TRIES):
        plan = plan_violation(violation, lawful, rng)
        broken = simulate(lawful.scene, lawful.simulated.fps, lawful.n_frames, plan.interventions)
        if leaves_trace(lawful, plan, broken):
            return plan, broken
    raise _unseen(violation, lawful)


def _unseen(violation: str, lawful: Lawful) -> UnseenError:
    seconds = lawful.n_frames / lawful.simulated.fps
    return UnseenError(
        f"{violation} was asked for in {lawful.scene.name}, but this clip of {seconds:.2f} s at "
        f"{lawful.simulated.fps:g} frames a second has no moment at which it would be seen. "
        "Ask for a longer clip (3 s is ample) or another seed."
    )
