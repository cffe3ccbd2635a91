"""The gate of a suite: what lies above a failed tier has no say, and its answers are kept."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.checklists.suite import Question, Scale, Suite
from lawful.judge import score_video
from lawful.judge.merge import merge_runs
from lawful.judge.reading import read_run
from lawful.judge.records import Evidence, Unscored, Verdict
from lawful.judge.run import score_paths
from lawful.judge.summary import SummaryRule, summarise
from lawful.judge.task import Outcome
from lawful.judge.tiers import OPEN, Gate, gate_of, gated
from lawful.reports.rows import contract_line, judged
from lawful.reports.scores import Measure, scored

YES_NO = Scale("yes_no", {"yes": 1.0, "no": 0.0})
RULE = SummaryRule("mean", "mean", 0.2, 0.5)
EVIDENCE = Evidence(0.0, 1.0, None, None, None, None, "seen")


def verdict(name, score):
    label = "yes" if score >= 0.5 else "no"
    return Verdict("ab", name, label, {"yes": score, "no": 1 - score}, score, "f", (EVIDENCE,), 0.5, 3)


def unscored(name, reason="abstained"):
    return Unscored("ab", name, reason, "why", "f", 0.25)


def question(name, tier):
    return Question(name, f"Is {name} so?", "physics", YES_NO, tier=tier)


QUESTIONS = (
    question("fact", None), question("a", 1), question("b", 1), question("c", 2), question("d", 3),
)  # fmt: skip
GATE = gate_of(QUESTIONS, 0.5)


def kept(outcomes):
    return [one.question_id for one in outcomes if isinstance(one, Verdict)]


def test_what_lies_above_a_failed_tier_is_unscored_and_keeps_what_was_said():
    outcomes = [
        verdict("fact", 0.0),
        verdict("a", 0.2),
        verdict("b", 0.7),
        verdict("c", 0.9),
        verdict("d", 0.8),
    ]
    found = gated(outcomes, GATE)
    assert kept(found) == ["fact", "a", "b"]
    (_, _, _, third, fourth) = found
    assert isinstance(third, Unscored)
    assert (third.reason, third.leaning, third.evidence, third.seconds, third.tokens) == (
        "premise_not_met", 0.9, (EVIDENCE,), 0.5, 3,
    )  # fmt: skip
    assert third.detail == "tier 1 is not passed: its mean score is 0.45, below 0.5"
    assert fourth.question_id == "d"
    # It has no say in the answer, and the score, which ranks, is what it was.
    assert summarise(found, RULE).answer == summarise(outcomes[:3], RULE).answer
    assert summarise(found, RULE).score == summarise(outcomes, RULE).score


def test_the_lowest_failed_tier_is_named_and_the_mean_decides():
    outcomes = [verdict("a", 0.3), verdict("b", 0.7), verdict("c", 0.1), verdict("d", 0.9)]
    found = gated(outcomes, GATE)
    assert kept(found) == ["a", "b", "c"]
    assert found[3].detail.startswith("tier 2 is not passed: its mean score is 0.10")


def test_without_a_gate_tiers_only_order():
    outcomes = [verdict("a", 0.0), verdict("b", 0.0), verdict("c", 0.9)]
    assert gated(outcomes, gate_of(QUESTIONS, None)) == tuple(outcomes)
    assert gated(outcomes, OPEN) == tuple(outcomes)


def test_a_tier_of_which_nothing_is_scored_is_not_known_to_fail():
    outcomes = [unscored("a"), unscored("b"), verdict("c", 0.9), verdict("d", 0.9)]
    assert kept(gated(outcomes, GATE)) == ["c", "d"]


def test_what_is_unscored_above_has_one_reason_and_what_is_not_asked_stays():
    found = gated([verdict("a", 0.0), unscored("c"), unscored("d", "not_asked")], GATE)
    assert [one.reason for one in found[1:]] == ["premise_not_met", "not_asked"]
    # So a gate leaves no open question that would make an answer unsure.
    assert summarise(found, RULE).answer == "violation"


SCORES = st.lists(st.floats(0, 1), min_size=4, max_size=4)


@given(SCORES, st.permutations(range(4)))
def test_the_order_of_the_questions_does_not_matter(scores, order):
    outcomes = [verdict(name, score) for name, score in zip("abcd", scores, strict=True)]
    found = {one.question_id: type(one) for one in gated(outcomes, GATE)}
    assert {one.question_id: type(one) for one in gated([outcomes[at] for at in order], GATE)} == found


@given(SCORES, st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_higher_gate_lets_no_more_through(scores, one, other):
    outcomes = [verdict(name, score) for name, score in zip("abcd", scores, strict=True)]
    low, high = (set(kept(gated(outcomes, Gate(at, GATE.tiers)))) for at in sorted((one, other)))
    assert high <= low
    assert set(kept(gated(gated(outcomes, GATE), GATE))) == set(kept(gated(outcomes, GATE)))


class TierEngine:
    """Says to each question what its id says in percent."""

    def __init__(self, judge):
        self.judge = judge

    def run(self, tasks):
        from lawful.judge.protocol import fingerprint

        for task in tasks:
            verdicts = []
            for one in task.questions:
                good = int(one.text.split()[-1].rstrip("?")) / 100
                shares = {"yes": good, "no": 1 - good}
                label = "yes" if good >= 0.5 else "no"
                verdicts.append(
                    Verdict(task.video_sha256, one.id, label, shares, good, fingerprint(self.judge))
                )
            yield Outcome(task.key, tuple(verdicts), None, 2.0, 64, 48, 20)


@pytest.fixture
def run_of(tmp_path, toy, toy_plugin):
    """Scores one file under a suite with some gate, of two tiers: scores 0.4, then 0.9."""
    from lawful.judge.arguments import RunRequest

    (tmp_path / "clip.mp4").write_bytes(b"video")

    def make(name, gate_at):
        asked = [("ground", 40, 1), ("above", 90, 2)]
        document = {
            "schema": "lawful.suite/1", "id": "tiered", "version": "1", "title": "For tests", "licence": "CC0-1.0",
            "scales": {"yes_no": {"labels": {"yes": 1, "no": 0}}},
            "questions": [
                {"id": one, "text": f"Is it as good as {good}?", "axis": "physics", "scale": "yes_no", "tier": tier}
                for one, good, tier in asked
            ],
        }  # fmt: skip
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(document if gate_at is None else {**document, "gate_at": gate_at}))
        request = RunRequest((str(tmp_path / "clip.mp4"),), (str(path),), ("toy",), out=str(tmp_path / name))
        score_paths(request, engine=TierEngine(toy))
        (clip,) = read_run(tmp_path / name)
        return clip

    return make


def test_a_run_keeps_answers_and_gate_and_reports_put_them_together(run_of, tmp_path):
    plain, through = run_of("plain", None), run_of("gated", 0.5)
    assert (plain.gate_at, through.gate_at) == (None, 0.5)
    assert [one.score for one in through.repeats[0]] == [0.4, 0.9]
    assert [one["unscored"] for one in contract_line(judged(plain))["verdicts"]] == [None, None]
    (below, above) = contract_line(judged(through))["verdicts"]
    assert (below["question"], below["score"]) == ("ground", 0.4)
    assert above["unscored"] == "premise_not_met: tier 1 is not passed: its mean score is 0.40, below 0.5"
    # Comparisons count the answer; the gate is for the clip.
    assert Measure("question", "above").of(scored(through, "run")) == pytest.approx(0.9)
    merge_runs([tmp_path / "plain", tmp_path / "gated"], tmp_path / "both")
    assert sorted(str(clip.gate_at) for clip in read_run(tmp_path / "both")) == ["0.5", "None"]


def test_python_puts_the_gate_in_place(toy, toy_plugin):
    import numpy as np

    # The toy judge calls a question "premise" bad whatever it sees, and everything else good in a still clip.
    ground = Question("premise", "Is it?", "physics", YES_NO, tier=1)
    above = Question("above", "Is it, too?", "physics", YES_NO, tier=2)
    still = np.full((8, 48, 64, 3), 90, np.uint8)
    reasons = []
    for gate_at in (None, 0.5):
        suite = Suite("tiered", "1", "For tests", "CC0-1.0", (ground, above), gate_at=gate_at)
        result = score_video(still, fps=4, judge=toy, suite=suite)
        found = {one.question_id: one for one in result.verdicts}
        reasons.append(getattr(found["above"], "reason", None))
    assert reasons == [None, "premise_not_met"]
