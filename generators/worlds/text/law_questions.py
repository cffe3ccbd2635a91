"""The questions on laws that every simulated clip is asked, and the answers that its truth gives."""

from collections.abc import Mapping
from functools import cache

from lawful.checklists.laws import families
from lawful.checklists.load import load_suite
from lawful.checklists.suite import Question, Suite
from lawful.generators.worlds.records import WorldClip

SUITE = "worlds"

_LIKE: Mapping[str, tuple[str, ...]] = {
    "vanish": ("lost_behind",),
    "appear": ("duplicate",),
    "teleport": ("vanish", "appear", "kink", "energy_gain", "super_elastic"),
    "duplicate": ("appear",),
    "lost_behind": ("vanish",),
    "changed_behind": ("vanish", "appear", "lost_behind", "colour_change"),
    "colour_change": (),
    "shape_change": ("size_change", "stretch"),
    "size_change": ("stretch",),
    "stretch": ("shape_change", "size_change"),
    "hover": ("wrong_gravity", "stop_in_mid_air", "kink"),
    "reversed_gravity": ("hover", "wrong_gravity", "kink", "energy_gain", "super_elastic"),
    "wrong_gravity": ("hover", "kink", "energy_gain", "super_elastic"),
    "kink": (
        "reversed_gravity",
        "wrong_gravity",
        "wrong_collision",
        "effect_before_cause",
        "energy_gain",
        "super_elastic",
    ),
    "stop_in_mid_air": ("hover", "wrong_gravity", "kink", "freeze"),
    "spontaneous_start": ("effect_before_cause", "energy_gain"),
    "super_elastic": ("wrong_gravity", "energy_gain", "wrong_collision"),
    "energy_gain": ("spontaneous_start", "super_elastic", "wrong_gravity"),
    "wrong_collision": ("kink", "energy_gain", "super_elastic", "no_reaction"),
    "pass_through": ("overlap", "no_reaction", "wrong_collision", "vanish", "lost_behind"),
    "overlap": (
        "pass_through",
        "hover",
        "stop_in_mid_air",
        "kink",
        "no_reaction",
        "wrong_collision",
        "freeze",
    ),
    "no_reaction": ("wrong_collision",),
    "effect_before_cause": (
        "spontaneous_start",
        "kink",
        "energy_gain",
        "no_reaction",
        "wrong_collision",
        "pass_through",
        "overlap",
    ),
    "reversal": (
        "hover",
        "reversed_gravity",
        "wrong_gravity",
        "kink",
        "stop_in_mid_air",
        "spontaneous_start",
        "super_elastic",
        "energy_gain",
        "wrong_collision",
        "no_reaction",
        "effect_before_cause",
    ),
    "freeze": ("hover", "stop_in_mid_air", "spontaneous_start", "energy_gain", "no_reaction"),
}
"""For each violation family, the others that may rightly be seen in it too."""


@cache
def law_suite() -> Suite:
    """The suite `worlds` as it ships, without cases."""
    return load_suite(SUITE)


def law_answers(clip: WorldClip) -> dict[str, str]:
    """The right label by the id of each question of the suite, where it is known.

    Of a lawful clip every best answer is right. Of a broken one the worst is right where the question names its
    family, and nothing is known where another of its laws, or a family that looks like it, is asked about.
    """
    answers = {}
    for question in law_suite().questions:
        if clip.violation is None:
            # A lost frame is a short stand-still of its own.
            lost = any(step.name == "drop" for step in clip.degradations)
            right = None if lost and "freeze" in question.families else True
        else:
            right = _is_free(question, clip.violation)
        if right is not None:
            answers[question.id] = question.scale.best if right else question.scale.worst
    return answers


def _is_free(question: Question, violation: str) -> bool | None:
    """Whether a clip that breaks a law is free of what a question names; None where that is a matter of words."""
    asked = set(question.families)
    if violation in asked:
        return False
    whole_law = question.id.startswith("law.")
    if asked & {*_LIKE[violation]} or (whole_law and question.law in families()[violation].laws):
        return None
    return True
