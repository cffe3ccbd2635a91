"""The command `lawful report`."""

import json
import sys
from types import ModuleType

import pytest
from click.testing import CliRunner

from lawful.cli.main import lawful
from lawful.judge.stored import StoredClip
from lawful.judge.summary import SummaryRule


@pytest.fixture
def run_folder(tmp_path, monkeypatch):
    clip = StoredClip(
        video="é.mp4",
        path="/videos/é.mp4",
        sha256=None,
        suite="physics",
        judge="kinematic",
        fingerprint="f" * 64,
        rule=SummaryRule("min", "min", 0.3, 0.7),
        generator=None,
        case=None,
        prompt=None,
        seed=None,
        error="no video stream",
        duration_s=None,
        width_px=None,
        height_px=None,
        questions=(),
        repeats=(),
    )
    reading = ModuleType("lawful.judge.reading")
    reading.read_run = lambda run: iter([clip])
    monkeypatch.setitem(sys.modules, "lawful.judge.reading", reading)
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def call(*arguments):
    return CliRunner().invoke(lawful, ["report", *map(str, arguments)])


def test_the_page_is_the_default(run_folder):
    result = call(run_folder)
    assert result.exit_code == 0, result.output
    page = run_folder / "report" / "index.html"
    assert result.output == f"{page}\n"
    assert "no video stream" in page.read_text()


def test_one_format_to_standard_output(run_folder):
    result = call(run_folder, "--format", "jsonl", "--out", "-")
    assert result.exit_code == 0
    assert json.loads(result.stdout_bytes.decode())["video"] == "é.mp4"
    assert not (run_folder / "report").exists()


def test_one_format_to_a_file_and_into_a_folder(run_folder, tmp_path):
    assert call(run_folder, "--format", "csv", "--out", tmp_path / "new" / "table.csv").exit_code == 0
    assert (tmp_path / "new" / "table.csv").is_file()
    assert call(run_folder, "--format", "csv", "--out", tmp_path / "new").exit_code == 0
    assert (tmp_path / "new" / "report.csv").is_file()


def test_several_formats_make_a_folder(run_folder, tmp_path):
    result = call(run_folder, "--format", "md, csv,json,jsonl", "--out", tmp_path / "all")
    assert result.exit_code == 0
    names = {path.name for path in (tmp_path / "all").iterdir()}
    assert names == {"report.md", "report.csv", "report.json", "report.jsonl"}
    assert len(result.output.splitlines()) == 4


def test_wrong_usage_is_explained(run_folder, tmp_path):
    unknown = call(run_folder, "--format", "pdf")
    assert (unknown.exit_code, "'pdf' is no format. Known: html, md, csv" in unknown.output) == (2, True)
    several = call(run_folder, "--format", "md,csv", "--out", "-")
    assert (several.exit_code, "--out - prints one format, 2 were asked for" in several.output) == (2, True)
    (tmp_path / "file").write_text("kept")
    a_file = call(run_folder, "--format", "md,csv", "--out", tmp_path / "file")
    assert (a_file.exit_code, "is a file; several formats need a folder" in a_file.output) == (2, True)
    assert (tmp_path / "file").read_text() == "kept"


def test_no_run_folder(tmp_path):
    result = call(tmp_path / "nothing")
    assert result.exit_code == 1
    assert "no run folder. Name the folder that `lawful score --out` wrote" in result.output
