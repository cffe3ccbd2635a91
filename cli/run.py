"""`lawful run`: a run again from its own file, or all steps of a file of steps."""

import contextlib
from pathlib import Path

import click


@click.command("run")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="RUN.TOML")
@click.option("--out", type=click.Path(file_okay=False), metavar="RUN",
              help="Run folder; for a file of steps, the folder of all that they make.  [default: the file's own "
                   "folder if it holds a run, else as `lawful score`; for steps, as the file says]")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress and no table: failures and the run folder only.")
@click.pass_context
def run(context: click.Context, file: Path, out: str | None, quiet: bool) -> None:
    """Replay a run from its run.toml, or run the steps of a file: generate, score, compare, agree, report.

    A run.toml that `lawful score` wrote: in the run's own folder this goes on with it; with --out NEW everything is
    judged again. Versions that differ from those in the file are named.

    A file of steps has a table for each, with the command's options by their long names; what one step makes the next
    one takes. The same command goes on where it was stopped.

    Exit codes: as `lawful score`; the first step that fails ends it with its own.
    """
    from lawful.cli.steps import is_steps
    from lawful.core.toml_file import read_toml

    body = read_toml(file)
    if is_steps(body):
        context.exit(_steps(context, body, file, out, quiet))
    from lawful.cli.score import run_and_show
    from lawful.judge.arguments import from_run_file
    from lawful.judge.runfile import changed_versions, read_run_file

    content = read_run_file(file)
    request = from_run_file(content, file.absolute(), out)
    changed = changed_versions(content)
    if changed and request.out != str(file.absolute().parent):
        click.echo(f"Note: versions differ from those of {file}: {', '.join(changed)}", err=True)
    context.exit(run_and_show(request, quiet, fail_under=None))


def _steps(context: click.Context, body: dict[str, object], file: Path, out: str | None, quiet: bool) -> int:
    from lawful.cli.steps import check_steps, read_steps, run_steps

    folder = file.absolute().parent
    # What is typed is from where it is typed; what the file says is from where the file is.
    steps = read_steps(body, file, None if out is None else str(Path(out).absolute()), quiet)
    with contextlib.chdir(folder):
        check_steps(steps, file)
    if not quiet and folder != Path.cwd():
        click.echo(f"Paths are from {folder}", err=True)
    return run_steps(steps, context, folder, quiet)
