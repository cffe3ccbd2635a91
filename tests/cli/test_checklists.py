import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lawful.checklists.importers.formats import FORMATS
from lawful.checklists.load import load_suite, read_suite
from lawful.cli.main import lawful

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(lawful, ["checklists", *map(str, arguments)])


def test_list() -> None:
    result = _run("list")
    assert result.exit_code == 0
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("physics ")]
    assert line.split()[:5] == ["physics", "3", "113", "0", "Apache-2.0"]
    (row,) = [row for row in json.loads(_run("list", "--json").stdout) if row["name"] == "physics"]
    assert (row["questions"], row["cases"], row["version"]) == (113, 0, "3")


def test_show_a_suite_by_name_and_by_file() -> None:
    shown = _run("show", "physics").stdout
    for question in load_suite("physics").questions:
        assert f"{question.id} " in shown
        assert question.text in shown
    shown = _run("show", EXAMPLES / "kitchen.json").stdout
    assert "A full cup is pushed over the edge" in shown
    assert "scale degree: fully 1, in part 0.5, not at all 0\n" in shown


@pytest.mark.parametrize("suite", ["physics", str(EXAMPLES / "kitchen.json")])
def test_show_as_json_can_be_read_again(suite: str, tmp_path: Path) -> None:
    path = tmp_path / "again.json"
    path.write_text(_run("show", suite, "--json").stdout, encoding="utf-8")
    assert read_suite(path) == load_suite(suite)


def test_the_documented_example_is_a_suite() -> None:
    suite = read_suite(EXAMPLES / "kitchen.json")
    assert [question.id for question in suite.questions_for("cup")] == [
        "nothing_vanishes",
        "cup_goes_over_edge",
        "cup_breaks_on_landing",
        "coffee_spreads",
    ]


def test_validate_checks_all_files_and_fails_if_one_is_wrong() -> None:
    good, faulty = EXAMPLES / "kitchen.json", EXAMPLES / "faulty.json"
    result = _run("validate", good)
    assert (result.exit_code, result.stdout) == (0, f"{good}: right: 4 questions, 1 cases\n")
    result = _run("validate", faulty, EXAMPLES / "absent.json", good)
    assert result.exit_code == 1
    assert result.stdout == f"{good}: right: 4 questions, 1 cases\n"
    assert result.stderr.startswith(f"Error: {faulty}: not usable as it is:\n  /scales/rating/labels: ")
    assert f"Error: {EXAMPLES / 'absent.json'}: cannot be read: No such file or directory\n" in result.stderr


def test_names_that_are_no_text_do_not_stop_the_check(tmp_path: Path) -> None:
    path = tmp_path / "a\udcff.json"
    path.write_bytes((EXAMPLES / "kitchen.json").read_bytes())
    assert _run("validate", path).exit_code == 0
    path.write_bytes(b"{")
    assert _run("validate", path).exit_code == 1


ROW = {
    "category": "game", "task_name": "maze", "index": 3, "prompt": "The dot finds its way out.",
    "checklist": [{"Rule Coherence": "Does it stay between the walls?"}],
}  # fmt: skip


def _lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


def test_import_writes_a_suite_that_is_right(tmp_path: Path) -> None:
    source, out, videos = (
        _lines(tmp_path / "a.jsonl", ROW),
        tmp_path / "new" / "ruler.json",
        tmp_path / "v.csv",
    )
    result = _run("import", "ruler", source, "--out", out, "--id", "mazes", "--videos", videos)
    assert result.exit_code == 0, result.output
    assert re.match(r"mazes [0-9a-f]{12}: RULER-Bench: checklists on rules \(NOASSERTION\)\n", result.stdout)
    assert "imported: 1 cases, 1 questions\n" in result.stdout
    assert "left out: nothing\n" in result.stdout
    assert result.stdout.endswith(f"videos: {videos}: 1 of 1 cases\nwritten: {out}\n")
    assert _run("validate", out).stdout == f"{out}: right: 1 questions, 1 cases\n"
    assert videos.read_text() == "file,prompt,case\nmaze/3.mp4,,game/maze/3\n"


def test_import_lists_what_is_left_out(tmp_path: Path) -> None:
    source = _lines(tmp_path / "a.jsonl", ROW, *["{"] * 7)
    result = _run("import", "ruler", source)
    assert result.exit_code == 1
    assert "left out: 7\n" in result.stdout
    assert f"{source}, line 6  no JSON: " in result.stdout
    assert result.stdout.endswith("and 2 more: --json lists all\nnothing is written without --out\n")
    found = json.loads(_run("import", "ruler", source, "--json").stdout)
    assert [one["place"] for one in found["left_out"]] == [f"line {number}" for number in range(2, 9)]
    assert (found["cases"], found["questions"], found["known_answers"]) == (1, 1, 0)


def test_import_writes_nothing_where_it_cannot_write_all(tmp_path: Path) -> None:
    source, out = _lines(tmp_path / "a.jsonl", ROW), tmp_path / "out" / "suite.json"
    nothing = _run("import", "ruler", _lines(tmp_path / "b.jsonl", "{"), "--out", out)
    assert nothing.exit_code == 1
    assert "nothing can be imported as ruler" in nothing.stderr
    bad_id = _run("import", "ruler", source, "--out", out, "--id", "a b")
    assert re.search(r'suite\.json: not usable as it is:\n  /id: is "a b"', bad_id.stderr)
    (tmp_path / "out" / "up").symlink_to("/")
    led_out = _run(
        "import", "ruler", _lines(tmp_path / "c.jsonl", {**ROW, "input_image_path": "up/a.png"}), "--out", out
    )
    assert "leaves the suite's folder" in led_out.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["up"]


def test_import_writes_over_nothing_unasked(tmp_path: Path) -> None:
    source, out = _lines(tmp_path / "a.jsonl", ROW), tmp_path / "suite.json"
    out.write_text("mine")
    there = _run("import", "ruler", source, "--out", out)
    assert there.stderr == (
        f"Error: {out}: is already there. Name another place, or write over it with --force.\n"
    )
    assert out.read_text() == "mine"
    assert _run("import", "ruler", source, "--out", out, "--force").exit_code == 0
    own = _run("import", "ruler", source, "--out", source, "--force")
    assert own.stderr == f"Error: {source}: is one of the files to import. Name another place.\n"


def test_import_knows_its_formats(tmp_path: Path) -> None:
    result = _run("import", "rulr", _lines(tmp_path / "a.jsonl", ROW))
    assert result.stderr.startswith(
        "Error: no format is called 'rulr'. Known: ruler, mme-cof, implausibench, "
    )
    listed = "".join(_run("import", "--help").stdout.split())
    assert f"FORMATisoneof{','.join(FORMATS)}." in listed


def test_a_suite_that_would_be_too_large_is_not_written(tmp_path: Path) -> None:
    rows = [{**ROW, "index": number, "prompt": "x" * 9_999} for number in range(2_100)]
    result = _run("import", "ruler", _lines(tmp_path / "a.jsonl", *rows), "--out", tmp_path / "s.json")
    assert re.search(r"s\.json: the suite would have 2\d,\d+,\d+ bytes\. Allowed: 20,000,000", result.stderr)
    assert not (tmp_path / "s.json").exists()
