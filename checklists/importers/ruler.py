"""RULER-Bench: data.jsonl or its Parquet, one instance a row.

Source: He et al., arXiv 2512.02622 (2025), and the fields that its eval/eval.py reads, MIT.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from lawful.checklists.importers.fields import (
    as_text,
    case_name,
    frame_path,
    listed,
    optional_text,
    question_name,
    text,
    whole,
    without_place,
    word,
)
from lawful.checklists.importers.items import Item, Made, Row, UnusableError, each_row
from lawful.checklists.importers.rows import read_rows
from lawful.checklists.importers.scales import GOOD_MEDIUM_POOR
from lawful.checklists.json_file import shown_text
from lawful.checklists.suite import Case, Question

METRICS = ("Instruction Following", "Visual Consistency", "Visual Fidelity", "Rule Coherence")
"""Keys of a checklist, which become the axes."""
CATEGORIES = ("science", "game", "semantic", "hypothetical", "humanity", "vision rule")
"""The categories, in the order of the paper."""
ENDINGS = (".jsonl", ".json", ".parquet")
WITHOUT_PLACE = ("input_video_path", "gt_image_path", "initial_scenario")


def ruler(paths: Sequence[Path]) -> Iterator[Item]:
    """Each instance as a case `<category>/<task>/<index>`; each entry of its checklist as a question."""
    for path in paths:
        yield from each_row(read_rows(path, ENDINGS), _instance)


def _instance(row: Row) -> Iterator[Item]:
    cells = row.cells
    category = text(cells, "category")
    if category not in CATEGORIES:
        raise UnusableError(f"category: {shown_text(category)} is none of {', '.join(CATEGORIES)}")
    task, index = word(text(cells, "task_name")), whole(cells, "index")
    name = case_name(category, task, str(index))
    questions = tuple(
        _question(entry, number, name) for number, entry in enumerate(listed(cells, "checklist"), start=1)
    )
    case = Case(
        id=name,
        prompt=text(cells, "prompt"),
        first_frame=frame_path(cells, "input_image_path"),
        expected=optional_text(cells, "implicit_explanation"),
        questions=questions,
    )
    yield Made(case, row, f"{task}/{index}.mp4")
    yield from without_place(cells, WITHOUT_PLACE)


def _question(entry: object, number: int, case: str) -> Question:
    where = f"checklist, entry {number}"
    if not isinstance(entry, dict) or len(entry) != 1:
        raise UnusableError(
            f"{where}: an object with one key, the metric, is wanted; found {shown_text(entry)}"
        )
    ((metric, asked),) = entry.items()
    if metric not in METRICS:
        raise UnusableError(f"{where}: {shown_text(metric)} is none of {', '.join(METRICS)}")
    return Question(question_name(case, f"q{number}"), as_text(asked, where), metric, GOOD_MEDIUM_POOR)
