"""`lawful checklists`."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lawful.checklists.document import suite_document
from lawful.checklists.load import load_suite, read_suite
from lawful.checklists.suite import Question, Suite
from lawful.cli.tables import print_table
from lawful.core.errors import InputError
from lawful.core.registry import registered

if TYPE_CHECKING:
    from lawful.checklists.importers.make import Imported

_SHOWN = 5


@click.group()
def checklists() -> None:
    """List, show, check and import checklist suites."""


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


@checklists.command("import")
@click.argument("name", metavar="FORMAT")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), metavar="SUITE.json",
              help="Write the suite here.  [default: only say what would be in it]")  # fmt: skip
@click.option("--id", "suite_id", metavar="NAME", help="Id of the suite.  [default: the format's name]")
@click.option("--videos", type=click.Path(path_type=Path), metavar="CSV",
              help="Also write which video is of which case, for lawful score --prompts.")  # fmt: skip
@click.option("--force", is_flag=True, help="Write over files that are there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: all that was found.")
@click.pass_context
def import_files(
    ctx: click.Context, name: str, files: tuple[Path, ...], suite_id: str | None, as_json: bool, **places: Any
) -> None:
    """Make a suite from the published files of a benchmark.

    FORMAT is one of ruler, mme-cof, implausibench, videophy2, phyground, physics-iq, vbench, worldmodelbench,
    vcrbench, v-star, ovo-bench. docs/importing.md says what the files are and what becomes of them.

    Exit codes: 0 all rows are in the suite; 1 some are not, and are listed.
    """
    from lawful.checklists.importers.make import import_suite, write_import, write_videos

    for place in (places["out"], places["videos"]):
        _check_writable(place, files, places["force"])
    imported = import_suite(name, files, suite_id)
    if places["out"] is not None:
        write_import(imported, places["out"])
    n_videos = None if places["videos"] is None else write_videos(imported, places["videos"])
    if as_json:
        click.echo(json.dumps(_import_document(imported), indent=2, ensure_ascii=False))
    else:
        _print_import(imported, places["out"], places["videos"], n_videos)
    if imported.left_out:
        ctx.exit(1)


def _check_writable(place: Path | None, files: tuple[Path, ...], force: bool) -> None:
    if place is None:
        return
    if any(place.resolve() == path.resolve() for path in files):
        raise InputError(f"{place}: is one of the files to import. Name another place.")
    if place.exists() and not force:
        raise InputError(f"{place}: is already there. Name another place, or write over it with --force.")


def _print_import(imported: "Imported", out: Path | None, videos: Path | None, n_videos: int | None) -> None:
    suite = imported.suite
    click.echo(f"{suite.id} {suite.version}: {suite.title} ({suite.licence})")
    known = sum(len(case.answers) for case in suite.cases.values())
    counts = [f"{len(suite.cases):,} cases", f"{imported.n_questions:,} questions"]
    counts += [f"{known:,} known answers"] if known else []
    click.echo(f"imported: {', '.join(counts)}")
    axes = Counter(question.axis for _, question in _questions(suite))
    print_table(["axis", "questions"], [[axis, f"{n:,}"] for axis, n in axes.items()])
    if imported.notes:
        click.echo()
        print_table(
            ["n", "without a place, or added"], [[f"{n:,}", text] for text, n in imported.notes.items()]
        )
    click.echo()
    if imported.left_out:
        click.echo(f"left out: {len(imported.left_out):,}")
        rows = [[f"{one.file}, {one.place}", one.text] for one in imported.left_out[:_SHOWN]]
        print_table(["where", "why"], rows)
        if len(imported.left_out) > _SHOWN:
            click.echo(f"and {len(imported.left_out) - _SHOWN:,} more: --json lists all")
    else:
        click.echo("left out: nothing")
    if videos is not None:
        click.echo(f"videos: {click.format_filename(videos)}: {n_videos:,} of {len(suite.cases):,} cases")
    click.echo(f"written: {click.format_filename(out)}" if out else "nothing is written without --out")


def _import_document(imported: "Imported") -> dict[str, Any]:
    suite = imported.suite
    return {
        "schema": "lawful.checklists-import/1",
        "format": imported.format,
        "suite": {"id": suite.id, "version": suite.version, "licence": suite.licence},
        "cases": len(suite.cases),
        "questions": imported.n_questions,
        "known_answers": sum(len(case.answers) for case in suite.cases.values()),
        "notes": [{"text": text, "n": n} for text, n in imported.notes.items()],
        "left_out": [{"file": one.file, "place": one.place, "text": one.text} for one in imported.left_out],
    }


def _questions(suite: Suite) -> Iterator[tuple[str, Question]]:
    yield from (("", question) for question in suite.questions)
    for case in suite.cases.values():
        yield from ((case.id, question) for question in case.questions)


def _labels(suite: Suite, scale: str) -> str:
    values = next(q.scale.values for _, q in _questions(suite) if q.scale.id == scale)
    return ", ".join(
        f"{label} {values[label]:g}" for label in sorted(values, key=lambda label: -values[label])
    )
