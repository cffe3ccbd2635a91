"""The suites that ship, registered as any other package's would be."""

from importlib.resources import as_file, files

from lawful.checklists.suite import Suite
from lawful.core.registry import register


@register("suite", "physics", summary="45 observable questions, two to four for each of the 19 laws")
def physics() -> Suite:
    """The suite of `suites/physics.json`."""
    return _shipped("physics.json")


@register(
    "suite",
    "worlds",
    summary="35 questions on the laws that simulated clips break, and on each way to break them",
)
def worlds() -> Suite:
    """The suite of `suites/worlds.json`; `lawful.generators.worlds.text.suite` adds cases with known answers."""
    return _shipped("worlds.json")


def _shipped(name: str) -> Suite:
    from lawful.checklists.load import read_suite

    with as_file(files("lawful.checklists.suites").joinpath(name)) as path:
        return read_suite(path)
