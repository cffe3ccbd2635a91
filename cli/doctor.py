"""`lawful doctor`."""

import json
from dataclasses import asdict

import click

from lawful.cli.checks import all_checks
from lawful.cli.tables import print_table


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one object a check.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check what works here, and say what to do about the rest.

    "missing" is no fault: something optional is not here. "broken" is.

    Exit codes: 0 all that is required works; 1 something required is broken.
    """
    checks = list(all_checks())
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=2, ensure_ascii=False))
    else:
        rows = [[check.name, check.status, check.detail, check.advice] for check in checks]
        print_table(["what", "status", "found", "what to do"], rows)
    if any(check.required and check.status == "broken" for check in checks):
        ctx.exit(1)
