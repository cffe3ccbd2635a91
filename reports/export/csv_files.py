"""Results as CSV: one file a table id, the sections' keys as its first columns."""

import math
from typing import Any

from lawful.reports.cells import csv_line
from lawful.reports.export.check import estimate_columns, flat_columns, table_ids, tables_of
from lawful.reports.results import Cell, ResultDocument
from lawful.reports.stats.result import Estimate


def csv_files(document: ResultDocument) -> dict[str, str]:
    """The text of every file by its name, such as "leaderboard.csv"."""
    return {f"{table_id}.csv": csv_table(document, table_id) for table_id in table_ids(document)}


def csv_table(document: ResultDocument, table_id: str) -> str:
    """The tables of one id as one.

    A column that holds estimates is followed by NAME_low, NAME_high and NAME_n. NaN and None are empty cells; numbers
    have all their digits.
    """
    found = tables_of(document.sections, table_id)
    estimates = estimate_columns(document.sections, table_id)
    keys = [name for name, _ in found[0][0].keys]
    lines = [csv_line([*keys, *flat_columns(found[0][1].columns, estimates)])]
    for section, table in found:
        values = [value for _, value in section.keys]
        for row in table.rows:
            cells = zip(table.columns, row, strict=True)
            lines.append(
                csv_line(
                    [*values, *(part for name, cell in cells for part in _parts(cell, name in estimates))]
                )
            )
    return "".join(lines)


def _parts(cell: Cell, estimates: bool) -> list[Any]:
    if isinstance(cell, Estimate):
        return [_number(cell.value), _number(cell.low), _number(cell.high), cell.n]
    own = _number(cell) if isinstance(cell, float) else cell
    return [own, None, None, None] if estimates else [own]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
