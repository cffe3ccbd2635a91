import json
from collections import Counter
from importlib.resources import files

import jsonschema
import pytest

from lawful.checklists.laws import families, families_of, laws
from lawful.checklists.load import load_suite


def test_every_law_has_two_to_four_questions() -> None:
    counts = Counter(question.law for question in load_suite("physics").questions)
    assert set(counts) == set(laws())
    assert set(counts.values()) <= {2, 3, 4}


def test_every_family_is_asked_about() -> None:
    asked = {name for question in load_suite("physics").questions for name in question.families}
    assert asked == set(families())


@pytest.mark.parametrize(
    "family", ["vanish", "appear", "teleport", "freeze", "super_elastic", "colour_change"]
)
def test_families_of_the_kinematic_judge_have_one_question_each(family: str) -> None:
    found = [q for q in load_suite("physics").questions if family in families_of(q)]
    assert [question.families for question in found] == [(family,)]


def test_questions_are_plain_and_yes_means_nothing_is_wrong() -> None:
    suite = load_suite("physics")
    texts = [question.text for question in suite.questions]
    assert len(set(texts)) == len(texts)
    for question in suite.questions:
        assert question.scale.values == {"yes": 1.0, "no": 0.0}
        assert question.scale.best == "yes"
        assert question.text.endswith("?")
        assert len(question.text) < 130
        assert question.axis == "physics"
        assert question.depends_on == ()
    assert suite.licence == "Apache-2.0"
    assert suite.questions_for(None) == suite.questions


def test_the_published_schema_is_valid_and_accepts_the_suite() -> None:
    schema = json.loads(files("lawful.checklists").joinpath("suite.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    suite = json.loads(files("lawful.checklists.suites").joinpath("physics.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(suite)
