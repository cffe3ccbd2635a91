"""Which column of a file means what: by flags or by a TOML file."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lawful.core.errors import InputError
from lawful.reports.ratings.cells import FIELDS, Cell, Entry, Note, Rules
from lawful.reports.ratings.record import CHOICES, parse_scale
from lawful.reports.ratings.sources import JSON_LINES, Row, read_rows, text_of

Wide = Literal["axis", "rater"]
_TOML_KEYS = (
    "map",
    "wide",
    "values",
    "axis",
    "rater",
    "scale",
    "scales",
    "rename",
    "choices",
    "cannot_judge",
)


@dataclass(frozen=True)
class Columns:
    """How the columns of a file are read."""

    map: Mapping[str, str] = field(default_factory=dict)
    """Column of each field, where it is called otherwise than the field."""
    wide: Wide | None = None
    """What the columns of answers are: one an axis, or one a rater; None for one answer a row."""
    values: tuple[str, ...] = ()
    """The columns of answers of a wide file; empty for all that mean nothing else."""
    axis: str | None = None
    """The axis of a file that does not name one."""
    rater: str | None = None
    """The rater of a file that does not name one."""


@dataclass(frozen=True)
class Mapped:
    """What a mapping file says."""

    columns: Columns
    """How the columns are read."""
    rules: Rules
    """How the cells are understood."""


def pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    """What was typed as NAME=VALUE.

    Raises:
        InputError: There is no "=", or a name is there twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise InputError(f"{option} {text}: write it as NAME=VALUE")
        if name in found:
            raise InputError(f"{option} {text}: {name} is given twice")
        found[name] = value
    return found


def check_fields(names: Mapping[str, str], where: str) -> None:
    """Refuse fields that ratings do not have.

    Raises:
        InputError: There is one.
    """
    for name in names:
        if name not in FIELDS:
            raise InputError(f"{where}: there is no field {name!r}. Known: {', '.join(FIELDS)}.")


def read_mapping(path: Path) -> Mapped:
    """A mapping file: the tables `map`, `scales`, `rename`, `choices`; `wide`, `values`, `axis`, `rater`, `scale`.

    Raises:
        InputError: It is no TOML, or a key is not known or holds something else than it should.
    """
    try:
        body = tomllib.loads(text_of(path))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: no TOML: {error}") from error
    unknown = [key for key in body if key not in _TOML_KEYS]
    if unknown:
        raise InputError(f"{path}: there is no key {unknown[0]!r}. Known: {', '.join(_TOML_KEYS)}.")
    mapping, scales = _table(path, body, "map"), _table(path, body, "scales")
    check_fields(mapping, f"{path}, map")
    choices = _table(path, body, "choices")
    for text, choice in choices.items():
        if choice not in CHOICES:
            raise InputError(f"{path}, choices: {text!r} = {choice!r}. Allowed: {', '.join(CHOICES)}.")
    whole = _word(path, body, "scale")
    wide = _word(path, body, "wide")
    if wide not in (None, "axis", "rater"):
        raise InputError(f"{path}: wide = {wide!r}. Allowed: axis, rater.")
    cannot = _words(path, body, "cannot_judge")
    return Mapped(
        Columns(
            mapping, wide, _words(path, body, "values"), _word(path, body, "axis"), _word(path, body, "rater")
        ),
        Rules(
            scales={
                axis: parse_scale(text) for axis, text in {**({"": whole} if whole else {}), **scales}.items()
            },
            rename=_table(path, body, "rename"),
            choices={text: c for text, given in choices.items() for c in CHOICES if c == given},
            cannot_judge=frozenset(cannot) if cannot else Rules().cannot_judge,
        ),
    )


def read_columns(path: Path, columns: Columns, suffix: str | None = None) -> Iterator[Entry]:
    """The cells of a CSV, JSON lines or Parquet file.

    Raises:
        InputError: The file cannot be read, or a column that is asked for is not there.
    """
    checked = False
    for row in read_rows(path, suffix):
        if not isinstance(row, Row):
            yield row
            continue
        if not checked:
            checked = True
            # The keys of JSON lines may differ from line to line: what one lacks is told line by line.
            if (suffix or path.suffix).lower() not in JSON_LINES:
                _check(path, columns, row)
        yield from _long(row, columns) if columns.wide is None else _wide(row, columns)


def _check(path: Path, columns: Columns, row: Row) -> None:
    there = ", ".join(map(repr, row.cells))
    for name in (*columns.map.values(), *columns.values):
        if name not in row.cells:
            raise InputError(f"{path}: there is no column {name!r}. Found: {there}.")
    if columns.wide is None and columns.map.get("value", "value") not in row.cells:
        raise InputError(
            f"{path}: there is no column 'value'. Found: {there}. Name it by --map value=COLUMN, "
            "or say that there is one column an axis or a rater by --wide."
        )


def _fields(row: Row, columns: Columns) -> dict[str, Any]:
    found = {name: row.cells.get(columns.map.get(name, name)) for name in FIELDS}
    for name, default in (("axis", columns.axis), ("rater", columns.rater)):
        if found[name] in (None, ""):
            found[name] = default
    return found


def _long(row: Row, columns: Columns) -> Iterator[Entry]:
    yield Cell(row.file, row.place, _fields(row, columns))


def _wide(row: Row, columns: Columns) -> Iterator[Entry]:
    taken = {columns.map.get(name, name) for name in FIELDS}
    fields = _fields(row, columns)
    for name in columns.values or [name for name in row.cells if name and name not in taken]:
        value = row.cells.get(name)
        if value is None or value == "":
            yield Note(f"empty cells in the column {name}")
        else:
            yield Cell(row.file, f"{row.place}, {name}", {**fields, str(columns.wide): name, "value": value})


def _table(path: Path, body: Mapping[str, Any], name: str) -> dict[str, str]:
    table = body.get(name, {})
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise InputError(f"{path}: {name} must be a table of texts")
    return table


def _word(path: Path, body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{path}: {name} must be text")
    return value


def _words(path: Path, body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = body.get(name, [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise InputError(f"{path}: {name} must be a list of texts")
    return tuple(value)
