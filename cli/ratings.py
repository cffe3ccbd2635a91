"""`lawful ratings`."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lawful.cli.tables import print_table
from lawful.core.errors import InputError

if TYPE_CHECKING:
    from lawful.reports.ratings.cells import Rules
    from lawful.reports.ratings.check import NameDifference, RatingsCheck
    from lawful.reports.ratings.columns import Columns
    from lawful.reports.stats.careless import CarelessRules

_FORMATS = (
    *("csv", "tsv", "jsonl", "parquet"),
    *("genai-bench", "video-bench", "tc-bench", "fetv", "videophy2", "phyground", "label-studio"),
)
_SHOWN = 5


@click.group()
def ratings() -> None:
    """Read files of human ratings and check them."""


@ratings.command("check")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format", "file_format", type=click.Choice(_FORMATS), help="The format; by default by the ending."
)
@click.option(
    "--map", "maps", metavar="FIELD=COLUMN", multiple=True,
    help="Column of a field, as in rater=annotator. May be repeated.",
)  # fmt: skip
@click.option(
    "--mapping", type=click.Path(path_type=Path), metavar="TOML", help="A mapping file, for all of it."
)
@click.option(
    "--wide", type=click.Choice(["axis", "rater"]),
    help="There is one column an axis, or one a rater, rather than one answer a row.",
)  # fmt: skip
@click.option(
    "--value", "values", metavar="COLUMN", multiple=True,
    help="A column of answers of a wide file. Default: all that mean nothing else.",
)  # fmt: skip
@click.option(
    "--scale", "scales", metavar="[AXIS=]SCALE", multiple=True,
    help='What answers may be: 1-5, or the only answers, worst first: "no,in part,yes".',
)  # fmt: skip
@click.option(
    "--rename", "renames", metavar="OLD=NEW", multiple=True,
    help="Read a generator's name as another. May be repeated.",
)  # fmt: skip
@click.option("--axis", metavar="NAME", help="The axis of files that name none.")
@click.option("--rater", metavar="NAME", help="The rater of files that name none.")
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
    from lawful.reports.stats.careless import CarelessRules

    columns, rules = _understood(options)
    table = read_ratings(files, options["file_format"], columns, rules)
    careless = CarelessRules(min_seconds=options["min_seconds"])
    found = check_ratings(table, rules.videos, careless)
    if as_json:
        click.echo(json.dumps(_document(found), indent=2, ensure_ascii=False))
    else:
        _print(found, careless)
    if table.problems:
        ctx.exit(1)


def _understood(options: dict[str, Any]) -> "tuple[Columns, Rules]":
    from lawful.reports.ratings.cells import Rules
    from lawful.reports.ratings.columns import Columns, check_fields, pairs, read_mapping
    from lawful.reports.ratings.record import parse_scale
    from lawful.reports.ratings.videos import known_videos

    columns, rules = Columns(), Rules()
    if options["mapping"] is not None:
        mapped = read_mapping(options["mapping"])
        columns, rules = mapped.columns, mapped.rules
    maps = pairs(options["maps"], "--map")
    check_fields(maps, "--map")
    scales = {}
    for text in options["scales"]:
        axis, _, scale = text.rpartition("=")
        if axis in scales:
            raise InputError(f"--scale {text}: {f'the axis {axis}' if axis else 'the scale'} is given twice")
        scales[axis] = parse_scale(scale)
    place = options["videos"]
    columns = replace(
        columns,
        map={**columns.map, **maps},
        wide=options["wide"] or columns.wide,
        values=options["values"] or columns.values,
        axis=options["axis"] or columns.axis,
        rater=options["rater"] or columns.rater,
    )
    rules = replace(
        rules,
        scales={**rules.scales, **scales},
        rename={**rules.rename, **pairs(options["renames"], "--rename")},
        videos=None if place is None else known_videos(place),
    )
    return columns, rules


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
