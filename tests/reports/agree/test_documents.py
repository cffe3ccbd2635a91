"""docs/agreement.md: its commands and its Python run, and it names all tables, columns and figures."""

import importlib.util
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from lawful.cli.main import lawful
from lawful.reports.agree.choices import FIGURES as CHOICES
from lawful.reports.agree.figures import FIGURES, MOST_FREELY_PAIRED
from lawful.reports.agree.raters import MOST_COLUMNS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "agreement.md").read_text(encoding="utf-8")
KNOWN = {"axis", "measure", "generator", "n", "figure", "what", "names", "calibration", "spearman"}
"""Columns whose names say all."""


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A user's folder with a run and votes."""
    spec = importlib.util.spec_from_file_location("made_runs", ROOT / "tests" / "cli" / "test_agree.py")
    assert spec is not None
    assert spec.loader is not None
    runs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(runs)
    (tmp_path / "runs").mkdir()
    runs.make_run(tmp_path / "runs" / "mine")
    runs.write_ratings(tmp_path / "votes.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_run(folder):
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(commands) == 3
    for command in commands:
        result = CliRunner().invoke(lawful, [*shlex.split(command)[1:], "--resamples", "100"])
        assert result.exit_code == 0, f"{command}\n{result.output}"
    assert (folder / "agreement" / "index.html").is_file()
    assert (folder / "agreement.json").is_file()


def test_the_python_runs(folder, capsys):
    (code,) = blocks("python")
    exec(compile(code, "agreement.md", "exec"), {})
    assert capsys.readouterr().out.startswith("physics by looker ['coverage', 'agreement', 'pairs'")
    assert (folder / "agreement.json").is_file()


def test_everything_is_explained(kit):
    (section,) = kit.made(*kit.some_data(n=4)).sections
    for table in section.tables:
        assert f"**{table.id}**" in PAGE
        unknown = [name for name in table.columns if name not in KNOWN and f"`{name}`" not in PAGE]
        assert unknown == [], table.id
    for name in (*(figure.name for figure in FIGURES), *CHOICES):
        assert f"`{name}`" in PAGE
    for row in kit.table_of(kit.made(*kit.some_data(n=4)), "systems"):
        assert f"`{row['figure']}`" in PAGE
    assert f"up to {MOST_FREELY_PAIRED:,} videos" in PAGE
    assert f"more than {MOST_COLUMNS} raters" in PAGE
