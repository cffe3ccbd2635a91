"""The one rule from verdicts to a clip's answer, by its laws."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.checklists.suite import Question, Scale
from lawful.judge.records import Evidence, Reason, Unscored, Verdict
from lawful.judge.summary import SummaryRule, summarise, without_say

WORST = SummaryRule("worst", "min", violation_at=0.3, clear_at=0.6)
RANKS = SummaryRule("ranks", "mean")


def verdict(score: float, question: str = "q", text: str | None = None) -> Verdict:
    evidence = () if text is None else (Evidence(1.0, 2.0, None, "gravity", None, None, text),)
    label = "yes" if score > 0.5 else "no"
    return Verdict("a" * 64, question, label, {"yes": score, "no": 1 - score}, score, "f" * 64, evidence)


def unscored(reason: Reason, leaning: float | None = None, question: str = "u") -> Unscored:
    return Unscored("a" * 64, question, reason, f"because of {reason}", "f" * 64, leaning)


SCORES = st.floats(0, 1)
OUTCOMES = st.lists(
    st.one_of(
        SCORES.map(verdict),
        st.builds(unscored, st.sampled_from(["abstained", "damaged", "not_asked"]), st.none() | SCORES),
    ),
    max_size=6,
)


@given(OUTCOMES, st.randoms())
def test_the_order_of_the_verdicts_does_not_matter(outcomes, random):
    shuffled = list(outcomes)
    random.shuffle(shuffled)
    one, other = summarise(outcomes, WORST), summarise(shuffled, WORST)
    assert (one.answer, one.n_scored, one.n_unscored) == (other.answer, other.n_scored, other.n_unscored)
    assert one.score == other.score or (math.isnan(one.score) and math.isnan(other.score))


@given(OUTCOMES)
def test_questions_that_are_not_asked_have_no_say(outcomes):
    more = [*outcomes, unscored("not_asked"), unscored("premise_not_met")]
    if outcomes:
        assert summarise(more, WORST).answer == summarise(outcomes, WORST).answer


@given(st.lists(SCORES, min_size=1, max_size=6), SCORES)
def test_another_verdict_never_makes_a_clip_better(scores, score):
    order = ["violation", "not_sure", "none_found"]
    before = summarise([verdict(s) for s in scores], WORST)
    after = summarise([verdict(s) for s in (*scores, score)], WORST)
    assert order.index(after.answer) <= order.index(before.answer)
    assert after.score <= before.score


@given(st.lists(SCORES, min_size=1, max_size=6))
def test_the_score_is_the_smallest_or_the_mean(scores):
    verdicts = [verdict(score) for score in scores]
    assert summarise(verdicts, WORST).score == min(scores)
    assert summarise(verdicts, RANKS).score == pytest.approx(sum(scores) / len(scores), abs=1e-12)


@pytest.mark.parametrize(
    ("outcomes", "answer", "reason"),
    [
        ([verdict(0.3, text="it floats"), verdict(0.9)], "violation", "it floats"),
        ([verdict(0.1)], "violation", "q: no"),
        ([verdict(0.1, text="it floats"), unscored("abstained")], "violation", "it floats"),
        ([verdict(0.9), unscored("abstained")], "not_sure", "because of abstained"),
        ([verdict(0.9), unscored("worker_died")], "not_sure", "because of worker_died"),
        ([verdict(0.5)], "not_sure", "too weak to call (score 0.50): q"),
        ([verdict(0.5, text="it floats")], "not_sure", "too weak to call (score 0.50): it floats"),
        ([verdict(0.6), verdict(1.0)], "none_found", "2 questions answered, nothing found"),
        ([verdict(0.9), unscored("not_asked")], "none_found", "1 question answered, nothing found"),
        ([unscored("not_asked")], "not_sure", "because of not_asked"),
        ([], "not_sure", "no question was asked"),
    ],
)
def test_answers_and_their_reasons(outcomes, answer, reason):
    result = summarise(outcomes, WORST)
    assert (result.answer, result.reason) == (answer, reason)


def test_a_leaning_ranks_and_is_no_verdict():
    result = summarise([unscored("abstained", 0.2), unscored("abstained")], WORST)
    assert (result.answer, result.score, result.n_scored, result.n_unscored) == ("not_sure", 0.2, 0, 2)


def test_nothing_to_lean_on_is_nan():
    assert math.isnan(summarise([], WORST).score)
    assert math.isnan(summarise([unscored("abstained")], RANKS).score)


def test_a_rule_without_thresholds_answers_nothing():
    result = summarise([verdict(0.0)], RANKS)
    assert (result.answer, result.reason) == ("not_sure", "this judge ranks clips and has no threshold")


def test_verdicts_come_worst_first_and_unscored_last():
    outcomes = [unscored("abstained", 0.0), verdict(0.9, "b"), verdict(0.1, "a"), unscored("not_asked")]
    found = [getattr(outcome, "score", None) for outcome in summarise(outcomes, WORST).verdicts]
    assert found == [0.1, 0.9, None, None]


def test_unscored_questions_that_are_not_asked_are_counted_apart():
    result = summarise([verdict(0.9), unscored("not_asked"), unscored("abstained")], WORST)
    assert (result.n_scored, result.n_unscored, result.n_not_asked) == (1, 2, 1)


def test_a_rule_has_both_thresholds_in_order_or_none():
    with pytest.raises(ValueError, match="a summary rule has both thresholds or none"):
        SummaryRule("half", "min", violation_at=0.3)
    with pytest.raises(ValueError, match=r"violation_at must be below clear_at, got 0\.6 and 0\.3"):
        SummaryRule("swapped", "min", violation_at=0.6, clear_at=0.3)


def test_questions_of_fact_change_neither_answer_nor_score():
    yes_no = Scale("yes_no", {"yes": 1.0, "no": 0.0})
    questions = [Question("q", "?", "physics", yes_no), Question("ball_is_red", "?", "facts", yes_no)]
    no_say = without_say(questions)
    assert no_say == {"ball_is_red"}
    outcomes = [verdict(0.0, "ball_is_red"), verdict(0.9)]
    result = summarise(outcomes, WORST, no_say)
    assert (result.answer, result.score, result.n_scored, result.n_unscored) == ("none_found", 0.9, 2, 0)
    assert [one.question_id for one in result.verdicts] == ["q", "ball_is_red"]
    assert summarise(outcomes, WORST).answer == "violation"
    unsure = summarise([unscored("abstained", 0.0, "ball_is_red"), verdict(0.9)], WORST, no_say)
    assert (unsure.answer, unsure.score, unsure.n_unscored) == ("none_found", 0.9, 1)
