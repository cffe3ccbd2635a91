"""Whole reports. The golden files are reviewed when they change: LAWFUL_GOLDEN=write writes them anew."""

import csv
import io
import json
import os
from pathlib import Path

import jsonschema
import pytest

from lawful.core.errors import InputError
from lawful.judge.records import Evidence
from lawful.reports.cells import spreadsheet_safe
from lawful.reports.head import ReportHead
from lawful.reports.lines import json_text
from lawful.reports.rows import contract_line, judged, line_schema
from lawful.reports.tables import CSV_COLUMNS
from lawful.reports.write import FILE_NAMES, FORMATS, stream_report, write_report

GOLDEN = Path(__file__).parent / "golden"
INFO = ReportHead("run | <1>")


def text_of(clips, name):
    stream = io.StringIO(newline="")
    stream_report(clips, INFO, name, stream, Path("/runs/one/report"))
    return stream.getvalue()


@pytest.mark.parametrize("name", ["jsonl", "json", "csv", "md"])
def test_golden(some_clips, name):
    path = GOLDEN / FILE_NAMES[name]
    text = text_of(some_clips, name).encode()
    if os.environ.get("LAWFUL_GOLDEN") == "write":
        path.write_bytes(text)
    assert text == path.read_bytes()


def test_json_holds_the_lines_and_the_counts(some_clips):
    whole = json.loads(text_of(some_clips, "json"))
    assert whole["clips"] == [contract_line(judged(clip)) for clip in some_clips]
    assert whole["clips"] == [json.loads(line) for line in text_of(some_clips, "jsonl").splitlines()]
    assert whole["counts"] == {
        "n": 6, "failed": 1, "violation": 2, "none_found": 1, "not_sure": 2, "answered": 3, "coverage": 0.5,
        "mean_score": pytest.approx((0.05 + 0.8 + 0.15) / 3), "laws": {"permanence": 2},
    }  # fmt: skip
    assert [(one["judge"], one["generator"], one["n"]) for one in whole["summary"]] == [
        ("kinematic", None, 5), ("kinematic", "<i>gen</i>", 1), ("kinematic", "wan", 2), ("mean-motion", None, 1),
    ]  # fmt: skip


def test_csv_has_a_row_a_line(some_clips):
    rows = list(csv.DictReader(io.StringIO(text_of(some_clips, "csv"), newline="")))
    assert tuple(rows[0]) == CSV_COLUMNS
    gone, fine, _, broken, formula, hostile = rows
    assert (gone["worst_law"], gone["worst_start_s"], gone["worst_text"]) == (
        "permanence", "1.25", "A ball is gone between two frames.",
    )  # fmt: skip
    assert (gone["n_scored"], gone["n_unscored"]) == ("2", "1")
    assert (fine["answer"], fine["worst_law"], fine["worst_text"]) == ("none_found", "energy", "")
    assert (broken["answer"], broken["error"]) == ("", "clips/broken.mp4: no video stream")
    assert (formula["video"], formula["prompt"], formula["score"]) == ("'=1+2.mp4", "'@cmd", "")
    assert hostile["video"] == some_clips[-1].video


def test_half_surrogate_pairs_do_not_stop_a_table(clip, verdict):
    found = Evidence(0.0, 1.0, None, "time", 1.0, "px", "a\udce9b")
    for name in FORMATS:
        text_of([clip(repeats=((verdict("permanence", 0.0, (found,)),),))], name).encode()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_formulas_are_disarmed(start):
    assert spreadsheet_safe(start + "1") == "'" + start + "1"
    assert spreadsheet_safe("a" + start) == "a" + start


def test_markdown_keeps_its_tables_whatever_the_names(some_clips):
    lines = text_of(some_clips, "md").splitlines()
    table = [line for line in lines if line.startswith("|")]
    for line in table:
        columns = line.replace("\\|", "").count("|")
        assert columns in (10, 13), line
    assert not any("<" in line for line in lines)
    assert len([line for line in table if "clips/" in line or "1+2" in line or "script" in line]) == 5


@pytest.mark.parametrize("name", FORMATS)
def test_no_clips(name):
    text = text_of([], name)
    assert "None" not in text.replace("“None found”", "")
    if name == "json":
        assert json.loads(text)["counts"]["coverage"] is None
    if name == "jsonl":
        assert text == ""
    if name == "md":
        assert "No clip was scored." in text
        assert "clips: 0" in text


@pytest.mark.parametrize("name", FORMATS)
def test_all_failed(clip, name):
    clips = [clip(f"{i}.mp4", (), error="no video stream", duration_s=None) for i in range(3)]
    text = text_of(clips, name)
    assert text.count("no video stream") == 3
    if name == "md":
        assert "## Failed inputs (3)" in text


@pytest.mark.parametrize("name", FORMATS)
def test_all_unscored_gives_no_mean(clip, unscored, name):
    clips = [clip(f"{i}.mp4", ((unscored("permanence"), unscored()),)) for i in range(2)]
    text = text_of(clips, name)
    assert "no mirror was found" in text
    if name == "json":
        assert json.loads(text)["counts"]["mean_score"] is None
    if name == "md":
        assert "NaN (0)" in text


def test_lines_obey_the_schema_when_read_back(some_clips):
    check = jsonschema.Draft202012Validator(line_schema()).validate
    for line in text_of(some_clips, "jsonl").splitlines():
        check(json.loads(line))


def test_files_are_written_whole_or_not_at_all(tmp_path, clip, verdict):
    target = tmp_path / "new" / "report.jsonl"
    write_report([clip()], INFO, {"jsonl": target})
    before = target.read_bytes()
    damaged = clip(repeats=((verdict("nonsense"),),))
    with pytest.raises(InputError, match="was not asked"):
        write_report([clip(), clip(), damaged], INFO, {"jsonl": target})
    assert target.read_bytes() == before
    assert [path.name for path in target.parent.iterdir()] == ["report.jsonl"]


def test_one_pass_writes_all_formats(tmp_path, some_clips):
    targets = {name: tmp_path / FILE_NAMES[name] for name in FORMATS}
    tally = write_report(iter(some_clips), INFO, targets)
    assert tally.total.n == 6
    assert all(path.stat().st_size for path in targets.values())
    assert targets["csv"].read_bytes() == text_of(some_clips, "csv").encode()


def test_text_that_json_lines_would_break_is_escaped():
    assert json_text(["a\u2028b\x85c\n"]) == '["a\\u2028b\\u0085c\\n"]'
