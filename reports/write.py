"""Writes a report in any of its formats, in one pass over the clips."""

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO, get_args, runtime_checkable

from lawful.core.files import replacing
from lawful.judge.stored import StoredClip
from lawful.reports import tables
from lawful.reports.export.check import check_sections
from lawful.reports.export.json_file import section_values
from lawful.reports.head import ReportHead
from lawful.reports.lines import json_line, json_text
from lawful.reports.rows import SCHEMA, JudgedClip, finite, judged
from lawful.reports.tally import Counts, GroupKey, Tally

Format = Literal["html", "md", "csv", "json", "jsonl"]
FORMATS: tuple[Format, ...] = get_args(Format)

FILE_NAMES: Mapping[Format, str] = {
    "html": "index.html",
    "md": "report.md",
    "csv": "report.csv",
    "json": "report.json",
    "jsonl": "report.jsonl",
}
"""Name of each format's file within a folder."""


@runtime_checkable
class FormatWriter(Protocol):
    """Writes one format into a stream."""

    def add(self, clip: JudgedClip) -> None:
        """Take one more clip."""
        ...

    def finish(self, tally: Tally) -> None:
        """Write what comes at the end, given the counts of all clips."""
        ...


def write_report(clips: Iterable[StoredClip], head: ReportHead, targets: Mapping[Format, Path]) -> Tally:
    """Write a report into files, each whole or not at all.

    Args:
        clips: What the run holds; read once.
        head: What to say of the run.
        targets: The file of each format.

    Returns:
        The counts of the run.

    Raises:
        InputError: The run is damaged.
        OSError: A file cannot be written.
    """
    check_sections(head.sections)
    with ExitStack() as stack:
        writers = []
        for name, path in targets.items():
            temporary = stack.enter_context(replacing(path))
            stream = stack.enter_context(temporary.open("w", encoding="utf-8", newline=""))
            writers.append(make_writer(name, stream, head, path.parent))
        return _fold(clips, writers)


def stream_report(
    clips: Iterable[StoredClip], head: ReportHead, name: Format, stream: TextIO, links_from: Path
) -> Tally:
    """Write one format into an open text stream.

    Args:
        clips: What the run holds; read once.
        head: What to say of the run.
        name: The format.
        stream: Where to write; it should not translate line ends.
        links_from: The folder from which relative links of a page are followed.

    Returns:
        The counts of the run.
    """
    check_sections(head.sections)
    return _fold(clips, [make_writer(name, stream, head, links_from)])


def make_writer(name: Format, stream: TextIO, head: ReportHead, links_from: Path) -> FormatWriter:
    """The writer of a format."""
    if name == "html":
        from lawful.reports.page import PageWriter

        return PageWriter(stream, head, links_from)
    if name == "md":
        return _MarkdownWriter(stream, head)
    if name == "csv":
        return _CsvWriter(stream)
    if name == "json":
        return _JsonWriter(stream, head)
    return _LinesWriter(stream)


def _fold(clips: Iterable[StoredClip], writers: list[FormatWriter]) -> Tally:
    tally = Tally()
    for clip in clips:
        judged_clip = judged(clip)
        tally.add(judged_clip)
        for writer in writers:
            writer.add(judged_clip)
    for writer in writers:
        writer.finish(tally)
    return tally


class _LinesWriter:
    """One JSON line a clip."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def add(self, clip: JudgedClip) -> None:
        self._stream.write(json_line(clip) + "\n")

    def finish(self, tally: Tally) -> None:
        """Nothing comes after the last line."""


class _CsvWriter:
    """One row a clip."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        stream.write(tables.csv_header())

    def add(self, clip: JudgedClip) -> None:
        self._stream.write(tables.csv_line(clip))

    def finish(self, tally: Tally) -> None:
        """Nothing comes after the last row."""


class _JsonWriter:
    """One object: the run, the lines, the counts."""

    def __init__(self, stream: TextIO, head: ReportHead) -> None:
        self._stream = stream
        self._separator = "\n"
        run = {"name": head.name, **dict(head.facts)}
        sections = f'"sections":{json_text(section_values(head.sections))},' if head.sections else ""
        stream.write(f'{{"schema":{json.dumps(SCHEMA)},"run":{json_text(run)},{sections}"clips":[')

    def add(self, clip: JudgedClip) -> None:
        self._stream.write(self._separator + json_line(clip))
        self._separator = ",\n"

    def finish(self, tally: Tally) -> None:
        groups = {**tally.groups, **tally.generators}
        summary = [
            _counts(counts, key) for key, counts in sorted(groups.items(), key=lambda item: item[0].names())
        ]
        self._stream.write(
            f'\n],"counts":{json_text(_counts(tally.total))},"summary":{json_text(summary)}}}\n'
        )


class _MarkdownWriter:
    """A page of text: rows are kept until the counts above them are known."""

    def __init__(self, stream: TextIO, head: ReportHead) -> None:
        self._stream = stream
        self._head = head
        self._rows: list[str] = []
        self._failed: list[str] = []

    def add(self, clip: JudgedClip) -> None:
        if clip.result is None:
            self._failed.append(tables.markdown_failure(clip))
        else:
            self._rows.append(tables.markdown_row(clip))

    def finish(self, tally: Tally) -> None:
        self._stream.write(tables.markdown(self._head, tally, self._rows, self._failed))


def _counts(counts: Counts, key: GroupKey | None = None) -> dict[str, Any]:
    names = {} if key is None else {"suite": key.suite, "judge": key.judge, "generator": key.generator}
    return {
        **names,
        "n": counts.n,
        "failed": counts.failed,
        "violation": counts.answers["violation"],
        "none_found": counts.answers["none_found"],
        "not_sure": counts.answers["not_sure"],
        "answered": counts.answered,
        "coverage": finite(counts.coverage),
        "mean_score": finite(counts.mean_score),
        "laws": dict(counts.laws.most_common()),
    }
