"""`lawful report`: what a run found, as a page, a table or JSON lines."""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lawful.core.errors import InputError

if TYPE_CHECKING:
    from lawful.reports.write import Format

_FORMATS = ("html", "md", "csv", "json", "jsonl")


def _formats(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",")))
    unknown = [name for name in names if name not in _FORMATS]
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is no format. Known: {', '.join(_FORMATS)}.")
    return names


@click.command("report")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "formats",
    default="html",
    show_default=True,
    callback=_formats,
    metavar="NAMES",
    help="One or more of html, md, csv, json, jsonl, with commas between.",
)
@click.option(
    "--out",
    type=click.Path(allow_dash=True),
    help="File for one format (- prints it), folder for several or if it ends in /.  [default: RUN/report]",
)
@click.option(
    "--overlay",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Also write every clip with evidence as an mp4 with the evidence drawn in; reads the videos again.",
)
def report(run: Path, formats: tuple["Format", ...], out: str | None, overlay: Path | None) -> None:
    """Write what RUN found: a page to look at, tables, or one JSON line a (video, suite, judge).

    The lines of `--format jsonl` are a contract, described in docs/report.md.
    """
    from lawful.judge.reading import read_run
    from lawful.reports.head import read_head
    from lawful.reports.write import stream_report, write_report

    if not run.is_dir():
        raise InputError(f"{run}: no run folder. Name the folder that `lawful score --out` wrote.")
    head = read_head(run)
    if out == "-":
        first, *more = formats
        if more:
            raise click.UsageError(f"--out - prints one format, {len(formats)} were asked for.")
        stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
        stream_report(read_run(run), head, first, stream, links_from=Path.cwd())
        stream.flush()
        stream.detach()
    else:
        targets = _targets(run, formats, out)
        write_report(read_run(run), head, targets)
        for path in targets.values():
            click.echo(str(path))
    if overlay is not None:
        _overlays(run, overlay, quiet_output=out == "-")


def _targets(run: Path, formats: tuple["Format", ...], out: str | None) -> dict["Format", Path]:
    from lawful.reports.write import FILE_NAMES

    folder = run / "report" if out is None else Path(out)
    if out is not None and len(formats) == 1 and not (folder.is_dir() or out.endswith("/")):
        return {formats[0]: folder}
    if folder.exists() and not folder.is_dir():
        raise click.UsageError(f"--out {folder} is a file; several formats need a folder.")
    return {name: folder / FILE_NAMES[name] for name in formats}


def _overlays(run: Path, folder: Path, quiet_output: bool) -> None:
    from lawful.judge.reading import read_run
    from lawful.reports.overlay import write_overlays

    say: Callable[[str], None] = lambda line: click.echo(line, err=True)  # noqa: E731
    done = write_overlays(read_run(run), run, folder, say)
    found = f"{folder}: {done.written} overlay videos, {done.without_evidence} clips without evidence"
    click.echo(found, err=quiet_output)
    if done.failed:
        raise InputError(f"{done.failed} overlay videos could not be made; the reasons are above.")
