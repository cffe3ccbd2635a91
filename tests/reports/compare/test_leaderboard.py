"""Standings, pairs, groups and strengths."""

import dataclasses
import math
import random

import numpy as np
import pytest
from scipy import stats

from lawful.reports.compare.document import field_measures, field_section
from lawful.reports.compare.field import fields
from lawful.reports.compare.leaderboard import Settings, leaderboard
from lawful.reports.scores import Measure

PHYSICS = Measure("axis", "physics")
FAST = Settings(n_resamples=200)


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
