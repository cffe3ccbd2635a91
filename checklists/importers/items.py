"""What an importer makes of a file, row by row."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lawful.checklists.suite import Case


class UnusableError(Exception):
    """Why a row cannot be imported: what was wanted, what was found. It ends as a `LeftOut`."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file."""

    file: str
    """The file as it was named."""
    place: str
    """Where it stands, such as "row 2" or "/3"."""
    cells: dict[str, Any]
    """What stands in it, by column."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row, or a part of one, that is not in the suite."""

    file: str
    """The file."""
    place: str
    """Where it stands there."""
    text: str
    """Why."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a suite has no place for, or that was added; the same text is counted."""

    text: str
    """What."""


@dataclass(frozen=True, slots=True)
class Made:
    """A case, and where it comes from."""

    case: Case
    """The case."""
    row: Row
    """Its row, or the first of them."""
    video: str | None = None
    """Name of its video in the benchmark's own folders, where that is known."""


Item = Made | LeftOut | Note
"""One thing that comes of a file."""


def each_row(rows: Iterable[Row | LeftOut], make: Callable[[Row], Iterable[Item]]) -> Iterator[Item]:
    """What `make` makes of each row; a row that it cannot use is left out as a whole."""
    for row in rows:
        if isinstance(row, LeftOut):
            yield row
            continue
        try:
            made = list(make(row))
        except UnusableError as error:
            made = [LeftOut(row.file, row.place, str(error))]
        yield from made
