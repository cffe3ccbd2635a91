"""The documents' examples run as they stand."""

import importlib
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from lawful.core import registry

DOCS = Path(__file__).parents[3] / "docs"


def blocks(document, language):
    """The text of all blocks of a language, in order."""
    text = (DOCS / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The package of the document, as pip would leave it; gives the examples and the folder."""
    module, *examples = blocks("writing-a-generator.md", "python")
    (project,) = (tomllib.loads(block) for block in blocks("writing-a-generator.md", "toml"))
    (tmp_path / "fade.py").write_text(module)
    info = tmp_path / "fade-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fade\nVersion: 1.0\n")
    points = project["project"]["entry-points"][registry.GROUP]
    lines = [f"{name} = {target}\n" for name, target in points.items()]
    (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\n" + "".join(lines))
    registry.registered("generator")
    monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("fade")
    yield examples, tmp_path
    del sys.modules["fade"]


def test_the_generator_of_the_document_is_ten_lines_and_works(installed):
    examples, folder = installed
    code = (folder / "fade.py").read_text().splitlines()
    counted = [line for line in code if line.strip() and not line.startswith(("#", "import", "from"))]
    assert len(counted) <= 10
    for example in examples:
        exec(compile(example, "writing-a-generator", "exec"), {"__name__": "writing-a-generator"})


def test_it_is_found_by_its_entry_point_and_makes_videos(installed, prompts_suite):
    _, folder = installed
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    main = [sys.executable, "-c", "from lawful.cli.main import main; main()"]

    def run(*arguments):
        done = subprocess.run(
            [*main, *arguments], env=environment, cwd=folder, capture_output=True, text=True, check=True
        )
        return done.stdout

    listed = json.loads(run("list", "generators", "--json"))
    assert ("fade", "fade") in [(one["name"], one["origin"]) for one in listed]
    prompts_suite("It gets light.", "It gets very light.")
    printed = run("generate", "asks.json", "--generator", "fade", "--seeds", "0:2", "--out", "videos")
    assert "4 made now, 0 there before" in printed
    assert len(list((folder / "videos").rglob("*.mp4"))) == 4


def test_the_page_on_generating_names_every_field_of_a_row():
    import dataclasses

    from lawful.generators.records import VideoRecord

    table = (DOCS / "generating.md").read_text().split("### The manifest")[1].split("\n## ")[0]
    named = set(
        re.findall(
            r"`(\w+)`", "".join(row.split("|")[1] for row in table.splitlines() if row.startswith("| `"))
        )
    )
    assert named == {"schema", *(field.name for field in dataclasses.fields(VideoRecord))}


def test_the_example_of_the_page_on_generating_runs():
    (example,) = blocks("generating.md", "python")
    space = {"__name__": "generating"}
    exec(compile(example, "generating", "exec"), space)
    assert space["request"].duration_s == 2.0
