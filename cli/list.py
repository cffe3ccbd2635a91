"""`lawful list`."""

import json
from typing import Literal

import click

from lawful.cli.tables import print_table
from lawful.core.registry import Kind, Registered, broken_plugins, registered

_KINDS: dict[str, Kind] = {"judges": "judge", "generators": "generator", "suites": "suite"}


@click.command("list")
@click.argument("kind", type=click.Choice([*_KINDS]))
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print JSON: a list of name, summary and origin, of judges also made_on.",
)
def list_command(kind: Literal["judges", "generators", "suites"], as_json: bool) -> None:
    """List the judges, generators or suites that are installed.

    A name that ends in ":" takes an argument, such as a model's folder, after the colon.
    """
    entries = registered(_KINDS[kind])
    if as_json:
        rows = [_row(entry, kind) for entry in entries]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif entries:
        print_table(["name", "summary", "from"], [[e.name, e.summary, e.origin] for e in entries])
        for entry in entries:
            if entry.made_on is not None:
                click.echo(f"\nThresholds of {entry.name}: {entry.made_on()}")
    else:
        click.echo(f"No {kind} are installed.")
    for plugin in broken_plugins():
        click.echo(f"Not loaded: plug-in {plugin.name} ({plugin.module}): {plugin.error}", err=True)


def _row(entry: Registered, kind: str) -> dict[str, str | None]:
    row: dict[str, str | None] = {"name": entry.name, "summary": entry.summary, "origin": entry.origin}
    if kind == "judges":
        row["made_on"] = None if entry.made_on is None else entry.made_on()
    return row
