"""`lawful checklists`."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from lawful.checklists.document import suite_document
from lawful.checklists.load import load_suite, read_suite
from lawful.checklists.suite import Question, Suite
from lawful.cli.tables import print_table
from lawful.core.errors import InputError
from lawful.core.registry import registered


@click.group()
def checklists() -> None:
    """List, show and check checklist suites."""


@checklists.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one object a suite.")
def list_suites(as_json: bool) -> None:
    """List the suites that are installed."""
    rows = [
        {
            "name": entry.name,
            "version": suite.version,
            "questions": len(suite.questions),
            "cases": len(suite.cases),
            "licence": suite.licence,
            "title": suite.title,
        }
        for entry, suite in ((entry, load_suite(entry.name)) for entry in registered("suite"))
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif rows:
        print_table(list(rows[0]), [[str(value) for value in row.values()] for row in rows])
    else:
        click.echo("No suites are installed.")


@checklists.command("show")
@click.argument("suite", metavar="NAME|FILE")
@click.option("--json", "as_json", is_flag=True, help="Print the suite in the format of its file.")
def show_suite(suite: str, as_json: bool) -> None:
    """Show the questions and cases of a suite."""
    loaded = load_suite(suite)
    if as_json:
        click.echo(json.dumps(suite_document(loaded), indent=2, ensure_ascii=False))
        return
    click.echo(f"{loaded.id} {loaded.version}: {loaded.title} ({loaded.licence})")
    for scale in dict.fromkeys(question.scale.id for _, question in _questions(loaded)):
        click.echo(f"scale {scale}: {_labels(loaded, scale)}")
    click.echo()
    rows = [[q.id, case, q.law or "", q.scale.id, q.text] for case, q in _questions(loaded)]
    print_table(["question", "case", "law", "scale", "text"], rows)
    if loaded.cases:
        click.echo()
        cases = loaded.cases.values()
        heads, rows = ["case", "prompt", "expected"], [[c.id, c.prompt, c.expected or ""] for c in cases]
        if any(case.answers for case in cases):
            heads.append("known")
            for row, case in zip(rows, cases, strict=True):
                row.append(f"{len(case.answers)} of {len(loaded.questions_for(case.id))}")
        print_table(heads, rows)


@checklists.command("validate")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_context
def validate(ctx: click.Context, files: tuple[Path, ...]) -> None:
    """Check suite files, and say all that is wrong with them.

    Exit codes: 0 all are right; 1 some are not.
    """
    wrong = 0
    for path in files:
        try:
            suite = read_suite(path)
        except InputError as error:
            wrong += 1
            click.echo(f"Error: {error}", err=True)
        else:
            n_questions = sum(1 for _ in _questions(suite))
            click.echo(
                f"{click.format_filename(path)}: right: {n_questions} questions, {len(suite.cases)} cases"
            )
    if wrong:
        ctx.exit(1)


def _questions(suite: Suite) -> Iterator[tuple[str, Question]]:
    yield from (("", question) for question in suite.questions)
    for case in suite.cases.values():
        yield from ((case.id, question) for question in case.questions)


def _labels(suite: Suite, scale: str) -> str:
    values = next(q.scale.values for _, q in _questions(suite) if q.scale.id == scale)
    return ", ".join(
        f"{label} {values[label]:g}" for label in sorted(values, key=lambda label: -values[label])
    )
