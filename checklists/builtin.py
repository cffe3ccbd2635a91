"""The suites that ship, registered as any other package's would be."""

from importlib.resources import as_file, files

from lawful.checklists.suite import Suite
from lawful.core.registry import register


@register("suite", "physics", summary="45 observable questions, two to four for each of the 19 laws")
def physics() -> Suite:
    """The suite of `suites/physics.json`."""
    return _shipped("physics.json")


def _shipped(name: str) -> Suite:
    from lawful.checklists.load import read_suite

    with as_file(files("lawful.checklists.suites").joinpath(name)) as path:
        return read_suite(path)
