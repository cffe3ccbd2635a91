"""The fields of a row, checked: each function gives a value that a suite can hold, or raises `UnusableError`."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from lawful.checklists.importers.items import Note, UnusableError
from lawful.checklists.json_file import shown_text

MAX_TEXT = 10_000
MAX_LINE = 500
MAX_NAME = 128
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*([ /][A-Za-z0-9][A-Za-z0-9_.:-]*)*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

Cells = Mapping[str, Any]


def present(cells: Cells, key: str) -> bool:
    """Whether a field holds anything."""
    value = cells.get(key)
    return not (value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip()))


def text(cells: Cells, key: str) -> str:
    """A text of at most 10,000 characters, stripped."""
    if not present(cells, key):
        known = ", ".join(shown_text(name, quotes=False) for name in list(cells)[:20]) or "nothing"
        raise UnusableError(f"{key} is missing or empty; found {known}")
    return as_text(cells[key], key)


def optional_text(cells: Cells, key: str) -> str | None:
    """The same, or None where there is none."""
    return text(cells, key) if present(cells, key) else None


def as_text(value: Any, what: str) -> str:
    """A value as text."""
    if not isinstance(value, str):
        raise UnusableError(f"{what}: text is wanted, found {shown_text(value)}")
    told = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not told:
        raise UnusableError(f"{what}: text is wanted, and it is empty")
    bad = _CONTROL.search(told)
    if bad:
        raise UnusableError(f"{what}: holds the character U+{ord(bad[0]):04X}, which is no text")
    if len(told) > MAX_TEXT:
        raise UnusableError(f"{what}: {len(told):,} characters. Allowed: {MAX_TEXT:,}.")
    return told


def whole(cells: Cells, key: str) -> int:
    """A whole number from 0; digits stand for one, as CSV has no other."""
    value = cells.get(key)
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 10:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**9:
        found = shown_text(value) if key in cells else "no such field"
        raise UnusableError(f"{key}: a whole number from 0 is wanted, found {found}")
    return value


def number(cells: Cells, key: str) -> float:
    """A number from 0; its text stands for one."""
    value = cells.get(key)
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value.strip(), re.ASCII):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**9:
        found = shown_text(value) if key in cells else "no such field"
        raise UnusableError(f"{key}: a number from 0 is wanted, found {found}")
    return float(value)


def identifier(cells: Cells, key: str) -> str:
    """A text or a whole number as a part of a name."""
    value = cells.get(key)
    return word(text(cells, key)) if isinstance(value, str) else str(whole(cells, key))


def listed(cells: Cells, key: str) -> list[Any]:
    """A list, or the text of one in JSON."""
    value = cells.get(key)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise UnusableError(
                f"{key}: a list is wanted, or its text in JSON; found {shown_text(value)}"
            ) from None
    if not isinstance(value, list) or not value:
        found = shown_text(value) if key in cells else "no such field"
        raise UnusableError(f"{key}: a list with entries is wanted, found {found}")
    return value


def frame_path(cells: Cells, key: str) -> str | None:
    """The path of a picture below the suite's folder; None where there is none."""
    told = optional_text(cells, key)
    if told is None:
        return None
    windows = PureWindowsPath(told)
    if PurePosixPath(told).is_absolute() or windows.drive or windows.root or ".." in windows.parts:
        raise UnusableError(f"{key}: {shown_text(told)} is no path below the suite's folder")
    if len(told) > MAX_LINE or "\n" in told or "\t" in told:
        raise UnusableError(f"{key}: one line of at most {MAX_LINE} characters is wanted")
    return told


def word(value: str) -> str:
    """A text as a part of a name: what names cannot have becomes "_".

    >>> word("Fluids & gas/air"), word("-abc")
    ('Fluids gas_air', 'x-abc')
    """
    found = re.sub(r"[^A-Za-z0-9_.: -]+", "_", " ".join(value.split())).split(" ")
    parts = [part if part[0].isalnum() else f"x{part}" for part in found if re.search("[A-Za-z0-9]", part)]
    if not parts:
        raise UnusableError(f"{shown_text(value)} cannot be a part of a name")
    return " ".join(parts)


def case_name(*parts: str) -> str:
    """The id of a case from its groups and its own name."""
    name = "/".join(parts)
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        raise UnusableError(
            f"{shown_text(name)} cannot name a case. Allowed: {MAX_NAME} characters, words of letters, digits "
            "and _ . : - with one space or slash between."
        )
    return name


def question_name(case: str, tail: str) -> str:
    """The id of a question of a case.

    >>> question_name("vision rule/color/1", "q2")
    'vision_rule.color.1.q2'
    """
    name = f"{case.replace('/', '.').replace(' ', '_')}.{tail}"
    if len(name) > MAX_NAME:
        raise UnusableError(f"the id of a question would have {len(name)} characters. Allowed: {MAX_NAME}.")
    return name


def without_place(cells: Cells, keys: Iterable[str]) -> Iterator[Note]:
    """A note for each of some fields that holds something."""
    for key in keys:
        if present(cells, key):
            yield Note(f"{key}: a suite has no place for it")
