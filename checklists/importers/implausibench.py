"""ImplausiBench: a JSON list of scenarios, each a real and an implausible clip under one question with options A-G.

Source: Motamed et al., arXiv 2510.07550 (2025), and its data card, MIT.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from lawful.checklists.importers.fields import as_text, case_name, text, word
from lawful.checklists.importers.items import Item, Made, Row, UnusableError, each_row
from lawful.checklists.importers.rows import read_rows
from lawful.checklists.importers.scales import options_text
from lawful.checklists.json_file import shown_text
from lawful.checklists.suite import Case, Question, Scale
from lawful.core.digest import digest

AXIS = "implausibench"
LETTERS = "ABCDEFG"
NO_PROMPT = "No prompt is known for this clip."
_VALUES = {"R": 0.75, "N": 0.5, "I": 0.25}


def implausibench(paths: Sequence[Path]) -> Iterator[Item]:
    """Each scenario as two cases, `<scenario>/real` and `<scenario>/implausible`, with known answers.

    Both are asked the same on the same scale, which runs from what is right for the real clip to what is right for
    the implausible one, so that nothing which a judge gets says which of the two it sees.
    """
    for path in paths:
        yield from each_row(read_rows(path, (".json", ".jsonl")), _scenario)


def _scenario(row: Row) -> Iterator[Item]:
    options = _options(row)
    verdicts = "".join(map(_verdict, options))
    real = _answer(row, "real_answer", verdicts, "R")
    implausible = _answer(row, "implausible_answer", verdicts, "I")
    values = {letter: _VALUES[kind] for letter, kind in zip(LETTERS, verdicts, strict=True)}
    scale = Scale(f"{verdicts}_{real}_{implausible}", {**values, real: 1.0, implausible: 0.0})
    asked = as_text(options_text(text(row.cells, "question"), options), "question with its options")
    scenario = _name(row)
    made = []
    for kind, right in (("real", real), ("implausible", implausible)):
        name = case_name(scenario, kind)
        # The id of a question can be seen by judges: it must not say which clip it is asked of.
        question = Question(f"q{digest([AXIS, name])[:16]}", asked, AXIS, scale)
        case = Case(name, NO_PROMPT, questions=(question,), answers={question.id: right})
        made.append(Made(case, row, text(row.cells, f"{kind}_video")))
    yield from made


def _options(row: Row) -> list[str]:
    options = row.cells.get("options")
    if not isinstance(options, dict) or sorted(options) != list(LETTERS):
        found = ", ".join(map(str, options)) if isinstance(options, dict) else shown_text(options)
        raise UnusableError(f"options: an object with the keys A to G is wanted, found {found[:100]}")
    return [as_text(options[letter], f"option {letter}") for letter in LETTERS]


def _verdict(option: str) -> str:
    """R, I or N: what an option says of the clip, by its first word."""
    first = re.match(r"[A-Za-z]+", option)
    return {"real": "R", "implausible": "I"}.get(first[0].lower() if first else "", "N")


def _answer(row: Row, key: str, verdicts: str, kind: str) -> str:
    letter = text(row.cells, key)
    if len(letter) != 1 or letter not in LETTERS:
        raise UnusableError(f"{key}: a letter from A to G is wanted, found {shown_text(letter)}")
    if verdicts[LETTERS.index(letter)] != kind:
        wanted = {"R": "Real", "I": "Implausible"}[kind]
        raise UnusableError(f"{key}: option {letter} does not begin with {wanted!r}, so it cannot be right")
    return letter


def _name(row: Row) -> str:
    stems = [PurePosixPath(text(row.cells, f"{kind}_video")).stem for kind in ("real", "implausible")]
    real, implausible = stems[0].removesuffix("_real"), stems[1].removesuffix("_implausible")
    if real != implausible:
        raise UnusableError(
            f"real_video and implausible_video are of two scenarios: {shown_text(real)}, {shown_text(implausible)}"
        )
    return word(real)
