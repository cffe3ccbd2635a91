import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from lawful.cli.main import COMMANDS, lawful

ROOT = Path(__file__).parents[2]
HELP_TEXT_WIDTH = 200


def _command(name: str) -> click.Command:
    module, _, attribute = COMMANDS[name][0].partition(":")
    return getattr(import_module(module), attribute)


def _all_commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for inner, part in command.commands.items():
            yield from _all_commands(f"{name} {inner}", part)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_overview_says_what_the_command_says(name: str) -> None:
    command = _command(name)
    assert command.name == name
    assert command.get_short_help_str(HELP_TEXT_WIDTH) == COMMANDS[name][1]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_explains_itself(name: str) -> None:
    for path, command in _all_commands(name, _command(name)):
        assert command.help, path
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{path}: {parameter.name}"
        result = CliRunner().invoke(lawful, [*path.split(), "--help"], prog_name="lawful")
        assert result.exit_code == 0
        assert result.output.startswith(f"Usage: lawful {path} ")


@pytest.mark.parametrize("name", ["lawful", *COMMANDS])
def test_every_command_has_a_page_with_its_help(name: str) -> None:
    page = (ROOT / "docs" / "commands" / f"{name}.md").read_text(encoding="utf-8")
    paths = (
        ["lawful"] if name == "lawful" else [f"lawful {p}" for p, _ in _all_commands(name, _command(name))]
    )
    for path in paths:
        assert f"<!-- run: {path} --help -->" in page
    assert page.startswith(f"# lawful{'' if name == 'lawful' else ' ' + name}\n")


def test_the_pages_are_up_to_date() -> None:
    script = [sys.executable, str(ROOT / "docs" / "make_commands.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


def test_a_stale_page_is_found(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    (docs / "commands").mkdir(parents=True)
    script = docs / "make_commands.py"
    script.write_text((ROOT / "docs" / "make_commands.py").read_text())
    page = docs / "commands" / "list.md"
    page.write_text("before\n<!-- run: lawful list suites -->\nold\n<!-- end -->\nafter\n")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(script), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    stale = run("--check")
    assert stale.returncode == 1
    assert "stale: docs/commands/list.md. Run: python docs/make_commands.py" in stale.stderr
    assert "old" in page.read_text()
    assert run().returncode == 0
    text = page.read_text()
    assert text.startswith("before\n<!-- run: lawful list suites -->\n```console\n$ lawful list suites\nname")
    assert text.endswith("```\n<!-- end -->\nafter\n")
    assert run("--check").returncode == 0
    page.write_text("<!-- run: lawful list nothing -->\n<!-- end -->\n")
    assert "lawful list nothing: exit code 2, not 0" in run().stderr
