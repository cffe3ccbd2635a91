"""`lawful compare`: generators on the same prompts, or one run against another."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lawful.cli.documents import (
    check_place,
    comma_list,
    number_options,
    result_options,
    show_results,
    watched,
)

if TYPE_CHECKING:
    from lawful.reports.export.write import ResultFormat

_KINDS = ("axis", "law", "question")


@click.command("compare")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--by", "kinds", default="axis,law", show_default=True, callback=comma_list(_KINDS, "{name} is not one of {known}."), metavar="NAMES",
              help="What is measured beside the whole clip: axis, law, question, with commas between.")  # fmt: skip
@click.option("--systems", type=click.Choice(["generator", "run"]), default="generator", show_default=True,
              help="What is compared.")  # fmt: skip
@click.option("--suite", "suites", multiple=True, metavar="NAME",
              help="Only this suite; may be given more than once.  [default: all]")  # fmt: skip
@click.option("--judge", "judges", multiple=True, metavar="NAME",
              help="Only this judge; may be given more than once.  [default: all]")  # fmt: skip
@click.option("--aggregate", "aggregations", multiple=True, metavar="NAME",
              help="Also make one number of the checklist as published: ruler, mme-cof, pyramid, phyground, "
                   "videophy2, implausibench. May be given more than once.")  # fmt: skip
@click.option("--changes", is_flag=True,
              help="Compare two runs, before and after, video by video: what changed.")  # fmt: skip
@number_options
@result_options
def compare(
    runs: tuple[Path, ...], out: str | None, formats: tuple["ResultFormat", ...], quiet: bool, **options: Any
) -> None:
    """Compare the generators in RUN... on the prompts and seeds that they share.

    Leaderboard for the whole clip, each axis and each law, with intervals; which generators are told apart; every
    two of them; strengths from who is better video by video; scores over rollout time where the runs have them.
    docs/comparison.md says how each number is made.
    """
    from lawful.reports.compare.compare import CompareRequest
    from lawful.reports.compare.compare import compare as compare_runs
    from lawful.reports.compare.leaderboard import Settings

    check_place(out, formats, quiet)
    settings = Settings(options.pop("level"), options.pop("n_resamples"), options.pop("seed"))
    request = CompareRequest(runs=runs, settings=settings, **options)
    with watched("comparing", quiet or out == "-") as progress:
        document = compare_runs(request, progress)
    show_results(document, out, formats, quiet)
