"""The page on worlds: its commands and its Python run, and its pictures show every scene and violation."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from lawful.cli.main import lawful
from lawful.generators.worlds.breaking.violations import VIOLATIONS
from lawful.generators.worlds.families import FAMILIES
from lawful.generators.worlds.solid.gl import NoGLError, usable_gl

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "worlds.md").read_text(encoding="utf-8")


def block(language):
    match = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert match is not None
    return match[1]


def test_the_commands_run_one_after_the_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for line in block("sh").splitlines():
        result = CliRunner().invoke(lawful, shlex.split(line)[1:], prog_name="lawful")
        assert result.exit_code == 0, f"{line}\n{result.output}"
    assert (tmp_path / "sheet.png").is_file()


def test_the_python_runs():
    try:
        usable_gl()
    except NoGLError as error:
        pytest.skip(f"the split train holds solid scenes, and no library draws them here: {error.found}")
    exec(compile(block("python"), "worlds.md", "exec"), {})


def test_every_scene_and_violation_is_pictured():
    sheets = re.findall(
        r"!\[(scenes|flat scenes|solid scenes|violations): ([^]]+)\]\((pictures/[^)]+)\)", PAGE
    )
    shown = {"scenes": [], "violations": []}
    for kind, names, path in sheets:
        shown["violations" if kind == "violations" else "scenes"] += names.split(", ")
        assert (DOCS / path).stat().st_size <= 200_000
    assert sorted(shown["scenes"]) == sorted(FAMILIES)
    assert sorted(shown["violations"]) == sorted(VIOLATIONS)
