"""Label probabilities against sums by hand, and labels that cannot be told apart."""

import math

import pytest
import torch

from lawful.checklists.suite import Scale
from lawful.core.errors import InputError
from lawful.judge.records import expected_value
from lawful.judge.vlm.labels import LabelTokens, label_tokens, shares_of_next, shares_of_whole


class Words:
    """A tokenizer with a table of its own."""

    unk_token_id = 0

    def __init__(self, table, eos=None):
        self.table, self.eos_token_id = table, eos

    def __call__(self, text, add_special_tokens):
        assert not add_special_tokens
        return {"input_ids": self.table.get(text, [0])}


WAYS = {"yes": [1], "Yes": [2], " yes": [3], " Yes": [4], "no": [5], "No": [6], " no": [7], " No": [8]}
YES_NO = Scale("yes_no", {"yes": 1.0, "no": 0.0})


def test_ways_of_writing_are_taken_together():
    tokens = label_tokens(Words(WAYS), YES_NO)
    assert tokens == LabelTokens({"yes": (1, 2, 3, 4), "no": (5, 6, 7, 8)}, {})
    logits = torch.log(torch.tensor([0.1, 0.1, 0.2, 0.0, 0.0, 0.05, 0.05, 0.0, 0.1, 0.4]))
    found = shares_of_next(tokens, logits)
    assert found.probabilities == pytest.approx({"yes": 0.3 / 0.5, "no": 0.2 / 0.5})
    assert found.share == pytest.approx(0.5)


def test_a_way_that_is_one_token_for_some_labels_only_counts_for_none():
    tokens = label_tokens(Words(WAYS | {"Yes": [2, 9]}), YES_NO)
    assert tokens.single == {"yes": (1, 3, 4), "no": (5, 7, 8)}


def test_a_label_written_alike_in_all_ways_counts_once():
    digits = {f"{space}{digit}": [10 + digit] for digit in (1, 2) for space in ("", " ")}
    assert label_tokens(Words(digits), Scale("d", {"1": 0.0, "2": 1.0})).single == {"1": (11,), "2": (12,)}


def test_longer_labels_are_read_to_their_end():
    table = {way: tokens for label, tokens in {"very good": [1, 2], "very bad": [1, 3]}.items()
             for way in (label, label.capitalize(), f" {label}", f" {label.capitalize()}")}  # fmt: skip
    scale = Scale("s", {"very good": 1.0, "very bad": 0.0})
    tokens = label_tokens(Words(table, eos=4), scale)
    assert tokens == LabelTokens({}, {"very good": (1, 2, 4), "very bad": (1, 3, 4)})
    assert sum(map(len, tokens.whole.values())) == 6
    chances = torch.tensor([[0.1, 0.5, 0.2, 0.1, 0.1], [0.1, 0.1, 0.6, 0.1, 0.1], [0.0, 0.1, 0.1, 0.1, 0.7]])
    other = torch.tensor([[0.1, 0.5, 0.2, 0.1, 0.1], [0.1, 0.1, 0.6, 0.1, 0.1], [0.5, 0.1, 0.1, 0.1, 0.2]])
    found = shares_of_whole(tokens, [chances.log(), other.log()])
    good, bad = 0.5 * 0.6 * 0.7, 0.5 * 0.1 * 0.2
    assert found.probabilities == pytest.approx(
        {"very good": good / (good + bad), "very bad": bad / (good + bad)}
    )
    assert found.share == pytest.approx(good + bad)


def test_a_label_that_begins_another_needs_an_end():
    table = {way: tokens for label, tokens in {"a": [1], "a b": [1, 2]}.items()
             for way in (label, label.capitalize(), f" {label}", f" {label.capitalize()}")}  # fmt: skip
    scale = Scale("s", {"a": 1.0, "a b": 0.0})
    assert label_tokens(Words(table, eos=3), scale).whole == {"a": (1, 3), "a b": (1, 2, 3)}
    with pytest.raises(InputError, match="writes the label 'a b' as 'a' and something after it"):
        label_tokens(Words(table), scale)


def test_labels_that_are_written_alike_are_refused():
    alike = {way: [1] for way in WAYS}
    with pytest.raises(InputError, match="writes the labels 'yes' and 'no' alike"):
        label_tokens(Words(alike), YES_NO)


def test_labels_that_cannot_be_written_are_refused():
    with pytest.raises(InputError, match="the model's tokenizer has no tokens for the label 'yes'"):
        label_tokens(Words({}), YES_NO)


def test_the_expected_value_is_that_of_the_scale():
    scale = Scale("s", {"1": 0.0, "2": 0.25, "5": 1.0})
    assert expected_value(scale, {"1": 0.5, "2": 0.4, "5": 0.1}) == pytest.approx(0.2)
    assert math.isclose(expected_value(scale, {"1": 0.0, "2": 0.0, "5": 1.0 + 1e-12}), 1.0)


def test_a_real_tokenizer_writes_the_shipped_scales(tokenizer):
    assert label_tokens(tokenizer, YES_NO).single
    long = Scale("long", {"quite lawful": 1.0, "broken": 0.0})
    whole = label_tokens(tokenizer, long).whole
    assert all(ids[-1] == tokenizer.eos_token_id for ids in whole.values())
