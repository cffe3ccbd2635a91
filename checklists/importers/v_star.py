"""V-STaR: what, when and where something is in a video; for judges, not for generators.

Published answers are free texts, spans and boxes. What of them labels can say is asked: in which half of the video,
and in which half of the picture, where the truth lies in one half as a whole. The rest is counted.

Source: V-STaR, arXiv 2503.11495 (2025), and the data format in its repository.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lawful.checklists.importers.fields import (
    as_text,
    case_name,
    listed,
    number,
    optional_text,
    question_name,
    text,
    without_place,
    word,
)
from lawful.checklists.importers.implausibench import NO_PROMPT
from lawful.checklists.importers.items import Item, LeftOut, Made, Note, Row, UnusableError, each_row
from lawful.checklists.importers.rows import read_rows
from lawful.checklists.importers.scales import FACTS, choice
from lawful.checklists.suite import Case, Question

HALF = choice("half_of_video", ("first half", "second half"))
SIDE = choice("half_of_picture", ("left half", "right half"))
_FAR = 1e9
WITHOUT_PLACE = ("chain", "object", "spatial_question_2")


def v_star(paths: Sequence[Path]) -> Iterator[Item]:
    """Each item as a case `v-star/<domain>/<number>`, with the questions on time and place that halves can answer."""
    for path in paths:
        for place, row in enumerate(read_rows(path, (".json", ".jsonl")), start=1):
            yield from each_row([row], lambda one, place=place: _item(one, place))


def _item(row: Row, place: int) -> Iterator[Item]:
    cells = row.cells
    name = case_name("v-star", word(optional_text(cells, "domain") or "none"), f"{place:05}")
    video = text(cells, "vid")
    questions: list[Question] = []
    answers: dict[str, str] = {}
    for key, kind, scale, half in (
        ("temporal_question", "when", HALF, _time_half(cells)),
        ("spatial_question", "where", SIDE, _picture_half(cells)),
    ):
        told = "half of the video" if kind == "when" else "half of the picture, seen from the viewer,"
        if half is None:
            yield Note(f"{kind}: the truth lies in no one half, so no label can say it")
            continue
        asked = as_text(f"{text(cells, key)}\nIn which {told} is it?", key)
        question = Question(question_name(name, kind), asked, FACTS, scale)
        questions.append(question)
        answers[question.id] = half
    yield Note("what: the answer is a free text, which no label can say")
    yield Note("when: the span itself has no place, only its half")
    yield Note("where: the boxes themselves have no place, only their half")
    yield from without_place(cells, WITHOUT_PLACE)
    if not questions:
        yield LeftOut(row.file, row.place, "nothing that is asked has an answer which is a label")
        return
    case = Case(name, NO_PROMPT, questions=tuple(questions), answers=answers)
    yield Made(case, row, f"{video}.mp4")


def _time_half(cells: dict[str, Any]) -> str | None:
    span = listed(cells, "timestamps")
    fps, n_frames = number(cells, "fps"), number(cells, "frame_count")
    if len(span) != 2 or not all(_is_number(one) for one in span) or not span[0] <= span[1] or fps <= 0:
        raise UnusableError("timestamps, fps, frame_count: a start, an end and a duration are wanted")
    middle_s = n_frames / fps / 2
    return "first half" if span[1] <= middle_s else "second half" if span[0] >= middle_s else None


def _picture_half(cells: dict[str, Any]) -> str | None:
    """The half in which all boxes lie."""
    middle_px = number(cells, "width") / 2
    boxes = [_box(entry) for entry in listed(cells, "bboxes")]
    if all(right <= middle_px for _, right in boxes):
        return "left half"
    return "right half" if all(left >= middle_px for left, _ in boxes) else None


def _box(entry: Any) -> tuple[float, float]:
    """Left and right of a box, which may lie under its time and frame."""
    box = entry
    if isinstance(entry, dict) and "xmin" not in entry and len(entry) == 1:
        box = next(iter(entry.values()))
    if not isinstance(box, dict) or not all(_is_number(box.get(key)) for key in ("xmin", "xmax")):
        raise UnusableError("bboxes: objects with xmin and xmax are wanted")
    return float(box["xmin"]), float(box["xmax"])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -_FAR < value < _FAR
