"""`lawful agree`: how far the judges of runs agree with people."""

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
from lawful.cli.rating_options import rating_options, reading
from lawful.core.errors import InputError

if TYPE_CHECKING:
    from lawful.reports.export.write import ResultFormat

_BY = ("axis", "law", "question", "clip", "answer", "generator")


@click.command("agree")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--ratings", "files", metavar="FILE", multiple=True, required=True, type=click.Path(path_type=Path),
              help="A file of ratings, or a folder of them. May be repeated.")  # fmt: skip
@click.option("--match", metavar="RATING=MEASURE", multiple=True,
              help="What a rating axis is called in the suite, as in pc=physics, overall=clip, g=law:gravity. May be "
                   "repeated. Default: what bears its name.")  # fmt: skip
@click.option("--by", default=",".join(_BY[:-1]), show_default=True, callback=comma_list(_BY, "{name} is not one of {known}."), metavar="NAMES",
              help="Which measures are compared with ratings, with commas between; with generator, figures are also "
                   "given for each generator.")  # fmt: skip
@click.option("--threshold", "thresholds", metavar="[AXIS=]NUMBER", multiple=True,
              help="A mean rating above it is a yes, below it a no.  [default: the middle of the scale]")  # fmt: skip
@rating_options("--ratings-format")
@number_options
@result_options
def agree(
    runs: tuple[Path, ...],
    files: tuple[Path, ...],
    out: str | None,
    formats: tuple["ResultFormat", ...],
    quiet: bool,
    **options: Any,
) -> None:
    """Say how far the judges of RUN... agree with people's ratings, beside how far people agree with each other.

    Video by video, generator by generator, judge against judge; means from few labels; how many prompts and raters
    it takes; whether scores mean what they say. docs/agreement.md says how each number is made.
    """
    import numpy as np

    from lawful.reports.agree.document import agree as agree_on
    from lawful.reports.agree.records import AgreeRules
    from lawful.reports.ratings.columns import pairs
    from lawful.reports.ratings.read import read_ratings
    from lawful.reports.scores import read_scores

    check_place(out, formats, quiet)
    columns, rules = reading(options)
    asked = AgreeRules(
        match=pairs(options["match"], "--match"),
        by=options["by"],
        thresholds=_thresholds(options["thresholds"]),
        level=options["level"],
        n_resamples=options["n_resamples"],
    )
    table = read_ratings(files, options["file_format"], columns, rules)
    clips = read_scores(runs)
    rng, facts = np.random.default_rng(options["seed"]), [("seed", str(options["seed"]))]
    with watched("comparing with people", quiet or out == "-") as tell:
        document = agree_on(clips, table, rng, asked, facts, tell)
    show_results(document, out, formats, quiet)


def _thresholds(texts: tuple[str, ...]) -> dict[str, float]:
    found: dict[str, float] = {}
    for text in texts:
        axis, _, number = text.rpartition("=")
        if axis in found:
            raise InputError(
                f"--threshold {text}: {f'that of {axis}' if axis else 'the threshold'} is given twice"
            )
        try:
            found[axis] = float(number)
        except ValueError as error:
            raise InputError(f"--threshold {text}: write it as 3, or for one axis as gravity=3") from error
    return found
