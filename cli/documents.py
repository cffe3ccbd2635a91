"""What the commands that end in a document of results share: their options, a bar, printing and writing."""

import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

if TYPE_CHECKING:
    from lawful.reports.export.write import ResultFormat
    from lawful.reports.results import ResultDocument

_FORMATS = ("html", "md", "csv", "json", "tex")
WRONG_FORMAT = "{name} is no format. Known: {known}."
"""What is said of a format that there is not."""
_SHOWN_AFTER_S = 1.0
_Format = TypeVar("_Format", bound=str)
_Command = TypeVar("_Command", bound=Callable[..., Any])


def number_options(command: _Command) -> _Command:
    """The options of how numbers are made: `level`, `n_resamples`, `seed`."""
    for option in (
        click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N",
                     help="Seed of all that is drawn: the same seed gives the same numbers."),
        click.option("--resamples", "n_resamples", type=click.IntRange(min=100), default=2000, show_default=True,
                     metavar="N", help="Resamples of each bootstrap."),
        click.option("--level", type=click.FloatRange(0.5, 1, max_open=True), default=0.95, show_default=True,
                     metavar="X", help="Coverage of the intervals."),
    ):  # fmt: skip
        command = option(command)
    return command


def result_options(command: _Command) -> _Command:
    """The options of where results go: `out`, `formats`, `quiet`."""
    for option in (
        click.option("--quiet", is_flag=True, help="No tables on the terminal and no progress: only the files."),
        click.option("--out", type=click.Path(allow_dash=True), metavar="PLACE",
                     help="File for one format (- prints it), folder for several or if it ends in /. CSV is a folder "
                          "with a file a table."),
        click.option("--format", "formats", callback=comma_list(_FORMATS, WRONG_FORMAT), metavar="NAMES",
                     help=f"Also write {', '.join(_FORMATS)}, with commas between.  [default: all of them with --out]"),
    ):  # fmt: skip
        command = option(command)
    return command


def show_results(
    document: "ResultDocument", out: str | None, formats: tuple["ResultFormat", ...], quiet: bool
) -> None:
    """Print a document, and write the files that were asked for.

    Raises:
        click.UsageError: The formats and the place do not go together.
        OSError: A file cannot be written.
    """
    from lawful.cli.results import print_document
    from lawful.reports.export.write import write_results

    if out == "-":
        _print_one(document, formats)
        return
    # Files first: whoever pipes the tables into `head` has them all the same.
    written = () if out is None else write_results(document, _targets(out, formats))
    if not quiet:
        print_document(document)
    for path in written:
        click.echo(str(path))


def check_place(out: str | None, formats: tuple["ResultFormat", ...], quiet: bool) -> None:
    """Refuse a place that does not go with the formats, before any work is done.

    Raises:
        click.UsageError: Says why.
    """
    if out is None and formats:
        raise click.UsageError(f"--format {','.join(formats)} needs --out: where to write.")
    if out == "-" and len(formats) != 1:
        raise click.UsageError(f"--out - prints one format; name it with --format, such as {_FORMATS[3]}.")
    if out == "-" and formats == ("csv",):
        raise click.UsageError("--out - prints one text, and csv is a file a table: give a folder to --out.")
    if out is None and quiet:
        raise click.UsageError(
            "--quiet prints nothing, and without --out nothing is written either: give --out."
        )
    if out is not None and out != "-":
        _targets(out, formats)


@contextmanager
def watched(what: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr for work that takes longer than a second; nothing where stderr is no terminal.

    Yields:
        What to call with how much is done, and of how much.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=None)
    # A timer, because reading large runs takes its time before there is anything to tell.
    timer = Timer(_SHOWN_AFTER_S, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield lambda done, total: bar.update(task, completed=done, total=total)
    finally:
        timer.cancel()
        timer.join()
        bar.stop()


def comma_list(known: Sequence[str], wrong: str) -> Callable[..., tuple[Any, ...]]:
    """A callback for an option of names with commas between; of an option that is not given it makes nothing.

    Args:
        known: The names that there are.
        wrong: What is said of another one, with `{name}` and `{known}`.
    """

    def checked(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(name.strip() for name in value.split(","))) if value is not None else ()
        for name in names:
            if name not in known:
                raise click.BadParameter(wrong.format(name=repr(name), known=", ".join(known)))
        return names

    return checked


def file_targets(
    out: str, formats: Sequence[_Format], file_names: Mapping[_Format, str]
) -> dict[_Format, Path]:
    """The file of each format: the place itself for one, files within it for several or if it ends in /.

    Raises:
        click.UsageError: Several formats are to go into one file.
    """
    place = Path(out)
    if len(formats) == 1 and not (place.is_dir() or out.endswith("/")):
        return {formats[0]: place}
    if place.exists() and not place.is_dir():
        raise click.UsageError(f"--out {place} is a file; several formats need a folder.")
    return {name: place / file_names[name] for name in formats}


@contextmanager
def standard_output() -> Iterator[TextIO]:
    """Standard output as UTF-8, with line ends as they are written."""
    stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    yield stream
    stream.flush()
    stream.detach()


def _targets(out: str, formats: tuple["ResultFormat", ...]) -> dict["ResultFormat", Path]:
    from lawful.reports.export.write import FILE_NAMES, RESULT_FORMATS

    return file_targets(out, formats or RESULT_FORMATS, FILE_NAMES)


def _print_one(document: "ResultDocument", formats: tuple["ResultFormat", ...]) -> None:
    from lawful.reports.export.write import stream_results

    with standard_output() as stream:
        stream_results(document, formats[0], stream)
