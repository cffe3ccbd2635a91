"""From what a run holds of a clip to one line of the report: the schema `lawful.report/1`."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, overload

from lawful.core.errors import InputError
from lawful.judge.records import Answer, ClipResult, Evidence, Unscored, Verdict
from lawful.judge.stored import AskedQuestion, StoredClip
from lawful.judge.summary import summarise, without_say
from lawful.judge.tiers import gate_of, gated
from lawful.reports.repeats import combine
from lawful.reports.spread import NO_SPREAD, Spread, spread_of

SCHEMA = "lawful.report/1"
NOT_SCORED = "not scored yet: run the same command again"

ANSWER_RANKS: Mapping[Answer, int] = {"violation": 0, "not_sure": 1, "none_found": 2}
"""The order in which people are shown clips, the worst first."""

_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, eq=False)
class JudgedClip:
    """A clip of a run with what its verdicts come to."""

    clip: StoredClip
    """What the run holds."""
    result: ClipResult | None
    """The answer, all looks combined; None if no look is done."""
    spread: Spread
    """Spread of the clip's score over its looks."""
    outcomes: tuple[tuple[Verdict | Unscored, AskedQuestion], ...]
    """The result's verdicts, worst first, unscored last, each beside its question."""

    @property
    def error(self) -> str | None:
        """Why there is no answer, or what went wrong beside it."""
        if self.clip.error is None and self.result is None:
            return NOT_SCORED
        return self.clip.error


def judged(clip: StoredClip) -> JudgedClip:
    """The answer for a clip: its looks (repeats and frame rates) combined by `combine`, then the suite's gate.

    Raises:
        InputError: A verdict answers a question that was not asked.
    """
    if not clip.repeats:
        return JudgedClip(clip, None, NO_SPREAD, ())
    no_say = without_say(clip.questions)
    gate = gate_of(clip.questions, clip.gate_at)
    result = summarise(gated(combine(clip.repeats), gate), clip.rule, no_say)
    by_id = {question.id: question for question in clip.questions}
    try:
        outcomes = tuple([(outcome, by_id[outcome.question_id]) for outcome in result.verdicts])
    except KeyError as error:
        raise InputError(
            f"{clip.video}: the run holds a verdict on question {error} of suite {clip.suite}, which was not "
            "asked. The run is damaged: score the clip again with --force."
        ) from error
    spread = spread_of(clip.repeats, clip.ways, clip.rule, no_say, gate)
    return JudgedClip(clip, result, spread, outcomes)


def strongest_first(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Evidence by probability, the highest first."""
    return evidence if len(evidence) < 2 else tuple(sorted(evidence, key=lambda one: -one.probability))


def contract_line(judged_clip: JudgedClip) -> dict[str, Any]:
    """The line of one (video, suite, judge) as JSON values; `docs/report.md` says what each key means."""
    line = clip_values(judged_clip)
    line["verdicts"] = [verdict_values(outcome, question) for outcome, question in judged_clip.outcomes]
    return line


def clip_values(judged_clip: JudgedClip) -> dict[str, Any]:
    """The line without its verdicts: that list is empty."""
    clip, result, spread = judged_clip.clip, judged_clip.result, judged_clip.spread
    return {
        "schema": SCHEMA,
        "video": clean_text(clip.video),
        "sha256": clip.sha256,
        "suite": clip.suite,
        "judge": clip.judge,
        "fingerprint": clip.fingerprint,
        "generator": clean_text(clip.generator),
        "case": clean_text(clip.case),
        "prompt": clean_text(clip.prompt),
        "answer": None if result is None else result.answer,
        "reason": None if result is None else clean_text(result.reason),
        "score": None if result is None else finite(result.score),
        "error": clean_text(judged_clip.error),
        "duration_s": finite(clip.duration_s),
        "verdicts": [],
        "repeats": len(clip.repeats),
        "score_sd": finite(spread.total),
        "score_sd_rerun": finite(spread.rerun),
        "score_sd_wording": finite(spread.wording),
        "score_sd_rate": finite(spread.rate),
        "fps": sorted({way.fps for way in clip.ways if way.fps is not None}),
        "n_rate_compared": spread.n_compared,
        "n_rate_flips": spread.n_flipped,
    }


def line_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) that every line obeys."""
    return json.loads((files("lawful.reports") / "line.schema.json").read_text(encoding="utf-8"))


def finite(value: float | None) -> float | None:
    """The value, or None for NaN and infinities, which JSON cannot carry."""
    return None if value is None or not math.isfinite(value) else value


@overload
def clean_text(text: str) -> str: ...
@overload
def clean_text(text: None) -> None: ...
@overload
def clean_text(text: str | None) -> str | None: ...
def clean_text(text: str | None) -> str | None:
    """The text with lone surrogates (file names that are no UTF-8) as U+FFFD, so that it can be encoded."""
    return text if text is None or text.isascii() else _LONE_SURROGATES.sub("\ufffd", text)


def verdict_values(outcome: Verdict | Unscored, question: AskedQuestion) -> dict[str, Any]:
    """One question's part of a line."""
    scored = isinstance(outcome, Verdict)
    return {
        "question": question.id,
        "law": question.law,
        "axis": question.axis,
        "score": finite(outcome.score) if scored else None,
        "label": outcome.label if scored else None,
        "unscored": None if scored else unscored_text(outcome),
        "evidence": [evidence_values(one) for one in strongest_first(outcome.evidence)]
        if outcome.evidence
        else [],
    }


def unscored_text(outcome: Unscored) -> str:
    """The kind of reason, and after ": " the reason in words where there are any."""
    return clean_text(f"{outcome.reason}: {outcome.detail}" if outcome.detail else outcome.reason)


def evidence_values(evidence: Evidence) -> dict[str, Any]:
    """One piece of evidence of a line."""
    box = evidence.box
    return {
        "start_s": finite(evidence.start_s),
        "end_s": finite(evidence.end_s),
        "box": None if box is None else [box.x0, box.y0, box.x1, box.y1],
        "law": evidence.law,
        "magnitude": finite(evidence.magnitude),
        "unit": evidence.unit,
        "text": clean_text(evidence.text),
    }
