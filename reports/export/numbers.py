"""Numbers for people: how many digits a number deserves, and what is said where there is none.

The half-width of an interval keeps two digits, and the number keeps the digits of its interval: 0.712 [0.664, 0.753].
Without an interval a number has three decimals, fewer above 10 and more below 0.01. Numbers of one column that would
differ by one digit all get the finer one. NaN stays visible.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lawful.reports.results import Cell, ResultTable
from lawful.reports.stats.result import Estimate

_ROUNDING = 1e-9
"""An interval narrower than this, or than this share of its number, is a point; a number with it nearer to 0 is 0."""
_MOST_DECIMALS = 6
"""A small number that needs more is written with a power of ten."""
_LARGE = 1e-3
"""A number from here on loses digits rather than its looks."""


@dataclass(frozen=True)
class ShownCell:
    """A cell as people see it."""

    value: str
    """Text or number; empty where there is nothing to say."""
    interval: str = ""
    """The interval in brackets; empty where there is none."""
    mark: str = ""
    """Letter of the note that says why value or interval is missing."""
    lacking: int = 0
    """Places by which the number ends before the longest of its column, for alignment at the point; 0 beside
    intervals."""

    hint: str = ""
    """What an estimate rests on: its n, level and method; empty for all else."""

    @property
    def text(self) -> str:
        """The whole cell: 0.712 [0.664, 0.753]."""
        mark = f"({self.mark})" if self.mark else ""
        return " ".join(part for part in (self.value, self.interval, mark) if part)


@dataclass(frozen=True)
class ShownTable:
    """A table as people see it."""

    columns: tuple[str, ...]
    """Names of the columns."""
    numeric: tuple[bool, ...]
    """Which columns hold numbers alone."""
    rows: tuple[tuple[ShownCell, ...], ...]
    """One cell a column."""
    notes: tuple[str, ...]
    """The notes of the table, what its brackets are, and what its marks mean."""


def shown_table(table: ResultTable) -> ShownTable:
    """A table as people see it."""
    cells = [cell for row in table.rows for cell in row if isinstance(cell, Estimate)]
    reasons = dict.fromkeys(cell.reason for cell in cells if cell.reason)
    marks = {reason: _letters(number) for number, reason in enumerate(reasons)}
    columns = [[row[place] for row in table.rows] for place in range(len(table.columns))]
    shown = [shown_column(column, marks) for column in columns]
    levels = sorted({cell.level for cell in cells if math.isfinite(cell.width)} - {math.nan})
    names = [f"{100 * level:g} %" for level in levels if math.isfinite(level)]
    brackets = [f"In brackets: {' and '.join(names)} intervals."] if names else []
    return ShownTable(
        table.columns,
        tuple(_numeric(column) for column in columns),
        tuple(zip(*shown, strict=True)),
        (*table.notes, *brackets, *(f"({mark}) {reason}" for reason, mark in marks.items())),
    )


def shown_column(cells: Sequence[Cell], marks: dict[str, str]) -> list[ShownCell]:
    """The cells of a column, their digits in agreement.

    Args:
        cells: The cells.
        marks: The letter of each reason for a missing number.
    """
    wanted = [decimals(cell) if isinstance(cell, float | Estimate) else None for cell in cells]
    known = [places for places in wanted if places is not None]
    if known and max(known) - min(known) <= 1:
        wanted = [None if places is None else max(known) for places in wanted]
    shown = [_shown(cell, places, marks) for cell, places in zip(cells, wanted, strict=True)]
    if not _numeric(cells) or any(cell.interval for cell in shown):
        return shown
    tails = [_tail(cell.value) for cell in shown]
    return [
        replace(cell, lacking=max(tails) - tail if cell.value[-1:].isdigit() else 0)
        for cell, tail in zip(shown, tails, strict=True)
    ]


def decimals(number: float | Estimate) -> int | None:
    """How many decimals a number deserves; None for one that is not finite or needs a power of ten.

    >>> decimals(Estimate(0.7123, 40, low=0.66, high=0.75)), decimals(Estimate(34.2, 40, low=20.0, high=50.0))
    (3, 0)
    >>> decimals(0.5), decimals(52.4), decimals(0.0042), decimals(4.2e-9)
    (3, 2, 4, None)
    """
    value = number.value if isinstance(number, Estimate) else number
    if not math.isfinite(value):
        return None
    half = number.width / 2 if isinstance(number, Estimate) else math.nan
    if isinstance(number, Estimate) and max(half, abs(value)) < _ROUNDING:
        return _plain_decimals(0.0)
    if math.isfinite(half) and half > max(_ROUNDING, abs(value) * _ROUNDING):
        places = max(0, 1 - math.floor(math.log10(half)))
    else:
        places = _plain_decimals(value)
    if abs(value) >= _LARGE:
        return min(places, _MOST_DECIMALS)
    return places if places <= _MOST_DECIMALS else None


def shown_number(value: float, places: int | None) -> str:
    """A number with that many decimals; with a power of ten where they are None.

    >>> shown_number(0.7123, 2), shown_number(4.23e-9, None), shown_number(-1e-9, 3), shown_number(float("nan"), None)
    ('0.71', '4.23e-09', '0.000', 'NaN')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = f"{value:.2e}" if places is None else f"{value:.{places}f}"
    # No minus before what is rounded to nothing.
    return text.removeprefix("-") if float(text) == 0 else text


def _plain_decimals(value: float) -> int:
    if value == 0:
        return 3
    size = math.floor(math.log10(abs(value)))
    return max(0, 3 - size) if size >= 0 else max(3, 1 - size)


def _shown(cell: Cell, places: int | None, marks: dict[str, str]) -> ShownCell:
    if cell is None:
        return ShownCell("")
    if isinstance(cell, Estimate):
        value = shown_number(cell.value, places)
        interval = ""
        if not (math.isnan(cell.low) or math.isnan(cell.high)):
            interval = f"[{shown_number(cell.low, places)}, {shown_number(cell.high, places)}]"
        return ShownCell(value, interval, marks.get(cell.reason, ""), hint=_hint(cell))
    if isinstance(cell, float):
        return ShownCell(shown_number(cell, places))
    return ShownCell(str(cell))


def _hint(estimate: Estimate) -> str:
    parts = [f"n = {estimate.n}"]
    if estimate.n_clusters is not None:
        parts.append(f"{estimate.n_clusters} clusters")
    if estimate.n_missing:
        parts.append(f"{estimate.n_missing} missing")
    if math.isfinite(estimate.level) and math.isfinite(estimate.width):
        parts.append(f"{100 * estimate.level:g} % interval")
    return ", ".join([*parts, estimate.method] if estimate.method else parts)


def _tail(value: str) -> int:
    """Places from the point on."""
    _, point, after = value.partition(".")
    return len(point + after)


def _numeric(cells: Sequence[Cell]) -> bool:
    said = [cell for cell in cells if cell is not None]
    return bool(said) and not any(isinstance(cell, str) for cell in said)


def _letters(number: int) -> str:
    """A, b, ... z, aa, ab, ..."""
    letters = ""
    number += 1
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(ord("a") + place) + letters
    return letters
