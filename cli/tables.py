"""Tables on the terminal: drawn for people, plain aligned text for pipes."""

import sys
from collections.abc import Sequence

import click


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their column names; the last column may be long."""
    if sys.stdout.isatty():
        _print_drawn(columns, rows)
    else:
        click.echo(plain_table(columns, rows))


def plain_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligned text, two spaces between columns, nothing cut off.

    >>> print(plain_table(["name", "what"], [["a", "first"], ["long", "second"]]))
    name  what
    a     first
    long  second
    """
    return aligned_text([list(columns), *([" ".join(cell.split()) for cell in row] for row in rows)])


def aligned_text(lines: Sequence[Sequence[str]], right: Sequence[bool] = ()) -> str:
    """Lines of cells as text, two spaces between columns.

    Args:
        lines: One cell a column, on one line each.
        right: Which columns are aligned at the right; by default none.
    """
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    at_right = right or [False] * len(widths)
    return "\n".join(
        "  ".join(
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(line, widths, at_right, strict=True)
        ).rstrip()
        for line in lines
    )


def _print_drawn(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
