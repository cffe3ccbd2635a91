"""What holds of every suite that ships."""

import re
from collections import Counter

import pytest

from lawful.checklists.laws import families_of, laws
from lawful.checklists.load import load_suite
from lawful.checklists.suite import Question, Suite

SHIPPED = ("balls", "frames", "physics", "pyramid", "pyramid-surgical", "rules")


def _all(suite: Suite) -> list[Question]:
    return [*suite.questions, *(question for case in suite.cases.values() for question in case.questions)]


@pytest.fixture(scope="module", params=SHIPPED)
def suite(request: pytest.FixtureRequest) -> Suite:
    return load_suite(request.param)


def test_ids_are_unique_and_premises_come_first(suite: Suite) -> None:
    names = [question.id for question in _all(suite)]
    assert len(set(names)) == len(names)
    for case in (None, *suite.cases):
        asked: set[str] = set()
        for question in suite.questions_for(case):
            assert set(question.depends_on) <= asked, f"{question.id}: a premise is not asked before it"
            asked.add(question.id)


def test_only_pyramids_are_gated(suite: Suite) -> None:
    assert suite.gate_at == (0.5 if suite.id.startswith("pyramid") else None)


def test_labels_span_the_whole_range(suite: Suite) -> None:
    for question in _all(suite):
        assert max(question.scale.values.values()) == 1
        assert min(question.scale.values.values()) == 0


def test_no_two_questions_of_a_video_say_the_same(suite: Suite) -> None:
    for case in (None, *suite.cases):
        said = Counter(_plain(question.text) for question in suite.questions_for(case))
        assert said.most_common(1)[0][1] == 1, said.most_common(1)


def test_no_two_cases_say_the_same(suite: Suite) -> None:
    said = Counter((_plain(case.prompt), case.first_frame) for case in suite.cases.values())
    assert set(said.values()) <= {1}
    assert all(case.expected for case in suite.cases.values())


def test_questions_are_plain(suite: Suite) -> None:
    assert suite.licence == "Apache-2.0"
    for question in _all(suite):
        asked, _, _ = question.text.partition("?")
        assert question.text == question.text.strip()
        assert "?" in question.text, question.id
        assert "  " not in question.text
        assert len(asked) < 130, question.id
        assert not re.search(r"[A-Z]{2,}|[;:]", asked), question.id


def test_laws_are_known_and_questions_of_fact_name_none(suite: Suite) -> None:
    for question in _all(suite):
        assert question.law is None or question.law in laws()
        if question.axis == "facts":
            assert (question.law, families_of(question), question.tier) == (None, (), None)
            assert question.scale.values == {"yes": 1.0, "no": 0.0}


def _plain(text: str) -> str:
    return re.sub(r"[^a-z]+", " ", text.lower()).strip()


@pytest.mark.parametrize("name", ["pyramid", "pyramid-surgical"])
def test_each_tier_has_an_axis_and_four_ratings_or_more(name: str) -> None:
    rated = [question for question in load_suite(name).questions if question.tier is not None]
    tiers = Counter(question.tier for question in rated)
    assert set(tiers) == {1, 2, 3, 4}
    assert min(tiers.values()) >= 4
    assert len({(question.tier, question.axis) for question in rated}) == 4
    assert [question.tier for question in rated] == sorted(question.tier or 0 for question in rated)
    for question in rated:
        assert question.scale.values == {"1": 0.0, "2": 0.25, "3": 0.5, "4": 0.75, "5": 1.0}


def test_no_rating_is_answered_by_a_judge_that_measures() -> None:
    for name in ("pyramid", "pyramid-surgical"):
        for question in load_suite(name).questions:
            measured = {"vanish", "appear", "teleport", "freeze", "super_elastic", "colour_change"}
            assert not measured & set(families_of(question)), question.id


def test_what_balls_and_worlds_both_ask_is_one_question() -> None:
    worlds = {question.id: question for question in load_suite("worlds").questions}
    for question in load_suite("balls").questions:
        assert question == worlds[question.id]
