"""OVO-Bench: questions on what a video has shown up to a moment; for judges, not for generators.

Source: Li et al., arXiv 2501.05510 (2025), and the loader and scorer in its repository, MIT.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lawful.checklists.importers.fields import (
    as_text,
    case_name,
    identifier,
    listed,
    number,
    question_name,
    text,
    whole,
    without_place,
)
from lawful.checklists.importers.implausibench import NO_PROMPT
from lawful.checklists.importers.items import Item, LeftOut, Made, Note, Row, UnusableError, each_row
from lawful.checklists.importers.rows import read_rows
from lawful.checklists.importers.scales import FACTS, YES_NO, choice, letters, options_text
from lawful.checklists.json_file import pointer, shown_text
from lawful.checklists.suite import Case, Question, Scale

MODES = {
    "backward": ("EPM", "ASI", "HLD"),
    "realtime": ("OCR", "ACR", "ATR", "STU", "FPD", "OJR"),
    "forward": ("REC", "SSR", "CRR"),
}
COUNT = choice("count", tuple(str(count) for count in range(51)))
"""Counts of repeated actions; published ones are far below 50."""
TIME = "realtime: a suite has no place for the moment of asking; it ends the case's id, see docs/importing.md"


def ovo_bench(paths: Sequence[Path]) -> Iterator[Item]:
    """Each query as a case `<mode>/<task>/<id>/<seconds>s`, the video being shown up to that moment."""
    for path in paths:
        yield from each_row(read_rows(path, (".json", ".jsonl")), _entry)


def _entry(row: Row) -> Iterator[Item]:
    task = text(row.cells, "task")
    mode = next((mode for mode, tasks in MODES.items() if task in tasks), None)
    if mode is None:
        known = ", ".join(task for tasks in MODES.values() for task in tasks)
        raise UnusableError(f"task: {shown_text(task)} is none of {known}")
    if mode != "forward":
        yield from _options(row, mode, task)
        return
    for place, info in enumerate(listed(row.cells, "test_info")):
        here = Row(row.file, row.place + pointer(("test_info", place)), row.cells)
        try:
            yield from _forward(here, task, info)
        except UnusableError as error:
            yield LeftOut(here.file, here.place, str(error))
    yield from without_place(row.cells, ("ask_time", "clue_time", "answer"))


def _options(row: Row, mode: str, task: str) -> Iterator[Item]:
    options = [as_text(one, "options") for one in listed(row.cells, "options")]
    right = whole(row.cells, "gt")
    if not 2 <= len(options) <= 26 or right >= len(options):
        raise UnusableError(
            f"options, gt: 2 to 26 options and the place of one are wanted, found {len(options)} and {right}"
        )
    asked = options_text(text(row.cells, "question"), options)
    scale = letters(len(options))
    yield from _made(row, mode, task, row.cells, asked, scale, list(scale.values)[right])


def _forward(row: Row, task: str, info: Any) -> Iterator[Item]:
    if not isinstance(info, dict):
        raise UnusableError(f"an object is wanted, found {shown_text(info)}")
    if task == "REC":
        asked = f'How many times in all has somebody done this so far: "{text(row.cells, "activity")}"?'
        count = whole(info, "count")
        if str(count) not in COUNT.values:
            raise UnusableError(f"count: {count} is more than {len(COUNT.values) - 1}")
        yield from _made(row, "forward", task, info, asked, COUNT, str(count))
        return
    kind = whole(info, "type")
    if kind not in (0, 1):
        raise UnusableError(f"type: 0 or 1 is wanted, found {kind}")
    if task == "SSR":
        asked = f'Is somebody doing this step right now, at the end of the video: "{text(info, "step")}"?'
    else:
        asked = f'Has the video shown enough so far to answer this: "{text(row.cells, "question")}"?'
    yield from _made(row, "forward", task, info, asked, YES_NO, "yes" if kind else "no")


def _made(
    row: Row, mode: str, task: str, timed: dict[str, Any], asked: str, scale: Scale, right: str
) -> Iterator[Item]:
    seconds = number(timed, "realtime")
    name = case_name(mode, task, identifier(row.cells, "id"), f"{seconds:g}s")
    question = Question(question_name(name, "q"), as_text(asked, "question"), FACTS, scale)
    case = Case(name, NO_PROMPT, questions=(question,), answers={question.id: right})
    yield Made(case, row, text(row.cells, "video"))
    yield Note(TIME)
