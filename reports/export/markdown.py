"""Results as Markdown: tables that GitHub draws, names shown as they are."""

from collections.abc import Sequence

from lawful.reports.cells import markdown_head, markdown_row, markdown_text
from lawful.reports.export.numbers import shown_table
from lawful.reports.results import ResultDocument, ResultSection, ResultTable


def markdown_document(document: ResultDocument) -> str:
    """The whole document."""
    parts = [f"# {markdown_text(document.title)}"]
    if document.facts:
        parts.append(_list([f"{name}: {value}" for name, value in document.facts]))
    parts += _paragraphs(document.notes)
    parts += [markdown_section(section) for section in document.sections]
    return "\n\n".join(parts) + "\n"


def markdown_section(section: ResultSection) -> str:
    """A section with its tables; plots show numbers of tables and are left out."""
    parts = [f"## {markdown_text(section.title)}", *_paragraphs(section.notes)]
    for table in section.tables:
        parts += [f"### {markdown_text(table.title)}", *_table(table)]
    return "\n\n".join(parts)


def _table(table: ResultTable) -> list[str]:
    shown = shown_table(table)
    if not shown.rows:
        return ["Nothing to show.", *_paragraphs(shown.notes)]
    rows = [markdown_row([cell.text for cell in row]) for row in shown.rows]
    drawn = "\n".join([*markdown_head(shown.columns, shown.numeric), *rows])
    return [drawn, *([_list(shown.notes)] if shown.notes else [])]


def _paragraphs(notes: Sequence[str]) -> list[str]:
    return [markdown_text(note) for note in notes]


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {markdown_text(line)}" for line in lines)
