"""The JSON forms of what passes between processes and into files, exact both ways.

Reading trusts nothing: a missing, surplus or misshapen field is an `InputError` that says where.
"""

import base64
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

import numpy as np

from lawful.checklists.suite import Question, Scale
from lawful.core.errors import InputError
from lawful.core.fields import Fields, as_number, as_text, as_whole
from lawful.judge.protocol import Given
from lawful.judge.records import Evidence, EvidenceFrame, Reason, Unscored, Verdict
from lawful.judge.summary import SummaryRule
from lawful.judge.task import JudgeSpec, Outcome, Task
from lawful.video.drift import Drift
from lawful.video.frames import Box, PointTracks

DRIFT_NUMBERS = ("brightness", "saturation", "sharpness", "motion_per_s")
"""The numbers of a `Drift`, NaN where they are not defined: null in JSON and in the store."""
_REASONS: tuple[str, ...] = get_args(Reason)
_GIVEN: tuple[str, ...] = get_args(Given)


def question_to_json(question: Question) -> dict[str, Any]:
    """The JSON form of a question; the scale's labels keep their order."""
    return {
        "id": question.id,
        "text": question.text,
        "axis": question.axis,
        "scale": {"id": question.scale.id, "values": [list(pair) for pair in question.scale.values.items()]},
        "law": question.law,
        "families": list(question.families),
        "depends_on": list(question.depends_on),
        "tier": question.tier,
    }


def question_from_json(body: Any, where: str = "question") -> Question:
    """The question of a JSON form.

    Raises:
        InputError: It is no such form.
    """
    fields = Fields(body, where)
    fields.only("id", "text", "axis", "scale", "law", "families", "depends_on", "tier")
    scale = fields.inner("scale")
    scale.only("id", "values")
    return Question(
        id=fields.text("id"),
        text=fields.text("text"),
        axis=fields.text("axis"),
        scale=Scale(scale.text("id"), dict(scale.many("values", label_value))),
        law=fields.optional("law", fields.text),
        families=fields.many("families", as_text),
        depends_on=fields.many("depends_on", as_text),
        tier=fields.optional("tier", fields.whole),
    )


def rule_to_json(rule: SummaryRule) -> dict[str, Any]:
    """The JSON form of a summary rule."""
    return asdict(rule)


def rule_from_json(body: Any, where: str = "rule") -> SummaryRule:
    """The summary rule of a JSON form.

    Raises:
        InputError: It is no such form.
    """
    fields = Fields(body, where)
    fields.only("name", "aggregate", "violation_at", "clear_at")
    try:
        return SummaryRule(
            name=fields.text("name"),
            aggregate=fields.choice("aggregate", ("min", "mean")),
            violation_at=fields.optional("violation_at", fields.number),
            clear_at=fields.optional("clear_at", fields.number),
        )
    except ValueError as error:
        raise InputError(f"{where}: {error}") from error


def evidence_to_json(evidence: Evidence) -> dict[str, Any]:
    """The JSON form of evidence; pictures and tracks that are not saved yet go along as base64."""
    return {
        "start_s": evidence.start_s,
        "end_s": evidence.end_s,
        "box": None if evidence.box is None else _box_to_json(evidence.box),
        "law": evidence.law,
        "magnitude": evidence.magnitude,
        "unit": evidence.unit,
        "text": evidence.text,
        "probability": evidence.probability,
        "track_ids": list(evidence.track_ids),
        "frames": [_frame_to_json(frame) for frame in evidence.frames],
        "tracks": None if evidence.tracks is None else _tracks_to_json(evidence.tracks),
        "tracks_file": evidence.tracks_file,
    }


def evidence_from_json(body: Any, where: str = "evidence") -> Evidence:
    """The evidence of a JSON form.

    Raises:
        InputError: It is no such form.
    """
    fields = Fields(body, where)
    fields.only(
        "start_s", "end_s", "box", "law", "magnitude", "unit", "text", "probability",
        "track_ids", "frames", "tracks", "tracks_file",
    )  # fmt: skip
    return Evidence(
        start_s=fields.number("start_s"),
        end_s=fields.number("end_s"),
        box=fields.optional("box", lambda name: _box_from_json(fields, name)),
        law=fields.optional("law", fields.text),
        magnitude=fields.optional("magnitude", fields.number),
        unit=fields.optional("unit", fields.text),
        text=fields.text("text"),
        probability=fields.share("probability"),
        track_ids=fields.many("track_ids", as_whole),
        frames=fields.many("frames", _frame_from_json),
        tracks=fields.optional("tracks", lambda name: _tracks_from_json(fields.inner(name))),
        tracks_file=fields.optional("tracks_file", lambda name: _file_inside(fields, name)),
    )


def verdict_to_json(verdict: Verdict | Unscored) -> dict[str, Any]:
    """The JSON form of the outcome of one question; "unscored" holds the reason or null."""
    body: dict[str, Any] = {
        "video_sha256": verdict.video_sha256,
        "question_id": verdict.question_id,
        "fingerprint": verdict.fingerprint,
        "evidence": [evidence_to_json(evidence) for evidence in verdict.evidence],
        "seconds": verdict.seconds,
        "tokens": verdict.tokens,
    }
    if isinstance(verdict, Unscored):
        return body | {"unscored": verdict.reason, "detail": verdict.detail, "leaning": verdict.leaning}
    return body | {
        "unscored": None,
        "label": verdict.label,
        "probabilities": dict(verdict.probabilities),
        "score": verdict.score,
    }


def verdict_from_json(body: Any, where: str = "verdict") -> Verdict | Unscored:
    """The outcome of one question from its JSON form.

    Raises:
        InputError: It is no such form.
    """
    fields = Fields(body, where)
    common = ("video_sha256", "question_id", "fingerprint", "evidence", "seconds", "tokens", "unscored")
    shared: dict[str, Any] = {
        "video_sha256": fields.text("video_sha256"),
        "question_id": fields.text("question_id"),
        "fingerprint": fields.text("fingerprint"),
        "evidence": fields.many("evidence", evidence_from_json),
        "seconds": fields.number("seconds"),
        "tokens": fields.whole("tokens"),
    }
    if fields.optional("unscored", fields.text) is None:
        fields.only(*common, "label", "probabilities", "score")
        return Verdict(
            label=fields.text("label"),
            probabilities=fields.table("probabilities", as_number),
            score=fields.share("score"),
            **shared,
        )
    fields.only(*common, "detail", "leaning")
    return Unscored(
        reason=fields.choice("unscored", _REASONS),
        detail=fields.text("detail"),
        leaning=fields.optional("leaning", fields.share),
        **shared,
    )


def task_to_json(task: Task) -> dict[str, Any]:
    """The JSON form of a task."""
    return {
        "key": task.key,
        "path": task.path,
        "name": task.name,
        "video_sha256": task.video_sha256,
        "judge": {"name": task.judge.name, "config": dict(task.judge.config), "fps": task.judge.fps},
        "questions": [question_to_json(question) for question in task.questions],
        "image_fps": task.image_fps,
        "given": dict(task.given),
        "repeat": task.repeat,
        "run_folder": task.run_folder,
        "until_s": task.until_s,
    }


def task_from_json(body: Any, where: str = "task") -> Task:
    """The task of a JSON form.

    Raises:
        InputError: It is no such form.
    """
    fields = Fields(body, where)
    fields.only(
        "key", "path", "name", "video_sha256", "judge", "questions", "image_fps", "given", "repeat", "run_folder",
        "until_s",
    )  # fmt: skip
    judge = fields.inner("judge")
    judge.only("name", "config", "fps")
    fields.inner("given").only(*_GIVEN)
    given: dict[Any, str] = fields.table("given", as_text)
    return Task(
        key=fields.whole("key"),
        path=fields.text("path"),
        name=fields.text("name"),
        video_sha256=fields.text("video_sha256"),
        judge=JudgeSpec(
            judge.text("name"), dict(judge.inner("config").body), judge.optional("fps", judge.number)
        ),
        questions=fields.many("questions", question_from_json),
        image_fps=fields.optional("image_fps", fields.number),
        given=given,
        repeat=fields.whole("repeat"),
        run_folder=fields.optional("run_folder", fields.text),
        until_s=fields.optional("until_s", fields.number),
    )


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """The JSON form of an outcome."""
    return {
        "key": outcome.key,
        "verdicts": [verdict_to_json(verdict) for verdict in outcome.verdicts],
        "error": outcome.error,
        "duration_s": outcome.duration_s,
        "width_px": outcome.width_px,
        "height_px": outcome.height_px,
        "n_frames": outcome.n_frames,
        "seconds": outcome.seconds,
        "drift": None if outcome.drift is None else drift_to_json(outcome.drift),
        "too_short": outcome.too_short,
    }


def outcome_from_json(body: Any, where: str = "outcome") -> Outcome:
    """The outcome of a JSON form.

    Raises:
        InputError: It is no such form.
    """
    fields = Fields(body, where)
    fields.only(
        "key", "verdicts", "error", "duration_s", "width_px", "height_px", "n_frames", "seconds", "drift",
        "too_short",
    )  # fmt: skip
    return Outcome(
        key=fields.whole("key"),
        verdicts=fields.many("verdicts", verdict_from_json),
        error=fields.optional("error", fields.text),
        duration_s=fields.optional("duration_s", fields.number),
        width_px=fields.optional("width_px", fields.whole),
        height_px=fields.optional("height_px", fields.whole),
        n_frames=fields.optional("n_frames", fields.whole),
        seconds=fields.number("seconds"),
        drift=fields.optional("drift", lambda name: drift_from_json(fields.inner(name))),
        too_short=fields.flag("too_short"),
    )


def drift_to_json(drift: Drift) -> dict[str, Any]:
    """The JSON form of a drift; NaN becomes null."""
    numbers = {name: getattr(drift, name) for name in DRIFT_NUMBERS}
    return {
        "n_frames": drift.n_frames,
        **{name: None if math.isnan(value) else value for name, value in numbers.items()},
        "reason": drift.reason,
    }


def drift_from_json(fields: Fields) -> Drift:
    """The drift of a JSON form.

    Raises:
        InputError: It is no such form.
    """
    fields.only("n_frames", *DRIFT_NUMBERS, "reason")
    numbers = {name: fields.optional(name, fields.number) for name in DRIFT_NUMBERS}
    known = {name: math.nan if value is None else value for name, value in numbers.items()}
    return Drift(n_frames=fields.whole("n_frames"), reason=fields.text("reason"), **known)


def label_value(value: Any, where: str) -> tuple[str, float]:
    """A label of a scale and its value."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise InputError(f"{where}: expected a label and its value, found {value!r}")
    return as_text(value[0], where), as_number(value[1], where)


def _box_to_json(box: Box) -> list[float]:
    return [box.x0, box.y0, box.x1, box.y1]


def _box_from_json(fields: Fields, name: str) -> Box:
    corners = fields.many(name, as_number)
    try:
        return Box(*corners)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{fields.where}: {name} should be x0, y0, x1, y1 in 0-1, found {corners}"
        ) from error


def _file_inside(fields: Fields, name: str) -> str:
    # Reports show these files: a store from elsewhere must not make them show any other file.
    path = fields.text(name)
    if path.startswith("/") or ".." in path.split("/") or "\0" in path:
        raise InputError(f"{fields.where}: {name} should be a path inside the run folder, found {path!r}")
    return path


def _frame_to_json(frame: EvidenceFrame) -> dict[str, Any]:
    rgb = None if frame.rgb is None else _array_to_json(frame.rgb)
    return {"time_s": frame.time_s, "rgb": rgb, "file": frame.file}


def _frame_from_json(body: Any, where: str) -> EvidenceFrame:
    fields = Fields(body, where)
    fields.only("time_s", "rgb", "file")
    rgb = fields.optional("rgb", lambda name: _array_from_json(fields.inner(name), "uint8", 3))
    file = fields.optional("file", lambda name: _file_inside(fields, name))
    return EvidenceFrame(fields.number("time_s"), rgb, file)


def _tracks_to_json(tracks: PointTracks) -> dict[str, Any]:
    arrays: Mapping[str, np.ndarray] = {
        "ids": tracks.ids,
        "times_s": tracks.times_s,
        "xy": tracks.xy,
        "visible": tracks.visible,
    }
    return {name: _array_to_json(array) for name, array in arrays.items()}


def _tracks_from_json(fields: Fields) -> PointTracks:
    fields.only("ids", "times_s", "xy", "visible")
    ids = _array_from_json(fields.inner("ids"), "int64", 1)
    times_s = _array_from_json(fields.inner("times_s"), "float64", 1)
    xy = _array_from_json(fields.inner("xy"), "float32", 3)
    visible = _array_from_json(fields.inner("visible"), "bool", 2)
    if xy.shape != (len(ids), len(times_s), 2) or visible.shape != xy.shape[:2]:
        raise InputError(f"{fields.where}: the arrays of the tracks do not fit each other")
    return PointTracks(ids, times_s, xy, visible)


def _array_to_json(array: np.ndarray) -> dict[str, Any]:
    data = np.ascontiguousarray(array)
    return {"shape": list(data.shape), "base64": base64.b64encode(data.tobytes()).decode("ascii")}


def _array_from_json(fields: Fields, dtype: str, n_axes: int) -> Any:
    fields.only("shape", "base64")
    shape = fields.many("shape", as_whole)
    try:
        data = base64.b64decode(fields.text("base64"), validate=True)
        if len(shape) != n_axes or min(shape) < 0:
            raise ValueError(f"{n_axes} axes were expected")
        return np.frombuffer(data, dtype).reshape(shape).copy()
    except ValueError as error:
        raise InputError(f"{fields.where}: not an array of {dtype}: {error}") from error
