"""The documents' examples run as they stand."""

import importlib
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lawful.core import registry

DOCS = Path(__file__).parents[2] / "docs"


def blocks(document, language):
    """The text of all blocks of a language, in order."""
    text = (DOCS / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def run(code, name):
    exec(compile(code, name, "exec"), {"__name__": name})


def test_the_judge_of_the_document_works_as_a_plugin(tmp_path, monkeypatch):
    module, *examples = blocks("writing-a-judge.md", "python")
    (project,) = (tomllib.loads(block) for block in blocks("writing-a-judge.md", "toml"))
    (tmp_path / "blackout.py").write_text(module)
    info = tmp_path / "blackout-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: blackout\nVersion: 1.0\n")
    points = project["project"]["entry-points"][registry.GROUP]
    lines = [f"{name} = {target}\n" for name, target in points.items()]
    (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\n" + "".join(lines))

    registry.registered("judge")
    monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("blackout")
    try:
        for example in examples:
            run(example, "writing-a-judge")
    finally:
        del sys.modules["blackout"]
    listing = "from lawful.core.registry import find; print(find('judge', 'blackout')[0].summary)"
    environment = {"PYTHONPATH": str(tmp_path)}
    found = subprocess.run(
        [sys.executable, "-c", listing], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout == "says when the picture goes black\n"


def test_the_examples_for_python_run(tmp_path, monkeypatch, capsys):
    rgb = np.full((12, 48, 64, 3), 90, np.uint8)
    first, *rest = (Image.fromarray(frame) for frame in rgb)
    first.save(tmp_path / "ball.webp", save_all=True, append_images=rest, duration=100, lossless=True)
    shutil.move(tmp_path / "ball.webp", tmp_path / "ball.mp4")
    monkeypatch.chdir(tmp_path)
    run("\n".join(blocks("python.md", "python")), "python")
    printed = capsys.readouterr().out
    assert "absent.mp4 could not be scored: absent.mp4: cannot be read: No such file or directory" in printed
    assert re.search(r"^ball\.mp4 (not_sure|none_found|violation)", printed, re.MULTILINE)
    assert "kinematic - " in printed
    assert "outcomes after going back" in printed


@pytest.mark.parametrize("document", ["python.md", "writing-a-judge.md"])
def test_links_between_documents_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)#]+)", (DOCS / document).read_text(encoding="utf-8")):
        assert (DOCS / target).exists(), target
