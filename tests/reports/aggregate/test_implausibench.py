"""ImplausiBench: both classes, pairs and the leaning, by letters and by verdicts."""

import json
import math

import pytest
from statsmodels.stats.proportion import proportion_confint

from lawful.checklists.importers.make import import_suite
from lawful.reports.aggregate.implausibench import (
    aggregate_implausibench,
    implausibench_applies,
    implausibench_scores,
    scenario_of,
)
from lawful.reports.aggregate.registry import aggregate

SCALE = {"A": 1.0, "B": 0.0, "C": 0.75, "D": 0.25, "E": 0.75, "F": 0.25, "G": 0.5}


@pytest.fixture
def said(clip, answer):
    """The two clips of a scenario, by their letters or the reasons for having none."""

    def make(scenario, real, implausible, **changes):
        letters = {"real": real, "implausible": implausible}
        return [
            clip(f"{scenario}/{kind}", [answer("implausibench", letter, SCALE)], **changes)
            for kind, letter in letters.items()
        ]

    return make


def test_by_hand(said, clip) -> None:
    clips = [
        *said("a", "A", "B"),  # both right
        *said("b", "A", "F"),  # real right, the other for a wrong reason
        *said("c", "C", "A"),  # a wrong reason; says real of both
        *said("d", "G", "B"),  # none of the reasons
        *said("e", "D", "unparsed"),  # says implausible of the real one
        clip("f/implausible", ()),
    ]
    found = implausibench_scores(clips)
    exact, verdict = found.exact, found.verdict
    assert (exact.classes["real"].value, exact.classes["real"].n) == (2 / 5, 5)
    assert (exact.classes["implausible"].value, exact.classes["implausible"].n) == (2 / 4, 4)
    assert exact.balanced.value == pytest.approx(0.45)
    assert (exact.paired.value, exact.paired.n) == (1 / 4, 4)  # a; e has no pair
    assert verdict.classes["real"].value == 3 / 5  # a, b, c
    assert verdict.classes["implausible"].value == 3 / 4  # a, b, d
    assert verdict.paired.value == 2 / 4  # a, b
    assert found.says_real.value == pytest.approx((3 / 5 + 1 / 4) / 2)
    assert found.says_none.value == pytest.approx((1 / 5 + 0) / 2)
    assert (found.n_clips, found.n_unscored) == (11, 2)


def test_intervals_of_shares_are_wilsons_over_scenarios(said) -> None:
    clips = [one for index in range(20) for one in said(f"s{index}", "A" if index < 7 else "C", "B")]
    found = implausibench_scores(clips).exact
    wanted = proportion_confint(7, 20, method="wilson")
    assert (found.paired.low, found.paired.high) == pytest.approx(wanted, abs=1e-12)
    assert found.balanced.n == 20
    assert found.balanced.low < 27 / 40 < found.balanced.high <= 1


def test_clips_of_one_scenario_and_class_count_once(said) -> None:
    once = [one for index in range(6) for one in said(f"s{index}", "A" if index < 3 else "C", "B")]
    many = once + said("s0", "C", "B", seed=1, video="other.mp4")
    found = implausibench_scores(many).exact.classes["real"]
    assert (found.value, found.n) == (pytest.approx(2.5 / 6), 6)
    assert 0 <= found.low < found.high <= 1


@pytest.mark.parametrize(
    ("letters", "real", "implausible", "paired", "leaning"),
    [
        (("A", "A"), 1, 0, 0, 1),
        (("B", "B"), 0, 1, 0, 0),
        (("G", "G"), 0, 0, 0, 0),
        (("A", "B"), 1, 1, 1, 0.5),
    ],
)
def test_a_judge_that_always_says_the_same_has_no_pair(
    letters, real, implausible, paired, leaning, said
) -> None:
    clips = [one for index in range(5) for one in said(f"s{index}", *letters)]
    found = implausibench_scores(clips)
    shares = [found.verdict.classes[kind].value for kind in ("real", "implausible")]
    assert [*shares, found.verdict.paired.value, found.says_real.value] == [
        real,
        implausible,
        paired,
        leaning,
    ]
    assert found.verdict.balanced.value == (real + implausible) / 2


def test_the_tables(said) -> None:
    exact, verdict = aggregate_implausibench([*said("a", "A", "B"), *said("b", "A", "A", generator="veo")])
    assert exact.columns == (
        "generator", "real", "implausible", "balanced", "paired", "clips", "unscored",
    )  # fmt: skip
    assert verdict.columns[-2:] == ("says real", "says none")
    assert [row[0] for row in exact.rows] == ["veo", "wan"]
    assert [cell.value for cell in exact.rows[1][1:5]] == [1, 1, 1, 1]
    assert exact.rows[1][5:] == (2, 0)


def test_no_scenario_has_both_clips(said) -> None:
    found = implausibench_scores([said("a", "A", "B")[0]])
    assert math.isnan(found.exact.paired.value)
    assert found.exact.paired.reason == "no value"
    assert (found.exact.balanced.reason, found.exact.classes["real"].value) == ("no value of implausible", 1)


def test_what_does_not_fit_is_told(said, clip, answer) -> None:
    assert implausibench_applies(said("a", "A", "B")) is None
    assert implausibench_applies([clip("a/real", ())]) is None
    assert implausibench_applies([*said("a", "A", "B"), clip("b", ())]) == (
        'needs cases like "<scenario>/real" and "<scenario>/implausible"; found 1 clip without, such as wan/b.mp4'
    )
    assert implausibench_applies([clip("a/real", [answer("pc", "A", SCALE)])]) == (
        "needs questions on the axis implausibench; found axes pc"
    )
    odd = {"A": 1.0, "B": 0.0}
    assert implausibench_applies([clip("a/real", [answer("implausibench", "A", odd, name="q1")])]) == (
        "needs scales with the values 0, 0.25, 0.5, 0.75, 1; found 0, 1 in question q1 (axis implausibench)"
    )
    assert scenario_of("real") is scenario_of(None) is scenario_of("a/fake") is None
    assert scenario_of("b/c/implausible") == ("b/c", "implausible")


def test_what_is_imported_aggregates(tmp_path, clip, answer, rng) -> None:
    options = {
        letter: f"{'Real' if letter in 'ACE' else 'Implausible'}, because {letter}." for letter in "ABCDEF"
    }
    rows = [
        {
            "implausible_video": f"i/{index}_implausible.mp4", "real_video": f"r/{index}_real.mp4",
            "question": "Which?", "options": {**options, "G": "None of these."},
            "real_answer": "ACE"[index % 3], "implausible_answer": "BDF"[index // 3],
        }
        for index in range(9)
    ]  # fmt: skip
    path = tmp_path / "scenarios.json"
    path.write_text(json.dumps(rows))
    suite = import_suite("implausibench", [path]).suite
    clips = []
    for case in suite.cases.values():
        (question,) = case.questions
        label = case.answers[question.id] if case.id[0] < "6" else "A"
        clips.append(clip(case.id, [answer("implausibench", label, question.scale.values, name=question.id)]))
    exact, verdict = aggregate("implausibench", clips, rng)
    real, implausible, balanced, paired = (cell.value for cell in exact.rows[0][1:5])
    assert (real, implausible, paired) == (7 / 9, 6 / 9, 6 / 9)
    assert balanced == pytest.approx(13 / 18)
    assert [cell.value for cell in verdict.rows[0][1:5]] == pytest.approx([1, 6 / 9, 15 / 18, 6 / 9])
