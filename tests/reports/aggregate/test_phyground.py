"""PhyGround: hand-worked scores, and its published leaderboards."""

import math

import numpy as np
import pytest
from scipy.optimize import linprog

from lawful.reports.aggregate.phyground import (
    DOMAINS,
    LAWS,
    aggregate_phyground,
    overall,
    phyground_applies,
    phyground_scores,
)

SCALE = {str(rating): (rating - 1) / 4 for rating in range(1, 6)}
# SA, PTV, persistence, solid, fluid, optical, overall: ratings of people, and of the benchmark's own judge, as on
# its leaderboard (phyground.github.io, data CC-BY-4.0).
PEOPLE = (
    (3.10, 3.37, 3.50, 3.23, 3.18, 3.55, 3.28),
    (3.26, 3.29, 3.42, 3.12, 3.65, 3.69, 3.28),
    (2.97, 3.17, 3.34, 2.98, 3.26, 3.22, 3.10),
    (2.66, 2.98, 3.20, 2.81, 2.98, 3.38, 2.91),
    (2.58, 2.74, 2.72, 2.62, 3.07, 2.98, 2.69),
    (2.44, 2.68, 2.78, 2.58, 2.71, 2.99, 2.63),
    (2.33, 2.56, 2.77, 2.53, 2.77, 3.35, 2.58),
    (2.56, 2.64, 2.48, 2.46, 3.04, 2.78, 2.56),
)
JUDGE = (
    (3.03, 3.10, 3.11, 2.90, 3.33, 3.70, 3.05),
    (2.79, 2.96, 3.26, 2.90, 3.14, 3.09, 2.97),
    (2.78, 2.97, 3.08, 2.84, 3.04, 3.36, 2.92),
    (2.61, 2.98, 3.15, 2.85, 3.12, 2.94, 2.90),
    (2.60, 2.73, 3.07, 2.72, 2.92, 3.57, 2.80),
    (2.68, 2.73, 2.92, 2.71, 2.99, 3.13, 2.78),
    (2.64, 2.70, 2.88, 2.70, 3.19, 2.87, 2.76),
    (2.63, 2.79, 2.91, 2.55, 3.02, 3.21, 2.72),
    (2.48, 2.70, 2.76, 2.61, 3.01, 3.45, 2.68),
    (2.50, 2.62, 2.79, 2.49, 3.01, 3.09, 2.62),
    (2.43, 2.58, 2.60, 2.47, 2.85, 2.85, 2.54),
)


@pytest.mark.parametrize("rows", [PEOPLE, JUDGE])
def test_one_set_of_weights_gives_all_published_overall_figures(rows) -> None:
    """All generators have the same prompts, so the same pairs; how many is not published, but one split must fit.

    Every printed number is off by 0.005 at most: overall from rounded numbers by 0.005, and itself by 0.005.
    """
    table = np.array(rows)
    general, domains, published = table[:, :3].mean(axis=1), table[:, 3:6], table[:, 6]
    wanted = 2 * published - general
    fit = linprog(
        [0, 0, 0, 1],
        A_ub=np.block([[domains, -np.ones((len(rows), 1))], [-domains, -np.ones((len(rows), 1))]]),
        b_ub=np.concatenate([wanted, -wanted]),
        A_eq=[[1, 1, 1, 0]],
        b_eq=[1],
    )
    pairs = dict(zip(DOMAINS, np.round(fit.x[:3] * 1000).astype(int).tolist(), strict=True))
    for row in rows:
        found = overall(row[:3], dict(zip(DOMAINS, row[3:6], strict=True)), pairs)
        assert found == pytest.approx(row[6], abs=0.0105)


@pytest.fixture
def judged(clip, answer):
    """A clip with SA, PTV, persistence and laws, ratings 1-5 or reasons."""

    def make(case, general, laws, generator="wan", **changes):
        answers = [
            answer(axis, str(said), SCALE)
            for axis, said in zip(("SA", "PTV", "persistence"), general, strict=True)
        ]
        answers += [answer("physics", str(said), SCALE, law=law) for law, said in laws.items()]
        return clip(case, answers, generator, **changes)

    return make


def test_by_hand(judged, clip, rng) -> None:
    clips = [
        judged("a", (5, 3, 1), {"gravity": 4, "collision": 2, "buoyancy": 5}),
        judged("b", (3, 2, "unparsed"), {"gravity": 1, "shadow": 3, "reflection": "abstained"}),
        clip("c", ()),
    ]
    found = phyground_scores(clips, rng)
    assert [one.value for one in found.general.values()] == [4, 2.5, 1]
    assert found.general_mean.value == pytest.approx(2.5)
    # Pairs: solid 4, 2, 1; fluid 5; optical 3.
    assert {name: (one.value, one.n) for name, one in found.domains.items()} == {
        "solid": (pytest.approx(7 / 3), 3), "fluid": (5, 1), "optical": (3, 1),
    }  # fmt: skip
    assert (found.physical.value, found.physical.n, found.n_unscored_pairs) == (3, 5, 1)
    assert found.overall.value == pytest.approx(0.5 * 2.5 + 0.5 * 3)
    assert found.overall.value == pytest.approx(
        overall(
            [one.value for one in found.general.values()],
            {name: one.value for name, one in found.domains.items()},
            {name: one.n for name, one in found.domains.items()},
        )
    )
    assert (found.laws["gravity"].value, found.laws["gravity"].n) == (2.5, 2)
    assert (math.isnan(found.laws["material"].value), found.laws["material"].reason) == (True, "no value")


def test_several_questions_on_a_law_are_one_pair(clip, answer, judged, rng) -> None:
    more = (
        *judged("a", (3, 3, 3), {}).answers,
        *(answer("physics", said, SCALE, law="shadow", name=said) for said in "15"),
    )
    found = phyground_scores([clip("a", more)], rng)
    assert (found.physical.value, found.physical.n) == (3, 1)


def test_other_laws_and_laws_on_general_axes_do_not_count(clip, answer, judged, rng) -> None:
    one = judged("a", (3, 3, 3), {"gravity": 5, "energy": 1})
    more = (*one.answers, answer("SA", "3", SCALE, law="shadow"))
    assert phyground_scores([clip("a", more)], rng).physical.value == 5


def test_a_missing_part_makes_no_overall(judged, rng) -> None:
    no_law = phyground_scores([judged("a", (3, 3, 3), {"gravity": "unparsed"})], rng)
    assert math.isnan(no_law.overall.value)
    assert no_law.general_mean.value == 3
    no_axis = phyground_scores([judged("a", (3, 3, "unparsed"), {"gravity": 4})], rng)
    assert math.isnan(no_axis.overall.value)
    assert no_axis.overall.reason == "the statistic is not defined on these items"
    assert math.isnan(overall([3.0, 3.0, 3.0], {"solid": math.nan}, {"solid": 0}))
    assert overall([3.0, 3.0, 3.0], {"solid": 5.0, "fluid": math.nan}, {"solid": 2, "fluid": 0}) == 4


def test_the_interval_of_overall_covers_what_clips_do(judged, rng) -> None:
    """Against the normal interval of the clips' own overall figures, where every clip has the same laws."""
    draw = np.random.default_rng(6).integers(1, 6, size=(80, 5))
    clips = [
        judged(f"c{index}", row[:3], {"gravity": row[3], "shadow": row[4]})
        for index, row in enumerate(draw.tolist())
    ]
    found = phyground_scores(clips, rng).overall
    each = 0.5 * draw[:, :3].mean(axis=1) + 0.5 * draw[:, 3:].mean(axis=1)
    assert found.value == pytest.approx(each.mean(), abs=1e-12)
    assert found.width == pytest.approx(2 * 1.96 * each.std() / math.sqrt(80), rel=0.06)


def test_the_tables(judged, clip, rng) -> None:
    table, by_law = aggregate_phyground([judged("a", (5, 5, 5), {"gravity": 5}), clip("a", (), "veo")], rng)
    assert table.columns == (
        "generator", "sa", "ptv", "persistence", "general", "solid", "fluid", "optical", "physical", "overall",
        "clips", "failed clips", "pairs", "unscored pairs",
    )  # fmt: skip
    veo, wan = table.rows
    assert (veo[0], *veo[10:]) == ("veo", 1, 1, 0, 0)
    assert all(math.isnan(cell.value) and cell.reason for cell in veo[1:10])
    assert (wan[9].value, *wan[10:]) == (5, 1, 0, 1, 0)
    assert by_law.columns == ("generator", "domain", "law", "mean", "unscored pairs")
    assert [row[2] for row in by_law.rows] == [*LAWS, *LAWS]


def test_what_does_not_fit_is_told(judged, clip, answer) -> None:
    assert phyground_applies([judged("a", (3, 3, 3), {"gravity": 4}), clip("b", ())]) is None
    assert phyground_applies([clip("b", ())]) is None
    laws = f"needs questions on some of the laws {', '.join(LAWS)}; found "
    assert phyground_applies([judged("a", (3, 3, 3), {})]) == laws + "none"
    assert phyground_applies([judged("a", (3, 3, 3), {"energy": 1, "time": 1})]) == laws + "energy, time"
    physics = answer("physics", "4", SCALE, law="gravity")
    assert phyground_applies([clip("a", [physics])]) == (
        "needs questions on the axes SA, PTV, persistence; found axes physics"
    )
    odd = answer("physics", "yes", {"no": 0.0, "yes": 1.0}, law="gravity")
    assert phyground_applies([judged("a", (3, 3, 3), {"shadow": 3}), clip("b", [odd])]) == (
        "needs scales with the values 0, 0.25, 0.5, 0.75, 1; found 0, 1 in question physics gravity None "
        "(axis physics)"
    )
