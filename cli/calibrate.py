"""`lawful calibrate`: lawful clips in, a judge's thresholds out."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lawful.core.errors import InputError

if TYPE_CHECKING:
    from lawful.judge.calibrate import Calibration

_FILE = click.Path(exists=True, dir_okay=False)


@click.command("calibrate")
@click.option("--lawful", "paths", multiple=True, required=True, metavar="PATH",
              help="Folder of videos that break no law, or one such video; may be given more than once.")  # fmt: skip
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="TOML file for the settings, for `lawful score --judge-config`.")  # fmt: skip
@click.option("--judge", default="kinematic", show_default=True, metavar="NAME", help="The judge.")
@click.option("--suite", default="physics", show_default=True, metavar="NAME",
              help="The suite that it will be asked, by name or path of its .json.")  # fmt: skip
@click.option("--false-alarms", "rate", type=float, default=0.05, show_default=True, metavar="RATE",
              help="Share of lawful clips that may be called a violation, above 0 and at most 0.5.")  # fmt: skip
@click.option("--judge-config", type=_FILE, metavar="FILE",
              help="TOML file with settings of the judge to start from.")  # fmt: skip
@click.option("--run", "run_folder", type=click.Path(file_okay=False), metavar="RUN",
              help="Run folder for the verdicts.  [default: runs/NAME-DIGEST, that of `lawful score`]")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=0), metavar="N",
              help="Worker processes; 0 judges in this process.  [default: one a CPU]")  # fmt: skip
@click.option("--image-fps", type=click.FloatRange(min=0, min_open=True), metavar="F",
              help="Frames a second of folders of numbered images.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress and no table: failures and the file only.")
@click.pass_context
def calibrate(
    context: click.Context,
    paths: tuple[str, ...],
    out: Path,
    judge: str,
    suite: str,
    rate: float,
    judge_config: str | None,
    run_folder: str | None,
    workers: int | None,
    image_fps: float | None,
    quiet: bool,
) -> None:
    """Set a judge's thresholds by videos of your own that break no law.

    Of later lawful videos of the same kind, no greater share than --false-alarms is called a violation, on average
    over sets of as many videos. The same command goes on where it was stopped.

    Exit codes: 0 all videos were read; 1 some could not be read (the thresholds rest on the others), or they are too
    few; 2 wrong usage; 130 stopped by Ctrl-C.
    """
    from lawful.cli.outcome import print_failed
    from lawful.cli.progress import shown
    from lawful.judge.arguments import RunRequest, read_judge_config
    from lawful.judge.calibrate import calibrate as judge_and_write

    for path in paths:
        if not os.path.lexists(path):
            raise click.UsageError(f"{path!r} does not exist.")
    try:
        config = {} if judge_config is None else read_judge_config(Path(judge_config))
        request = RunRequest(
            paths, (suite,), (judge,), config, out=run_folder, workers=workers, image_fps=image_fps
        )
    except InputError as error:
        raise click.UsageError(str(error)) from error
    with shown(quiet) as listener:
        found = judge_and_write(request, rate, out, listener)
    if not quiet:
        _show(found, out)
    print_failed(found.summary.failed)
    click.echo(out if quiet else f"\nsettings: {out}\nnext: lawful score VIDEOS --judge-config {out}")
    context.exit(1 if found.summary.failed else 0)


def _show(found: "Calibration", out: Path) -> None:
    from lawful.cli.tables import print_table
    from lawful.judge.conformal import CONFIDENCE, least_rate

    promise = found.conformal
    rows = [
        ["lawful clips answered", f"{promise.n}"],
        ["lawful clips abstained on (not counted)", f"{found.n_abstained}"],
        ["promised false alarms", f"{promise.rate:g}, on average over sets of {promise.n} clips"],
        ["of this set", f"at most {promise.bound:.3f}, with {CONFIDENCE:.0%} confidence"],
        ["smallest rate that they can promise", f"{least_rate(promise.n):.3f}"],
        ["threshold", f"{promise.threshold:.4g}, just below the score of rank {promise.rank}"],
        ["before", f"{found.shipped_at:g}, which flags {found.n_flagged_before} of these clips"],
        ["judge's fingerprint", found.fingerprint[:16]],
    ]
    if found.n_twice:
        rows.insert(2, ["clips there more than once (counted once)", f"{found.n_twice}"])
    print_table(["what", "value"], rows)
