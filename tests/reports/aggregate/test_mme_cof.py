"""MME-CoF: hand-worked means, intervals, and when generators are put in order."""

import math

import numpy as np
import pytest
from scipy import stats

from lawful.reports.aggregate.mme_cof import (
    CATEGORIES,
    MIN_CASES,
    RATINGS,
    aggregate_mme_cof,
    mme_cof_applies,
    mme_cof_groups,
    mme_cof_scores,
)

SCALE = {str(rating): rating / 4 for rating in range(5)}


@pytest.fixture
def rated(clip, answer):
    """A clip with five ratings 0-4, or fewer; a letter is a reason."""

    def make(case, ratings, generator="wan", **changes):
        said = [str(one) if isinstance(one, int) else "unparsed" for one in ratings]
        answers = [answer(axis, one, SCALE) for axis, one in zip(RATINGS, said, strict=False)]
        return clip(case, answers, generator, **changes)

    return make


def test_by_hand(rated) -> None:
    clips = [
        rated("gui reasoning/1", [4, 3, 2, 1, 0]),
        rated("gui reasoning/2", [2, 3, 4, 1, "?"]),
        rated("medical reasoning/1", [0, 0, 0, 0, 4], seed=0),
        rated("medical reasoning/1", [4, 0, 0, 0, 4], seed=1),
        rated("medical reasoning/2", []),
    ]
    found = mme_cof_scores(clips)
    # Cases, the two seeds averaged: (4,3,2,1,0), (2,3,4,1,-), (2,0,0,0,4): means 8/3, 2, 2, 2/3, 4/2.
    assert [one.value for one in found.ratings.values()] == pytest.approx([8 / 3, 2, 2, 2 / 3, 2])
    assert found.score.value == pytest.approx((8 / 3 + 2 + 2 + 2 / 3 + 2) / 5)
    assert [one.n for one in found.ratings.values()] == [3, 3, 3, 3, 2]
    assert (found.n_cases, found.n_clips, found.n_failed, found.n_unscored) == (3, 5, 1, 1)


def test_the_interval_within_a_category_is_students_t_over_cases(rated) -> None:
    scores = np.array([1, 4, 2, 2])
    clips = [rated(f"gui reasoning/{index}", [int(one)] * 5) for index, one in enumerate(scores)]
    found = mme_cof_scores(clips).score
    low, high = stats.t.interval(0.95, 3, scores.mean(), stats.sem(scores))
    assert (found.value, found.low, found.high) == pytest.approx((2.25, low, high), abs=1e-12)


def field(rated, n, better=1):
    """Two generators with n cases, one better by a point in each."""
    return {
        name: tuple([rated(f"gui reasoning/{index}", [1 + up] * 5, name) for index in range(n)])
        for name, up in (("veo", better), ("wan", 0))
    }


def test_generators_are_put_in_order_from_ten_cases_on(rated, rng) -> None:
    assert MIN_CASES == 10
    assert mme_cof_groups(field(rated, 10), rng) == {"veo": "a", "wan": "b"}
    assert mme_cof_groups(field(rated, 10, better=0), rng) == {"veo": "a", "wan": "a"}
    assert mme_cof_groups(field(rated, 9), rng) == {"veo": None, "wan": None}
    assert mme_cof_groups({}, rng) == {}


def test_the_reason_for_ten(rated, rng) -> None:
    """Six generators, each above the next in every case: the smallest p of nine cases fails Holm's first step."""
    assert 2 / 2**9 > 0.05 / 15 > 2 / 2**10
    steps = (0, 1, 2, 3, 4)
    ordered = {
        f"g{step}": tuple([rated(f"gui reasoning/{index}", [step] * 5, f"g{step}") for index in range(10)])
        for step in steps
    }
    ordered["half"] = tuple([rated(f"gui reasoning/{index}", [4, 4, 4, 3, 3], "half") for index in range(10)])
    assert mme_cof_groups(ordered, rng) == {
        "g4": "a",
        "half": "b",
        "g3": "c",
        "g2": "d",
        "g1": "e",
        "g0": "f",
    }


def test_the_table(rated, rng) -> None:
    clips = [
        rated(f"{CATEGORIES[index % 3]}/{index}", [index % 5] * 5, name)
        for index in range(12)
        for name in "ab"
    ]
    (table,) = aggregate_mme_cof([*clips, rated("gui reasoning/1", [4] * 5, "b")], rng)
    assert table.columns == (
        "generator", "category", "instruction alignment", "temporal consistency", "visual stability",
        "content fidelity", "focus relevance", "score", "group", "cases", "clips", "failed clips", "unscored ratings",
    )  # fmt: skip
    parts = ["overall", *CATEGORIES[:3]]
    assert [row[:2] for row in table.rows] == [
        *[("a", part) for part in parts], *[("b", part) for part in [*parts, "gui reasoning"]],
    ]  # fmt: skip
    groups = {(row[0], row[1]): row[8] for row in table.rows}
    assert groups["a", "overall"] == groups["b", "overall"] == "a"
    assert {groups["a", part] for part in CATEGORIES[:3]} == {None}
    assert "With fewer than 10 cases of any generator" in table.notes[1]


def test_all_failed_is_nan_with_its_reason(rated, rng) -> None:
    clips = [rated("gui reasoning/1", [])]
    assert mme_cof_applies(clips) is None
    (table,) = aggregate_mme_cof(clips, rng)
    score = table.rows[0][7]
    assert (math.isnan(score.value), score.n, score.n_missing, score.reason) == (
        True, 0, 1, "no value of instruction_alignment",
    )  # fmt: skip
    assert table.rows[0][8:] == (None, 0, 1, 1, 0)


def test_what_does_not_fit_is_told(rated, clip, answer) -> None:
    assert mme_cof_applies([rated("gui reasoning/1", [4] * 5)]) is None
    assert mme_cof_applies([rated("gui/1", [4] * 5), rated("x", [])]).startswith(
        'needs cases like "<category>/<index>" with a category of visual trace reasoning, 2D geometry'
    )
    assert mme_cof_applies([rated("gui/1", [4] * 5), rated("x", [])]).endswith(
        "found 2 clips without, such as wan/gui/1.mp4 with case gui/1"
    )
    assert mme_cof_applies([rated("gui reasoning/1", [4] * 4)]) == (
        "needs questions on the axes instruction_alignment, temporal_consistency, visual_stability, "
        "content_fidelity, focus_relevance; found axes content_fidelity, instruction_alignment, "
        "temporal_consistency, visual_stability"
    )
    words = [answer(axis, "yes", {"no": 0.0, "yes": 1.0}, name=axis) for axis in RATINGS]
    assert mme_cof_applies([clip("gui reasoning/1", words)]) == (
        "needs scales with the values 0, 0.25, 0.5, 0.75, 1; found 0, 1 in question instruction_alignment "
        "(axis instruction_alignment)"
    )
