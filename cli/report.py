"""`lawful report`: what a run found, as a page, a table or JSON lines."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lawful.cli.documents import WRONG_FORMAT, comma_list, file_targets, standard_output, watched
from lawful.cli.rating_options import RATING_FORMATS
from lawful.core.errors import InputError

if TYPE_CHECKING:
    from lawful.reports.results import ResultSection
    from lawful.reports.write import Format

_FORMATS = ("html", "md", "csv", "json", "jsonl")


@click.command("report")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "formats",
    default="html",
    show_default=True,
    callback=comma_list(_FORMATS, WRONG_FORMAT),
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
@click.option("--no-comparison", is_flag=True,
              help="Do not compare the generators of the run in html, md and json.")  # fmt: skip
@click.option("--ratings", "files", metavar="FILE", multiple=True, type=click.Path(path_type=Path),
              help="Ratings of the videos: also say how far the judges agree with people. May be repeated.")  # fmt: skip
@click.option("--ratings-format", "file_format", type=click.Choice(RATING_FORMATS),
              help="The ratings' format; by default by the ending.")  # fmt: skip
@click.option("--mapping", type=click.Path(path_type=Path), metavar="TOML",
              help="How the ratings are read (docs/ratings.md).")  # fmt: skip
@click.option("--match", metavar="RATING=MEASURE", multiple=True,
              help="What a rating axis is called in the suite, as in `lawful agree`. May be repeated.")  # fmt: skip
def report(
    run: Path, formats: tuple["Format", ...], out: str | None, overlay: Path | None, **options: Any
) -> None:
    """Write what RUN found: a page to look at, tables, or one JSON line a (video, suite, judge).

    Where the run holds several generators, the page compares them, as `lawful compare` does; with --ratings it says
    how far the judges agree with people, as `lawful agree` does.

    The lines of `--format jsonl` are a contract, described in docs/report.md.
    """
    from lawful.judge.reading import read_run
    from lawful.reports.head import read_head
    from lawful.reports.write import FILE_NAMES, stream_report, write_report

    if not run.is_dir():
        raise InputError(f"{run}: no run folder. Name the folder that `lawful score --out` wrote.")
    head = read_head(run)
    if set(formats) & {"html", "md", "json"}:
        head = replace(head, sections=_sections(run, quiet=out == "-", **options))
    elif options["files"]:
        raise click.UsageError("--ratings is for html, md and json; see `lawful agree` for tables.")
    if out == "-":
        first, *more = formats
        if more:
            raise click.UsageError(f"--out - prints one format, {len(formats)} were asked for.")
        with standard_output() as stream:
            stream_report(read_run(run), head, first, stream, links_from=Path.cwd())
    else:
        targets = file_targets(out or f"{run / 'report'}/", formats, FILE_NAMES)
        write_report(read_run(run), head, targets)
        for path in targets.values():
            click.echo(str(path))
    if overlay is not None:
        _overlays(run, overlay, quiet_output=out == "-")


def _sections(
    run: Path,
    quiet: bool,
    no_comparison: bool,
    files: tuple[Path, ...],
    file_format: str | None,
    mapping: Path | None,
    match: tuple[str, ...],
) -> tuple["ResultSection", ...]:
    from lawful.reports.compare.compare import in_report, report_sections

    sections: tuple[ResultSection, ...] = ()
    if not no_comparison:
        with watched("comparing generators", quiet) as tell:
            sections = report_sections(run, tell)
    if files:
        import numpy as np

        from lawful.reports.agree.document import agree
        from lawful.reports.agree.records import AgreeRules
        from lawful.reports.ratings.cells import Rules
        from lawful.reports.ratings.columns import Columns, pairs, read_mapping
        from lawful.reports.ratings.read import read_ratings
        from lawful.reports.scores import read_scores

        columns, rules = Columns(), Rules()
        if mapping is not None:
            mapped = read_mapping(mapping)
            columns, rules = mapped.columns, mapped.rules
        table = read_ratings(files, file_format, columns, rules)
        asked = AgreeRules(match=pairs(match, "--match"))
        with watched("comparing with people", quiet) as tell:
            document = agree(read_scores((run,)), table, np.random.default_rng(0), asked, tell=tell)
        sections += tuple(in_report(section, "agreement with people") for section in document.sections)
    return sections


def _overlays(run: Path, folder: Path, quiet_output: bool) -> None:
    from lawful.judge.reading import read_run
    from lawful.reports.overlay import write_overlays

    say: Callable[[str], None] = lambda line: click.echo(line, err=True)  # noqa: E731
    done = write_overlays(read_run(run), run, folder, say)
    found = f"{folder}: {done.written} overlay videos, {done.without_evidence} clips without evidence"
    click.echo(found, err=quiet_output)
    if done.failed:
        raise InputError(f"{done.failed} overlay videos could not be made; the reasons are above.")
