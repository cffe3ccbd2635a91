"""Writes results in any of their formats; files appear whole or not at all."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, TextIO, get_args

from lawful.core.errors import LawfulError
from lawful.core.files import replacing
from lawful.reports.export.check import check_document, table_ids
from lawful.reports.export.csv_files import csv_files, csv_table
from lawful.reports.export.json_file import json_document
from lawful.reports.export.markdown import markdown_document
from lawful.reports.results import ResultDocument

ResultFormat = Literal["html", "md", "csv", "json", "tex"]
RESULT_FORMATS: tuple[ResultFormat, ...] = get_args(ResultFormat)

FILE_NAMES: Mapping[ResultFormat, str] = {
    "html": "index.html",
    "md": "results.md",
    "csv": "tables",
    "json": "results.json",
    "tex": "results.tex",
}
"""Name of each format's file within a folder; for csv that of the folder with a file a table."""


def write_results(document: ResultDocument, targets: Mapping[ResultFormat, Path]) -> tuple[Path, ...]:
    """Write a document into files, each whole or not at all; the same document gives the same bytes.

    Args:
        document: What to write.
        targets: The file of each format; for csv a folder, or one file where all tables have one id.

    Returns:
        The files written.

    Raises:
        LawfulError: A csv file is asked for where the document has tables of several ids.
        OSError: A file cannot be written.
    """
    check_document(document)
    texts: dict[Path, str] = {}
    for name, path in targets.items():
        if name == "csv" and path.suffix != ".csv":
            texts |= {path / file: text for file, text in csv_files(document).items()}
        else:
            texts[path] = result_text(document, name)
    with ExitStack() as stack:
        for path, text in texts.items():
            temporary = stack.enter_context(replacing(path))
            temporary.write_text(text, encoding="utf-8", newline="")
    return tuple(texts)


def stream_results(
    document: ResultDocument, name: ResultFormat, stream: TextIO, table_id: str | None = None
) -> None:
    """Write one format into an open text stream.

    Args:
        document: What to write.
        name: The format.
        stream: Where to write; it should not translate line ends.
        table_id: For csv which tables; None where all have one id.

    Raises:
        LawfulError: The tables of csv are of several ids and none is named, or there are none of that id.
    """
    check_document(document)
    stream.write(result_text(document, name, table_id))


def result_text(document: ResultDocument, name: ResultFormat, table_id: str | None = None) -> str:
    """The text of one format, as `stream_results` writes it."""
    if name == "csv":
        return csv_table(document, _the_table(document, table_id))
    return _writer(name)(document)


def _writer(name: ResultFormat) -> Callable[[ResultDocument], str]:
    if name == "md":
        return markdown_document
    if name == "json":
        return json_document
    if name == "tex":
        from lawful.reports.export.latex import latex_document

        return latex_document
    from lawful.reports.export.page import page_document

    return page_document


def _the_table(document: ResultDocument, table_id: str | None) -> str:
    ids = table_ids(document)
    names = ", ".join(ids) or "none"
    if table_id is None:
        if len(ids) != 1:
            found = f"csv in one file holds the tables of one id, this document has {len(ids)} ({names})"
            raise LawfulError(f"{found}. Write a folder instead: it gets a file a table.")
        return ids[0]
    if table_id not in ids:
        raise LawfulError(f"no table {table_id!r} in this document. It has: {names}.")
    return table_id
