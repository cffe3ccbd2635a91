"""The pyramid: gates, gaps and what is not known, by hand."""

import math

import pytest
from scipy import stats

from lawful.core.errors import InputError
from lawful.reports.aggregate.pyramid import aggregate_pyramid, pyramid_applies, pyramid_scores, tiers_of

YES_NO = {"no": 0.0, "yes": 1.0}


@pytest.fixture
def tiered(clip, answer):
    """A clip with a score, a reason or None (not asked) for tier 1, tier 2 and so on."""

    def make(case, tiers, generator="wan", **changes):
        answers = [
            answer("tier", said, YES_NO, tier=tier)
            if isinstance(said, str)
            else answer("tier", "yes", YES_NO, score=said, tier=tier)
            for tier, said in enumerate(tiers, 1)
            if said is not None
        ]
        return clip(case, answers, generator, **changes)

    return make


def test_by_hand(tiered) -> None:
    clips = [
        tiered("a", [0.9, 0.8, 0.6]),
        tiered("b", [0.5, 0.2, 0.9]),
        tiered("c", [0.4, 1.0, "premise_not_met"]),
        tiered("d", [0.8, "unparsed", 0.7]),
        tiered("e", [0.6, None, 0.2]),
        tiered("f", []),
    ]
    one, two, three = pyramid_scores(clips, (1, 2, 3))
    assert one.mean.value == pytest.approx((0.9 + 0.5 + 0.4 + 0.8 + 0.6) / 5)
    assert (one.gap, one.reached.value, one.reached.n, one.mean.n_missing) == (None, 1, 5, 1)
    assert one.gated.value == one.conditional.value == one.mean.value
    # Tier 2 is asked of a, b, c, d; c fails the ground: reached 3 of 4; gated a 0.8, b 0.2, c 0, d not known.
    assert two.mean.value == pytest.approx((0.8 + 0.2 + 1.0) / 3)
    assert two.gap.value == pytest.approx((0.1 + 0.3 - 0.6) / 3)
    assert (two.reached.value, two.reached.n) == (0.75, 4)
    assert (two.gated.value, two.gated.n) == (pytest.approx(1.0 / 3), 3)
    assert (two.conditional.value, two.conditional.n) == (0.5, 2)
    # Tier 3: a passes both; b fails tier 2; c fails the ground, whatever its own answer; d's tier 2 is not known;
    # e was not asked tier 2 and passes the ground.
    assert (three.reached.value, three.reached.n) == (0.5, 4)
    assert (three.gated.value, three.gated.n) == (pytest.approx((0.6 + 0 + 0 + 0.2) / 4), 4)
    assert (three.conditional.value, three.conditional.n) == (pytest.approx(0.4), 2)
    assert three.mean.value == pytest.approx((0.6 + 0.9 + 0.7 + 0.2) / 4)


@pytest.mark.parametrize("lower", [[0.2, "unparsed"], ["unparsed", 0.2]])
def test_one_failed_lower_tier_decides_whatever_is_not_known(tiered, lower) -> None:
    top = pyramid_scores([tiered("a", [*lower, 0.9])], (1, 2, 3))[2]
    assert (top.reached.value, top.gated.value, top.conditional.n) == (0, 0, 0)
    open_still = pyramid_scores([tiered("a", [0.8, "unparsed", 0.9])], (1, 2, 3))[2]
    assert (open_still.reached.n, open_still.gated.n, open_still.gated.n_missing) == (0, 0, 1)


def test_the_gap_is_paired(tiered) -> None:
    pairs = [(0.9, 0.8), (0.5, 0.2), (0.7, 0.7), (1.0, 0.3)]
    gap = pyramid_scores([tiered(f"c{index}", list(pair)) for index, pair in enumerate(pairs)], (1, 2))[1].gap
    off = [first - second for first, second in pairs]
    low, high = stats.t.interval(0.95, 3, sum(off) / 4, stats.sem(off))
    assert (gap.value, gap.low, gap.high) == pytest.approx((0.275, low, high), abs=1e-12)


def test_the_threshold_is_where_a_tier_starts_to_pass(tiered) -> None:
    clips = [tiered("a", [0.5, 1.0]), tiered("b", [0.7, 1.0])]
    reached = [
        pyramid_scores(clips, (1, 2), pass_at)[1].reached.value for pass_at in (0.0, 0.5, 0.51, 0.7, 0.71)
    ]
    assert reached == [1, 1, 0.5, 0.5, 0]
    none = pyramid_scores(clips, (1, 2), 1.0)[1]
    assert (none.gated.value, math.isnan(none.conditional.value), none.conditional.reason) == (
        0,
        True,
        "no value",
    )
    with pytest.raises(InputError, match=r"a tier is passed from a score between 0 and 1, found 1\.5"):
        pyramid_scores(clips, (1, 2), 1.5)


def test_without_a_gate_gated_is_the_mean(tiered) -> None:
    clips = [tiered("a", [0.1, 0.8, 0.3]), tiered("b", [0.7, 0.4, 0.6])]
    for one in pyramid_scores(clips, (1, 2, 3), 0.0):
        assert one.gated.value == one.conditional.value == one.mean.value


def test_several_questions_of_a_tier_are_averaged(clip, answer) -> None:
    said = [
        answer("x", "yes", YES_NO, tier=1),
        answer("y", "no", YES_NO, tier=1),
        answer("z", "yes", YES_NO, tier=2),
    ]
    one, two = pyramid_scores([clip("a", said)], (1, 2))
    assert (one.mean.value, two.reached.value, two.gated.value) == (0.5, 1, 1)


def test_the_table(tiered) -> None:
    (table,) = aggregate_pyramid(
        [tiered("a", [1.0, 0.5]), tiered("a", [0.2, 0.5], "veo"), tiered("b", [], "veo")]
    )
    assert table.columns == (
        "generator", "tier", "mean", "gap to the ground", "reached", "gated", "mean where reached", "clips",
        "failed clips",
    )  # fmt: skip
    assert [(*row[:2], *row[7:]) for row in table.rows] == [
        ("veo", 1, 2, 1), ("veo", 2, 2, 1), ("wan", 1, 1, 0), ("wan", 2, 1, 0),
    ]  # fmt: skip
    assert [row[5].value for row in table.rows] == [0.2, 0, 1, 0.5]
    assert table.notes[0] == "A tier is reached by clips with 0.5 or more in every lower tier."
    (strict,) = aggregate_pyramid([tiered("a", [0.8, 1.0])], pass_at=0.9)
    assert strict.rows[1][5].value == 0


def test_the_gate_of_the_suite_decides(tiered) -> None:
    open_, gated = ([tiered("a", [0.6, 1.0], gate_at=gate)] for gate in (None, 0.7))
    assert [aggregate_pyramid(clips)[0].rows[1][5].value for clips in (open_, gated)] == [1, 0]
    (table,) = aggregate_pyramid(gated)
    assert table.notes[0] == "A tier is reached by clips with 0.7 or more in every lower tier."
    assert pyramid_applies(gated) is None
    assert pyramid_applies([*gated, *open_]) == (
        "needs one gate for all clips; found none and 0.7, as of several versions of the suite"
    )


def test_all_failed_is_nan_with_its_reason(tiered) -> None:
    clips = [tiered("a", [])]
    assert (tiers_of(clips), pyramid_applies(clips)) == ((), None)
    (table,) = aggregate_pyramid(clips)
    for cell in table.rows[0][2:3] + table.rows[0][4:7]:
        assert (math.isnan(cell.value), cell.n, cell.reason) == (True, 0, "no value")


def test_what_does_not_fit_is_told(tiered, clip, answer) -> None:
    assert pyramid_applies([tiered("a", [1.0, 1.0])]) is None
    assert pyramid_applies([tiered("a", [1.0])]) == "needs questions of two tiers or more; found tier 1 alone"
    flat = clip("a", [answer("x", "yes", YES_NO)])
    assert pyramid_applies([flat]) == "needs questions of two tiers or more; found no tier"
