"""Results on the terminal: every table under its title, whole names at any width."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from lawful.cli.tables import aligned_text

if TYPE_CHECKING:
    from rich.console import Console

    from lawful.reports.export.numbers import ShownTable
    from lawful.reports.results import ResultDocument, ResultSection, ResultTable

_GAP = 3
"""Columns of the terminal between two columns of a table."""
_LEAST_TEXT = 10
"""Names are folded to no less than this before the table is printed in pieces."""


def print_document(document: "ResultDocument", console: "Console | None" = None) -> None:
    """Print all sections of a document: drawn in a terminal, plain text in a pipe.

    A name that is too long for the terminal goes on in the next line; a table that is too wide even then is printed in
    pieces that each begin with the names. Nothing is cut off.

    Args:
        document: What to print.
        console: Where; by default standard output.
    """
    from rich.console import Console

    console = console or Console()
    _say(console, document.title, "bold")
    for name, value in document.facts:
        _say(console, f"{name}: {value}", "dim")
    for note in document.notes:
        _say(console, note)
    for section in document.sections:
        _print_section(console, section)


def _print_section(console: "Console", section: "ResultSection") -> None:
    _say(console, "")
    _say(console, section.title, "bold underline")
    for note in section.notes:
        _say(console, note)
    for table in section.tables:
        _say(console, "")
        _say(console, table.title, "bold")
        _print_table(console, table)


def _print_table(console: "Console", table: "ResultTable") -> None:
    from lawful.reports.cells import plain_line
    from lawful.reports.export.numbers import shown_table

    shown = shown_table(table)
    columns = [plain_line(name) for name in shown.columns]
    rows = [[plain_line(cell.text) + " " * cell.lacking for cell in row] for row in shown.rows]
    if not rows:
        # What the columns mean is of no use without any; the written formats have it.
        _say(console, "Nothing to show.")
        return
    if console.is_terminal:
        for piece in _pieces(shown, rows, console.width):
            _draw(console, shown, rows, piece)
    else:
        click.echo(aligned_text([columns, *rows], shown.numeric), file=console.file)
    for note in shown.notes:
        _say(console, note, "dim")


def _pieces(shown: "ShownTable", rows: Sequence[Sequence[str]], width: int) -> list[list[int]]:
    """The columns of each piece; those with names are in all of them."""
    from rich.cells import cell_len

    needed = [
        max(cell_len(row[place]) for row in [shown.columns, *rows]) for place in range(len(shown.columns))
    ]
    least = max(_LEAST_TEXT, width // 4)
    needed = [
        need if numeric else min(need, least) for need, numeric in zip(needed, shown.numeric, strict=True)
    ]
    head = list(range(_naming_columns(shown.numeric)))
    room = width - sum(needed[place] for place in head) - _GAP * (len(head) - 1)
    pieces, left = [[*head]], room
    for place in range(len(head), len(needed)):
        if left < needed[place] + _GAP and len(pieces[-1]) > len(head):
            pieces.append([*head])
            left = room
        pieces[-1].append(place)
        left -= needed[place] + _GAP
    return pieces


def _naming_columns(numeric: Sequence[bool]) -> int:
    """How many columns say what a row is: those up to the first text and the text beside it."""
    first = next((place for place, is_numeric in enumerate(numeric) if not is_numeric), 0)
    return first + (2 if first + 2 < len(numeric) and not numeric[first + 1] else 1)


def _draw(
    console: "Console", shown: "ShownTable", rows: Sequence[Sequence[str]], piece: Sequence[int]
) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from lawful.reports.cells import plain_line

    # Numbers stay on one line while names fold, unless the numbers alone are wider than the terminal.
    numbers = [place for place in piece if shown.numeric[place]]
    whole = sum(max(len(row[place]) for row in [shown.columns, *rows]) for place in numbers)
    fits = whole + _GAP * (len(piece) - 1) + (len(piece) - len(numbers)) <= console.width
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for place in piece:
        numeric = shown.numeric[place]
        justify = "right" if numeric else "left"
        name = Text(plain_line(shown.columns[place]))
        drawn.add_column(name, justify=justify, overflow="fold", no_wrap=numeric and fits)
    for row in rows:
        drawn.add_row(*(Text(row[place], overflow="fold") for place in piece))
    console.print(drawn)


def _say(console: "Console", text: str, style: str = "") -> None:
    from rich.text import Text

    from lawful.reports.cells import plain_line

    if console.is_terminal:
        console.print(Text(plain_line(text), style=style, overflow="fold"))
    else:
        click.echo(plain_line(text), file=console.file)
