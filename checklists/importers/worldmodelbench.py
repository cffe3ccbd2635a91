"""WorldModelBench: worldmodelbench.json, one instance an entry.

Source: Li et al., arXiv 2502.20694 (2025), and the README and evaluation.py of its repository.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from lawful.checklists.importers.fields import (
    as_text,
    case_name,
    frame_path,
    optional_text,
    question_name,
    text,
    word,
)
from lawful.checklists.importers.items import Item, Made, Row, UnusableError, each_row
from lawful.checklists.importers.rows import read_rows
from lawful.checklists.importers.scales import YES_NO, ZERO_TO_THREE
from lawful.checklists.suite import Case, Question

QUESTIONS = (
    Question(
        "newton", "Does nothing start or turn without a push or pull?", "physics", YES_NO, law="inertia"
    ),
    Question(
        "mass",
        "Do solid things keep their size and shape, but for changes that have a cause?",
        "physics",
        YES_NO,
        law="rigidity",
    ),
    Question("fluid", "Do liquids flow as liquids do?", "physics", YES_NO, law="flow_dynamics"),
    Question("penetration", "Do things stay out of each other?", "physics", YES_NO, law="impenetrability"),
    Question(
        "gravity", "Does everything fall, or rest, as gravity has it?", "physics", YES_NO, law="gravity"
    ),
    Question("framewise", "Are the single pictures clean and pleasant to look at?", "common sense", YES_NO),
    Question("temporal", "Is the video free of flicker and of sudden changes?", "common sense", YES_NO),
)
"""Five laws and two of common sense, in our own words and turned round: yes means that nothing is wrong."""


def worldmodelbench(paths: Sequence[Path]) -> Iterator[Item]:
    """Each instance as a case `<domain>/<subdomain>/<stem of its first frame>`."""
    for path in paths:
        yield from each_row(read_rows(path, (".json",)), _instance)


def _instance(row: Row) -> Iterator[Item]:
    cells = row.cells
    instruction, before = text(cells, "text_instruction"), optional_text(cells, "text_first_frame")
    frame = frame_path(cells, "first_frame")
    if frame is None:
        raise UnusableError("first_frame is missing; it names the instance")
    stem = PurePosixPath(frame).stem
    name = case_name(*(word(text(cells, key)) for key in ("domain", "subdomain")), word(stem))
    told = (
        f'Does the video do what it is told: "{instruction}"? Rate it: 0 nothing of it; 1 the right things do '
        "something else, or other things do it; 2 it goes that way; 3 done, exactly."
    )
    asked = Question(
        question_name(name, "instruction"),
        as_text(told, "text_instruction with its question"),
        "instruction",
        ZERO_TO_THREE,
    )
    prompt = as_text(f"{before} {instruction}" if before else instruction, "the two texts together")
    yield Made(Case(name, prompt, frame, questions=(asked,)), row, f"{stem}.mp4")
