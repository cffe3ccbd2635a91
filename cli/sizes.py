"""Sizes of pictures, as users write them."""

import re

import click

_SIZE = re.compile(r"(\d{1,6})x(\d{1,6})")


def size_in_px(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[int, int] | None:
    """A callback: width and height of "256x144"; None where nothing was given."""
    if value is None:
        return None
    match = _SIZE.fullmatch(value)
    if match is None:
        raise click.BadParameter(f"{value!r} is no size. Write it as WIDTHxHEIGHT, such as 256x256.")
    return int(match[1]), int(match[2])
