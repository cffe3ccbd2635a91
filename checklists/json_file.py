"""Reading JSON that somebody else wrote: bounded, strict, and all that is wrong at once."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lawful.core.errors import InputError

MAX_BYTES = 20_000_000
MAX_DEPTH = 32
MAX_PROBLEMS = 20
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a document."""

    pointer: str
    """JSON pointer (RFC 6901) to the place; empty for the whole document."""
    text: str
    """What is wrong and what is allowed."""


def read_json(path: Path) -> Any:
    """The value of a JSON file of at most 20 MB.

    Raises:
        InputError: The file cannot be read, is no UTF-8 or no JSON, repeats a key, nests deeper than 32
            levels, or holds NaN, infinity, half a surrogate pair or a control character.
    """
    text = _read_text(path)
    repeated: list[tuple[dict[str, Any], str]] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            repeated.extend((value, key) for key in value if counts[key] > 1)
        return value

    try:
        value = json.loads(text, object_pairs_hook=collect)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}: no JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        ) from error
    except RecursionError as error:
        raise InputError(f"{path}: nested too deeply. Allowed: {MAX_DEPTH} levels.") from error
    except ValueError as error:
        raise InputError(f"{path}: no JSON that can be read: a number has too many digits") from error
    refuse(path, _plain_problems(value, repeated))
    return value


def refuse(path: Path, problems: Iterable[Problem]) -> None:
    """Raise one error that lists the problems, the first 20 of them, or return if there are none.

    Raises:
        InputError: There is a problem.
    """
    shown: dict[Problem, None] = {}
    more = False
    for problem in problems:
        if len(shown) == MAX_PROBLEMS and problem not in shown:
            more = True
            break
        shown[problem] = None
    if not shown:
        return
    lines = [f"  {problem.pointer or '(the whole file)'}: {problem.text}" for problem in shown]
    if more:
        lines.append("  and more: mend these first")
    raise InputError("\n".join([f"{path}: not usable as it is:", *lines]))


def pointer(parts: Iterable[str | int]) -> str:
    """The JSON pointer of a path.

    >>> pointer(["questions", 0, "a/b"])
    '/questions/0/a~1b'
    """
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return "".join("/" + shown_text(part, quotes=False) for part in escaped)


def shown_text(value: Any, quotes: bool = True) -> str:
    """A short, printable form of any JSON value for a message."""
    text = str(value) if isinstance(value, str) and not quotes else json.dumps(value, ensure_ascii=False)
    printable = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[: _SHOWN_CHARACTERS + 1])
    if len(text) <= _SHOWN_CHARACTERS:
        return printable
    return printable[:_SHOWN_CHARACTERS] + "..."


def _read_text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise InputError(f"{path}: a JSON file is wanted, and this is none")
        if size > MAX_BYTES:
            raise InputError(f"{path}: {size:,} bytes. Allowed: {MAX_BYTES:,}.")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {_reason(error)}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: no UTF-8 text: byte {error.start} does not fit") from error


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _plain_problems(document: Any, repeated: list[tuple[dict[str, Any], str]]) -> Iterator[Problem]:
    keys_repeated: dict[int, list[str]] = {}
    for value, key in repeated:
        keys_repeated.setdefault(id(value), []).append(key)
    waiting: list[tuple[Any, tuple[str | int, ...]]] = [(document, ())]
    while waiting:
        value, place = waiting.pop()
        if len(place) > MAX_DEPTH:
            yield Problem(pointer(place), f"nested too deeply. Allowed: {MAX_DEPTH} levels.")
            return
        for key in keys_repeated.get(id(value), ()):
            yield Problem(pointer(place), f"the key {shown_text(key)} is there more than once")
        if isinstance(value, dict):
            for key in value:
                yield from _text_problems(key, place)
            waiting.extend((item, (*place, key)) for key, item in reversed(value.items()))
        elif isinstance(value, list):
            waiting.extend((value[i], (*place, i)) for i in range(len(value) - 1, -1, -1))
        elif isinstance(value, float) and not math.isfinite(value):
            yield Problem(pointer(place), "not a finite number")
        elif isinstance(value, str):
            yield from _text_problems(value, place)


def _text_problems(text: str, place: tuple[str | int, ...]) -> Iterator[Problem]:
    if text.isprintable():
        return
    for character in text:
        code = ord(character)
        if 0xD800 <= code <= 0xDFFF:
            yield Problem(pointer(place), f"holds half a surrogate pair, U+{code:04X}")
            return
        if (code < 0x20 and character not in "\n\t") or 0x7F <= code < 0xA0:
            yield Problem(pointer(place), f"holds the control character U+{code:04X}")
            return
