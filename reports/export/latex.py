r"""Results as LaTeX: a fragment of booktabs tables for \input, without a preamble."""

import re
from collections.abc import Sequence

from lawful.reports.cells import plain_line
from lawful.reports.export.latex_text import PREAMBLE, latex_number, latex_text
from lawful.reports.export.numbers import ShownCell, ShownTable, shown_table
from lawful.reports.results import ResultDocument, ResultSection, ResultTable

_PAGE_ROWS = 40
"""Tables of more rows are broken over pages."""
_OPEN = (r"\begin{table}[htbp]", r"\centering")
_CLOSE = r"\end{table}"
_LINE_CHARACTERS = 36
"""Columns of longer text are wrapped."""


def latex_document(document: ResultDocument) -> str:
    """The whole document; its facts are comments, because a paper words them itself."""
    sections = [latex_section(section) for section in document.sections]
    packages = "booktabs and longtable" if r"\begin{longtable}" in "".join(sections) else "booktabs"
    head = [
        f"% {plain_line(document.title)}",
        *(f"% {plain_line(name)}: {plain_line(value)}" for name, value in document.facts),
        f"% Packages: {packages}.",
        PREAMBLE,
    ]
    return "\n\n".join(["\n".join(head), *_paragraphs(document.notes), *sections]) + "\n"


def latex_section(section: ResultSection) -> str:
    """The tables of a section; plots show numbers of tables and are left out."""
    parts = [f"% {plain_line(section.title)}", *_paragraphs(section.notes)]
    parts += [_table(section, table) for table in section.tables]
    return "\n\n".join(parts)


def _table(section: ResultSection, table: ResultTable) -> str:
    shown = shown_table(table)
    names = [table.id, *(value for _, value in section.keys)]
    label = "-".join(re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") for name in names)
    caption = rf"\caption{{{latex_text(section.title)}: {latex_text(table.title)}}}\label{{tab:{label}}}"
    if not shown.rows:
        return "\n".join([f"% {plain_line(table.title)}: nothing to show.", *_paragraphs(shown.notes)])
    pairs = [any(row[place].interval for row in shown.rows) for place in range(len(shown.columns))]
    columns = "".join(
        _alignment(shown, place, paired)
        for place, paired in zip(range(len(shown.columns)), pairs, strict=True)
    )
    head = _head(shown, pairs)
    rows = [
        " & ".join(_cell(cell, *kind) for cell, *kind in zip(row, shown.numeric, pairs, strict=True)) + r" \\"
        for row in shown.rows
    ]
    notes = [rf"\par\smallskip{{\footnotesize {latex_text(note)}\par}}" for note in shown.notes]
    if len(rows) > _PAGE_ROWS:
        begin = [rf"\begin{{longtable}}{{{columns}}}", caption + r" \\", r"\toprule", head, r"\midrule"]
        return "\n".join(
            [*begin, r"\endhead", r"\bottomrule", r"\endfoot", *rows, r"\end{longtable}", *notes]
        )
    begin = [*_OPEN, caption, rf"\begin{{tabular}}{{{columns}}}", r"\toprule"]
    end = [r"\bottomrule", r"\end{tabular}", *notes, _CLOSE]
    return "\n".join([*begin, head, r"\midrule", *rows, *end])


def _alignment(shown: ShownTable, place: int, paired: bool) -> str:
    if paired:
        return "r@{ }l"
    if shown.numeric[place]:
        return "r"
    longest = max(len(row[place].value) for row in shown.rows)
    return r"p{0.33\linewidth}" if longest > _LINE_CHARACTERS else "l"


def _head(shown: ShownTable, pairs: Sequence[bool]) -> str:
    cells = []
    for name, paired, numeric in zip(shown.columns, pairs, shown.numeric, strict=True):
        text = latex_text(name)
        span, side = (2, "c") if paired else (1, "r" if numeric else "l")
        cells.append(rf"\multicolumn{{{span}}}{{{side}}}{{{text}}}")
    return " & ".join(cells) + r" \\"


def _cell(cell: ShownCell, numeric: bool, paired: bool) -> str:
    """A cell; with its interval in a column of its own where the column has intervals."""
    text = _value(cell, numeric)
    mark = f"({cell.mark})" if cell.mark else ""
    if not paired:
        return f"{text} {mark}".strip()
    return f"{text} & {_interval(cell.interval)} {mark}".strip()


def _value(cell: ShownCell, numeric: bool) -> str:
    if not numeric:
        return latex_text(cell.value)
    zeros = "0" * cell.lacking if "." in cell.value else "." + "0" * (cell.lacking - 1)
    return latex_number(cell.value) + (rf"\phantom{{{zeros}}}" if cell.lacking else "")


def _interval(interval: str) -> str:
    if not interval:
        return ""
    low, high = interval.strip("[]").split(", ")
    return f"[{latex_number(low)}, {latex_number(high)}]"


def _paragraphs(notes: Sequence[str]) -> list[str]:
    return [latex_text(note) for note in notes]
