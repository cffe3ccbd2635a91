import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lawful.checklists.load import load_suite, read_suite
from lawful.cli.main import lawful

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(lawful, ["checklists", *map(str, arguments)])


def test_list() -> None:
    result = _run("list")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1].startswith("physics  1        45         0      Apache-2.0")
    (row,) = [row for row in json.loads(_run("list", "--json").stdout) if row["name"] == "physics"]
    assert (row["questions"], row["cases"], row["version"]) == (45, 0, "1")


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
