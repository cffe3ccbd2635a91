"""What a judge may return, checked: judges of other packages are outsiders."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn, get_args

import numpy as np

from lawful.checklists.suite import Question
from lawful.core.errors import LawfulError
from lawful.judge.protocol import Judge, fingerprint
from lawful.judge.records import Evidence, EvidenceFrame, Reason, Unscored, Verdict
from lawful.video.frames import Box, ClipMeta, PointTracks

_TOLERANCE = 1e-5
_MAX_FRAMES = 3


def checked(
    returned: Any, judge: Judge, meta: ClipMeta, questions: Sequence[Question]
) -> list[Verdict | Unscored]:
    """The outcomes that a judge returned, with plain Python numbers and evidence strongest first.

    Args:
        returned: What `Judge.close` gave back.
        judge: The judge, for the message and the fingerprint.
        meta: The clip it looked at.
        questions: What it was asked, in order.

    Raises:
        LawfulError: It is not one sound outcome for each question, in order.
    """
    if not isinstance(returned, list | tuple) or len(returned) != len(questions):
        found = f"{len(returned)} outcomes" if isinstance(returned, list | tuple) else type(returned).__name__
        _broken(judge, f"close() returned {found} for {len(questions)} questions")
    judge_fingerprint = fingerprint(judge)
    outcomes: list[Verdict | Unscored] = []
    for outcome, question in zip(returned, questions, strict=True):
        wanted = {
            "question_id": question.id,
            "video_sha256": meta.video_sha256,
            "fingerprint": judge_fingerprint,
        }
        try:
            outcomes.append(_outcome(outcome, judge, question, wanted))
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            _broken(judge, f"question {question.id!r}: {type(error).__name__}: {error}")
    return outcomes


def _outcome(outcome: Any, judge: Judge, question: Question, wanted: Mapping[str, str]) -> Verdict | Unscored:
    if not isinstance(outcome, Verdict | Unscored):
        _broken(judge, f"question {question.id!r}: {type(outcome).__name__} is no Verdict or Unscored")
    for field, value in wanted.items():
        if getattr(outcome, field) != value:
            _broken(
                judge, f"question {question.id!r}: {field} is {getattr(outcome, field)!r}, expected {value!r}"
            )
    if isinstance(outcome, Verdict):
        return _verdict(outcome, judge, question)
    return _unscored(outcome, judge, question)


def _verdict(verdict: Verdict, judge: Judge, question: Question) -> Verdict:
    where = f"question {question.id!r}"
    values = question.scale.values
    if set(verdict.probabilities) != set(values):
        _broken(
            judge, f"{where}: probabilities of {sorted(verdict.probabilities)}, expected {sorted(values)}"
        )
    probabilities = {label: float(verdict.probabilities[label]) for label in values}
    probabilities = {
        label: _share(judge, f"{where}: probability of {label!r}", probability)
        for label, probability in probabilities.items()
    }
    total = math.fsum(probabilities.values())
    if not abs(total - 1) <= _TOLERANCE:
        _broken(judge, f"{where}: probabilities sum to {total:.6g}, not 1")
    if verdict.label not in values:
        _broken(judge, f"{where}: label {verdict.label!r} is none of {sorted(values)}")
    if probabilities[verdict.label] < max(probabilities.values()) - _TOLERANCE:
        _broken(judge, f"{where}: label {verdict.label!r} is not the most probable of {probabilities}")
    score = _share(judge, f"{where}: score", float(verdict.score))
    expected = math.fsum(probabilities[label] * value for label, value in values.items())
    if not abs(score - expected) <= _TOLERANCE:
        _broken(judge, f"{where}: score is {score:.6g}, the expected value of its label is {expected:.6g}")
    return replace(
        verdict,
        probabilities=probabilities,
        score=score,
        evidence=_evidence(verdict.evidence, judge, where),
        **_costs(verdict, judge, where),
    )


def _unscored(unscored: Unscored, judge: Judge, question: Question) -> Unscored:
    where = f"question {question.id!r}"
    if unscored.reason not in get_args(Reason):
        _broken(judge, f"{where}: reason {unscored.reason!r} is none of {', '.join(get_args(Reason))}")
    if not isinstance(unscored.detail, str):
        _broken(judge, f"{where}: the detail is {unscored.detail!r}")
    leaning = unscored.leaning
    if leaning is not None:
        leaning = _share(judge, f"{where}: leaning", float(leaning))
    return replace(
        unscored,
        leaning=leaning,
        evidence=_evidence(unscored.evidence, judge, where),
        **_costs(unscored, judge, where),
    )


def _evidence(evidence: Sequence[Evidence], judge: Judge, where: str) -> tuple[Evidence, ...]:
    checked_evidence = []
    for item in evidence:
        start_s, end_s = float(item.start_s), float(item.end_s)
        magnitude = None if item.magnitude is None else float(item.magnitude)
        if not (math.isfinite(start_s) and math.isfinite(end_s) and 0 <= start_s <= end_s):
            _broken(judge, f"{where}: evidence from {start_s} s to {end_s} s is no span of time")
        for field, optional in (("text", False), ("law", True), ("unit", True)):
            value = getattr(item, field)
            if not isinstance(value, str) and not (optional and value is None):
                _broken(judge, f"{where}: the {field} of evidence is {value!r}")
        if magnitude is not None and not math.isfinite(magnitude):
            _broken(judge, f"{where}: the magnitude of evidence is {magnitude}")
        if len(item.frames) > _MAX_FRAMES:
            _broken(
                judge, f"{where}: evidence with {len(item.frames)} frames, at most {_MAX_FRAMES} are kept"
            )
        if item.tracks_file is not None:
            _broken(judge, f"{where}: evidence names the tracks' file {item.tracks_file!r}, not the tracks")
        checked_evidence.append(
            replace(
                item,
                start_s=start_s,
                end_s=end_s,
                box=None if item.box is None else _box(judge, where, item.box),
                probability=_share(judge, f"{where}: probability of evidence", float(item.probability)),
                magnitude=magnitude,
                track_ids=tuple(int(track) for track in item.track_ids),
                tracks=None if item.tracks is None else _tracks(judge, where, item.tracks),
                frames=tuple(_frame(judge, where, frame) for frame in item.frames),
            )
        )
    return tuple(sorted(checked_evidence, key=lambda item: -item.probability))


def _costs(outcome: Verdict | Unscored, judge: Judge, where: str) -> dict[str, Any]:
    seconds, tokens = float(outcome.seconds), int(outcome.tokens)
    if not (math.isfinite(seconds) and seconds >= 0 and tokens >= 0):
        _broken(judge, f"{where}: {seconds} s and {tokens} tokens cannot have been spent")
    return {"seconds": seconds, "tokens": tokens}


def _box(judge: Judge, where: str, box: Box) -> Box:
    if not isinstance(box, Box):
        _broken(judge, f"{where}: the box of evidence is {box!r}, no Box")
    return Box(float(box.x0), float(box.y0), float(box.x1), float(box.y1))


def _frame(judge: Judge, where: str, frame: EvidenceFrame) -> EvidenceFrame:
    time_s, rgb = float(frame.time_s), frame.rgb
    if not math.isfinite(time_s):
        _broken(judge, f"{where}: a frame of evidence is of {time_s} s")
    if frame.file is not None:
        _broken(judge, f"{where}: a frame of evidence names the file {frame.file!r}, not the picture")
    if rgb is not None and not (rgb.dtype == np.uint8 and rgb.ndim == 3 and rgb.shape[2] == 3 and rgb.size):
        _broken(
            judge, f"{where}: a frame of evidence is {rgb.dtype} {rgb.shape}, not uint8 (height, width, 3)"
        )
    return replace(frame, time_s=time_s)


def _tracks(judge: Judge, where: str, tracks: PointTracks) -> PointTracks:
    try:
        ids, times_s = np.asarray(tracks.ids, np.int64), np.asarray(tracks.times_s, np.float64)
        xy, visible = np.asarray(tracks.xy, np.float32), np.asarray(tracks.visible, bool)
    except (TypeError, ValueError) as error:
        _broken(judge, f"{where}: tracks of evidence: {error}")
    fits = visible.shape == (ids.size, times_s.size) and xy.shape == (*visible.shape, 2)
    if not fits or ids.ndim != 1 or times_s.ndim != 1 or not np.isfinite(times_s).all():
        _broken(judge, f"{where}: tracks of evidence whose arrays do not fit each other")
    return PointTracks(ids, times_s, xy, visible)


def _share(judge: Judge, what: str, value: float) -> float:
    if not -_TOLERANCE <= value <= 1 + _TOLERANCE:
        _broken(judge, f"{what} is {value}, not within 0-1")
    return min(max(value, 0.0), 1.0)


def _broken(judge: Judge, what: str) -> NoReturn:
    raise LawfulError(
        f"judge {judge.name!r} returned something unsound: {what}. This is a defect of the judge."
    )
