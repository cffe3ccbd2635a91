"""`lawful run`: a run again from its own file."""

from pathlib import Path

import click


@click.command("run")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="RUN.TOML")
@click.option("--out", type=click.Path(file_okay=False), metavar="RUN",
              help="Run folder.  [default: the file's own folder if it holds a run, else as `lawful score`]")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress and no table: failures and the run folder only.")
@click.pass_context
def run(context: click.Context, file: Path, out: str | None, quiet: bool) -> None:
    """Replay a run with the arguments in its run.toml.

    In the run's own folder this goes on with it; with --out NEW everything is judged again. Versions that
    differ from those in the file are named.

    Exit codes: as `lawful score`.
    """
    from lawful.cli.score import run_and_show
    from lawful.judge.arguments import from_run_file
    from lawful.judge.runfile import changed_versions, read_run_file

    content = read_run_file(file)
    request = from_run_file(content, file.absolute(), out)
    changed = changed_versions(content)
    if changed and request.out != str(file.absolute().parent):
        click.echo(f"Note: versions differ from those of {file}: {', '.join(changed)}", err=True)
    context.exit(run_and_show(request, quiet, fail_under=None))
