"""Lines of the report as JSON text, a million verdicts in seconds."""

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from lawful.judge.records import Unscored, Verdict
from lawful.judge.stored import AskedQuestion
from lawful.reports.rows import (
    JudgedClip,
    clip_values,
    evidence_values,
    strongest_first,
    unscored_text,
)

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_ESCAPED = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029)}
"""Line ends to some readers, and controls that JSON allows and that steer a terminal."""
_NO_VERDICTS = '"verdicts":[]'


def json_text(value: Mapping[str, Any] | list[Any]) -> str:
    """A JSON value on one line of text, whoever splits it, without the newline."""
    return one_line(_ENCODER.encode(value))


def json_line(judged_clip: JudgedClip) -> str:
    """The JSON text of `contract_line`, put together from parts that are encoded once."""
    head, _, tail = _ENCODER.encode(clip_values(judged_clip)).rpartition(_NO_VERDICTS)
    verdicts = ",".join([_verdict(outcome, question) for outcome, question in judged_clip.outcomes])
    return one_line(f'{head}"verdicts":[{verdicts}]{tail}')


def _verdict(outcome: Verdict | Unscored, question: AskedQuestion) -> str:
    start = _question(question.id, question.law, question.axis)
    evidence = "[]"
    if outcome.evidence:
        evidence = _ENCODER.encode([evidence_values(one) for one in strongest_first(outcome.evidence)])
    if isinstance(outcome, Verdict):
        score = float.__repr__(outcome.score) if math.isfinite(outcome.score) else "null"
        return f'{start}{score},"label":{_string(outcome.label)},"unscored":null,"evidence":{evidence}}}'
    return f'{start}null,"label":null,"unscored":{_string(unscored_text(outcome))},"evidence":{evidence}}}'


@lru_cache(maxsize=4096)
def _question(question: str, law: str | None, axis: str) -> str:
    return _ENCODER.encode({"question": question, "law": law, "axis": axis})[:-1] + ',"score":'


@lru_cache(maxsize=4096)
def _string(text: str) -> str:
    return _ENCODER.encode(text)


def one_line(text: str) -> str:
    """JSON text with the characters escaped that some take for line ends and others do not, or that steer a terminal."""
    return text if text.isascii() else text.translate(_ESCAPED)
