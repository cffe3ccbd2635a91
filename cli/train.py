"""`lawful train`: make the models that the project ships, or others like them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from lawful.generators.tiny.watch import At


@click.group()
def train() -> None:
    """Train embedded models from simulated clips."""


def _names(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (value or "").split(",") if name.strip())


@train.command()
@click.option("--config", default="tiny_generator", show_default=True, metavar="FILE",
              help="TOML file with a table for each stage, or the name of one that ships.")  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR",
              help="The folder: a folder for each stage, with weights, checkpoint, log and curve.")  # fmt: skip
@click.option("--stages", callback=_names, metavar="NAME,...", help="Only these stages.  [default: all]")  # fmt: skip
@click.option("--compile", "compiled", is_flag=True,
              help="Compile the network first: minutes, for about two thirds of the time a step. Wants a C++ compiler.")  # fmt: skip
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
              help="Threads of each process.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress: the files of weights only.")
def generator(
    config: str, out: Path, stages: tuple[str, ...], compiled: bool, threads: int, quiet: bool
) -> None:
    """Train the embedded generator, or go on where it was stopped.

    A stage goes on from the weights of another, as the file says. Stopped and typed again, the same command makes
    the same weights as without the stop.
    """
    from lawful.cli.progress import counted
    from lawful.core.extras import require

    require("torch", "generate", "training generators").set_num_threads(threads)
    from lawful.generators.tiny.stages import train_stages

    with counted(quiet, "steps") as tell:

        def heard(stage: str, at: "At") -> None:
            tell(at.step, at.steps)

        made = train_stages(config, out, stages, compiled, heard)
    for path in made:
        click.echo(str(path))
