"""VideoPhy-2: the joint share by labels and by expected ratings."""

import math

import pytest
from statsmodels.stats.proportion import proportion_confint

from lawful.reports.aggregate.videophy2 import aggregate_videophy2, videophy2_applies, videophy2_scores

SCALE = {str(rating): (rating - 1) / 4 for rating in range(1, 6)}


@pytest.fixture
def rated(clip, answer):
    """A clip with sa and pc: a rating, or (label, expected rating)."""

    def one(axis, said):
        label, expected = said if isinstance(said, tuple) else (said, None)
        return answer(axis, str(label), SCALE, score=None if expected is None else (expected - 1) / 4)

    def make(case, sa, pc, generator="wan", **changes):
        return clip(case, [one("sa", sa), one("pc", pc)], generator, **changes)

    return make


def test_by_hand(rated, clip) -> None:
    clips = [
        rated("a", 5, 4),
        rated("b", 4, 3),
        rated("c", 3, 5),
        rated("d", (4, 3.4), 5),  # good by its label, 3 by its expected rating
        rated("e", (3, 3.5), 4),  # 4 by its expected rating alone
        rated("f", 2, "unparsed"),
        clip("g", ()),
    ]
    found = videophy2_scores(clips)
    assert (found.joint.value, found.joint.n, found.joint.n_missing) == (0.4, 5, 2)  # a, d
    assert found.joint_expected.value == 0.4  # a, e
    assert found.n_differ == 2
    assert (found.good["sa"].value, found.good["sa"].n) == (0.5, 6)
    assert (found.good["pc"].value, found.good["pc"].n) == (0.8, 5)
    assert found.means["sa"].value == pytest.approx((5 + 4 + 3 + 3.4 + 3.5 + 2) / 6)


def test_one_clip_a_case_has_wilsons_interval(rated) -> None:
    clips = [rated(f"c{index}", 5, 5 if index < 7 else 1) for index in range(20)]
    found = videophy2_scores(clips).joint
    assert (found.low, found.high) == pytest.approx(proportion_confint(7, 20, method="wilson"), abs=1e-12)
    assert found.method == "share, Wilson"


def test_seeds_of_a_case_are_drawn_together(rated) -> None:
    """Four copies of each case say no more than one: the interval does not shrink."""
    few = [
        rated(f"c{index}", 5, 5 if index < 7 else 1, seed=seed) for index in range(20) for seed in range(4)
    ]
    many = [rated(f"c{index}", 5, 5 if index % 20 < 7 else 1) for index in range(80)]
    found, independent = videophy2_scores(few).joint, videophy2_scores(many).joint
    assert (found.value, found.n, found.n_clusters) == (0.35, 80, 20)
    assert found.width > 1.8 * independent.width


def test_the_table_and_nan(rated, clip) -> None:
    (table,) = aggregate_videophy2([rated("a", 5, 5), clip("a", (), "veo")])
    assert table.columns == (
        "generator", "sa", "pc", "sa good", "pc good", "joint", "joint by expected ratings", "joint differs",
        "clips", "failed clips",
    )  # fmt: skip
    veo, wan = table.rows
    assert all(math.isnan(cell.value) and cell.reason == "no value" for cell in veo[1:7])
    assert veo[7:] == (0, 1, 1)
    assert [cell.value for cell in wan[1:7]] == [5, 5, 1, 1, 1, 1]


def test_what_does_not_fit_is_told(rated, clip, answer) -> None:
    assert videophy2_applies([rated("a", 5, 5)]) is None
    assert videophy2_applies([clip("a", ())]) is None
    assert videophy2_applies([clip("a", [answer("sa", "5", SCALE)])]) == (
        "needs questions on the axes sa, pc; found axes sa"
    )
