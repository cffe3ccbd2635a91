"""Every scene family."""

from collections.abc import Mapping

from lawful.generators.worlds.family import SceneFamily
from lawful.generators.worlds.flat.families import FLAT
from lawful.generators.worlds.solid.families import SOLID

FAMILIES: Mapping[str, SceneFamily] = {**FLAT, **SOLID}
"""By name, the flat ones first."""
SCENES: tuple[str, ...] = tuple(FAMILIES)
"""Their names."""
POSSIBLE: Mapping[str, tuple[str, ...]] = {name: family.possible for name, family in FAMILIES.items()}
"""The violation families that each scene can show."""
