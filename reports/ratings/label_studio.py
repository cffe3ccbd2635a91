"""Ratings from the JSON export of Label Studio."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lawful.checklists.json_file import pointer, read_json, shown_text
from lawful.core.errors import InputError
from lawful.reports.ratings.cells import Cell, Entry, Note
from lawful.reports.ratings.record import Problem

_DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "video": ("video", "video_url", "videopath", "path"),
    "left": ("left", "video1", "video_a"),
    "right": ("right", "video2", "video_b"),
}
_ANSWERS = {"rating": "rating", "number": "number", "choices": "choices", "pairwise": "selected"}
"""Types of results that are ratings, and where the answer stands."""


def label_studio(paths: Sequence[Path], keys: Mapping[str, str] | None = None) -> Iterator[Entry]:
    """The annotations of tasks: results of the types rating, number, choices and pairwise.

    The axis is the name of the control (`from_name`), the rater who completed the annotation, the seconds its
    `lead_time`. An annotation that was skipped is a problem, for it says nothing.

    Args:
        paths: Files of "JSON" exports.
        keys: Key in a task's `data` of each field, where it is called otherwise.

    Raises:
        InputError: A file is no list of tasks.
    """
    for path in paths:
        tasks = read_json(path)
        if not isinstance(tasks, list):
            raise InputError(f"{path}: no export of Label Studio: a list of tasks is wanted")
        for number, task in enumerate(tasks):
            data = task.get("data") if isinstance(task, dict) else None
            annotations = task.get("annotations") if isinstance(task, dict) else None
            if not isinstance(data, dict) or not isinstance(annotations, list):
                text = 'wanted: an object with "data" and a list of "annotations"'
                yield Problem("broken_row", str(path), pointer((number,)), text)
                continue
            fields = _data(data, keys or {})
            for each, annotation in enumerate(annotations):
                yield from _annotation(path, (number, "annotations", each), annotation, fields)


def _data(data: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("video", "pair", "left", "right", "generator", "case", "prompt"):
        wanted = (keys[name],) if name in keys else _DEFAULTS.get(name, (name,))
        found[name] = next((data[key] for key in wanted if key in data), None)
    return found


def _annotation(
    path: Path, place: tuple[str | int, ...], body: Any, fields: dict[str, Any]
) -> Iterator[Entry]:
    results = body.get("result") if isinstance(body, dict) else None
    if not isinstance(results, list):
        yield Problem("broken_row", str(path), pointer(place), 'wanted: an object with a list "result"')
        return
    by = body.get("completed_by")
    rater = (by.get("email") or by.get("id")) if isinstance(by, dict) else by
    if body.get("was_cancelled") or not results:
        text = f"the annotation of {shown_text(rater)} was skipped or is empty"
        yield Problem("missing_cell", str(path), pointer(place), text)
        return
    told = {**fields, "rater": rater, "seconds": body.get("lead_time"), "time": body.get("created_at")}
    for number, result in enumerate(results):
        at = (*place, "result", number)
        kind = result.get("type") if isinstance(result, dict) else None
        value = result.get("value") if isinstance(result, dict) else None
        if not isinstance(kind, str) or not isinstance(value, dict):
            yield Problem("broken_row", str(path), pointer(at), 'wanted: an object with "type" and "value"')
        elif kind not in _ANSWERS:
            yield Note(f"results of the type {shown_text(kind, quotes=False)}, which are no ratings")
        else:
            answer = value.get(_ANSWERS[kind])
            if isinstance(answer, list):
                answer = (
                    answer[0] if len(answer) == 1 else None if not answer else " + ".join(map(str, answer))
                )
            cell = {**told, "axis": result.get("from_name"), "value": answer}
            yield Cell(str(path), pointer(at), cell)
