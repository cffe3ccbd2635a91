"""Reading answers: what counts, where it stands, and what the log-probabilities of its tokens say of the labels."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, strategies

from lawful.checklists.importers.scales import GOOD_MEDIUM_POOR
from lawful.checklists.suite import Question, Scale
from lawful.judge.remote.answers import Form, Placed, UnusableError, read_answer
from lawful.judge.remote.endpoint import Reply, Token
from lawful.judge.remote.shares import shares_at

YES_NO = Scale("yes_no", {"yes": 1.0, "no": 0.0})
FIVE = Scale("five", {"1": 0.0, "2": 0.25, "3": 0.5, "4": 0.75, "5": 1.0})
NEAR = Scale("near", {"quite lawful": 1.0, "quite odd": 0.5, "broken": 0.0})


def reply(content, tokens=()):
    return Reply(content, None, "stop", tuple(tokens), 1, 1, {})


def ask(scale, n=1):
    return [Question(f"q{at}", "Is it so?", "physics", scale) for at in range(n)]


def read(content, form, scale=YES_NO, n=1):
    return read_answer(reply(content), form, ask(scale, n))


ONE = Form("schema", reasons=False, as_list=False)
ONE_WHY = Form("schema", reasons=True, as_list=False)
LIST = Form("schema", reasons=False, as_list=True)
WORDS = Form("text", reasons=False, as_list=False)
WORDS_WHY = Form("text", reasons=True, as_list=False)
WORDS_LIST = Form("text", reasons=False, as_list=True)
WORDS_LIST_WHY = Form("text", reasons=True, as_list=True)


@pytest.mark.parametrize(
    ("content", "form", "scale", "labels"),
    [
        ('{"label": "yes"}', ONE, YES_NO, ["yes"]),
        ('{"label":"No"}', ONE, YES_NO, ["no"]),
        ('```json\n{"label": "yes"}\n```', ONE, YES_NO, ["yes"]),
        ('<think>{"label": "no"}</think>\n{"label": "yes"}', ONE, YES_NO, ["yes"]),
        ('{"label": 4}', ONE, FIVE, ["4"]),
        ('{"why": "It says \\"label\\": \\"no\\" here.", "label": "yes"}', ONE_WHY, YES_NO, ["yes"]),
        ('{"labels": ["Good", "Poor"]}', LIST, GOOD_MEDIUM_POOR, ["Good", "Poor"]),
        ("Yes.", WORDS, YES_NO, ["yes"]),
        (' "no"\n', WORDS, YES_NO, ["no"]),
        ("**4**", WORDS, FIVE, ["4"]),
        ("<think>It falls.</think><answer>yes</answer>", WORDS_WHY, YES_NO, ["yes"]),
        ('["Poor", "good"]', WORDS_LIST, GOOD_MEDIUM_POOR, ["Poor", "Good"]),
        (
            '<think>Well.</think><answer>["Poor","Good"]</answer>',
            WORDS_LIST_WHY,
            GOOD_MEDIUM_POOR,
            ["Poor", "Good"],
        ),
    ],
)
def test_answers_of_their_form_are_read_and_their_labels_found(content, form, scale, labels):
    found = read(content, form, scale, len(labels))
    assert [one.label for one in found.labels] == labels
    for one in found.labels:
        if one.start >= 0:
            assert content[one.start : one.start + one.length].casefold() == one.label.casefold()
    assert found.why == {
        ONE_WHY: 'It says "label": "no" here.',
        WORDS_WHY: "It falls.",
        WORDS_LIST_WHY: "Well.",
    }.get(form, "")


@pytest.mark.parametrize(
    ("content", "form", "scale", "n", "words"),
    [
        ('{"label": "6"}', ONE, FIVE, 1, "has the label '6', which is none of 1, 2, 3, 4, 5"),
        ('{"label": 6}', ONE, FIVE, 1, "has the label 6, which is none of"),
        ('{"label": true}', ONE, FIVE, 1, "has the label True, which is none of"),
        ('{"label": 1.0}', ONE, FIVE, 1, "has the label 1.0, which is none of"),
        ('{"label": ["yes"]}', ONE, YES_NO, 1, "has the label"),
        ('{"label": "yes", "sure": 1}', ONE, YES_NO, 1, 'is no JSON object with "label" and nothing else'),
        ('["yes"]', ONE, YES_NO, 1, "is no JSON object"),
        ('{"label": "yes"} I think', ONE, YES_NO, 1, "is no JSON (Extra data"),
        ("{" * 100_000, ONE, YES_NO, 1, "is no JSON"),
        ('{"label": "yes"}', ONE_WHY, YES_NO, 1, 'is no JSON object with "why" and "label" and nothing else'),
        ('{"why": 3, "label": "yes"}', ONE_WHY, YES_NO, 1, 'has no text under "why"'),
        ('{"labels": ["Good"]}', LIST, GOOD_MEDIUM_POOR, 2, "has 1 labels for 2 questions"),
        ('{"labels": "Good"}', LIST, GOOD_MEDIUM_POOR, 1, "has 'Good' for 1 questions"),
        ("yes or no", WORDS, YES_NO, 1, "has the label 'yes or no'"),
        ("four", WORDS, FIVE, 1, "has the label 'four'"),
        ("yes", WORDS_WHY, YES_NO, 1, "has 0 <answer> parts, not one"),
        ("<answer>yes</answer><answer>no</answer>", WORDS_WHY, YES_NO, 1, "has 2 <answer> parts, not one"),
    ],
)
def test_what_is_not_of_the_form_is_no_answer(content, form, scale, n, words):
    with pytest.raises(UnusableError) as caught:
        read(content, form, scale, n)
    assert str(caught.value).startswith(words)
    assert caught.value.reason == "unparsed"


@given(
    strategies.text(max_size=60),
    strategies.sampled_from([ONE, ONE_WHY, LIST, WORDS, WORDS_WHY, WORDS_LIST, WORDS_LIST_WHY]),
)
def test_any_text_is_an_answer_or_says_why_it_is_none(content, form):
    try:
        said = read(content, form, GOOD_MEDIUM_POOR).labels[0].label
    except UnusableError as error:
        said = error.reason
    assert said in (*GOOD_MEDIUM_POOR.values, "unparsed")


@pytest.mark.parametrize("form", [ONE, ONE_WHY, LIST])
def test_the_schema_is_that_of_the_form(form):
    import jsonschema

    asked = ask(YES_NO, 2 if form.as_list else 1)
    schema = form.schema(asked)
    good = {"why": "so"} if form.reasons else {}
    good |= {"labels": ["yes", "no"]} if form.as_list else {"label": "no"}
    jsonschema.validate(good, schema)
    read(json.dumps(good), form, YES_NO, len(asked))
    for bad in ({"label": "perhaps"}, {"labels": ["yes"]}, good | {"more": 1}, {}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bad, schema)


def tokens_of(spec):
    """Tokens from pairs of a text and the probabilities of what might stand there."""
    return [
        Token(text, math.log(tops[text]), tuple((one, math.log(share)) for one, share in tops.items()))
        for text, tops in spec
    ]


def only(*texts):
    return [(text, {text: 1.0}) for text in texts]


def test_shares_of_labels_that_are_one_token():
    content = '{"label": "yes"}'
    tokens = tokens_of(
        [
            *only('{"', "label", '":', ' "'),
            ("yes", {"yes": 0.5, "no": 0.3, "Yes": 0.1, "the": 0.1}),
            *only('"}'),
        ]
    )
    found = shares_at(tokens, content, Placed("yes", 11, 3), YES_NO)
    assert found.probabilities == pytest.approx({"yes": 2 / 3, "no": 1 / 3})
    assert found.share == pytest.approx(0.9)


def test_shares_take_ways_of_writing_a_label_together():
    tokens = tokens_of([("Yes", {"Yes": 0.4, " yes": 0.2, "YES.": 0.1, "No": 0.2, " n": 0.1})])
    found = shares_at(tokens, "Yes", Placed("yes", 0, 3), YES_NO)
    assert found.probabilities == pytest.approx({"yes": 0.7, "no": 0.3})


def test_shares_where_a_token_holds_what_comes_before_and_after_the_label():
    tokens = tokens_of([*only("{"), (':"yes"}', {':"yes"}': 0.6, ':"no"}': 0.25, ': "no': 0.15})])
    found = shares_at(tokens, '{:"yes"}', Placed("yes", 3, 3), YES_NO)
    # The third has a space where the answer has none: it is not known where it would lead.
    assert found.probabilities == pytest.approx({"yes": 0.6 / 0.85, "no": 0.25 / 0.85})


def test_shares_of_labels_of_several_tokens_follow_the_answer_to_where_they_part():
    content = "quite lawful"
    tokens = tokens_of(
        [("quite", {"quite": 0.8, "broken": 0.2}), (" law", {" law": 0.75, " odd": 0.25}), *only("ful")]
    )
    found = shares_at(tokens, content, Placed("quite lawful", 0, 12), NEAR)
    assert found.probabilities == pytest.approx({"quite lawful": 0.6, "quite odd": 0.2, "broken": 0.2})


def test_shares_are_not_told_where_tokens_might_begin_several_labels():
    tokens = tokens_of([("broken", {"broken": 0.7, "qu": 0.3})])
    assert shares_at(tokens, "broken", Placed("broken", 0, 6), NEAR) is None
    tokens = tokens_of([("broken", {"broken": 0.999, "qu": 0.001})])
    assert shares_at(tokens, "broken", Placed("broken", 0, 6), NEAR).probabilities["broken"] == 1


@pytest.mark.parametrize(
    "tokens",
    [
        [],
        tokens_of(only("y", "e")),
        [Token("yes", -0.1, ())],
    ],
)
def test_shares_are_not_told_without_whole_lists(tokens):
    assert shares_at(tokens, "yes", Placed("yes", 0, 3), YES_NO) is None
    assert shares_at(tokens, "yes", Placed("yes", -1, 0), YES_NO) is None


def test_shares_are_not_told_of_labels_of_which_one_begins_another():
    scale = Scale("s", {"good": 1.0, "goodish": 0.0})
    assert shares_at(tokens_of(only("good")), "good", Placed("good", 0, 4), scale) is None


@given(
    strategies.lists(strategies.floats(0.01, 1.0), min_size=5, max_size=5), strategies.permutations(range(5))
)
def test_shares_are_those_of_the_tokens_in_any_order(weights, order):
    weights = np.array(weights) / sum(weights)
    labels = list(FIVE.values)
    tops = {labels[at]: float(weights[at]) for at in order}
    found = shares_at(tokens_of([("3", tops)]), "3", Placed("3", 0, 1), FIVE)
    assert found.probabilities == pytest.approx(dict(zip(labels, weights, strict=True)))
    assert found.share == pytest.approx(1.0)
