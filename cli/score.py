"""`lawful score`: videos in, verdicts in a run folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from lawful.cli.places import shown_path
from lawful.core.errors import InputError

if TYPE_CHECKING:
    from lawful.judge.arguments import RunRequest

_MAX_KEY_BYTES = 16 << 10
_NOT_STORED = ("base_url", "api_key_file")
"""Options that say where a server is and what opens it."""
_FILE = click.Path(exists=True, dir_okay=False)


def _paths(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    for path in value:
        if not os.path.lexists(path):
            raise click.BadParameter(f"{path!r} does not exist.")
    return value


def _times(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[float, ...]:
    if value is None:
        return ()
    try:
        times_s = [float(part) for part in value.split(",")]
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no list of seconds such as 1,2,4.") from error
    return tuple(sorted(set(times_s)))


def _rates(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[float, ...]:
    if value is None:
        return ()
    try:
        return tuple(float(part) for part in value.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no list of frames a second such as 2,4,8.") from error


@click.command("score")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", callback=_paths)
@click.option("--suite", "suites", multiple=True, default=("physics",), show_default=True, metavar="NAME",
              help="Checklist suite, by name or path of its .json; may be given more than once.")  # fmt: skip
@click.option("--judge", "judges", multiple=True, default=("kinematic",), show_default=True, metavar="NAME",
              help="Judge; may be given more than once. `lawful list judges` names them.")  # fmt: skip
@click.option("--judge-config", type=_FILE, metavar="FILE",
              help="TOML file with a table of settings for each judge, such as [kinematic].")  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False), metavar="RUN",
              help="Run folder.  [default: runs/NAME-DIGEST, the same for the same arguments]")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=0), metavar="N",
              help="Worker processes; 0 judges in this process.  [default: one a CPU]")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N videos.")
@click.option("--dry-run", is_flag=True, help="Say what would be judged; write nothing.")
@click.option("--repeat", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
              help="Looks at each clip, for judges that are random or have several wordings.")  # fmt: skip
@click.option("--until", "until_s", callback=_times, metavar="TIMES",
              help="Also judge each clip as if it ended after so many seconds, such as 1,2,4; a clip that is "
                   "shorter is not judged there.")  # fmt: skip
@click.option("--fps", callback=_rates, metavar="RATES",
              help="Look at each clip once at each of these frame rates, such as 2,4,8, and tell how far the verdicts "
                   "hang on it; for judges that choose their frames by a rate.")  # fmt: skip
@click.option("--base-url", metavar="URL",
              help="Server of openai: judges, in the place of $OPENAI_BASE_URL; not stored.")  # fmt: skip
@click.option("--api-key-file", type=_FILE, metavar="FILE",
              help="File with the key to it, in the place of $OPENAI_API_KEY; not stored.")  # fmt: skip
@click.option("--budget", type=click.FloatRange(min=0, min_open=True), metavar="X",
              help="Spend no more than X on openai: judges in this command, by the prices in --judge-config; what is "
                   "answered is kept.")  # fmt: skip
@click.option("--force", is_flag=True, help="Judge again what is in the store.")
@click.option("--quiet", is_flag=True, help="No progress and no table: failures and the run folder only.")
@click.option("--fail-under", type=click.FloatRange(0, 1), metavar="X",
              help="Exit 1 if the mean score of the answered clips, for any suite and judge, is below X or "
                   "no clip is answered.")  # fmt: skip
@click.option("--image-fps", type=click.FloatRange(min=0, min_open=True), metavar="F",
              help="Frames a second of folders of numbered images.")  # fmt: skip
@click.option("--prompts", type=_FILE, metavar="FILE",
              help="CSV with the columns file,prompt[,case,generator,seed].")  # fmt: skip
@click.option("--generator", metavar="NAME", help="Who made the videos.")
@click.option("--generator-from-folder", is_flag=True,
              help="Take the folder below PATH that a video is in for its generator; of several PATHs, also "
                   "PATH itself.")  # fmt: skip
@click.pass_context
def score(context: click.Context, judge_config: str | None, **options: Any) -> None:
    """Score videos, and folders of them, and keep the verdicts in a run folder.

    The same command goes on where it was stopped and tries again what failed.

    Exit codes: 0 all videos were read ("not sure" is no failure); 1 some could not be read, the --budget ended before
    the videos, or --fail-under does not hold; 2 wrong usage; 130 stopped by Ctrl-C.
    """
    from lawful.judge.arguments import RunRequest, read_judge_config

    own = {name: options.pop(name) for name in ("dry_run", "quiet", "fail_under", "base_url", "api_key_file")}
    try:
        config = {} if judge_config is None else read_judge_config(Path(judge_config))
        request = RunRequest(judge_config=config, passed=_passed(context), **options)
    except InputError as error:
        raise click.UsageError(str(error)) from error
    with _reached(request, own["base_url"], own["api_key_file"]):
        if own["dry_run"]:
            show_forecast(request)
        else:
            context.exit(run_and_show(request, own["quiet"], own["fail_under"]))


@contextmanager
def _reached(request: "RunRequest", base_url: str | None, api_key_file: str | None) -> Iterator[None]:
    """Have the given server asked, where one is given."""
    if base_url is None and api_key_file is None:
        yield
        return
    from lawful.core.files import bounded_text
    from lawful.judge.remote.access import told

    if not any(name.startswith("openai:") for name in request.judges):
        raise click.UsageError("--base-url and --api-key-file are for openai: judges, and none is asked")
    key = None
    if api_key_file is not None:
        key = bounded_text(Path(api_key_file), _MAX_KEY_BYTES, "A key is one line.").strip()
        if not key:
            raise click.UsageError(f"{api_key_file}: holds no key")
    with told(base_url, key):
        yield


def run_and_show(request: "RunRequest", quiet: bool, fail_under: float | None) -> int:
    """Score, show how far it is and what it came to.

    Returns:
        The exit code.
    """
    from lawful.cli.outcome import groups_below, outline, print_failed, print_outcome, print_spent
    from lawful.cli.progress import shown
    from lawful.judge.run import score_paths

    with shown(quiet) as listener:
        summary = score_paths(request, listener)
    found = outline(summary.folder, summary.names)
    if not quiet:
        print_outcome(found, summary)
    print_failed(summary.failed)
    print_spent(summary.spent)
    if summary.stopped is not None:
        click.echo(f"stopped: {summary.stopped}. The same command goes on from here.", err=True)
    folder = shown_path(summary.folder)
    click.echo(folder if quiet else f"\nrun: {folder}\nnext: lawful report {folder}")
    below = [] if fail_under is None else groups_below(found.tally, fail_under)
    for sentence in below:
        click.echo(f"--fail-under: {sentence}", err=True)
    return 1 if summary.failed or below or summary.stopped is not None else 0


def show_forecast(request: "RunRequest") -> None:
    """Print what a run would do."""
    from lawful.cli.outcome import SHOWN_CLIPS, print_bills, print_failed, print_left_out
    from lawful.judge.run import forecast

    found = forecast(request)
    for name in found.names[:SHOWN_CLIPS]:
        click.echo(name)
    if len(found.names) > SHOWN_CLIPS:
        click.echo(f"and {len(found.names) - SHOWN_CLIPS} more")
    click.echo(
        f"\n{len(found.names)} videos, {found.n_looks} looks, {found.n_questions} questions, "
        f"{found.n_questions_stored} of them answered in the store"
    )
    if found.n_too_short:
        click.echo(f"{found.n_too_short} looks are not taken: their clips end before a time of --until")
    print_bills(found.bills)
    print_left_out(found.skipped, found.prompts_without_video, found.videos_without_prompt)
    print_failed(found.failed)
    click.echo(f"run: {shown_path(found.folder)} (nothing was written)")


def _passed(context: click.Context) -> dict[str, Any]:
    typed = {
        name: value
        for name, value in context.params.items()
        if name not in _NOT_STORED
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    return {name: list(value) if isinstance(value, tuple) else value for name, value in typed.items()}
