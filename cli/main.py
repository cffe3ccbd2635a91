"""The command `lawful`: its subcommands by name, and the one place where errors become messages."""

import errno
from importlib import import_module
from typing import Any

import click

from lawful.core.errors import AbsentError, LawfulError

COMMANDS: dict[str, tuple[str, str]] = {
    "score": (
        "lawful.cli.score:score",
        "Score videos, and folders of them, and keep the verdicts in a run folder.",
    ),
    "report": (
        "lawful.cli.report:report",
        "Write what RUN found: a page to look at, tables, or one JSON line a (video, suite, judge).",
    ),
    "compare": (
        "lawful.cli.compare:compare",
        "Compare the generators in RUN... on the prompts and seeds that they share.",
    ),
    "agree": (
        "lawful.cli.agree:agree",
        "Say how far the judges of RUN... agree with people's ratings, beside how far people agree with each other.",
    ),
    "generate": (
        "lawful.cli.generate:generate",
        "Make videos for the cases of SUITE, with a manifest that `lawful score` reads.",
    ),
    "layout": (
        "lawful.cli.layout:layout",
        "Lay out generated videos as a benchmark's own tools want them.",
    ),
    "calibrate": (
        "lawful.cli.calibrate:calibrate",
        "Set a judge's thresholds by videos of your own that break no law.",
    ),
    "run": (
        "lawful.cli.run:run",
        "Replay a run from its run.toml, or run the steps of a file: generate, score, compare, agree, report.",
    ),
    "merge": (
        "lawful.cli.merge:merge",
        "Put several runs together into the new run folder NEW; the runs stay as they are.",
    ),
    "list": ("lawful.cli.list:list_command", "List the judges, generators or suites that are installed."),
    "checklists": ("lawful.cli.checklists:checklists", "List, show, check and import checklist suites."),
    "ratings": (
        "lawful.cli.ratings:ratings",
        "Read files of human ratings, check them, and make labels of them.",
    ),
    "worlds": (
        "lawful.cli.worlds:worlds",
        "Make simulated clips with known truth, lawful and with one law broken.",
    ),
    "train": (
        "lawful.cli.train:train",
        "Train the embedded generator, or a vision-language model as a judge.",
    ),
    "doctor": ("lawful.cli.doctor:doctor", "Check what works here, and say what to do about the rest."),
}
"""Place (module:attribute) and help line of every subcommand."""

EXIT_STOPPED = 130
_GO_ON = ("score", "generate", "calibrate", "run", "worlds", "train")
"""The commands that, typed again, go on where they were stopped."""
_OUTSIDE = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EFBIG,
    errno.ENAMETOOLONG,
    errno.ENOSPC,
    errno.EPERM,
    errno.EROFS,
}
"""Errors of the system that the user can mend and we cannot: no right to a place, no room on it or in its name."""


class Lawful(click.Group):
    """The group of all commands. A command's module is imported when it is run or explains itself."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in the order of a user's first day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        return getattr(import_module(module), attribute)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an error that is meant for the user is shown without a traceback."""
        try:
            return super().invoke(ctx)
        except LawfulError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(2 if isinstance(error, AbsentError) else 1)
        except OSError as error:
            if error.errno not in _OUTSIDE:
                raise
            place = f"{error.filename}: " if error.filename else ""
            click.echo(f"Error: {place}{error.strerror}", err=True)
            ctx.exit(1)
        except KeyboardInterrupt:
            kept = " What was finished is kept; the same command goes on from there."
            click.echo(f"Stopped.{kept if ctx.invoked_subcommand in _GO_ON else ''}", err=True)
            ctx.exit(EXIT_STOPPED)


@click.group(cls=Lawful, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lawful", prog_name="lawful")
def lawful() -> None:
    """Does this generated video obey the laws of physics?

    Scores videos against checklists and says when, where and which law, or that it is not sure.

    Exit codes: 0 done; 1 some inputs failed or an error; 2 wrong usage, or something asked for by name is
    not here; 130 stopped by Ctrl-C.
    """


def main() -> None:
    """Entry point of the console script."""
    lawful(prog_name="lawful")
