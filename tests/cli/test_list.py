import json
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from click.testing import CliRunner

from lawful.cli.main import lawful
from lawful.core import registry


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(lawful, ["list", *arguments])
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.parametrize(("kind", "name"), [("judges", "kinematic"), ("suites", "physics")])
def test_what_ships_is_listed(kind: str, name: str) -> None:
    lines = _run(kind).splitlines()
    assert lines[0].split() == ["name", "summary", "from"]
    assert name in [line.split()[0] for line in lines[1:] if line]
    rows = json.loads(_run(kind, "--json"))
    assert name in [row["name"] for row in rows]
    fields = {"name", "summary", "origin", *(["made_on"] if kind == "judges" else [])}
    assert all(set(row) == fields for row in rows)


def test_judges_say_what_their_thresholds_were_made_on() -> None:
    from lawful.judge.kinematic.settings import load_settings
    from lawful.judge.kinematic.spine.eye import shipped_eye
    from lawful.judge.kinematic.tails import shipped_tails

    parts = load_settings({}).thresholds_made_on, shipped_tails().made_on, shipped_eye().made_on
    expected = "{}; tails: {}; net: {}".format(*parts)
    assert f"Thresholds of kinematic: {expected}\n" in _run("judges")
    told = {row["name"]: row["made_on"] for row in json.loads(_run("judges", "--json"))}
    assert told["kinematic"] == expected
    assert told["mean-motion"] is None


@pytest.mark.usefixtures("outsiders")
def test_a_package_from_outside_is_listed_and_a_broken_one_is_named() -> None:
    result = CliRunner().invoke(lawful, ["list", "judges"])
    assert result.exit_code == 0
    assert "mine: [bold]  a judge of a stranger  listed_plugin_of_a_test" in result.stdout
    assert (
        result.stderr
        == "Not loaded: plug-in gone (no_module_of_a_test): ModuleNotFoundError: No module named 'no_module_of_a_test'\n"
    )
    assert json.loads(CliRunner().invoke(lawful, ["list", "judges", "--json"]).stdout) == [
        {
            "name": "mine: [bold]",
            "summary": "a judge of a stranger",
            "origin": "listed_plugin_of_a_test",
            "made_on": None,
        }
    ]


@pytest.mark.usefixtures("outsiders")
def test_nothing_to_list_is_said() -> None:
    assert _run("suites") == "No suites are installed.\n"
    assert json.loads(_run("suites", "--json")) == []


@pytest.fixture
def outsiders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry with one judge from outside and one plug-in that is gone."""
    (tmp_path / "listed_plugin_of_a_test.py").write_text(
        "from lawful.core.registry import register\n"
        "@register('judge', 'mine: [bold]', summary='a judge of a stranger')\n"
        "def mine(argument, config): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "listed_plugin_of_a_test", raising=False)
    points = [
        EntryPoint("mine", "listed_plugin_of_a_test", registry.GROUP),
        EntryPoint("gone", "no_module_of_a_test", registry.GROUP),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    monkeypatch.setattr(registry, "_entries", {})
    monkeypatch.setattr(registry, "_broken", [])
    monkeypatch.setattr(registry, "_loaded", False)
