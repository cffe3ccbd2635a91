"""Reading rows of files that somebody else wrote: CSV, JSON lines, Parquet. Bounded, UTF-8, no guessing."""

import csv
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lawful.core.errors import InputError
from lawful.core.extras import require
from lawful.core.files import bounded_text, check_size
from lawful.reports.ratings.record import Problem

MAX_BYTES = 200_000_000
"""Larger files are not read."""
MAX_LINE = 1_000_000
"""Characters of a line of JSON lines."""
MAX_COLUMNS = 1_000
"""Columns of a file."""
_IN_PARTS = "Read it in parts."

JSON_LINES = (".jsonl", ".ndjson")
"""Endings of JSON lines."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file."""

    file: str
    """The file as it was named."""
    place: str
    """Where it stands: "row 2" is the first below a header."""
    cells: dict[str, Any]
    """What stands in it, by column."""


def read_rows(path: Path, suffix: str | None = None) -> Iterator[Row | Problem]:
    """The rows of a file, by its ending.

    Args:
        path: The file.
        suffix: The ending to go by; None for its own.

    Raises:
        InputError: The file cannot be read, is too large, or has another ending.
        AbsentError: It is a Parquet file and pyarrow is not installed.
    """
    ending = (suffix or path.suffix).lower()
    readers = {".csv": _csv, ".tsv": _csv, ".jsonl": _jsonl, ".ndjson": _jsonl, ".parquet": _parquet}
    if ending not in readers:
        known = ", ".join(readers)
        raise InputError(f"{path}: the ending {ending!r} is not known. Known: {known}; or give --format.")
    return readers[ending](path)


def text_of(path: Path) -> str:
    """The text of a file.

    Raises:
        InputError: It cannot be read, is too large or no UTF-8.
    """
    return bounded_text(path, MAX_BYTES, _IN_PARTS)


def _csv(path: Path) -> Iterator[Row | Problem]:
    reader = csv.reader(
        io.StringIO(text_of(path), newline=""),
        delimiter="\t" if path.suffix.lower() == ".tsv" else ",",
        strict=True,
    )
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
                yield Problem("broken_row", str(path), f"row {number}", text)
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


def _jsonl(path: Path) -> Iterator[Row | Problem]:
    for number, line in enumerate(text_of(path).split("\n"), start=1):
        if not line.strip():
            continue
        value = json_line(line)
        if not isinstance(value, dict):
            text = "no JSON object" if len(line) <= MAX_LINE else f"longer than {MAX_LINE:,} characters"
            yield Problem("broken_row", str(path), f"row {number}", text)
        else:
            yield Row(str(path), f"row {number}", value)


def json_line(line: str) -> Any:
    """The JSON value of a line; None where it is none, too long, too deep, or a number in it too large."""
    if len(line) > MAX_LINE:
        return None
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _parquet(path: Path) -> Iterator[Row | Problem]:
    check_size(path, MAX_BYTES, _IN_PARTS)
    arrow = require("pyarrow", "parquet", "reading Parquet files")
    parquet = require("pyarrow.parquet", "parquet", "reading Parquet files")
    try:
        with parquet.ParquetFile(path) as file:
            columns = file.schema_arrow.names
            if len(columns) > MAX_COLUMNS:
                raise InputError(f"{path}: {len(columns):,} columns. Allowed: {MAX_COLUMNS:,}.")
            number = 0
            for batch in file.iter_batches(batch_size=4096):
                for cells in batch.to_pylist():
                    number += 1
                    yield Row(str(path), f"row {number}", {name: _plain(v) for name, v in cells.items()})
    except (arrow.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: no Parquet file that can be read: {reason}") from error


def _plain(value: Any) -> Any:
    """Times as ISO text, a missing number as None; all else as it is."""
    if isinstance(value, float) and not -sys.float_info.max <= value <= sys.float_info.max:
        return None if value != value else str(value)
    return value.isoformat() if isinstance(value, datetime) else value
