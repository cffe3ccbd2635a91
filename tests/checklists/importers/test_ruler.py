"""RULER-Bench: its rows become cases that its aggregation takes."""

import json
import re
import sys

import pytest

from lawful.checklists.importers.make import import_suite
from lawful.core.errors import AbsentError, InputError
from lawful.reports.aggregate.registry import aggregate

METRICS = ("Instruction Following", "Visual Consistency", "Visual Fidelity", "Rule Coherence")


def row(category="science", task="physics", index=1, metrics=METRICS, **changes):
    checklist = [{metric: f"Is {metric} right in {task} {index}?"} for metric in metrics]
    values = {
        "category": category, "task_name": task, "index": index, "checklist": checklist,
        "prompt": "A ball is let go above a net.",
    }  # fmt: skip
    return {**values, **changes}


ROWS = [
    row(implicit_explanation="It comes up lower each time.", gt_image_path="gt/1.png"),
    row(
        "game",
        "Go",
        7,
        input_image_path="images/7.png",
        input_video_path="videos/7.mp4",
        initial_scenario="?",
    ),
    row("vision rule", "color", 2, METRICS[1:]),
]


def test_each_field_with_a_place_is_kept_and_the_others_are_counted(write_lines, imported) -> None:
    found = imported("ruler", write_lines(ROWS))
    physics, go, color = found.suite.cases.values()
    assert [case.id for case in (physics, go, color)] == [
        "science/physics/1",
        "game/Go/7",
        "vision rule/color/2",
    ]
    assert (physics.prompt, physics.expected) == (
        "A ball is let go above a net.",
        "It comes up lower each time.",
    )
    assert (physics.first_frame, go.first_frame) == (None, "images/7.png")
    assert [question.axis for question in physics.questions] == list(METRICS)
    assert [question.axis for question in color.questions] == list(METRICS[1:])
    assert physics.questions[3].text == "Is Rule Coherence right in physics 1?"
    assert physics.questions[0].scale.values == {"Good": 1.0, "Medium": 0.5, "Poor": 0.0}
    assert found.notes == {
        "gt_image_path: a suite has no place for it": 1,
        "input_video_path: a suite has no place for it": 1,
        "initial_scenario: a suite has no place for it": 1,
    }
    assert found.left_out == ()
    assert found.videos["game/Go/7"] == "Go/7.mp4"
    assert (found.n_questions, found.suite.licence) == (11, "NOASSERTION")


def test_a_checklist_may_be_the_text_of_one_and_the_file_json(write_json, write_lines, imported) -> None:
    told = [{**one, "checklist": json.dumps(one["checklist"])} for one in ROWS]
    assert imported("ruler", write_json(told)).suite == imported("ruler", write_lines(ROWS)).suite


def test_parquet_is_the_same(tmp_path, write_lines, imported) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    keys = sorted({key for one in ROWS for key in one})
    columns = {key: [one.get(key) for one in ROWS] for key in keys}
    columns["checklist"] = [json.dumps(one["checklist"]) for one in ROWS]
    columns["input_image"] = [{"bytes": b"\x89PNG", "path": "a.png"}] * len(ROWS)
    path = tmp_path / "ruler.parquet"
    parquet.write_table(arrow.table(columns), path)
    assert imported("ruler", path).suite == imported("ruler", write_lines(ROWS)).suite


def test_parquet_without_its_package_says_what_to_install(tmp_path, monkeypatch) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(AbsentError, match=r"reading Parquet files.*pip install 'lawful\[parquet\]'"):
        import_suite("ruler", [tmp_path / "a.parquet"])


def test_damaged_parquet_is_told(tmp_path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match=r"a\.parquet: no Parquet file that can be read: "):
        import_suite("ruler", [tmp_path / "a.parquet"])


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (row(category="sport"), r'category: "sport" is none of science, game'),
        (row(category=None), r"category is missing or empty; found category, task_name, index"),
        (row(task=3), r"task_name: text is wanted, found 3"),
        (row(index="one"), r'index: a whole number from 0 is wanted, found "one"'),
        (row(index=True), r"index: a whole number from 0 is wanted, found true"),
        (row(index=-1), r"index: a whole number from 0 is wanted, found -1"),
        (row(prompt=" "), r"prompt is missing or empty"),
        (row(prompt="x" * 10_001), r"prompt: 10,001 characters\. Allowed: 10,000"),
        (row(prompt="a\u0007b"), r"prompt: holds the character U\+0007, which is no text"),
        (row(checklist="no list"), r'checklist: a list is wanted, or its text in JSON; found "no list"'),
        (row(checklist=[]), r"checklist: a list with entries is wanted, found \[\]"),
        (row(checklist=[{"a": "b", "c": "d"}]), r"checklist, entry 1: an object with one key, the metric"),
        (row(checklist=[{"Rule Coherence": "?"}, "x"]), r"checklist, entry 2: an object with one key"),
        (row(checklist=[{"Beauty": "?"}]), r'checklist, entry 1: "Beauty" is none of Instruction Following'),
        (row(checklist=[{"Rule Coherence": ""}]), r"checklist, entry 1: text is wanted, and it is empty"),
        (row(checklist=[{"Rule Coherence": 1}]), r"checklist, entry 1: text is wanted, found 1"),
        (row(input_image_path="../a.png"), r'input_image_path: "\.\./a\.png" is no path below'),
        (row(input_image_path="C:\\a.png"), r"input_image_path: .* is no path below"),
        (row(task="t" * 200), r"cannot name a case\. Allowed: 128 characters"),
        (row(task="t" * 117), r"the id of a question would have 13[01] characters\. Allowed: 128"),
        (row(), r"the case science/physics/1 is already there: .*file\.jsonl, line 1"),
        ("{broken", r"no JSON: Expecting property name enclosed in double quotes in column 2"),
        ("[1]", r"an object is wanted, found \[1\]"),
        ('{"a": 1, "a": 2}', r'the key "a" is there more than once'),
        ('{"a": NaN}', r"no JSON that can be read: NaN is no number"),
        ("[" * 100_000, r"no JSON that can be read: nested too deeply"),
        ('{"a": "' + "x" * 1_000_000 + '"}', r"1,000,009 characters\. Allowed: 1,000,000"),
    ],
)
def test_a_row_that_cannot_be_used_is_left_out_with_its_place(bad, why, write_lines, imported) -> None:
    found = imported("ruler", write_lines([row(), bad, row(index=2)]))
    assert list(found.suite.cases) == ["science/physics/1", "science/physics/2"]
    (left,) = found.left_out
    assert left.place == "line 2"
    assert left.file.endswith("file.jsonl")
    assert re.search(why, left.text), left.text


def test_what_is_imported_aggregates(write_lines, imported, scored, rng) -> None:
    found = imported("ruler", write_lines(ROWS))
    labels = {"science/physics/1": "Good", "game/Go/7": "Medium", "vision rule/color/2": "Poor"}
    tables = aggregate("ruler", scored(found.suite, lambda case, _: labels[case]), rng)
    compat = next(table for table in tables if table.id == "ruler_compat")
    overall = next(line for line in compat.rows if "overall" in line)
    values = [cell.value for cell in overall if hasattr(cell, "value")]
    assert values[:4] == pytest.approx([75, 50, 50, 50])  # (1 + 1/2) / 2 of two; (1 + 1/2 + 0) / 3 of three


def test_the_version_is_of_the_content(write_lines, imported) -> None:
    one = imported("ruler", write_lines(ROWS)).suite
    other = imported("ruler", write_lines(ROWS[:2]), suite_id="mine").suite
    assert one.version == imported("ruler", write_lines(ROWS)).suite.version != other.version
    assert (one.id, other.id) == ("ruler", "mine")
