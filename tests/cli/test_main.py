import subprocess
import sys
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner

from lawful.cli import main as main_module
from lawful.cli.main import COMMANDS, lawful
from lawful.core.errors import AbsentError, InputError, LawfulError

USAGE = "Usage: lawful fail [OPTIONS]\nTry 'lawful fail --help' for help.\n\nError: one of --a and --b\n"
KEPT = "Stopped. What was finished is kept; the same command goes on from there.\n"


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Makes `lawful fail` a command that fails in the given way."""

    def register(error: BaseException) -> None:
        @click.command("fail")
        def fail() -> None:
            """Fail."""
            raise error

        monkeypatch.setitem(COMMANDS, "fail", ("lawful.cli.main:fail", "Fail."))
        monkeypatch.setattr(main_module, "fail", fail, raising=False)

    return register


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        (InputError("clip.mp4: not a video"), 1, "Error: clip.mp4: not a video\n"),
        (LawfulError("run: in use"), 1, "Error: run: in use\n"),
        (AbsentError("no judge is called 'x'"), 2, "Error: no judge is called 'x'\n"),
        (PermissionError(13, "Permission denied", "/a/b"), 1, "Error: /a/b: Permission denied\n"),
        (OSError(36, "File name too long", "/a/b"), 1, "Error: /a/b: File name too long\n"),
        (OSError(28, "No space left on device"), 1, "Error: No space left on device\n"),
        (KeyboardInterrupt(), 130, "Stopped.\n"),
        (click.UsageError("one of --a and --b"), 2, USAGE),
        (click.exceptions.Exit(7), 7, ""),
    ],
)
def test_errors_become_a_message_and_an_exit_code(
    error: BaseException, code: int, shown: str, failing: Callable[[BaseException], None]
) -> None:
    failing(error)
    result = CliRunner().invoke(lawful, ["fail"], prog_name="lawful")
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr == shown


@pytest.mark.parametrize("name", ["score", "run"])
def test_a_stopped_run_says_how_it_goes_on(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def stopped() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main_module, "stopped", stopped, raising=False)
    monkeypatch.setitem(COMMANDS, name, ("lawful.cli.main:stopped", ""))
    result = CliRunner().invoke(lawful, [name])
    assert (result.exit_code, result.stderr) == (130, KEPT)


@pytest.mark.parametrize("error", [ValueError("a bug"), OSError(9, "Bad file descriptor")])
def test_a_fault_of_ours_keeps_its_traceback(
    error: Exception, failing: Callable[[BaseException], None]
) -> None:
    failing(error)
    result = CliRunner().invoke(lawful, ["fail"])
    assert result.exception is error


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        ([], 2, "Usage: lawful [OPTIONS] COMMAND"),
        (["--help"], 0, "obey the laws of physics"),
        (["-h"], 0, "obey the laws of physics"),
        (["--version"], 0, "lawful, version "),
        (["nope"], 2, "No such command 'nope'"),
        (["--nope"], 2, "No such option"),
        (["list", "nope"], 2, "'nope' is not one of"),
        (["list", "judges", "--nope"], 2, "No such option"),
        (
            ["checklists", "show", "nope"],
            2,
            "Error: no suite is called 'nope'. Known: balls, frames, physics",
        ),
        (["checklists", "show", "./nope"], 1, "Error: nope: cannot be read"),
        (["checklists", "validate"], 2, "Missing argument"),
    ],
)
def test_usage(arguments: list[str], code: int, text: str) -> None:
    result = CliRunner().invoke(lawful, arguments, prog_name="lawful")
    assert result.exit_code == code
    assert text in result.output


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = [
        sys.executable,
        "-c",
        "from lawful.cli.main import main; main()",
        "checklists",
        "show",
        "physics",
    ]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.stdout is not None
    assert run.stderr is not None
    run.stdout.close()
    assert run.stderr.read() == b""
    run.stderr.close()
    assert run.wait(timeout=60) == 1
