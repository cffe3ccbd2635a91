"""MME-CoF: a JSON list of cases, each rated from 0 to 4 in five ways.

Source: Guo et al., arXiv 2510.26802 (2025); fields and ratings as in its published scorer, MIT.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from lawful.checklists.importers.fields import (
    as_text,
    case_name,
    frame_path,
    question_name,
    text,
    whole,
    without_place,
)
from lawful.checklists.importers.items import Item, Made, Row, UnusableError, each_row
from lawful.checklists.importers.rows import read_rows
from lawful.checklists.importers.scales import ZERO_TO_FOUR
from lawful.checklists.json_file import shown_text
from lawful.checklists.suite import Case, Question

CATEGORIES = (
    "visual trace reasoning",
    "2D geometry reasoning",
    "3D geometry reasoning",
    "real world spatial reasoning",
    "physics based reasoning",
    "object counting reasoning",
    "visual detail reasoning",
    "table and chart reasoning",
    "rotation reasoning",
    "gui reasoning",
    "medical reasoning",
    "embodied reasoning",
)
"""The categories, in the order of the paper."""
_RATE = "Rate it from 0 (not at all) to 4 (fully), by what can be seen alone."
QUESTIONS = (
    Question(
        "temporal_consistency",
        f"Does one moment lead smoothly to the next, without jumps, flicker or sudden changes? {_RATE}",
        "temporal_consistency",
        ZERO_TO_FOUR,
    ),
    Question(
        "visual_stability",
        f"Are the looks of things, their motion and the view steady? {_RATE}",
        "visual_stability",
        ZERO_TO_FOUR,
    ),
    Question(
        "content_fidelity",
        f"Are the things that matter kept throughout, with nothing invented and nothing lost? {_RATE}",
        "content_fidelity",
        ZERO_TO_FOUR,
    ),
    Question(
        "focus_relevance",
        f"Does the video stay with what it is meant to be about? {_RATE}",
        "focus_relevance",
        ZERO_TO_FOUR,
    ),
)
"""Four of the ratings, in our own words; the fifth, on the instruction, stands in each case with its text."""


def mme_cof(paths: Sequence[Path]) -> Iterator[Item]:
    """Each entry as a case `<category>/<idx>`."""
    for path in paths:
        yield from each_row(read_rows(path, (".json", ".jsonl")), _entry)


def _entry(row: Row) -> Iterator[Item]:
    category, prompt = text(row.cells, "category"), text(row.cells, "reasoning_prompt")
    if category not in CATEGORIES:
        raise UnusableError(f"category: {shown_text(category)} is none of {', '.join(CATEGORIES)}")
    name = case_name(category, str(whole(row.cells, "idx")))
    image = frame_path(row.cells, "image")
    told = f"Does the video do what is described here, step by step and in this order?\nDescription: {prompt}\n{_RATE}"
    asked = as_text(told, "reasoning_prompt with its question")
    question = Question(
        question_name(name, "instruction_alignment"), asked, "instruction_alignment", ZERO_TO_FOUR
    )
    video = None if image is None else f"{PurePosixPath(image).stem}.mp4"
    yield Made(Case(name, prompt, first_frame=image, questions=(question,)), row, video)
    yield from without_place(row.cells, ("question",))
