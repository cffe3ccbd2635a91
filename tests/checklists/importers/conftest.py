"""Invented files of the documented shapes, and clips that answer what came of them."""

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lawful.checklists.importers.make import Imported, import_suite, write_import
from lawful.checklists.load import read_suite
from lawful.checklists.suite import Suite
from lawful.judge.stored import AskedQuestion
from lawful.reports.scores import Answered, ScoredClip


@pytest.fixture
def write_json(tmp_path: Path) -> Callable[..., Path]:
    def write(value: Any, name: str = "file.json") -> Path:
        path = tmp_path / name
        path.write_text(json.dumps(value), encoding="utf-8")
        return path

    return write


@pytest.fixture
def write_lines(tmp_path: Path) -> Callable[..., Path]:
    """JSON lines; text stands as it is."""

    def write(rows: Sequence[Any], name: str = "file.jsonl") -> Path:
        path = tmp_path / name
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    def write(rows: Sequence[Mapping[str, Any]], name: str = "file.csv") -> Path:
        path = tmp_path / name
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
        return path

    return write


@pytest.fixture
def imported(tmp_path: Path) -> Callable[..., Imported]:
    """Imports files; the suite must be writable, and the same after it was read again."""

    def run(name: str, *paths: Path, suite_id: str | None = None) -> Imported:
        found = import_suite(name, paths, suite_id)
        out = tmp_path / "out" / "suite.json"
        write_import(found, out)
        assert read_suite(out) == found.suite
        return found

    return run


@pytest.fixture
def scored() -> Callable[..., list[ScoredClip]]:
    """A clip a case; `say` gives the label for a case and a question."""

    def make(suite: Suite, say: Callable[[str, Any], str | None], **changes: Any) -> list[ScoredClip]:
        clips = []
        for name in suite.cases:
            answers = []
            for question in suite.questions_for(name):
                asked = AskedQuestion(
                    question.id, question.text, question.axis, question.law, question.scale.values
                )
                label = say(name, question)
                value = math.nan if label is None else question.scale.values[label]
                answers.append(Answered(asked, value, label, None if label else "unparsed"))
            told = {
                "run": "run", "video": f"{name}.mp4", "sha256": "a" * 64, "suite": suite.id, "judge": "judge",
                "fingerprint": "f" * 64, "generator": "wan", "case": name, "prompt": None, "seed": None,
                "answer": "not_sure", "score": math.nan, "answers": tuple(answers), "repeats": (),
            }  # fmt: skip
            clips.append(ScoredClip(**{**told, **changes}))
        return clips

    return make


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
