"""How files of ratings are read: the options of all commands that read them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lawful.core.errors import InputError

if TYPE_CHECKING:
    from lawful.reports.ratings.cells import Rules
    from lawful.reports.ratings.columns import Columns

RATING_FORMATS = (
    *("csv", "tsv", "jsonl", "parquet"),
    *("genai-bench", "video-bench", "tc-bench", "fetv", "videophy2", "phyground", "label-studio"),
)
"""All formats of ratings."""
_Command = TypeVar("_Command", bound=Callable[..., Any])


def rating_options(format_flag: str) -> Callable[[_Command], _Command]:
    """The options that say how files of ratings are read.

    Args:
        format_flag: The flag of the files' format, which means something else in commands that write formats too.
    """
    options = (
        click.option(format_flag, "file_format", type=click.Choice(RATING_FORMATS),
                     help="The format; by default by the ending."),
        click.option("--map", "maps", metavar="FIELD=COLUMN", multiple=True,
                     help="Column of a field, as in rater=annotator. May be repeated."),
        click.option("--mapping", type=click.Path(path_type=Path), metavar="TOML",
                     help="A mapping file, for all of it."),
        click.option("--wide", type=click.Choice(["axis", "rater"]),
                     help="There is one column an axis, or one a rater, rather than one answer a row."),
        click.option("--value", "values", metavar="COLUMN", multiple=True,
                     help="A column of answers of a wide file. Default: all that mean nothing else."),
        click.option("--scale", "scales", metavar="[AXIS=]SCALE", multiple=True,
                     help='What answers may be: 1-5, or the only answers, worst first: "no,in part,yes".'),
        click.option("--rename", "renames", metavar="OLD=NEW", multiple=True,
                     help="Read a generator's name as another. May be repeated."),
        click.option("--axis", metavar="NAME", help="The axis of files that name none."),
        click.option("--rater", metavar="NAME", help="The rater of files that name none."),
    )  # fmt: skip

    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def reading(options: dict[str, Any]) -> "tuple[Columns, Rules]":
    """What the options come to.

    Raises:
        InputError: An option is not understood, or says a thing twice.
    """
    from lawful.reports.ratings.cells import Rules
    from lawful.reports.ratings.columns import Columns, check_fields, pairs, read_mapping
    from lawful.reports.ratings.record import parse_scale

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
    )
    return columns, rules
