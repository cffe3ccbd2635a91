"""VBench and VBench-2.0: the JSON files of prompts, or the text files with one prompt a line.

Source: Huang et al., arXiv 2311.17982 (2023); Zheng et al., arXiv 2503.21755 (2025); their repository, Apache-2.0.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lawful.checklists.importers.fields import (
    as_text,
    case_name,
    frame_path,
    question_name,
    text,
    without_place,
    word,
)
from lawful.checklists.importers.items import Item, Made, Note, Row, UnusableError, each_row
from lawful.checklists.importers.physics_iq import ADDED, shown_question
from lawful.checklists.importers.rows import Rows, read_rows, text_of
from lawful.checklists.importers.scales import YES_NO
from lawful.checklists.json_file import shown_text
from lawful.checklists.suite import Case, Question

WITHOUT_PLACE = ("prompt_cn", "prompt_en_aug", "image_type")
_YES_OR_NO = re.compile(r"\s*\(yes or no\)\s*$", re.IGNORECASE)


def vbench(paths: Sequence[Path]) -> Iterator[Item]:
    """Each prompt as a case `<dimension>/<number>`, counted in its file.

    Yes-no questions of VBench-2.0 become questions on the axis of their dimension; a prompt without any gets one of
    ours.
    """
    for path in paths:
        rows = _lines(path) if path.suffix.lower() == ".txt" else read_rows(path, (".json", ".txt"))
        counted = _numbered(rows)
        yield from each_row(counted, _prompt)


def _lines(path: Path) -> Rows:
    for number, line in enumerate(text_of(path).split("\n"), start=1):
        if line.strip():
            yield Row(str(path), f"line {number}", {"prompt_en": line, "dimension": path.stem})


def _numbered(rows: Rows) -> Rows:
    for number, row in enumerate(rows, start=1):
        yield (
            Row(row.file, row.place, {**row.cells, "number": f"{number:04}"}) if isinstance(row, Row) else row
        )


def _prompt(row: Row) -> Iterator[Item]:
    prompt, dimensions = text(row.cells, "prompt_en"), row.cells.get("dimension")
    if isinstance(dimensions, str):
        dimensions = [dimensions]
    if not isinstance(dimensions, list) or not dimensions:
        raise UnusableError(f"dimension: a name or a list of names is wanted, found {shown_text(dimensions)}")
    first = word(as_text(dimensions[0], "dimension"))
    name = case_name(first, row.cells["number"])
    asked = _questions(row.cells.get("auxiliary_info"), name, first)
    frame = frame_path(row.cells, "image_name")
    yield Made(Case(name, prompt, frame, questions=asked or (shown_question(name, prompt),)), row)
    if not asked:
        yield Note(ADDED)
        if row.cells.get("auxiliary_info"):
            yield Note("auxiliary_info without yes-no questions: a suite has no place for it")
    if len(dimensions) > 1:
        yield Note("dimension: a case stands under the first of several")
    yield from without_place(row.cells, WITHOUT_PLACE)


def _questions(told: object, case: str, dimension: str) -> tuple[Question, ...]:
    """The yes-no questions of a prompt; none where it has other things to check."""
    if not isinstance(told, list) or not all(isinstance(one, str) and _YES_OR_NO.search(one) for one in told):
        return ()
    return tuple(
        Question(
            question_name(case, f"q{number}"), as_text(_YES_OR_NO.sub("", one), "question"), dimension, YES_NO
        )
        for number, one in enumerate(told, start=1)
    )
