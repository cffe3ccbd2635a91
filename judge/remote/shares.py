"""From the log-probabilities of an answer's tokens to the probability of every label, where they tell it.

The answer is followed token by token through its label. Where another token might have stood that begins or is another
label, and one label alone, that label has its probability: of labels that differ from there on, the rest of the
spelling is certain. Labels that are in no list of likeliest tokens have 0. Where tokens that might begin several labels
hold more than a hundredth of what is found, nothing is told.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lawful.checklists.suite import Scale
from lawful.judge.remote.answers import Placed
from lawful.judge.remote.endpoint import Token

_UNCLEAR_AT_MOST = 0.01
_AFTER = " \t\r\n\"'`.,]})*"
"""What may follow a label in the token that ends it."""


@dataclass(frozen=True)
class LabelShares:
    """What a model holds of the labels of a scale."""

    probabilities: dict[str, float]
    """Probability of each label among the labels; they sum to 1."""
    share: float
    """Share of the labels in all that the model might say there."""


def shares_at(tokens: Sequence[Token], content: str, placed: Placed, scale: Scale) -> LabelShares | None:
    """The shares of the labels where an answer has one.

    Args:
        tokens: The answer's tokens, as the server gives them.
        content: The answer.
        placed: The label, and where it stands.
        scale: The labels.

    Returns:
        The shares; None where the tokens do not tell them.
    """
    labels = list(scale.values)
    if placed.start < 0 or "".join(token.text for token in tokens) != content or _one_begins_another(labels):
        return None
    at, before = _token_at(tokens, placed.start)
    masses = dict.fromkeys(labels, 0.0)
    unclear, so_far, log_so_far = 0.0, "", 0.0
    while before < placed.start + placed.length:
        token = tokens[at]
        if not token.others:
            return None
        lead = token.text[: max(placed.start - before, 0)]
        for text, logprob in token.others:
            if text == token.text or not text.startswith(lead):
                continue
            said = (so_far + text[len(lead) :]).lstrip()
            meant = [label for label in labels if _may_be(said, label)]
            mass = math.exp(log_so_far + logprob)
            if len(meant) == 1:
                masses[meant[0]] += mass
            elif meant:
                unclear += mass
        log_so_far += token.logprob
        so_far += token.text[len(lead) :]
        before += len(token.text)
        at += 1
    masses[placed.label] += math.exp(log_so_far)
    total = math.fsum(masses.values())
    if total <= 0 or unclear > _UNCLEAR_AT_MOST * total:
        return None
    return LabelShares({label: mass / total for label, mass in masses.items()}, min(total, 1.0))


def _token_at(tokens: Sequence[Token], start: int) -> tuple[int, int]:
    """The token that holds a character, and how many characters come before that token."""
    before = 0
    for at, token in enumerate(tokens):
        if before + len(token.text) > start:
            return at, before
        before += len(token.text)
    raise AssertionError("the tokens are the answer, and the label is in it")


def _may_be(said: str, label: str) -> bool:
    said, label = said.casefold(), label.casefold()
    if len(said) <= len(label):
        return said != "" and label.startswith(said)
    return said.startswith(label) and not said[len(label) :].strip(_AFTER)


def _one_begins_another(labels: Sequence[str]) -> bool:
    folded = [label.casefold() for label in labels]
    return any(a is not b and b.startswith(a) for a in folded for b in folded)
