"""The suites that ship, registered as any other package's would be."""

from importlib.resources import as_file, files

from lawful.checklists.suite import Suite
from lawful.core.registry import register


@register(
    "suite",
    "physics",
    summary="95 observable questions, five for each of the 19 laws, and 15 on what is there to be seen",
)
def physics() -> Suite:
    """The suite of `suites/physics.json`."""
    return _shipped("physics.json")


@register(
    "suite", "balls", summary="eight prompts of balls and discs that fall, fly, swing and slide; nine laws"
)
def balls() -> Suite:
    """The suite of `suites/balls.json`."""
    return _shipped("balls.json")


@register("suite", "frames", summary="36 tasks of the twelve kinds of MME-CoF, five ratings from 0 to 4")
def frames() -> Suite:
    """The suite of `suites/frames.json`."""
    return _shipped("frames.json")


@register("suite", "pyramid", summary="four tiers, looks, actions, responses and intent, rated from 1 to 5")
def pyramid() -> Suite:
    """The suite of `suites/pyramid.json`."""
    return _shipped("pyramid.json")


@register("suite", "pyramid-surgical", summary="the four tiers in the words of surgery")
def pyramid_surgical() -> Suite:
    """The suite of `suites/pyramid-surgical.json`."""
    return _shipped("pyramid-surgical.json")


@register(
    "suite",
    "rules",
    summary="76 tasks of RULER-Bench's six categories, 32 of them drawn and checked by a program",
)
def rules() -> Suite:
    """The suite of `suites/rules.json`; `lawful.checklists.tasks` draws its first frames, and others."""
    return _shipped("rules.json")


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
