"""What every format may rely on: ids that name files, rows of the right length, names that do not clash."""

import re
from collections.abc import Sequence

from lawful.reports.results import ResultDocument, ResultSection, ResultTable
from lawful.reports.stats.result import Estimate

ESTIMATE_PARTS = ("low", "high", "n")
"""Columns that an estimate takes beside its own, each after the column's name and an underline."""

_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")


def check_document(document: ResultDocument) -> None:
    """Refuse a document that its formats would have to write wrongly: see `check_sections`."""
    check_sections(document.sections)


def check_sections(sections: Sequence[ResultSection]) -> None:
    """Refuse sections that the formats would have to write wrongly.

    Raises:
        ValueError: An id is none or is there twice, a row has more or fewer cells than there are columns, tables of
            one id or keys of sections differ in their names, or two columns would get one name.
    """
    columns: dict[str, tuple[str, ...]] = {}
    keys = [name for name, _ in sections[0].keys] if sections else []
    for section in sections:
        names = [name for name, _ in section.keys]
        if names != keys:
            raise ValueError(f"section {section.title!r} has the keys {names}, the first section has {keys}")
        _check_ids("table", section, [table.id for table in section.tables])
        _check_ids("plot", section, [plot.id for plot in section.plots])
        for table in section.tables:
            _check_rows(table)
            if columns.setdefault(table.id, table.columns) != table.columns:
                raise ValueError(
                    f"table {table.id!r} has other columns in section {section.title!r} than before"
                )
    repeated = _first_repeated([section.keys for section in sections])
    if repeated is not None:
        raise ValueError(f"two sections have the keys {dict(sections[repeated].keys)}")
    for table_id, names in columns.items():
        _check_names(table_id, [*keys, *flat_columns(names, estimate_columns(sections, table_id))])


def tables_of(sections: Sequence[ResultSection], table_id: str) -> list[tuple[ResultSection, ResultTable]]:
    """The tables of one id, each with its section."""
    return [(section, table) for section in sections for table in section.tables if table.id == table_id]


def table_ids(document: ResultDocument) -> list[str]:
    """The ids of all tables, in the order of first mention."""
    return list(dict.fromkeys(table.id for section in document.sections for table in section.tables))


def estimate_columns(sections: Sequence[ResultSection], table_id: str) -> frozenset[str]:
    """The columns in which any table of that id holds an estimate."""
    return frozenset(
        name
        for _, table in tables_of(sections, table_id)
        for row in table.rows
        for name, cell in zip(table.columns, row, strict=True)
        if isinstance(cell, Estimate)
    )


def flat_columns(columns: Sequence[str], estimates: frozenset[str]) -> list[str]:
    """Names of the columns where each part of an estimate has its own.

    >>> flat_columns(["model", "score"], frozenset(["score"]))
    ['model', 'score', 'score_low', 'score_high', 'score_n']
    """
    names = []
    for column in columns:
        names.append(column)
        names += [f"{column}_{part}" for part in ESTIMATE_PARTS if column in estimates]
    return names


def _check_ids(what: str, section: ResultSection, ids: Sequence[str]) -> None:
    for one in ids:
        if not _ID.fullmatch(one):
            raise ValueError(f"{what} {one!r}: an id has lower-case letters, digits, - and _ alone")
    repeated = _first_repeated(ids)
    if repeated is not None:
        raise ValueError(f"section {section.title!r} has two {what}s {ids[repeated]!r}")


def _check_rows(table: ResultTable) -> None:
    for number, row in enumerate(table.rows, 1):
        if len(row) != len(table.columns):
            found = f"row {number} of table {table.id!r} has {len(row)} cells"
            raise ValueError(f"{found}, the table has {len(table.columns)} columns")


def _check_names(table_id: str, names: Sequence[str]) -> None:
    repeated = _first_repeated(names)
    if repeated is not None:
        found = f"table {table_id!r} would have two columns {names[repeated]!r}"
        raise ValueError(f"{found}, counting keys and parts of estimates ({', '.join(ESTIMATE_PARTS)})")


def _first_repeated(values: Sequence[object]) -> int | None:
    """Place of the first value that was there before."""
    seen = set()
    for place, value in enumerate(values):
        if value in seen:
            return place
        seen.add(value)
    return None
