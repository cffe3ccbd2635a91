"""VideoPhy-2: a CSV of videos with captions, ratings and the rules that people looked at.

Source: Bansal et al., arXiv 2503.06800 (2025), and its data card, MIT.
"""

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lawful.checklists.importers.fields import as_text, case_name, present, question_name, text, without_place
from lawful.checklists.importers.items import Item, LeftOut, Made, Row, UnusableError
from lawful.checklists.importers.rows import Rows, read_rows
from lawful.checklists.importers.scales import ONE_TO_FIVE, RULE
from lawful.checklists.json_file import shown_text
from lawful.checklists.suite import Case, Question

PC = Question(
    "pc",
    "Does everything in the video happen as it could in the real world? Rate it from 1 (clearly not) to 5 (fully).",
    "pc",
    ONE_TO_FIVE,
)
RULES = ("physics_rules_followed", "physics_rules_unfollowed", "physics_rules_cannot_be_determined")
"""Columns with lists of rules, by what people said of one video; all of them are asked of every video."""
WITHOUT_PLACE = ("sa", "pc", "joint", "score", "human_violated_rules", "action", "category", "is_hard")
_MAX_LIST = 100_000


@dataclass
class _Caption:
    row: Row
    """The first row with this caption."""
    rules: dict[str, None]
    """The rules of all its rows, in order."""
    n_rows: int = 0


def videophy2(paths: Sequence[Path]) -> Iterator[Item]:
    """Each caption as a case `videophy2/<number>`, however many videos there are of it."""
    captions: dict[str, _Caption] = {}
    for path in paths:
        yield from _collect(read_rows(path, (".csv", ".jsonl", ".parquet")), captions)
    for number, (caption, found) in enumerate(captions.items(), start=1):
        try:
            yield Made(_case(caption, number, tuple(found.rules)), found.row)
        except UnusableError as error:
            yield LeftOut(found.row.file, found.row.place, str(error))


def _collect(rows: Rows, captions: dict[str, _Caption]) -> Iterator[Item]:
    for row in rows:
        if isinstance(row, LeftOut):
            yield row
            continue
        try:
            caption, rules = text(row.cells, "caption"), _rules(row)
        except UnusableError as error:
            yield LeftOut(row.file, row.place, str(error))
            continue
        held = captions.setdefault(caption, _Caption(row, {}))
        held.rules.update(dict.fromkeys(rules))
        yield from without_place(row.cells, WITHOUT_PLACE)


def _case(caption: str, number: int, rules: Sequence[str]) -> Case:
    name = case_name("videophy2", str(number))
    told = (
        f'Does the video show this: "{caption}"? Rate it from 1 (nothing of it) to 5 (all of it, and nothing that '
        "contradicts it)."
    )
    asked = [
        Question(question_name(name, "sa"), as_text(told, "caption with its question"), "sa", ONE_TO_FIVE)
    ]
    for place, rule in enumerate(rules, start=1):
        text_of_rule = (
            f'Does what the video shows follow this rule: "{rule}"? Say "followed", "violated", or "not '
            'groundable" where the video does not show what the rule is about.'
        )
        asked.append(
            Question(question_name(name, f"rule{place}"), as_text(text_of_rule, "rule"), "rule", RULE)
        )
    return Case(name, caption, questions=tuple(asked))


def _rules(row: Row) -> list[str]:
    rules = [as_text(rule, key) for key in RULES for rule in _list(row, key)]
    if present(row.cells, "rule"):
        rules.append(text(row.cells, "rule"))
    return rules


def _list(row: Row, key: str) -> list[object]:
    """A list, or its text: tables hold it as Python writes it, with either kind of quotes."""
    value = row.cells.get(key)
    if isinstance(value, str) and value.strip():
        if len(value) > _MAX_LIST:
            raise UnusableError(f"{key}: {len(value):,} characters. Allowed: {_MAX_LIST:,}.")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python's remarks on odd escapes are not for the user
                value = ast.literal_eval(value.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            raise UnusableError(f"{key}: a list of texts is wanted, found {shown_text(value)}") from None
    if value in (None, ""):
        return []
    if not isinstance(value, list):
        raise UnusableError(f"{key}: a list of texts is wanted, found {shown_text(str(value))}")
    return value
