"""VCRBench: shuffled steps of a procedure whose order is known; for judges, not for generators.

Source: Sarkar and Etemad, arXiv 2505.08455 (2025), and its data loader and answer files, MIT.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from lawful.checklists.importers.fields import (
    as_text,
    case_name,
    identifier,
    listed,
    present,
    question_name,
    text,
)
from lawful.checklists.importers.implausibench import NO_PROMPT
from lawful.checklists.importers.items import Item, Made, Row, UnusableError, each_row
from lawful.checklists.importers.rows import read_rows
from lawful.checklists.importers.scales import FACTS, choice
from lawful.checklists.json_file import shown_text
from lawful.checklists.suite import Case, Question

MAX_CLIPS = 20


def vcrbench(paths: Sequence[Path]) -> Iterator[Item]:
    """Each item as a case `vcrbench/<number of clips>/<qid>`, with one question a place: which clip comes there."""
    for path in paths:
        yield from each_row(read_rows(path, (".json", ".jsonl")), _item)


def _item(row: Row) -> Iterator[Item]:
    order = _order(row)
    n = len(order)
    name = case_name("vcrbench", str(n), identifier(row.cells, "qid"))
    scale = choice(f"clip_of_{n}", tuple(f"Clip {number}" for number in range(1, n + 1)))
    asked = tuple(
        Question(
            question_name(name, f"place{place}"),
            as_text(f"{_task(row)}\nWhich clip comes at place {place} of the right order?", "question"),
            FACTS,
            scale,
        )
        for place in range(1, n + 1)
    )
    answers = {question.id: f"Clip {clip}" for question, clip in zip(asked, order, strict=True)}
    video = PurePosixPath(text(row.cells, "video_file")).as_posix()
    yield Made(Case(name, NO_PROMPT, questions=asked, answers=answers), row, video)


def _task(row: Row) -> str:
    if present(row.cells, "question"):
        return text(row.cells, "question")
    goal = text(row.cells, "goal")
    return (
        f"The video holds shuffled clips of somebody who does this: {goal}. A card before each clip tells its "
        "number. They belong in the order in which the work is done."
    )


def _order(row: Row) -> list[int]:
    """Numbers of the clips from 1 in their right order; `ground_truth` counts from 0, `answer` from 1."""
    key, first = ("answer", 1) if present(row.cells, "answer") else ("ground_truth", 0)
    told = listed(row.cells, key)
    n = len(told)
    whole = all(isinstance(one, int) and not isinstance(one, bool) for one in told)
    if not 2 <= n <= MAX_CLIPS or not whole or sorted(told) != list(range(first, first + n)):
        raise UnusableError(
            f"{key}: 2 to {MAX_CLIPS} clips, each once, counted from {first}, are wanted; "
            f"found {shown_text(str(told))}"
        )
    return [one + 1 - first for one in told]
