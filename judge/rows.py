"""One verdict as a row of the store, and back; made for a million of them."""

import json
from collections.abc import Callable
from typing import Any, get_args

from lawful.core.errors import InputError
from lawful.core.fields import Fields
from lawful.judge.codec import evidence_from_json, evidence_to_json
from lawful.judge.records import Evidence, Reason, Unscored, Verdict

COLUMNS = "reason, label, score, probabilities, detail, evidence, seconds, tokens"
"""The columns of a verdict beside its key, in the order of a row."""
Row = tuple[str | None, str | None, float | None, str | None, str | None, str | None, float, int]

_encode: Callable[[Any], str] = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_decode = json.JSONDecoder().decode
_SLACK = 1e-3
_REASONS = frozenset(get_args(Reason))


def to_row(verdict: Verdict | Unscored, labels: tuple[str, ...]) -> Row:
    """The row of a verdict; `labels` are those of the question's scale, in their order.

    Raises:
        ValueError: It holds evidence that is not saved to files, or a number that is not finite.
    """
    evidence = None
    if verdict.evidence:
        _check_saved(verdict.evidence)
        evidence = _encode([evidence_to_json(item) for item in verdict.evidence])
    if isinstance(verdict, Verdict):
        probabilities = ",".join([repr(float(verdict.probabilities[label])) for label in labels])
        return (
            None, verdict.label, verdict.score, probabilities, None, evidence,
            verdict.seconds, verdict.tokens,
        )  # fmt: skip
    return (
        verdict.reason, None, verdict.leaning, None, storable(verdict.detail), evidence,
        verdict.seconds, verdict.tokens,
    )  # fmt: skip


def from_row(
    row: tuple[Any, ...], video_sha256: str, question_id: str, labels: tuple[str, ...], fingerprint: str
) -> Verdict | Unscored:
    """The verdict of a question's number and its `COLUMNS`; `labels` are those of the question's scale, in their order.

    Raises:
        InputError: The row is damaged.
    """
    _, reason, label, score, probabilities, detail, evidence, seconds, tokens = row
    try:
        if score is not None and not 0.0 <= score <= 1.0:
            raise InputError(f"score {score} is not in 0-1")
        cited = () if evidence is None else _evidence(evidence)
        if reason is None:
            if label not in labels or type(score) is not float:
                raise InputError(f"label {label!r} with score {score!r}")
            shares = _shares(probabilities, labels)
            return Verdict(
                video_sha256, question_id, label, shares, score, fingerprint, cited, seconds, tokens
            )
        if reason not in _REASONS or type(detail) is not str:
            raise InputError(f"reason {reason!r} with detail {detail!r}")
        return Unscored(
            video_sha256, question_id, reason, detail, fingerprint, score, cited, seconds, tokens  # pyright: ignore[reportArgumentType]
        )  # fmt: skip
    except (TypeError, ValueError, AttributeError, RecursionError, InputError) as error:
        raise InputError(
            f"the verdict on {question_id!r} of video {video_sha256[:12]} is damaged: {error}"
        ) from error


def storable(text: str) -> str:
    """A text that a database takes: half surrogate pairs, as in names that are no UTF-8, become "?"."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _shares(text: Any, labels: tuple[str, ...]) -> dict[str, float]:
    parts = text.split(",")
    if len(parts) == 2 == len(labels):
        # Most scales have two labels, and this runs a million times.
        one, other = float(parts[0]), float(parts[1])
        if one >= 0 and other >= 0 and -_SLACK <= one + other - 1 <= _SLACK:
            return {labels[0]: one, labels[1]: other}
    shares = list(map(float, parts))
    if len(shares) != len(labels) or min(shares) < 0 or not abs(sum(shares) - 1) <= _SLACK:
        raise InputError(f"probabilities {text!r} of {', '.join(labels)}")
    return dict(zip(labels, shares, strict=True))


def _evidence(text: Any) -> tuple[Evidence, ...]:
    return Fields({"evidence": _decode(text)}, "stored").many("evidence", evidence_from_json)


def _check_saved(evidence: tuple[Evidence, ...]) -> None:
    for item in evidence:
        if item.tracks is not None or any(frame.rgb is not None for frame in item.frames):
            raise ValueError(
                "evidence goes into a store when its frames and tracks are saved as files, not before"
            )
