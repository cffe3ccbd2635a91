"""`lawful train`: make the models that the project ships, or others like them, and judges of your own."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from lawful.generators.tiny.watch import At
    from lawful.judge.vlm.train.config import JudgeConfig
    from lawful.judge.vlm.train.data import Data


@click.group()
def train() -> None:
    """Train the embedded generator, or a vision-language model as a judge."""


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


@train.command()
@click.option("--config", required=True, metavar="FILE",
              help="TOML file with tables data, train, judge, or the name of one that ships: tiny_judge.")  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR",
              help="The folder: clips that are made, checkpoint, log, curve and the model; with --ablation one for each arm.")  # fmt: skip
@click.option("--model", metavar="NAME", help="Folder or hub id of the model to begin with.")
@click.option("--from-config", is_flag=True,
              help="Begin with a tiny model with random weights, of the sizes in the file's table model.")  # fmt: skip
@click.option("--ablation", is_flag=True,
              help="Train every arm with every seed of the file's table ablation, and write a table of them.")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
              help="Processes that make clips, and trainings of an ablation that run beside each other.")  # fmt: skip
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
              help="Threads of each training.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress: the results only.")
def judge(
    config: str,
    out: Path,
    model: str | None,
    from_config: bool,
    ablation: bool,
    workers: int,
    threads: int,
    quiet: bool,
) -> None:
    """Train a vision-language model as a judge, or go on where it was stopped.

    The result is a folder that `--judge vlm:DIR/model` takes. Stopped and typed again, the same command makes the same
    weights as without the stop. On several GPUs: accelerate launch "$(command -v lawful)" train judge ...
    """
    if (model is None) != from_config:
        raise click.UsageError("Give one of --model NAME and --from-config.")
    from lawful.core.extras import require

    require("torch", "train", "training judges").set_num_threads(threads)
    from lawful.cli.progress import counted
    from lawful.judge.vlm.train.ablation import check_ablation
    from lawful.judge.vlm.train.config import read_judge_config
    from lawful.judge.vlm.train.judge_training import check_training, crew_of, shared_data, train_judge

    asked = read_judge_config(config)
    if ablation:
        check_ablation(asked, out, model, workers)
    else:
        check_training(asked, out, model)
    # Of several processes the first speaks.
    is_first = crew_of(asked).is_first
    quiet = quiet or not is_first
    with counted(quiet, "pairs") as heard:
        data = shared_data(asked, out, workers, heard)
    if ablation:
        _ablation(asked, data, out, model, workers, threads, quiet)
        return
    command = shlex.join(["lawful", *sys.argv[1:]])
    with counted(quiet, "steps") as heard:
        made = train_judge(asked, data, out, model, command, lambda at: heard(at.step, at.steps))
    if is_first:
        click.echo(f"judge: vlm:{made}")


def _ablation(
    asked: "JudgeConfig",
    data: "Data",
    out: Path,
    model: str | None,
    workers: int,
    threads: int,
    quiet: bool,
) -> None:
    from lawful.cli.progress import counted
    from lawful.judge.vlm.train.ablation import run_ablation
    from lawful.judge.vlm.train.judge_training import crew_of
    from lawful.reports.ablation import ablation_document
    from lawful.reports.export.write import ResultFormat, write_results

    with counted(quiet, "trainings") as heard:
        found = run_ablation(asked, data, out, model, workers, threads, heard)
    if not crew_of(asked).is_first:
        return
    targets: dict[ResultFormat, Path] = {"json": out / "ablation.json", "md": out / "ablation.md"}
    for path in write_results(ablation_document(found), targets):
        click.echo(str(path))
