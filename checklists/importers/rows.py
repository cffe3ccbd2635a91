"""Reading rows of files that somebody else wrote: JSON, JSON lines, CSV, Parquet. Bounded, UTF-8, no guessing."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lawful.checklists.importers.items import LeftOut, Row
from lawful.checklists.json_file import pointer, read_json, shown_text
from lawful.core.errors import InputError
from lawful.core.extras import require
from lawful.core.files import bounded_text, check_size

MAX_BYTES = 200_000_000
"""Larger files are not read; JSON has the limit of `read_json`."""
MAX_LINE = 1_000_000
"""Characters of a line of JSON lines."""
MAX_COLUMNS = 1_000
"""Columns of a table."""
MAX_ROWS = 200_000
"""Rows of a file."""
_IN_PARTS = "Import it in parts."

Rows = Iterator[Row | LeftOut]
"""Rows, and those that are none."""


def read_rows(path: Path, endings: Sequence[str], inside: Sequence[str] = ()) -> Rows:
    """The rows of a file, by its ending.

    Args:
        path: The file.
        endings: Endings that the format has, of those known here: .json, .jsonl, .csv, .parquet.
        inside: Keys under which the rows of a JSON file may lie, where it is no list.

    Raises:
        InputError: The file cannot be read, is too large, has another ending or is damaged as a whole.
        AbsentError: It is a Parquet file and pyarrow is not installed.
    """
    ending = path.suffix.lower()
    if ending not in endings:
        raise InputError(f"{path}: the ending {ending!r} is not one of this format: {', '.join(endings)}.")
    if ending == ".json":
        return _bounded(path, records(read_json(path), path, inside))
    return _bounded(path, {".jsonl": _jsonl, ".csv": _csv, ".parquet": _parquet}[ending](path))


def records(document: Any, path: Path, inside: Sequence[str] = ()) -> Rows:
    """The objects of a JSON document.

    Raises:
        InputError: It holds no list.
    """
    place: tuple[str | int, ...] = ()
    if isinstance(document, dict):
        place = tuple(key for key in inside if key in document)[:1]
        document = document.get(place[0]) if place else document
    if not isinstance(document, list):
        keys = f", or an object with one under {' or '.join(map(repr, inside))}" if inside else ""
        raise InputError(f"{path}: a list of objects is wanted{keys}; found {shown_text(document)}")
    for number, entry in enumerate(document):
        here = pointer((*place, number))
        if isinstance(entry, dict):
            yield Row(str(path), here, entry)
        else:
            yield LeftOut(str(path), here, f"an object is wanted, found {shown_text(entry)}")


def text_of(path: Path) -> str:
    """The text of a file.

    Raises:
        InputError: It cannot be read, is too large or no UTF-8.
    """
    return bounded_text(path, MAX_BYTES, _IN_PARTS)


def _bounded(path: Path, rows: Rows) -> Rows:
    for number, row in enumerate(rows):
        if number == MAX_ROWS:
            raise InputError(f"{path}: more than {MAX_ROWS:,} rows. Import it in parts.")
        yield row


def _jsonl(path: Path) -> Rows:
    for number, line in enumerate(text_of(path).split("\n"), start=1):
        if line.strip():
            yield _json_row(path, f"line {number}", line)


def _json_row(path: Path, place: str, line: str) -> Row | LeftOut:
    repeated: list[str] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        repeated.extend(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        return dict(pairs)

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is no number")

    if len(line) > MAX_LINE:
        return LeftOut(str(path), place, f"{len(line):,} characters. Allowed: {MAX_LINE:,}.")
    try:
        value = json.loads(line, object_pairs_hook=collect, parse_constant=refuse)
    except json.JSONDecodeError as error:
        return LeftOut(str(path), place, f"no JSON: {error.msg} in column {error.colno}")
    except RecursionError:
        return LeftOut(str(path), place, "no JSON that can be read: nested too deeply")
    except ValueError as error:
        return LeftOut(str(path), place, f"no JSON that can be read: {error}")
    if repeated:
        return LeftOut(str(path), place, f"the key {shown_text(repeated[0])} is there more than once")
    if not isinstance(value, dict):
        return LeftOut(str(path), place, f"an object is wanted, found {shown_text(value)}")
    return Row(str(path), place, value)


def _csv(path: Path) -> Rows:
    reader = csv.reader(io.StringIO(text_of(path), newline=""), strict=True)
    columns: list[str] | None = None
    number = 0
    try:
        for cells in reader:
            number += 1
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _header(path, cells)
            elif len(cells) > len(columns):
                text = f"{len(cells)} cells, and the header has {len(columns)}"
                yield LeftOut(str(path), f"row {number}", text)
            else:
                yield Row(str(path), f"row {number}", dict(zip(columns, cells, strict=False)))
    except csv.Error as error:
        raise InputError(f"{path}, row {number + 1}: not valid CSV: {error}") from error
    if columns is None:
        raise InputError(f"{path}: the file is empty; its first row must name the columns")


def _header(path: Path, cells: list[str]) -> list[str]:
    columns = [cell.strip() for cell in cells]
    if len(columns) > MAX_COLUMNS:
        raise InputError(f"{path}: {len(columns):,} columns. Allowed: {MAX_COLUMNS:,}.")
    double = [name for name in columns if name and columns.count(name) > 1]
    if double:
        raise InputError(f"{path}: the column {double[0]!r} is there twice")
    return columns


def _parquet(path: Path) -> Rows:
    check_size(path, MAX_BYTES, _IN_PARTS)
    arrow = require("pyarrow", "parquet", "reading Parquet files")
    parquet = require("pyarrow.parquet", "parquet", "reading Parquet files")
    try:
        with parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            if len(schema.names) > MAX_COLUMNS:
                raise InputError(f"{path}: {len(schema.names):,} columns. Allowed: {MAX_COLUMNS:,}.")
            # Published tables carry pictures and videos as bytes; a suite holds none.
            wanted = [field.name for field in schema if "binary" not in str(field.type)]
            number = 0
            for batch in file.iter_batches(batch_size=1024, columns=wanted):
                for cells in batch.to_pylist():
                    number += 1
                    yield Row(str(path), f"row {number}", cells)
    except (arrow.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: no Parquet file that can be read: {reason}") from error
