"""What holds for every aggregation, and the table of them."""

import math
from dataclasses import replace

import numpy as np
import pytest

from lawful.core.errors import InputError
from lawful.reports.aggregate.registry import AGGREGATIONS, aggregate
from lawful.reports.stats.result import Estimate

NAMES = tuple(AGGREGATIONS)


def tables(name, clips):
    return aggregate(name, clips, np.random.default_rng(0))


@pytest.fixture(scope="module")
def base(many):
    """The tables of the clips as they are, made once."""
    return {name: tables(name, many[name]) for name in NAMES}


def values(found):
    """All numbers of some tables by table, number of the row and column, intervals left out."""
    return {
        (table.id, number, column): cell.value if isinstance(cell, Estimate) else cell
        for table in found
        for number, row in enumerate(table.rows)
        for column, cell in zip(table.columns, row, strict=True)
        if isinstance(cell, Estimate | float)
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_clips_changes_nothing(name, many, base) -> None:
    clips = many[name]
    shuffled = [clips[index] for index in np.random.default_rng(3).permutation(len(clips))]
    assert repr(tables(name, shuffled)) == repr(base[name])


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_of_every_clip_changes_no_mean(name, many, base) -> None:
    clips = many[name]
    twice = [*clips, *(replace(clip, video=f"copy/{clip.video}") for clip in clips)]
    once, again = values(base[name]), values(tables(name, twice))
    assert set(once) == set(again)
    for key, value in once.items():
        assert again[key] == pytest.approx(value, abs=1e-9, nan_ok=True), key


@pytest.mark.parametrize("name", NAMES)
def test_the_best_answers_have_the_best_scores(name, many) -> None:
    best = {"mme-cof": 4.0, "phyground": 5.0, "ruler": 100.0}.get(name, 1.0)
    clips = [
        replace(clip, answers=tuple([perfect(one, clip.case) for one in clip.answers]))
        for clip in many[name]
        if clip.answers
    ]
    if name == "ruler":
        clips = [clip for clip in clips if "Visual Fidelity" in {one.question.axis for one in clip.answers}]
    found = values(tables(name, clips))
    for key, value in found.items():
        wanted = {
            "coverage": 1.0, "gap to the ground": 0.0, "sa": 5.0, "pc": 5.0, "says real": 0.5, "says none": 0.0,
        }.get(key[-1], best)  # fmt: skip
        wanted = 5.0 if name == "phyground" else wanted
        assert math.isnan(value) or value == pytest.approx(wanted), key
    assert sum(not math.isnan(value) for value in found.values()) > 5


def perfect(one, case):
    best = min if case.endswith("/implausible") else max
    top = best(one.question.scale, key=one.question.scale.__getitem__)
    return replace(one, score=1.0, label=top, reason=None)


@pytest.mark.parametrize("name", NAMES)
def test_columns_and_ids_are_the_same_whatever_the_clips(name, many, base) -> None:
    full, none = base[name], tables(name, [])
    failed = tables(name, [replace(clip, answers=()) for clip in many[name]])
    shapes = [[(table.id, table.title, table.columns) for table in found] for found in (full, none, failed)]
    assert shapes[0] == shapes[1] == shapes[2]
    assert [table.rows for table in none] == [()] * len(none)
    for table in full:
        assert len(set(table.columns)) == len(table.columns)
        assert all(column == column.lower() for column in table.columns)
        assert all(len(row) == len(table.columns) for row in table.rows)


@pytest.mark.parametrize("name", NAMES)
def test_clips_that_all_failed_have_no_scores_but_reasons(name, many) -> None:
    found = tables(name, [replace(clip, answers=()) for clip in many[name]])
    cells = [cell for table in found for row in table.rows for cell in row if isinstance(cell, Estimate)]
    assert cells
    for cell in cells:
        assert math.isnan(cell.value)
        assert cell.reason


def test_ids_of_tables_are_unique_over_all(base) -> None:
    ids = [table.id for found in base.values() for table in found]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", NAMES)
def test_every_number_with_an_interval_lies_within_it(name, base) -> None:
    for table in base[name]:
        for row in table.rows:
            for cell in row:
                if isinstance(cell, Estimate) and not math.isnan(cell.low):
                    assert cell.low - 1e-9 <= cell.value <= cell.high + 1e-9
                    assert cell.level == 0.95


@pytest.mark.parametrize("name", NAMES)
def test_clips_of_no_generator_stand_under_their_run(name, many) -> None:
    found = tables(name, [replace(clip, generator=None, run="tonight") for clip in many[name]])
    assert {row[0] for table in found for row in table.rows} == {"tonight"}


def test_names_in_the_table_are_their_own() -> None:
    assert {name: one.name for name, one in AGGREGATIONS.items()} == {name: name for name in NAMES}
    assert NAMES == ("ruler", "phyground", "mme-cof", "pyramid", "videophy2", "implausibench")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(
        InputError,
        match="there is no aggregation rulr; there are ruler, phyground, mme-cof, pyramid, videophy2, implausibench",
    ):
        tables("rulr", [])


def test_what_does_not_fit_says_what_does(many) -> None:
    wanted = (
        "aggregation videophy2 does not fit suite suite: it needs questions on the axes sa, pc; found axes tier; "
        "aggregations that fit: pyramid"
    )
    with pytest.raises(InputError, match=wanted):
        tables("videophy2", many["pyramid"])
    plain = [replace(clip, answers=clip.answers[:1]) for clip in many["pyramid"]]
    with pytest.raises(
        InputError, match="needs questions of two tiers or more; found tier 1 alone; no aggregation fits"
    ):
        tables("pyramid", plain)


def test_several_suites_or_judges_are_an_error(many) -> None:
    one = many["pyramid"][0]
    wanted = (
        r"of one suite under one judge, found suite suite, judge b \[ffffffff\]; suite suite, judge judge"
    )
    with pytest.raises(InputError, match=wanted):
        tables("pyramid", [one, replace(one, judge="b")])
