"""Judges, generators and suites by name, ours and other people's, registered in one way.

A module named in the entry-point group ``lawful.plugins`` registers by importing it::

    @register("judge", "mine", summary="what it does, in a line")
    def mine(argument: str | None, config: Mapping[str, Any]) -> Judge: ...

Keep such a module light and import what is heavy inside the factory: `lawful list` imports it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, Literal, TypeVar, get_args

from lawful.core.errors import AbsentError, LawfulError

F = TypeVar("F", bound=Callable[..., Any])
Kind = Literal["judge", "generator", "suite"]
KINDS: tuple[Kind, ...] = get_args(Kind)
GROUP = "lawful.plugins"


@dataclass(frozen=True)
class Registered:
    """One entry of a registry."""

    kind: Kind
    """What the factory makes."""
    name: str
    """The name users type; one that ends in ":" takes the rest of what they type as its argument."""
    summary: str
    """What it is, in one line."""
    factory: Callable[..., Any]
    """Makes the thing; its arguments are those of its kind."""
    origin: str
    """The module that registered it."""
    made_on: Callable[[], str] | None = None
    """Says what its thresholds were made on; None where it has none that were made on anything."""


@dataclass(frozen=True)
class BrokenPlugin:
    """A plug-in that could not be imported."""

    name: str
    """Name of its entry point."""
    module: str
    """The module it names."""
    error: str
    """What happened."""


_entries: dict[tuple[Kind, str], Registered] = {}
_broken: list[BrokenPlugin] = []
_loaded = False


def register(
    kind: Kind, name: str, summary: str, made_on: Callable[[], str] | None = None
) -> Callable[[F], F]:
    """Decorator that puts a factory into the registry of its kind.

    Args:
        kind: What the factory makes.
        name: The name users type.
        summary: What it is, in one line.
        made_on: Says what its thresholds were made on.

    Raises:
        LawfulError: The name is taken by another module, or is that of a suite and ends in ":".
    """
    if kind == "suite" and name.endswith(":"):
        raise LawfulError(f"suite {name!r}: a suite takes no argument, so its name cannot end in ':'")

    def add(factory: F) -> F:
        held = _entries.get((kind, name))
        if held is not None and held.origin != factory.__module__:
            raise LawfulError(
                f"{kind} {name!r} is registered twice: by {held.origin} and {factory.__module__}"
            )
        _entries[kind, name] = Registered(kind, name, summary, factory, factory.__module__, made_on)
        return factory

    return add


def registered(kind: Kind) -> list[Registered]:
    """All entries of a kind, by name."""
    _load()
    return sorted((entry for entry in _entries.values() if entry.kind == kind), key=lambda entry: entry.name)


def broken_plugins() -> list[BrokenPlugin]:
    """The plug-ins that could not be imported, and why."""
    _load()
    return list(_broken)


def find(kind: Kind, name: str) -> tuple[Registered, str | None]:
    """The entry for what a user typed, and the argument after the colon of a name such as "vlm:path".

    Raises:
        AbsentError: No such name; the message lists the known ones.
    """
    _load()
    entry = _entries.get((kind, name))
    if entry is not None and not name.endswith(":"):
        return entry, None
    prefix, colon, argument = name.partition(":")
    entry = _entries.get((kind, prefix + ":"))
    if colon and argument and entry is not None:
        return entry, argument
    known = ", ".join(entry.name for entry in registered(kind)) or "none"
    broken = "".join(f" The plug-in {plugin.name} could not be loaded: {plugin.error}." for plugin in _broken)
    raise AbsentError(f"no {kind} is called {name!r}. Known: {known}.{broken}")


def _load() -> None:
    global _loaded
    if _loaded:
        return
    _loaded = True
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            point.load()
        except Exception as error:  # noqa: BLE001 - a plug-in may fail in any way; it is listed, not hidden
            _broken.append(BrokenPlugin(point.name, point.value, f"{type(error).__name__}: {error}"))
