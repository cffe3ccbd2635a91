"""Servers that fail in every way: each question is accounted for, and nothing is scored that was not answered."""

import logging
import random
import time
from collections import Counter

import pytest

from lawful.core.errors import AbsentError
from lawful.judge.bill import Bill
from lawful.judge.records import Unscored, Verdict
from lawful.judge.remote.desk import together


def expected(faults, attempts, content):
    """What a question comes to, from the faults of its calls: None for an answer, otherwise its reason."""
    n_failed = n_unusable = 0
    for kind in faults:
        if kind is None:
            return None
        if kind in content:
            n_unusable, n_failed = n_unusable + 1, 0
            if n_unusable == 2:
                return "refused" if kind == "refusal" else "unparsed"
        else:
            n_failed += 1
            if n_failed == attempts:
                return "no_answer"
    raise AssertionError(f"a conversation ended in its midst: {faults}")


def plain(outcomes):
    return {
        one.question_id: (type(one), getattr(one, "score", None), getattr(one, "reason", None))
        for one in outcomes
    }


def test_with_faults_in_three_calls_of_ten_all_of_500_questions_are_accounted_for(
    stub, judge, ask, questions, faulty
):
    stub.fault = faulty(0.3, (*stub.transport, *stub.content))
    asked = questions(500)
    outcomes = ask(judge({"attempts": 3, "at_once": 16}), asked)
    assert [one.question_id for one in outcomes] == [question.id for question in asked]
    reasons = Counter()
    for question, outcome in zip(asked, outcomes, strict=True):
        wanted = expected(stub.faults[question.text], 3, stub.content)
        reasons[wanted] += 1
        if wanted is None:
            share = stub.oracle(question.text)
            assert isinstance(outcome, Verdict)
            assert outcome.score == pytest.approx(share)
            assert outcome.label == ("yes" if share >= 0.5 else "no")
        else:
            assert isinstance(outcome, Unscored)
            assert (outcome.reason, outcome.leaning) == (wanted, None)
            assert outcome.detail
    assert {None, "no_answer", "unparsed", "refused"} == set(reasons)
    assert reasons[None] > 450
    assert set().union(*stub.faults.values()) == {None, *stub.transport, *stub.content}
    assert 1 < stub.most_at_once <= 16


def test_the_order_of_questions_and_how_many_are_asked_at_once_change_no_outcome(
    stub, judge, ask, questions, faulty
):
    asked = questions(60)
    stub.fault = faulty(0.3, ("429", "500", "closed", *stub.content), seed=1)
    first = plain(ask(judge({"attempts": 2}), asked))
    assert len({kind for _, _, kind in first.values()}) > 1
    stub.faults.clear()
    random.Random(3).shuffle(asked)
    assert plain(ask(judge({"attempts": 2, "at_once": 1}), asked)) == first


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("429", "the server answers 429: slow down; asked 2 times"),
        ("500", "the server answers 500: it broke; asked 2 times"),
        ("hang", "no answer within 0.4 s"),
        ("drip", "no answer within 0.4 s"),
        ("half_body", "the connection failed: RemoteProtocolError"),
        ("huge", "the answer is larger than 4,194,304 bytes"),
        ("closed", "the connection failed"),
        ("no_json", "the server's answer is not of the chat protocol"),
        ("error_in_200", "not of the chat protocol: upstream is overloaded"),
    ],
)
def test_a_call_that_fails_to_the_end_is_no_answer(stub, judge, ask, questions, kind, words):
    stub.fault = lambda text, n, is_repair: kind
    (outcome,) = _outcomes(judge({"attempts": 2}), ask, questions(1))
    assert outcome.reason == "no_answer"
    assert words in outcome.detail
    assert len(stub.seen) == 2


def _outcomes(one, ask, asked):
    return ask(one, asked)


@pytest.mark.parametrize(
    ("kind", "reason", "words"),
    [
        ("half_json", "unparsed", "the answer is no JSON"),
        ("wrong_label", "unparsed", "the answer has the label 'perhaps', which is none of yes, no"),
        ("prose", "unparsed", "the answer is no JSON"),
        ("number_words", "unparsed", "the answer has the label 'four', which is none of yes, no"),
        ("refusal", "refused", "the answer is a refusal: I cannot help with that."),
        ("length", "unparsed", "the answer was cut off at its longest length (max_tokens)"),
        ("empty", "unparsed", "the answer is empty"),
        ("extra_key", "unparsed", "the answer is no JSON (a key is given twice)"),
    ],
)
def test_an_answer_that_is_none_is_asked_for_once_more_and_then_unscored(
    stub, judge, ask, questions, kind, reason, words
):
    stub.fault = lambda text, n, is_repair: kind
    (outcome,) = ask(judge(), questions(1))
    assert outcome.reason == reason
    assert outcome.detail.startswith(words)
    assert outcome.detail.endswith("; asked twice")
    said = outcome.evidence[0].text
    assert said.startswith("answered: ")
    assert said.count(" | then: ") == 1
    (_, _), (body, _) = stub.seen
    assistant, user = body["messages"][-2:]
    assert (assistant["role"], user["role"]) == ("assistant", "user")
    assert user["content"].startswith("That cannot be used: the answer ")
    assert outcome.tokens == 2 * 107


def test_a_repaired_answer_counts_and_both_answers_are_kept(stub, judge, ask, questions):
    stub.fault = lambda text, n, is_repair: None if is_repair else "prose"
    asked = questions(1)
    (outcome,) = ask(judge(), asked)
    assert outcome.score == pytest.approx(stub.oracle(asked[0].text))
    assert outcome.evidence[-1].text.startswith(
        "answered: Well, yes and no: the ball does seem to fall. | then: {"
    )


def test_a_pause_that_the_server_asks_for_is_kept_to(stub, judge, ask, questions):
    stub.fault = lambda text, n, is_repair: "429" if n == 0 else None
    stub_send, times = stub.yes_or_no, []
    stub.answer = lambda body: (times.append(time.monotonic()), stub_send(body))[1]
    started_s = time.monotonic()
    ask(judge({"backoff_s": 0.0}), questions(1))
    assert times[0] - started_s >= 0.01


def test_a_pause_that_is_too_long_is_not_waited_for(stub, judge, ask, questions):
    stub.fault = lambda text, n, is_repair: "429"
    (outcome,) = ask(judge({"longest_pause_s": 0.001}), questions(1))
    assert outcome.detail.endswith("it asks to wait 0.01 s, longer than 0.001 s")
    assert len(stub.seen) == 1


@pytest.mark.parametrize("kind", ["401:bad key", "403:no", "404:no such model", "429:insufficient_quota"])
def test_a_server_that_answers_nobody_ends_the_run(stub, judge, ask, questions, kind):
    stub.fault = lambda text, n, is_repair: kind
    status, _, message = kind.partition(":")
    with pytest.raises(
        AbsentError, match=f"openai:stub cannot be asked: the server answers {status}: {message}"
    ):
        ask(judge({"at_once": 1}), questions(5))
    assert len(stub.seen) == 1


def test_a_redirect_is_not_followed(stub, judge, ask, questions):
    stub.fault = lambda text, n, is_repair: "308"
    with pytest.raises(AbsentError, match=r"it sends calls elsewhere\. Give its final address."):
        ask(judge(), questions(1))


def test_requests_that_no_server_takes_end_the_run_and_say_what_may_be_set(stub, judge, ask, questions):
    stub.fault = lambda text, n, is_repair: "400:logprobs is unknown"
    with pytest.raises(
        AbsentError,
        match=r"accepts no request: the server answers 400: logprobs is unknown.*logprobs = false",
    ):
        ask(judge({"at_once": 1}), questions(9))
    assert len(stub.seen) == 3


def test_a_single_request_that_is_not_taken_costs_its_question_alone(stub, judge, ask, questions):
    asked = questions(5)
    stub.fault = lambda text, n, is_repair: "400:too large" if text == asked[3].text else None
    outcomes = ask(judge({"at_once": 1}), asked)
    assert [getattr(one, "reason", None) for one in outcomes] == [None, None, None, "no_answer", None]


def test_a_filter_of_the_server_is_a_refusal(stub, judge, ask, questions):
    stub.fault = lambda text, n, is_repair: "400:content_filter"
    (outcome,) = ask(judge(), questions(1))
    assert (outcome.reason, len(stub.seen)) == ("refused", 2)


def test_a_server_that_is_gone_ends_the_run_after_so_many_calls_in_a_row(stub, judge, ask, questions):
    stub.fault = lambda text, n, is_repair: "500"
    with pytest.raises(
        AbsentError, match="3 calls in a row came to nothing; the last: the server answers 500"
    ):
        ask(judge({"attempts": 1, "give_up_after": 3, "at_once": 1}), questions(30))
    assert len(stub.seen) == 3


def test_a_packed_answer_is_not_unpacked(stub, judge, ask, questions):
    stub.headers = {"Content-Encoding": "gzip"}
    (outcome,) = ask(judge({"attempts": 1}), questions(1))
    assert "the answer is packed (gzip), which was not asked for" in outcome.detail


def test_the_bill_counts_answers_alone(stub, judge, ask, questions):
    stub.fault = lambda text, n, is_repair: "500" if n == 0 else None
    one = judge({"prices": {"input": 2.0, "output": 8.0}})
    ask(one, questions(4))
    assert one.spent() == Bill(4, 400, 28, pytest.approx((400 * 2 + 28 * 8) / 1e6), "USD")


def test_clients_log_neither_addresses_nor_frames(stub, judge, ask, questions, caplog):
    caplog.set_level(logging.DEBUG)
    ask(judge(), questions(2))
    assert stub.url not in caplog.text
    assert "base64" not in caplog.text
    assert stub.key not in caplog.text


def test_together_keeps_the_order_and_raises_what_the_first_item_raised():
    assert together(lambda n: n * n, range(20), 4) == [n * n for n in range(20)]

    def fail(n):
        raise ValueError(n)

    with pytest.raises(ValueError, match=r"^0$"):
        together(fail, range(9), 3)
