"""Standings, pairs, groups and strengths."""

import dataclasses
import math
import random

import numpy as np
import pytest
from scipy import stats

from lawful.judge.stored import AskedQuestion
from lawful.reports.compare.document import field_measures, field_section
from lawful.reports.compare.field import fields
from lawful.reports.compare.leaderboard import Settings, leaderboard
from lawful.reports.scores import Answered, Measure, measures

PHYSICS = Measure("axis", "physics")
FAST = Settings(n_resamples=200)
KINDS = ("axis", "law", "question")


def silent(done, total):
    pass


def test_a_better_generator_leads_and_equals_share_a_group(three_generators):
    (field,) = fields(three_generators)
    board = leaderboard(field, PHYSICS, FAST)
    names = [standing.system for standing in board.standings]
    letters = {standing.system: set(standing.letters) for standing in board.standings}
    assert names[0] == "good"
    assert letters["same"] & letters["twin"]
    assert not letters["good"] & letters["same"]
    strengths = dict(zip(board.strengths.systems, board.strengths.strengths, strict=True))
    assert strengths["good"].value > max(strengths["same"].value, strengths["twin"].value)


def test_numbers_are_those_of_numpy_and_scipy(three_generators):
    (field,) = fields(three_generators)
    board = leaderboard(field, PHYSICS, FAST)
    table = field.table(PHYSICS)
    for standing in board.standings:
        row = table[field.systems.index(standing.system)]
        assert standing.mean.value == pytest.approx(row.mean(), abs=1e-12)
        assert (standing.n_clips, standing.mean.n, standing.coverage) == (60, 60, 1.0)
        # 30 prompts of 2 seeds: the clustered interval is the t interval of the prompts' means.
        by_prompt = row.reshape(30, 2).mean(axis=1)
        low, high = stats.t.interval(0.95, 29, by_prompt.mean(), stats.sem(by_prompt))
        assert (standing.mean.low, standing.mean.high) == pytest.approx((low, high), abs=1e-12)
    for first, second, pair in board.pairs:
        a, b = (table[field.systems.index(name)] for name in (first, second))
        assert pair.difference.value == pytest.approx((a - b).mean(), abs=1e-12)
        assert pair.superiority == pytest.approx(np.mean((a > b) + 0.5 * (a == b)))


def test_the_order_of_clips_changes_no_number(three_generators):
    shuffled = list(three_generators)
    random.Random(0).shuffle(shuffled)
    one, two = (
        field_section(fields(clips)[0], ("axis",), FAST, silent) for clips in (three_generators, shuffled)
    )
    # As text, for NaN differs from itself.
    assert repr(one) == repr(two)


def test_another_name_changes_no_number_but_the_name(three_generators):
    renamed = [
        dataclasses.replace(clip, generator={"good": "a-good"}.get(clip.generator, clip.generator))
        for clip in three_generators
    ]
    one, two = (leaderboard(fields(clips)[0], PHYSICS, FAST) for clips in (three_generators, renamed))
    assert [s.mean for s in one.standings] == [s.mean for s in two.standings]
    assert [s.letters for s in one.standings] == [s.letters for s in two.standings]


def test_one_more_measure_changes_no_other(three_generators):
    (field,) = fields(three_generators)
    few, many = (field_section(field, kinds, FAST, silent) for kinds in (("axis",), ("axis", "law")))
    rows = {row[:3]: row for row in many.tables[1].rows}
    assert all(rows[row[:3]] == row for row in few.tables[1].rows)


def test_measures_are_the_clip_then_what_is_asked_for(three_generators):
    (field,) = fields(three_generators)
    assert [str(measure) for measure in field_measures(field, ("axis", "law"))] == [
        "no violation",
        "clip score",
        "axis physics",
        "axis prompt",
        "law gravity",
        "law permanence",
    ]
    assert [str(measure) for measure in field_measures(field, ("question",))][2:] == [
        "question ask",
        "question fall",
        "question gone",
    ]


def test_generators_on_other_prompts_are_not_compared(scored):
    clips = [scored("wan", f"a{n}") for n in range(5)] + [scored("sora", f"b{n}") for n in range(5)]
    (field,) = fields(clips)
    section = field_section(field, ("axis",), FAST, silent)
    pairs = next(table for table in section.tables if table.id == "pairs")
    assert all(row[3] == 0 and math.isnan(row[5]) for row in pairs.rows)
    assert (
        "No prompt and seed is shared by all generators; pairs without shared videos are not compared."
        in section.notes
    )


def test_one_generator_has_a_leaderboard_and_no_pairs(scored):
    (field,) = fields([scored(case=f"c{n}") for n in range(4)])
    section = field_section(field, ("axis",), FAST, silent)
    assert [table.id for table in section.tables] == ["leaderboard"]
    assert "There is one generator: nothing to compare it with." in section.notes
    assert section.plots == ()


def test_uneven_coverage_is_said(scored):
    sure = [scored("wan", f"c{n}") for n in range(10)]
    unsure = [
        scored("sora", f"c{n}", scores={"gone": 0.9, "fall": math.nan if n < 5 else 0.9}) for n in range(10)
    ]
    section = field_section(fields(sure + unsure)[0], ("axis",), FAST, silent)
    assert any(
        "the judge answers 50% to 100% of the videos, depending on the generator" in note
        for note in section.notes
    )


def test_a_field_without_any_score_says_so(scored):
    clips = [scored(case=f"c{n}", scores={"gone": math.nan, "fall": math.nan}) for n in range(3)]
    section = field_section(fields(clips)[0], ("axis", "law"), FAST, silent)
    assert section.tables[0].rows == ()
    assert section.notes == (
        "No video has a value: every question is unscored. `lawful report` says why, video by video.",
    )


def test_progress_is_told(three_generators):
    heard = []
    field_section(
        fields(three_generators)[0], ("axis",), FAST, lambda done, total: heard.append((done, total))
    )
    assert heard == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def notes_of(clips, kinds=("axis",)):
    return field_section(fields(clips)[0], kinds, FAST, silent).notes


def test_the_measure_answered_most_unevenly_is_said(scored):
    wan = [scored("wan", f"c{n}", scores={"gone": 0.9, "fall": 0.9, "ask": 0.9}) for n in range(10)]
    sora = [scored("sora", f"c{n}", scores={"gone": 0.9, "fall": 0.9}) for n in range(10)]
    (said,) = [note for note in notes_of(wan + sora) if "depending on the generator" in note]
    assert said == (
        "Axis prompt: the judge answers 0% to 100% of the videos, depending on the generator. A mean over answered "
        "videos may favour who is answered least."
    )
    # Without an answer there is neither an answer nor a score of the clip, nor gravity.
    sora = [
        scored("sora", f"c{n}", scores={"gone": 0.9, "fall": math.nan if n < 5 else 0.9, "ask": 0.9})
        for n in range(10)
    ]
    (said,) = [note for note in notes_of(wan + sora, ("law",)) if "depending on the generator" in note]
    assert said.startswith("No violation: the judge answers 50% to 100% of the videos")
    assert "(2 more measures are uneven too)" in said


def test_questions_of_fact_rank_nobody(scored):
    clips = [scored(name, f"c{n}") for n in range(6) for name in ("wan", "sora")]
    asked = AskedQuestion("seen", "Does anything fall?", "facts", "gravity", {"no": 0.0, "yes": 1.0})
    with_facts = [
        dataclasses.replace(clip, answers=(*clip.answers, Answered(asked, 0.0, "no", None))) for clip in clips
    ]
    one, two = (field_section(fields(each)[0], KINDS, FAST, silent) for each in (clips, with_facts))
    assert repr(one) == repr(two)
    assert Measure("axis", "facts") in measures(with_facts, ("axis",))
    assert Measure("question", "seen") not in measures(with_facts, ("question",), facts=False)


@pytest.mark.parametrize(
    ("prompts", "note"),
    [
        (5, "with 5 shared prompts the least p (Holm) that there can be is 0.062. It takes more prompts."),
        (6, "6 shared prompts are few for a bootstrap"),
        (19, "19 shared prompts are few for a bootstrap"),
        (20, None),
    ],
)
def test_few_prompts_are_said(scored, prompts, note):
    clips = [
        scored(name, f"c{n:02d}", scores={"gone": score, "fall": score})
        for n in range(prompts)
        for name, score in (("wan", 0.6 + n / 100), ("sora", 0.8 + n / 90))
    ]
    notes = notes_of(clips)
    assert [note in one for one in notes[1:]] == [True] if note else notes[1:] == ()


def test_means_of_other_videos_that_say_the_opposite_are_named(scored):
    # On shared prompts wan is better by 0.1; sora also made twenty easy ones.
    clips = [
        scored(name, f"c{n}", scores={"gone": score, "fall": score})
        for n in range(20)
        for name, score in (("wan", 0.3 + n / 100), ("sora", 0.2 + n / 100))
    ]
    easy = [scored("sora", f"easy{n}", scores={"gone": 0.9, "fall": 0.9}) for n in range(20)]
    said = (
        "Axis physics: sora has the higher mean, but on the videos that both have a value for wan is better. Their "
        "means are over different videos: go by the pair."
    )
    assert said in notes_of(clips + easy)
    assert not any("go by the pair" in note for note in notes_of(clips))


def test_equal_values_have_no_interval(scored):
    clips = [
        scored(name, f"c{n}", scores={"gone": 1.0, "fall": 1.0}) for n in range(20) for name in ("a", "b")
    ]
    (board,) = [leaderboard(fields(clips)[0], PHYSICS, FAST)]
    for estimate in (board.standings[0].mean, board.pairs[0][2].difference):
        assert math.isnan(estimate.low)
        assert estimate.reason == "all alike: no spread to make an interval of"
    assert board.pairs[0][2].adjusted_p == 1.0
