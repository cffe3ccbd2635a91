"""The permanent list of laws, and the violation families with the laws that may rightly be named for each.

>>> laws()["gravity"].group
'solid'
>>> families()["kink"].laws
('inertia', 'momentum', 'causality')
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from lawful.checklists.suite import Question

Group = Literal["solid", "continuity", "fluid", "optical"]
"""Solid bodies; existence, sameness, cause and time of anything; fluids; light."""


@dataclass(frozen=True)
class Law:
    """A law that a video may break."""

    id: str
    """Its permanent id, such as "gravity"."""
    name: str
    """Its name for people."""
    definition: str
    """What it says, in one line."""
    group: Group
    """Which part of physics it belongs to."""
    aliases: Mapping[str, tuple[str, ...]]
    """Names of the nearest entries in public taxonomies, by taxonomy; absent where none is near."""


@dataclass(frozen=True)
class Family:
    """A way in which videos break laws."""

    id: str
    """Its id, such as "vanish"."""
    definition: str
    """What is seen, in one line."""
    laws: tuple[str, ...]
    """Ids of the laws that may rightly be named for it, the nearest first."""


def laws() -> Mapping[str, Law]:
    """All laws by id, in their fixed order."""
    return _tables()[0]


def families() -> Mapping[str, Family]:
    """All violation families by id, in their fixed order."""
    return _tables()[1]


def families_of(question: Question) -> tuple[str, ...]:
    """Ids of the families that make a question's answer bad: its own, or else all that name its law."""
    if question.families:
        return question.families
    return tuple(family.id for family in families().values() if question.law in family.laws)


@cache
def _tables() -> tuple[Mapping[str, Law], Mapping[str, Family]]:
    document: dict[str, Any] = json.loads(
        files("lawful.checklists").joinpath("laws.json").read_text(encoding="utf-8")
    )
    by_law = {row["id"]: _law(row) for row in document["laws"]}
    by_family = {
        row["id"]: Family(row["id"], row["definition"], tuple(row["laws"])) for row in document["families"]
    }
    return MappingProxyType(by_law), MappingProxyType(by_family)


def _law(row: dict[str, Any]) -> Law:
    aliases = {taxonomy: tuple(names) for taxonomy, names in row["aliases"].items()}
    return Law(row["id"], row["name"], row["definition"], row["group"], MappingProxyType(aliases))
