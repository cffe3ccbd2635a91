import hashlib
import json
from collections import Counter
from importlib.resources import files

import jsonschema
import pytest

from lawful.checklists.laws import families, families_of, laws
from lawful.checklists.load import load_suite
from lawful.checklists.suite import Question

MEASURED = {"vanish", "appear", "teleport", "freeze", "super_elastic", "colour_change"}
"""Families that the kinematic judge answers by."""
FIRST = """
falls_when_unsupported falls_downwards falls_at_right_pace keeps_direction stops_for_a_reason
starts_for_a_reason hit_moves_light_more push_passes_on bounce_not_higher no_unpowered_speed_up
no_passing_through no_overlap hit_has_reaction hit_has_fitting_outcome material_response
breaks_for_a_reason rigid_keeps_shape rigid_keeps_parts nothing_vanishes nothing_appears nothing_jumps
count_is_kept keeps_colour keeps_size keeps_kind same_after_hiding change_has_cause cause_comes_first
cause_has_effect motion_does_not_freeze time_runs_forwards heavy_sinks light_floats entry_moves_liquid
level_stays flows_down flows_as_thick_as_it_is solid_holds_liquid liquid_meets_surface fluid_amount_kept
stream_hangs_together mirrors_show_scene reflections_follow bodies_cast_shadows shadows_follow
"""
"""Questions of the suite's first version."""


def _asked() -> list[Question]:
    return [question for question in load_suite("physics").questions if question.axis != "facts"]


def test_every_law_has_five_questions_or_more() -> None:
    counts = Counter(question.law for question in _asked())
    assert set(counts) == set(laws())
    assert min(counts.values()) >= 5


def test_every_family_is_asked_about() -> None:
    asked = {name for question in _asked() for name in question.families}
    assert asked == set(families())


@pytest.mark.parametrize("family", sorted(MEASURED))
def test_families_of_the_kinematic_judge_have_one_question_each(family: str) -> None:
    found = [q for q in load_suite("physics").questions if family in families_of(q)]
    assert [question.families for question in found] == [(family,)]


def test_yes_means_that_nothing_is_wrong() -> None:
    suite = load_suite("physics")
    for question in _asked():
        assert question.scale.values == {"yes": 1.0, "no": 0.0}
        assert question.text.endswith("?")
        assert question.axis == "physics"
        assert question.families
    assert suite.questions_for(None) == suite.questions


def test_premises_are_questions_of_fact_that_judges_who_measure_do_not_ask() -> None:
    """A premise voids nothing for a judge that does not answer it, so that judge's verdicts all stand."""
    facts = [question for question in load_suite("physics").questions if question.axis == "facts"]
    used = {premise for question in load_suite("physics").questions for premise in question.depends_on}
    assert used == {question.id for question in facts}
    for question in _asked():
        if MEASURED & set(question.families):
            assert question.depends_on == ()


def test_every_law_asks_first_what_is_to_be_seen() -> None:
    standing = {question.law for question in _asked() if question.depends_on}
    assert standing == set(laws())


def test_a_law_is_of_one_tier() -> None:
    tiers = {(question.law, question.tier) for question in _asked()}
    assert len(tiers) == len(laws())
    assert {tier for _, tier in tiers} == {1, 2, 3, 4}


def test_the_first_questions_say_what_they_always_said() -> None:
    """Verdicts are stored under a question's text: a new wording is asked anew."""
    said = "\n".join(
        f"{question.id} {question.text}" for question in _asked() if question.id in FIRST.split()
    )
    assert len(said.splitlines()) == 45
    assert (
        hashlib.sha256(said.encode()).hexdigest()
        == "2fb402047768685731b9384ea5b7340ad57269d3967aac20280f77f30fb70d6e"
    )


def test_the_published_schema_is_valid_and_accepts_the_suite() -> None:
    schema = json.loads(files("lawful.checklists").joinpath("suite.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    suite = json.loads(files("lawful.checklists.suites").joinpath("physics.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(suite)
