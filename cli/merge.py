"""`lawful merge`: several runs as one."""

from pathlib import Path

import click


@click.command("merge")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="NEW", help="The new run folder."
)
def merge(runs: tuple[Path, ...], out: Path) -> None:
    """Put several runs together into the new run folder NEW; the runs stay as they are.

    What several runs hold is kept once. Where one name stands for different videos, each gets a mark in
    brackets after its name. Evidence files are copied.
    """
    from lawful.judge.merge import merge_runs

    summary = merge_runs(runs, out)
    click.echo(
        f"{summary.n_inputs} videos, {summary.n_verdicts} outcomes of questions, "
        f"{summary.n_evidence_files} evidence files"
    )
    for name in summary.renamed:
        click.echo(f"marked: {name} stands for different videos, or has different prompts, in different runs")
    click.echo(f"run: {out}\nnext: lawful report {out}")
