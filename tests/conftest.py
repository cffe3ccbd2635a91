"""One thread everywhere: results do not depend on the machine, and small tensors are faster so. Generators for tests."""

import importlib
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from lawful.core import registry

# The same examples in every run, so that a change answers for its own failures alone; `make test-all` draws others.
settings.register_profile("same", derandomize=True, deadline=None, database=None)
settings.register_profile("drawn", deadline=None, print_blob=True)
settings.load_profile("same")

# Before anything that counts threads is imported.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")


@pytest.fixture
def painter_site(tmp_path, monkeypatch):
    """A folder with generators for tests, installed as a package would be: here, and where it is on PYTHONPATH."""
    site = tmp_path / "site"
    info = site / "painter-1.0.dist-info"
    info.mkdir(parents=True)
    shutil.copy(Path(__file__).parent / "generators" / "plugins" / "painter.py", site)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: painter\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\npainter = painter\n")
    registry.registered("generator")
    monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    monkeypatch.syspath_prepend(str(site))
    importlib.import_module("painter")
    yield site
    del sys.modules["painter"]


@pytest.fixture
def prompts_suite(tmp_path):
    """Writes a suite file with a case for each prompt, and gives its path."""

    def write(*prompts, name="asks", **first_frames):
        cases = [{"id": f"c{number}", "prompt": prompt} for number, prompt in enumerate(prompts)]
        for case in cases:
            if case["id"] in first_frames:
                case["first_frame"] = first_frames[case["id"]]
        question = {
            "id": "still",
            "text": "Is all as it should be?",
            "axis": "physics",
            "scale": "yes_no",
            "law": "time",
        }
        document = {
            "schema": "lawful.suite/1", "id": name, "version": "1", "title": "For tests", "licence": "CC0-1.0",
            "scales": {"yes_no": {"labels": {"yes": 1, "no": 0}}}, "questions": [question], "cases": cases,
        }  # fmt: skip
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(document))
        return str(path)

    return write
