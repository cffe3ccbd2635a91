import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lawful.core.errors import AbsentError, LawfulError
from lawful.core.registry import broken_plugins, find, register, registered

PlugIn = Callable[..., None]

TINY = """
from lawful.core.registry import register

@register("judge", "tiny", summary="says nothing")
def tiny(argument, config):
    return ("tiny", argument, config)

@register("judge", "tiny:", summary="says nothing about a folder")
def tiny_of(argument, config):
    return ("tiny of", argument, config)
"""


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plug_in: PlugIn) -> None:
    """A package from outside with two judges, and one that cannot be imported."""
    (tmp_path / "tiny_plugin_of_a_test.py").write_text(TINY)
    (tmp_path / "broken_plugin_of_a_test.py").write_text("raise RuntimeError('no luck')")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("tiny_plugin_of_a_test", "broken_plugin_of_a_test"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    plug_in(outside="tiny_plugin_of_a_test", unlucky="broken_plugin_of_a_test", gone="no_module_of_a_test")


@pytest.mark.usefixtures("tiny")
def test_a_package_from_outside_joins_by_its_entry_point() -> None:
    assert [entry.name for entry in registered("judge")] == ["tiny", "tiny:"]
    entry, argument = find("judge", "tiny")
    assert argument is None
    assert entry.summary == "says nothing"
    assert entry.origin == "tiny_plugin_of_a_test"
    assert entry.factory(argument, {"a": 1}) == ("tiny", None, {"a": 1})


@pytest.mark.usefixtures("tiny")
def test_the_rest_after_the_colon_is_the_argument() -> None:
    entry, argument = find("judge", "tiny:some/folder:2")
    assert (entry.name, argument) == ("tiny:", "some/folder:2")
    with pytest.raises(AbsentError, match="no judge is called 'tiny:'"):
        find("judge", "tiny:")


@pytest.mark.usefixtures("tiny")
def test_broken_plug_ins_are_listed_and_named_where_a_name_is_missing() -> None:
    unlucky, gone = sorted(broken_plugins(), key=lambda plugin: plugin.error)[::-1]
    assert (unlucky.module, unlucky.error) == ("broken_plugin_of_a_test", "RuntimeError: no luck")
    assert gone.name == "gone"
    assert gone.error == "ModuleNotFoundError: No module named 'no_module_of_a_test'"
    message = r"no judge is called 'x'\. Known: tiny, tiny:\..* The plug-in unlucky could not be loaded: RuntimeError: no luck"
    with pytest.raises(AbsentError, match=message):
        find("judge", "x")


def test_an_empty_registry_says_so(plug_in: PlugIn) -> None:
    plug_in()
    assert registered("generator") == []
    with pytest.raises(AbsentError, match=r"no generator is called 'x'\. Known: none\."):
        find("generator", "x")


def test_a_name_belongs_to_the_module_that_registered_it(plug_in: PlugIn) -> None:
    plug_in()

    def make() -> str:
        return "first"

    register("suite", "mine", summary="one")(make)
    register("suite", "mine", summary="two")(make)  # the same module may load again
    assert [entry.summary for entry in registered("suite")] == ["two"]
    make.__module__ = "somebody.else"
    with pytest.raises(
        LawfulError, match=r"suite 'mine' is registered twice: by .*test_registry and somebody\.else"
    ):
        register("suite", "mine", summary="three")(make)
    register("judge", "mine", summary="another kind")(make)


def test_a_suite_takes_no_argument(plug_in: PlugIn) -> None:
    plug_in()
    with pytest.raises(LawfulError, match=r"suite 'mine:': a suite takes no argument"):
        register("suite", "mine:", summary="none")(lambda: None)
    assert registered("suite") == []


def test_what_ships_is_registered_through_the_same_door() -> None:
    assert "kinematic" in [entry.name for entry in registered("judge")]
    assert "physics" in [entry.name for entry in registered("suite")]
    assert broken_plugins() == []
