"""Physics-IQ: descriptions.csv, one video a row. The benchmark compares pictures and asks nothing.

Source: Motamed et al., arXiv 2501.09038 (2025), and the descriptions in its repository.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lawful.checklists.importers.fields import as_text, case_name, optional_text, question_name, text, word
from lawful.checklists.importers.items import Item, Made, Note, Row, UnusableError, each_row
from lawful.checklists.importers.rows import read_rows
from lawful.checklists.importers.scales import YES_NO
from lawful.checklists.json_file import shown_text
from lawful.checklists.suite import Case, Question

ADDED = "the benchmark asks nothing: whether the video shows what was asked for was added"

LATER_TAKE = "a second take of a scene: the benchmark measures its noise with it and prompts with the first"


def shown_question(case: str, prompt: str) -> Question:
    """Whether a video shows its prompt, for benchmarks without questions of their own."""
    told = f'Does the video show all of this, and nothing that contradicts it: "{prompt}"?'
    return Question(question_name(case, "shown"), as_text(told, "prompt with its question"), "prompt", YES_NO)


def physics_iq(paths: Sequence[Path]) -> Iterator[Item]:
    """Each description as a case `<category>/<ID>`, the ID being the four digits that files begin with."""
    for path in paths:
        yield from each_row(read_rows(path, (".csv",)), _description)


def _description(row: Row) -> Iterator[Item]:
    scenario, prompt = text(row.cells, "scenario"), text(row.cells, "description")
    found = re.match(r"\d{4}(?=_)", scenario, re.ASCII)
    if found is None:
        raise UnusableError(
            f"scenario: a file that begins with four digits is wanted, found {shown_text(scenario)}"
        )
    if "_take-" in scenario and "_take-1_" not in scenario:
        yield Note(LATER_TAKE)
        return
    name = case_name(word(text(row.cells, "category")), found[0])
    case = Case(name, prompt, questions=(shown_question(name, prompt),))
    yield Made(case, row, optional_text(row.cells, "generated_video_name"))
    yield Note(ADDED)
