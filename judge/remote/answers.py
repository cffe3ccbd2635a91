"""The form of an answer: how it is asked for, and how it is read. What is not of that form is no answer."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lawful.checklists.suite import Question
from lawful.judge.records import Reason
from lawful.judge.remote.endpoint import Reply, readable
from lawful.judge.remote.settings import Output
from lawful.judge.ruler import ANSWERS, Saying
from lawful.judge.vlm.prompts import REASONS

_SHOWN = 60
_THOUGHT = re.compile(r"\s*<think>.*?</think>", re.DOTALL)
_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
_FENCE = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", re.DOTALL)
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_QUOTES = "\"'`*"


@dataclass(frozen=True)
class Form:
    """How an answer is to be written."""

    output: Output
    """As JSON under a schema, or in words alone."""
    reasons: bool
    """Whether reasons come before the labels."""
    as_list: bool
    """Whether there is a list of labels, one for each question, as RULER-Bench has it."""

    @property
    def saying(self) -> Saying:
        """RULER-Bench's messages with an answer of this form."""
        if self.output == "schema":
            return "json_reasons" if self.reasons else "json"
        return "reasons" if self.reasons else "labels"

    @property
    def told(self) -> str:
        """The form in words."""
        if self.as_list:
            return ANSWERS[self.saying]
        if self.output == "schema":
            if self.reasons:
                return f'Answer as JSON: {{"why": "...", "label": "..."}}. Under "why": {REASONS}'
            return 'Answer as JSON: {"label": "..."}.'
        if self.reasons:
            return f"{REASONS} Write that between <think> and </think>, then the label between <answer> and </answer>."
        return "Write the label and nothing else."

    def schema(self, questions: Sequence[Question]) -> dict[str, Any]:
        """The JSON schema of an answer to some questions of one scale."""
        label: dict[str, Any] = {"type": "string", "enum": list(questions[0].scale.values)}
        properties: dict[str, Any] = {"why": {"type": "string"}} if self.reasons else {}
        if self.as_list:
            n = len(questions)
            properties["labels"] = {"type": "array", "items": label, "minItems": n, "maxItems": n}
        else:
            properties["label"] = label
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }


@dataclass(frozen=True)
class Placed:
    """A label, and where it stands in an answer."""

    label: str
    """The label as the scale has it."""
    start: int
    """Where its first character is among the answer's; -1 where it is written in another way, such as as a number."""
    length: int
    """Characters that it takes there."""


@dataclass(frozen=True)
class Read:
    """What an answer says."""

    labels: tuple[Placed, ...]
    """One for each question, in order."""
    why: str
    """Its reasons; empty where it gives none."""


class UnusableError(Exception):
    """An answer that is none; the message says what is wrong with it, after "the answer"."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason: Reason = reason
        """What the question is, if nothing better comes."""


def read_answer(reply: Reply, form: Form, questions: Sequence[Question]) -> Read:
    """What a reply says to some questions.

    A label counts if it is written out, in capitals or not. Nothing is guessed from other words.

    Raises:
        UnusableError: It is a refusal, was cut off, is not of the form, or has labels of no such scale.
    """
    if reply.refusal is not None:
        raise UnusableError("refused", f"is a refusal: {_shown(reply.refusal)}")
    if reply.finish == "content_filter":
        raise UnusableError("refused", "was stopped by the server's content filter")
    if reply.finish == "length":
        raise UnusableError("unparsed", "was cut off at its longest length (max_tokens)")
    if not reply.content.strip():
        raise UnusableError("unparsed", "is empty")
    if form.output == "schema":
        return _from_object(reply.content, form, questions)
    return _from_words(reply.content, form, questions)


def _from_object(content: str, form: Form, questions: Sequence[Question]) -> Read:
    text, start = _body(content)
    value = _json(text)
    wanted = ["why"] * form.reasons + ["labels" if form.as_list else "label"]
    if not isinstance(value, dict) or sorted(value) != sorted(wanted):
        keys = " and ".join(f'"{name}"' for name in wanted)
        raise UnusableError("unparsed", f"is no JSON object with {keys} and nothing else: {_shown(text)}")
    why = value.get("why", "")
    if not isinstance(why, str):
        raise UnusableError("unparsed", f'has no text under "why": {_shown(text)}')
    # A quotation mark inside the reasons has a backslash before it, so this is found in the keys alone.
    key = re.search(rf'(?<!\\)"{wanted[-1]}"\s*:\s*', text)
    found = value[wanted[-1]]
    labels = _list(found, questions) if form.as_list else [_label(found, questions[0])]
    return Read(_placed(labels, text, len(text) if key is None else key.end(), start), why)


def _from_words(content: str, form: Form, questions: Sequence[Question]) -> Read:
    why, text, start = "", content, 0
    if form.reasons:
        answers = list(_ANSWER.finditer(content))
        if len(answers) != 1:
            raise UnusableError("unparsed", f"has {len(answers)} <answer> parts, not one: {_shown(content)}")
        text, start = answers[0][1], answers[0].start(1)
        why = re.sub(r"</?think>", "", content[: answers[0].start()]).strip()
    text, offset = _body(text)
    start += offset
    if form.as_list:
        labels = _list(_json(text), questions)
        return Read(_placed(labels, text, 0, start), why)
    bare = text.strip().strip(_QUOTES).removesuffix(".").strip(_QUOTES)
    label = _label(bare, questions[0])
    return Read((Placed(label, start + text.index(bare), len(bare)),), why)


def _body(content: str) -> tuple[str, int]:
    """An answer without what a model thought before it and without the marks of a code block, and where it begins."""
    thought = _THOUGHT.match(content)
    start = thought.end() if thought else 0
    fenced = _FENCE.fullmatch(content, start)
    return (fenced[1], fenced.start(1)) if fenced else (content[start:], start)


def _json(text: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise ValueError("a key is given twice")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise UnusableError("unparsed", f"is no JSON ({error}): {_shown(text)}") from None


def _list(value: Any, questions: Sequence[Question]) -> list[str]:
    if not isinstance(value, list) or len(value) != len(questions):
        found = f"{len(value)} labels" if isinstance(value, list) else _shown(repr(value))
        raise UnusableError("unparsed", f"has {found} for {len(questions)} questions")
    return [_label(one, question) for one, question in zip(value, questions, strict=True)]


def _label(value: Any, question: Question) -> str:
    written = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    labels: Mapping[str, float] = question.scale.values
    if isinstance(written, str):
        if written in labels:
            return written
        alike = [label for label in labels if label.casefold() == written.strip().casefold()]
        if len(alike) == 1:
            return alike[0]
    raise UnusableError(
        "unparsed", f"has the label {_shown(repr(value))}, which is none of {', '.join(labels)}"
    )


def _placed(labels: Sequence[str], text: str, at: int, start: int) -> tuple[Placed, ...]:
    """Where labels stand that come one after the other from some place of a text on."""
    placed = []
    for label in labels:
        quoted = _TEXT.search(text, at)
        inner = "" if quoted is None else quoted[0][1:-1]
        if quoted is not None and inner.strip().casefold() == label.casefold():
            shift = inner.index(inner.strip())
            placed.append(Placed(label, start + quoted.start() + 1 + shift, len(inner.strip())))
            at = quoted.end()
        else:
            placed.append(Placed(label, -1, 0))
    return tuple(placed)


def _shown(text: str) -> str:
    text = readable(" ".join(text.split()))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
