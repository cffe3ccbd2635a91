"""Cells of plain-text tables: what CSV and Markdown must not take for more than text."""

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

from lawful.reports.rows import clean_text

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
_CONTROLS_IN_LINES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Those but tabs and line ends, which quoted cells of CSV may hold."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_MARKDOWN_SPECIAL = str.maketrans({
    **{mark: "\\" + mark for mark in "\\`*_[]|#~$"},
    "<": "&lt;",
    ">": "&gt;",
    "&": "&amp;",
})  # fmt: skip


def plain_line(text: str) -> str:
    """Text on one line, without characters that steer a terminal and without lone surrogates."""
    return _CONTROLS.sub("\ufffd", " ".join(clean_text(text).split()))


def spreadsheet_safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula: a quote mark goes before = + - @, tabs and line ends."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def csv_line(cells: Sequence[Any]) -> str:
    """A line of a CSV table, with its line end; None is an empty cell. What steers a terminal becomes U+FFFD."""
    buffer = io.StringIO()
    safe = [
        spreadsheet_safe(_CONTROLS_IN_LINES.sub("\ufffd", clean_text(cell)))
        if isinstance(cell, str)
        else cell
        for cell in cells
    ]
    csv.writer(buffer, lineterminator="\r\n").writerow(safe)
    return buffer.getvalue()


def markdown_text(text: str) -> str:
    """Text on one line that Markdown shows as it is."""
    return plain_line(text).translate(_MARKDOWN_SPECIAL)


def markdown_row(cells: Sequence[str]) -> str:
    """A row of a Markdown table."""
    return "| " + " | ".join(markdown_text(cell) for cell in cells) + " |"


def markdown_head(names: Sequence[str], right: Sequence[bool] = ()) -> list[str]:
    """The first two lines of a Markdown table.

    Args:
        names: Names of the columns.
        right: Which columns are aligned at the right; by default none.
    """
    rules = ["---:" if at_right else "---" for at_right in right or [False] * len(names)]
    return [markdown_row(names), "| " + " | ".join(rules) + " |"]
