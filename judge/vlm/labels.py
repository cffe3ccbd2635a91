"""From what a model expects next to the probability of every label of a scale.

Where every label is one token (in one and the same way of writing: as in the scale, with a capital, with a space
before it), its probability is its share among the labels' tokens, the ways of writing taken together. Where a label
takes several tokens, each label is read to its end, with the token that ends an answer, and its probability is its
share of the likelihoods: without the end, a label that begins another would never be less probable than that one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float

from lawful.checklists.suite import Scale
from lawful.core.errors import InputError

Row = Float[torch.Tensor, " vocabulary"]
Rows = Float[torch.Tensor, "kept vocabulary"]


@dataclass(frozen=True)
class LabelTokens:
    """How a tokenizer writes the labels of a scale."""

    single: Mapping[str, tuple[int, ...]]
    """For each label the tokens that are this label, in its ways of writing; empty if some label takes several."""
    whole: Mapping[str, tuple[int, ...]]
    """For each label all its tokens, and the token that ends an answer; empty where `single` is not."""


@dataclass(frozen=True)
class LabelShares:
    """What a model holds of the labels of a scale."""

    probabilities: Mapping[str, float]
    """Probability of each label among the labels; they sum to 1."""
    share: float
    """Share of the labels in all that the model might say: near 0 it is answering something else."""


def label_tokens(tokenizer: Any, scale: Scale, closing: str | None = None) -> LabelTokens:
    """How a tokenizer writes the labels of a scale.

    Args:
        tokenizer: The model's tokenizer.
        scale: The scale.
        closing: What follows a label in an answer that was begun for the model, such as a quotation mark: then a label
            is written as in the scale and in no other way. None where the label is all of the answer.

    Raises:
        InputError: It cannot write a label, or writes two labels alike.
    """
    labels = list(scale.values)
    ways: tuple[Callable[[str], str], ...] = (str,)
    if closing is None:
        ways = (str, str.capitalize, lambda label: f" {label}", lambda label: f" {label.capitalize()}")
    written = [{label: _tokens(tokenizer, way(label), label) for label in labels} for way in ways]
    singles = [way for way in written if all(len(tokens) == 1 for tokens in way.values())]
    if singles:
        single = {label: tuple(dict.fromkeys(way[label][0] for way in singles)) for label in labels}
        _check_distinct(single, labels)
        return LabelTokens(single, {})
    if closing is None:
        end = () if tokenizer.eos_token_id is None else (tokenizer.eos_token_id,)
    else:
        end = _tokens(tokenizer, closing, closing)
    whole = {label: written[0][label] + end for label in labels}
    for one in labels:
        for other in labels:
            if one != other and whole[other][: len(whole[one])] == whole[one]:
                raise InputError(
                    f"the tokenizer writes the label {other!r} as {one!r} and something after it, or alike, and has "
                    "no token that ends an answer. Needed: labels of which none begins another."
                )
    return LabelTokens({}, whole)


def shares_of_next(tokens: LabelTokens, logits: Row) -> LabelShares:
    """Shares of labels that are single tokens, from what is expected after the question."""
    log_probabilities = torch.log_softmax(logits.double(), -1)
    of_labels = {
        label: float(torch.logsumexp(log_probabilities[list(ids)], 0)) for label, ids in tokens.single.items()
    }
    return _shares(of_labels)


def shares_of_whole(tokens: LabelTokens, logits: Sequence[Rows]) -> LabelShares:
    """Shares of labels of several tokens.

    Args:
        tokens: The labels' tokens.
        logits: For each label, in order, what is expected before each of its tokens.
    """
    of_labels = {}
    for (label, ids), rows in zip(tokens.whole.items(), logits, strict=True):
        log_probabilities = torch.log_softmax(rows.double(), -1)
        of_labels[label] = float(log_probabilities[torch.arange(len(ids)), list(ids)].sum())
    return _shares(of_labels)


def _shares(log_likelihoods: Mapping[str, float]) -> LabelShares:
    values = torch.tensor(list(log_likelihoods.values()), dtype=torch.float64)
    shares = torch.softmax(values, 0).tolist()
    share = min(float(torch.exp(torch.logsumexp(values, 0))), 1.0)
    return LabelShares(dict(zip(log_likelihoods, shares, strict=True)), share)


def _tokens(tokenizer: Any, text: str, label: str) -> tuple[int, ...]:
    tokens = tuple(tokenizer(text, add_special_tokens=False)["input_ids"])
    if not tokens or tokenizer.unk_token_id in tokens:
        raise InputError(
            f"the model's tokenizer has no tokens for the label {label!r}. Needed: a scale whose labels it can "
            "write, or another model."
        )
    return tokens


def _check_distinct(single: Mapping[str, tuple[int, ...]], labels: Sequence[str]) -> None:
    holders: dict[int, str] = {}
    for label in labels:
        for token in single[label]:
            if token in holders:
                raise InputError(
                    f"the model's tokenizer writes the labels {holders[token]!r} and {label!r} alike. "
                    "Needed: labels that differ in more than capitals and spaces."
                )
            holders[token] = label
