"""The suites that ship can be put together as the benchmarks that they follow are."""

import math

import pytest

from lawful.checklists.load import load_suite
from lawful.judge.stored import AskedQuestion
from lawful.reports.aggregate.mme_cof import CATEGORIES as FRAMES_CATEGORIES
from lawful.reports.aggregate.registry import aggregate
from lawful.reports.aggregate.ruler import CATEGORIES as RULER_CATEGORIES
from lawful.reports.scores import Answered


@pytest.fixture
def clips_of(clip):
    """Two clips of every case of a suite, or two without a case: the best answers of one generator, the worst of another."""

    def make(name):
        suite = load_suite(name)
        made = []
        for generator, best in (("good", True), ("bad", False)):
            for case in suite.cases or (None, None):
                answers = [_answer(question, best) for question in suite.questions_for(case)]
                made.append(
                    clip(
                        case, answers, generator, video=f"{generator}/{len(made)}.mp4", prompt=f"{len(made)}"
                    )
                )
        return made

    return make


def _answer(question, best):
    scale = dict(question.scale.values)
    label = question.scale.best if best else question.scale.worst
    asked = AskedQuestion(question.id, question.text, question.axis, question.law, scale, question.tier)
    return Answered(asked, scale[label], label, None)


def _rows(tables, name):
    (table,) = [table for table in tables if table.id == name]
    return table.rows


def test_frames_by_the_five_ratings(clips_of, rng) -> None:
    rows = _rows(aggregate("mme-cof", clips_of("frames"), rng), "mme_cof")
    assert {row[1] for row in rows} == {"overall", *FRAMES_CATEGORIES}
    for generator, part, *rest in rows:
        assert [one.value for one in rest[:6]] == [4.0 if generator == "good" else 0.0] * 6
        assert rest[7] == (36 if part == "overall" else 3)
    letters = {row[0]: row[8] for row in rows if row[1] == "overall"}
    assert letters["good"] != letters["bad"]


@pytest.mark.parametrize("name", ["pyramid", "pyramid-surgical"])
def test_pyramids_tier_by_tier(name, clips_of, rng) -> None:
    rows = _rows(aggregate("pyramid", clips_of(name), rng), "pyramid")
    assert [row[1] for row in rows] == [1, 2, 3, 4] * 2
    for generator, tier, mean, _gap, reached, gated, *_ in rows:
        good = generator == "good"
        assert (mean.value, gated.value) == (good, good)
        assert reached.value == (1.0 if good or tier == 1 else 0.0)
        assert not math.isnan(reached.value)


def test_rules_by_category_as_published_and_repaired(clips_of, rng) -> None:
    tables = aggregate("ruler", clips_of("rules"), rng)
    rows = [row for row in _rows(tables, "ruler_compat") if row[1] == "overall"]
    assert {row[0]: [one.value for one in row[2:7]] for row in rows} == {
        "good": [100.0] * 5,
        "bad": [0.0] * 5,
    }
    assert {row[1] for row in _rows(tables, "ruler_compat")} == {"overall", *RULER_CATEGORIES}
    coverage = [
        dict(zip(_columns(tables, "ruler_coverage"), row, strict=True))
        for row in _rows(tables, "ruler_coverage")
    ]
    assert all(row["metrics without a question"] == 0 for row in coverage), coverage


def _columns(tables, name):
    (table,) = [table for table in tables if table.id == name]
    return table.columns
