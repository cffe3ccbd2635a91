"""PhyGround: prompts with their laws, and sub-questions by law.

Source: PhyGround, arXiv 2605.10806 (2026), and the prompt files of its site, CC-BY-4.0.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lawful.checklists.importers.fields import (
    as_text,
    case_name,
    frame_path,
    listed,
    optional_text,
    present,
    question_name,
    text,
    without_place,
    word,
)
from lawful.checklists.importers.items import Item, LeftOut, Made, Row, UnusableError, each_row
from lawful.checklists.importers.rows import read_rows, records
from lawful.checklists.importers.scales import ONE_TO_FIVE
from lawful.checklists.json_file import pointer, read_json, shown_text
from lawful.checklists.laws import laws
from lawful.checklists.suite import Case, Question

GENERAL = ("SA", "PTV", "persistence")
LAWS = (
    "gravity",
    "inertia",
    "momentum",
    "impenetrability",
    "collision",
    "material",
    "buoyancy",
    "displacement",
    "flow_dynamics",
    "boundary_interaction",
    "fluid_continuity",
    "reflection",
    "shadow",
)
_RATE = "Rate it from 1 (clearly wrong) to 5 (clearly right)."
_GENERAL_TEXT = {
    "SA": "Does the video show what this asks for, starting from its first frame?",
    "PTV": "Does everything happen in an order in which it can happen, causes first, without jumps or repeats?",
    "persistence": "Do all things go on existing, as the same things with the same looks, until something changes them?",
}
WITHOUT_PLACE = ("difficulty", "per_model_scores")


def phyground(paths: Sequence[Path]) -> Iterator[Item]:
    """Each prompt as a case `<dataset>/<video>`, asked the three general questions and one for each of its laws.

    A JSON object whose keys are laws or general axes holds sub-questions: they are put into the question of their
    law, to think of before the one rating is given.
    """
    sub_questions: dict[str, list[str]] = {}
    prompts = []
    for path in paths:
        document = read_json(path) if path.suffix.lower() == ".json" else None
        if isinstance(document, dict) and document and set(document) <= {*GENERAL, *LAWS}:
            yield from _sub_questions(path, document, sub_questions)
        elif document is not None:
            prompts.append(records(document, path, ("prompts",)))
        else:
            prompts.append(read_rows(path, (".json", ".jsonl")))
    for rows in prompts:
        yield from each_row(rows, lambda row: _prompt(row, sub_questions))


def _sub_questions(path: Path, document: Mapping[str, Any], held: dict[str, list[str]]) -> Iterator[Item]:
    for key in document:
        try:
            entries = [_sub_question(entry, key) for entry in listed(document, key)]
        except UnusableError as error:
            yield LeftOut(str(path), pointer((key,)), str(error))
            continue
        if key in held:
            yield LeftOut(str(path), pointer((key,)), f"sub-questions of {key} are already there")
        held.setdefault(key, entries)


def _sub_question(entry: object, key: str) -> str:
    return as_text(entry.get("question") if isinstance(entry, dict) else entry, f"sub-question of {key}")


def _prompt(row: Row, sub_questions: Mapping[str, Sequence[str]]) -> Iterator[Item]:
    cells = row.cells
    video, prompt = text(cells, "video"), text(cells, "prompt")
    name = case_name(*(word(one) for one in (optional_text(cells, "dataset"), video) if one))
    tagged = listed(cells, "physical_laws")
    unknown = [law for law in tagged if law not in LAWS]
    if unknown:
        raise UnusableError(f"physical_laws: {shown_text(unknown[0])} is none of {', '.join(LAWS)}")
    asked = []
    for axis in GENERAL:
        told = _GENERAL_TEXT[axis] + (f"\nPrompt: {prompt}" if axis == "SA" else "")
        asked.append(_question(name, axis, axis, None, told, sub_questions))
    for law in dict.fromkeys(tagged):
        told = f"Does the video follow this law wherever it applies? {laws()[law].definition}"
        asked.append(_question(name, law, "physics", law, told, sub_questions))
    frame = frame_path(cells, "first_frame") if present(cells, "first_frame") else frame_path(cells, "image")
    expected = optional_text(cells, "expected_outcome") or optional_text(cells, "expected")
    yield Made(Case(name, prompt, frame, expected, questions=tuple(asked)), row, f"{video}.mp4")
    yield from without_place(cells, WITHOUT_PLACE)


def _question(
    case: str,
    key: str,
    axis: str,
    law: str | None,
    told: str,
    sub_questions: Mapping[str, Sequence[str]],
) -> Question:
    lines = [f"- {one}" for one in sub_questions.get(key, ())]
    whole = "\n".join([told, *(["Think of these first:"] if lines else []), *lines, _RATE])
    return Question(
        question_name(case, key), as_text(whole, f"question on {key}"), axis, ONE_TO_FIVE, law=law
    )
