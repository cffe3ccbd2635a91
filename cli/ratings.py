"""`lawful ratings`."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lawful.cli.rating_options import rating_options, reading
from lawful.cli.tables import print_table

if TYPE_CHECKING:
    from lawful.reports.ratings.check import NameDifference, RatingsCheck
    from lawful.reports.stats.careless import CarelessRules

_SHOWN = 5


@click.group()
def ratings() -> None:
    """Read files of human ratings, check them, and make labels of them."""


@ratings.command("check")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@rating_options("--format")
@click.option(
    "--videos", type=click.Path(path_type=Path), metavar="PATH",
    help="A run or a folder of videos: other videos are not known.",
)  # fmt: skip
@click.option(
    "--min-seconds", type=click.FloatRange(min=0), default=2.0, show_default=True,
    help="An answer in less time is a fast one.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON: all that was found.")
@click.pass_context
def check(ctx: click.Context, files: tuple[Path, ...], as_json: bool, **options: Any) -> None:
    """Say what is in files of ratings, how far raters agree, and which rows are not usable.

    FILE may be a folder: all files below it are read. Several files make one table.

    Exit codes: 0 all rows are usable; 1 some are not.
    """
    from lawful.reports.ratings.check import check_ratings
    from lawful.reports.ratings.read import read_ratings
    from lawful.reports.ratings.videos import known_videos
    from lawful.reports.stats.careless import CarelessRules

    columns, rules = reading(options)
    place = options["videos"]
    if place is not None:
        rules = replace(rules, videos=known_videos(place))
    table = read_ratings(files, options["file_format"], columns, rules)
    careless = CarelessRules(min_seconds=options["min_seconds"])
    found = check_ratings(table, rules.videos, careless)
    if as_json:
        click.echo(json.dumps(_document(found), indent=2, ensure_ascii=False))
    else:
        _print(found, careless)
    if table.problems:
        ctx.exit(1)


@ratings.command("labels")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@rating_options("--format")
@click.option(
    "--suite", required=True, metavar="NAME", help="The suite whose questions were rated, or its file."
)
@click.option(
    "--videos", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder of the videos."
)
@click.option("--prompts", type=click.Path(path_type=Path), metavar="FILE",
              help="CSV that says the case of each video, where the ratings do not.")  # fmt: skip
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE",
              help="The file of labels, .jsonl.")  # fmt: skip
def labels(
    files: tuple[Path, ...], suite: str, videos: Path, prompts: Path | None, out: Path, **options: Any
) -> None:
    """Write ratings as labels that `lawful train judge` learns from: one for each video and question.

    The label is the one of the question's scale that is nearest to the raters' mean, which is kept beside it.
    """
    from lawful.checklists.load import load_suite
    from lawful.core.files import write_atomic
    from lawful.reports.ratings.read import read_ratings
    from lawful.reports.ratings.training_labels import training_labels

    columns, rules = reading(options)
    table = read_ratings(files, options["file_format"], columns, rules)
    found = training_labels(table, load_suite(suite), videos, out.parent, prompts)
    write_atomic(out, "".join(json.dumps(dict(row), ensure_ascii=False) + "\n" for row in found.rows))
    click.echo(f"{len(found.rows):,} label{'' if len(found.rows) == 1 else 's'} in {out}")
    if found.left_out:
        click.echo("\nratings in no label:")
        print_table(["n", "why"], [[f"{n:,}", why] for why, n in found.left_out])
    if table.problems:
        click.echo(f"\n{len(table.problems):,} rows are not usable: see lawful ratings check")


def _print(found: "RatingsCheck", rules: "CarelessRules") -> None:
    table = found.table
    counts = [f"{len(table.ratings):,} ratings"]
    counts += [_counted(found, name) for name in ("item", "axis", "rater", "generator", "source")]
    click.echo(", ".join(counts))
    if table.ratings:
        click.echo()
        _print_axes(found)
        click.echo()
        _print_careless(found, rules)
    if found.names:
        click.echo("\nnames that differ:")
        print_table(["what", "name", "where"], [[d.what, _name(d), d.text] for d in found.names])
    if found.unrated is not None:
        click.echo(f"\nvideos without a rating: {_some(found.unrated)}")
    if table.notes:
        click.echo("\nleft out, and no fault:")
        print_table(["n", "what"], [[f"{n:,}", text] for text, n in table.notes])
    if table.problems:
        click.echo("\nnot usable:")
        print_table(["kind", "n", "first rows"], _problem_rows(found))
    else:
        click.echo("\nall rows are usable")


def _print_axes(found: "RatingsCheck") -> None:
    heads = ["axis", "scale", "ratings", "items", "raters", "cannot judge", "alone", "empty", "alpha", "n"]
    heads += ["weighs", "equal", "pairs"]
    rows = []
    for axis in found.axes:
        row = [axis.axis, axis.scale, f"{axis.n:,}", f"{axis.items:,}", f"{axis.raters:,}"]
        row += [f"{axis.cannot_judge:,}", f"{axis.single:,}", f"{axis.empty:,}"]
        row += [_figure(axis.alpha.value), f"{axis.alpha.n:,}", axis.metric]
        rows.append([*row, _figure(axis.agreement.value), f"{axis.agreement.n:,}"])
    print_table(heads, rows)


def _print_careless(found: "RatingsCheck", rules: "CarelessRules") -> None:
    told = (
        f"one answer in {rules.constant_share:.0%}, or {rules.fast_share:.0%} under {rules.min_seconds:g} s, "
        f"or Spearman with the others below {rules.min_correlation:g}; from {rules.min_items} answers on"
    )
    if not found.careless:
        click.echo(f"careless raters: none ({told})")
        return
    click.echo(f"careless raters ({told}):")
    rows = [[c.axis, c.rater, str(c.check.n), "; ".join(c.rules)] for c in found.careless]
    print_table(["axis", "rater", "n", "why"], rows)


def _problem_rows(found: "RatingsCheck") -> list[list[str]]:
    rows = []
    for kind, n in found.table.counts().items():
        first = [p for p in found.table.problems if p.kind == kind][:_SHOWN]
        for number, problem in enumerate(first):
            head = ["", ""] if number else [kind, f"{n:,}"]
            rows.append([*head, f"{problem.file}, {problem.row}: {problem.text}"])
    return rows


def _document(found: "RatingsCheck") -> dict[str, Any]:
    table = found.table
    return {
        "schema": "lawful.ratings-check/1",
        "ratings": len(table.ratings),
        "items": len(found.distinct("item")),
        "raters": found.distinct("rater"),
        "generators": found.distinct("generator"),
        "sources": found.distinct("source"),
        "axes": [
            {
                **{name: getattr(axis, name) for name in ("axis", "scale", "n", "items", "raters")},
                **{name: getattr(axis, name) for name in ("cannot_judge", "single", "empty", "metric")},
                "alpha": {"value": _null(axis.alpha.value), "n": axis.alpha.n, "reason": axis.alpha.reason},
                "agreement": {
                    "value": _null(axis.agreement.value),
                    "n": axis.agreement.n,
                    "reason": axis.agreement.reason,
                },
            }
            for axis in found.axes
        ],
        "careless": [
            {
                "axis": c.axis,
                "rater": c.rater,
                "n": c.check.n,
                "top_share": _null(c.check.top_share),
                "fast_share": _null(c.check.fast_share),
                "correlation": _null(c.check.correlation),
                "constant": c.check.constant,
                "too_fast": c.check.too_fast,
                "anti_correlated": c.check.anti_correlated,
            }
            for c in found.careless
        ],
        "names": [{"what": d.what, "name": d.name, "n": d.n, "text": d.text} for d in found.names],
        "unrated": found.unrated,
        "left_out": [{"text": text, "n": n} for text, n in table.notes],
        "problems": {
            "counts": table.counts(),
            "rows": [{"kind": p.kind, "file": p.file, "row": p.row, "text": p.text} for p in table.problems],
        },
    }


def _counted(found: "RatingsCheck", name: str) -> str:
    plural = {"axis": "axes", "source": "files"}.get(name, f"{name}s")
    return f"{len(found.distinct(name)):,} {plural}"


def _name(difference: "NameDifference") -> str:
    return difference.name + (f" and {difference.n - 1:,} more" if difference.n > 1 else "")


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return (", ".join(names[:_SHOWN]) + more) if names else "none"


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _null(value: float) -> float | None:
    return None if math.isnan(value) else value
