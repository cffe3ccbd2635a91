"""Reading a run: while it is written, from a read-only folder, and without trusting what is in it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from lawful.core.errors import InputError
from lawful.core.fields import Fields
from lawful.judge.codec import DRIFT_NUMBERS, drift_from_json, label_value, rule_from_json
from lawful.judge.records import Unscored, Verdict
from lawful.judge.rows import COLUMNS, from_row
from lawful.judge.runfile import RUN_FILE, RunFile, read_run_file
from lawful.judge.schema import DATABASE, UNREADABLE, damaged, open_reader
from lawful.judge.stored import AskedQuestion, StoredClip, StoredPrefix, Way
from lawful.judge.summary import SummaryRule
from lawful.video.drift import Drift

_TASKS = """
SELECT input.name, sheet.suite, judge.name, task.sheet, judge.series, task.until_s,
  task.judge, task.repeat, task.given, task.video, task.error,
  input.path, input.prompt, input.story, input.generator, input.seed,
  judge.fingerprint, judge.rule, video.sha256, video.duration_s, video.width_px, video.height_px, input.image_fps,
  judge.fps, judge.wordings
FROM task LEFT JOIN input ON input.id = task.input LEFT JOIN sheet ON sheet.id = task.sheet
  LEFT JOIN judge ON judge.id = task.judge LEFT JOIN video ON video.id = task.video
WHERE (task.until_s > 0) = ?
ORDER BY input.name, sheet.suite, judge.name, judge.series, sheet.sha256, task.until_s, judge.fps, task.repeat
"""


@dataclass(frozen=True)
class RunInfo:
    """What a run folder says of itself."""

    folder: Path
    """The run folder."""
    file: RunFile | None
    """Its `run.toml`; None if there is none, as in a folder made by hand."""
    n_inputs: int
    """Inputs that were looked at so far."""
    n_failed: int
    """Inputs that could not be scored."""
    n_verdicts: int
    """Outcomes of questions in the store, of earlier judges and suites too."""


@dataclass(frozen=True)
class _Sheet:
    """The questions of a suite for a clip: number, id and labels of each, and how it was asked."""

    lines: tuple[tuple[int, str, tuple[str, ...]], ...]
    questions: tuple[AskedQuestion, ...]
    gate_at: float | None


def read_run(run: Path) -> Iterator[StoredClip]:
    """Everything a run holds of whole clips, one clip under one suite and one judge at a time.

    The order is that of the inputs' names, then suites, then judges. All is read from one moment of the store,
    even if it is being written. Memory does not grow with the number of verdicts.

    Args:
        run: The run folder.

    Raises:
        InputError: No run is here, or its store is of a newer version, or damaged.
    """
    with _one_moment(run) as connection:
        for clip, _ in _clips(connection, of_prefixes=False):
            yield clip


def read_prefixes(run: Path) -> Iterator[StoredPrefix]:
    """Everything a run holds of clips that were looked at as if they ended early (`lawful score --until`).

    The order is that of `read_run`, then by time. A clip that is shorter than a time has no look there.

    Args:
        run: The run folder.

    Raises:
        InputError: No run is here, or its store is of a newer version, or damaged.
    """
    with _one_moment(run) as connection:
        for clip, until_s in _clips(connection, of_prefixes=True):
            yield StoredPrefix(clip, until_s, _drift(connection, clip, until_s))


@contextmanager
def _one_moment(run: Path) -> Iterator[sqlite3.Connection]:
    path = run / DATABASE
    with closing(open_reader(path)) as connection:
        try:
            connection.execute("BEGIN")
            yield connection
        except UNREADABLE as error:
            raise damaged(path, error) from error
        except InputError as error:
            raise InputError(f"{path}: {error}") from error


def thresholds_made_on(run: Path) -> dict[str, str]:
    """What the thresholds of a run's judges were made on, for the judges whose settings say so.

    Returns:
        By the judge's name; where it was used with several thresholds, the texts one after the other.

    Raises:
        InputError: No run is here, or its store is of a newer version, or damaged.
    """
    told: dict[str, list[str]] = {}
    with _one_moment(run) as connection:
        for name, text in connection.execute("SELECT name, identity FROM judge ORDER BY id"):
            identity = _json(text, f"the identity of judge {name!r}")
            settings = identity.get("settings") if isinstance(identity, dict) else None
            made_on = settings.get("thresholds_made_on") if isinstance(settings, dict) else None
            if isinstance(made_on, str) and made_on not in told.setdefault(name, []):
                told[name].append(made_on)
    return {name: "; ".join(texts) for name, texts in told.items() if texts}


def licences(run: Path) -> dict[str, str]:
    """Under which licences the weights of a run's generators are, for the generators of which a manifest told it.

    Returns:
        By the generator's name; where manifests differ, the licences one after the other.

    Raises:
        InputError: No run is here, or its store is of a newer version, or damaged.
    """
    told: dict[str, list[str]] = {}
    with _one_moment(run) as connection:
        for generator, licence in connection.execute(
            "SELECT DISTINCT generator, licence FROM input WHERE generator IS NOT NULL AND licence IS NOT NULL"
            " ORDER BY generator, licence"
        ):
            name = _text(generator, "the generator of an input")
            told.setdefault(name, []).append(_text(licence, f"the licence of generator {name!r}"))
    return {name: "; ".join(texts) for name, texts in told.items()}


def run_info(run: Path) -> RunInfo:
    """What a run folder says of itself.

    Raises:
        InputError: No run is here, or its store is of a newer version, or damaged.
    """
    path = run / DATABASE
    with closing(open_reader(path)) as connection:
        try:
            counts = connection.execute(
                "SELECT (SELECT count(*) FROM input),"
                " (SELECT count(DISTINCT input) FROM task WHERE error IS NOT NULL AND until_s = 0),"
                " (SELECT count(*) FROM verdict)"
            ).fetchone()
        except UNREADABLE as error:
            raise damaged(path, error) from error
    file = read_run_file(run / RUN_FILE) if (run / RUN_FILE).exists() else None
    return RunInfo(run, file, *counts)


def _clips(connection: sqlite3.Connection, of_prefixes: bool) -> Iterator[tuple[StoredClip, float]]:
    sheets: dict[int, _Sheet] = {}
    rules: dict[str, SummaryRule] = {}
    tasks = connection.execute(_TASKS, (of_prefixes,))
    for (name, suite, judge_name, sheet, series, until_s), group in groupby(tasks, key=lambda row: row[:6]):
        looks = list(group)
        if sheet not in sheets:
            sheets[sheet] = _sheet(connection, sheet)
        (
            path,
            prompt,
            case,
            generator,
            seed,
            fingerprint,
            rule_text,
            sha256,
            duration_s,
            width_px,
            height_px,
            image_fps,
        ) = looks[0][11:23]
        if series not in rules:
            rules[series] = rule_from_json(_json(rule_text, f"the rule of judge {judge_name!r}"))
        done = [look for look in looks if look[10] is None]
        one_rate = len({look[6] for look in looks}) == 1
        clip = StoredClip(
            video=_text(name, "the name of an input"),
            path=_text(path, "the path of an input"),
            sha256=sha256,
            suite=_text(suite, "the id of a suite"),
            judge=_text(judge_name, "the name of a judge"),
            fingerprint=_text(fingerprint if one_rate else series, "the fingerprint of a judge"),
            rule=rules[series],
            generator=generator,
            case=case,
            prompt=prompt,
            seed=seed,
            error=next((look[10] for look in looks if look[10] is not None), None),
            duration_s=duration_s,
            width_px=width_px,
            height_px=height_px,
            questions=sheets[sheet].questions,
            repeats=tuple(_verdicts(connection, look, sheets[sheet], sha256) for look in done),
            image_fps=image_fps,
            gate_at=sheets[sheet].gate_at,
            ways=tuple(_way(look) for look in done),
        )
        yield clip, until_s


def _way(look: tuple[Any, ...]) -> Way:
    repeat, fps, n_wordings = look[7], *look[23:25]
    sound = type(repeat) is int and repeat >= 0 and type(n_wordings) is int and n_wordings >= 1
    if not sound or not (fps is None or (type(fps) is float and fps > 0)):
        raise InputError(
            f"look {repeat!r} at {fps!r} frames a second with {n_wordings!r} wordings is damaged"
        )
    return Way(fps, repeat % n_wordings, repeat // n_wordings)


def _drift(connection: sqlite3.Connection, clip: StoredClip, until_s: float) -> Drift | None:
    row = connection.execute(
        f"SELECT n_frames, {', '.join(DRIFT_NUMBERS)}, reason FROM drift"  # noqa: S608 - constants
        " WHERE video = (SELECT id FROM video WHERE sha256 = ?) AND until_s = ?",
        (clip.sha256, until_s),
    ).fetchone()
    if row is None:
        return None
    names = ("n_frames", *DRIFT_NUMBERS, "reason")
    return drift_from_json(Fields(dict(zip(names, row, strict=True)), f"the drift of {clip.video!r}"))


def _verdicts(
    connection: sqlite3.Connection,
    look: tuple[Any, ...],
    sheet: _Sheet,
    sha256: str,
) -> tuple[Verdict | Unscored, ...]:
    judge, repeat, given, video = look[6:10]
    fingerprint = _text(look[16], "the fingerprint of a judge")
    held = {
        row[0]: row
        for row in connection.execute(
            f"SELECT question, {COLUMNS} FROM verdict"  # noqa: S608 - a constant
            " WHERE video = ? AND given = ? AND judge = ? AND repeat = ?",
            (video, given, judge, repeat),
        )
    }
    try:
        return tuple(
            [from_row(held[row], sha256, name, labels, fingerprint) for row, name, labels in sheet.lines]
        )
    except KeyError as error:
        raise InputError(f"verdicts of {look[0]!r} are missing: the store is damaged") from error


def _sheet(connection: sqlite3.Connection, sheet: int) -> _Sheet:
    lines: list[tuple[int, str, tuple[str, ...]]] = []
    questions: list[AskedQuestion] = []
    for name, row, tier, text in connection.execute(
        "SELECT sheet_line.name, question.id, sheet_line.tier, question.body FROM sheet_line"
        " LEFT JOIN question ON question.id = sheet_line.question WHERE sheet = ? ORDER BY position",
        (sheet,),
    ):
        _text(name, "the id of a question")
        fields = Fields(_json(text, f"question {name!r}"), f"question {name!r}")
        if tier is not None and type(tier) is not int:
            raise InputError(f"question {name!r} is of tier {tier!r}, which is no whole number")
        scale = dict(fields.many("scale", label_value))
        lines.append((row, name, tuple(scale)))
        questions.append(
            AskedQuestion(
                id=name,
                text=fields.text("text"),
                axis=fields.text("axis"),
                law=fields.optional("law", fields.text),
                scale=scale,
                tier=tier,
            )
        )
    return _Sheet(tuple(lines), tuple(questions), _gate_at(connection, sheet))


def _gate_at(connection: sqlite3.Connection, sheet: int) -> float | None:
    row = connection.execute("SELECT gate_at FROM sheet WHERE id = ?", (sheet,)).fetchone()
    at = None if row is None else row[0]
    if at is not None and not (type(at) is float and 0 < at <= 1):
        raise InputError(f"a suite's gate is at {at!r}, which is no share above 0")
    return at


def _json(text: Any, what: str) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{what} is damaged: {error}") from error


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{what} is missing or damaged: {value!r}")
    return value
