"""Several looks as one."""

import pytest

from lawful.judge.records import Unscored, Verdict
from lawful.reports.repeats import combine


def test_one_repeat_is_itself(verdict, unscored):
    outcomes = (verdict(), unscored())
    assert combine((outcomes,)) is outcomes
    assert combine(()) == ()


def test_scores_are_averaged_and_evidence_is_the_worst_repeats(verdict, evidence):
    first = verdict(score=0.75, yes=0.75, evidence=[evidence(text="first")], seconds=1.0, tokens=3)
    second = verdict(score=0.125, yes=0.125, evidence=[evidence(text="second")], seconds=2.0, tokens=4)
    (both,) = combine(((first,), (second,)))
    assert isinstance(both, Verdict)
    assert both.score == 0.4375
    assert both.probabilities == {"yes": 0.4375, "no": 0.5625}
    assert both.label == "no"
    assert both.evidence[0].text == "second"
    assert (both.seconds, both.tokens) == (3.0, 7)


def test_order_of_repeats_does_not_matter(verdict, unscored):
    looks = [
        (verdict(score=0.1), unscored()),
        (verdict(score=0.6), unscored()),
        (verdict(score=0.9), unscored()),
    ]
    forward, backward = combine(looks), combine(looks[::-1])
    assert forward[0].score == backward[0].score
    assert forward[0].label == backward[0].label


def test_equal_repeats_change_nothing_but_the_cost(verdict):
    one = verdict(score=0.25)
    (both,) = combine(((one,), (one,), (one,)))
    assert (both.score, both.label, both.probabilities) == (one.score, one.label, one.probabilities)


def test_only_scored_repeats_count(verdict, unscored):
    (both,) = combine(((unscored("permanence"),), (verdict(score=0.5),)))
    assert isinstance(both, Verdict)
    assert both.score == 0.5


def test_never_scored_keeps_the_strongest_leaning(unscored):
    looks = ((unscored(leaning=None),), (unscored(leaning=0.25, detail="leans"),), (unscored(leaning=0.75),))
    (both,) = combine(looks)
    assert isinstance(both, Unscored)
    assert (both.leaning, both.detail) == (0.5, "leans")


def test_repeats_must_answer_the_same_questions(verdict):
    with pytest.raises(ValueError, match="shorter"):
        combine(((verdict(), verdict("energy")), (verdict(),)))
