"""The solid scene families and what each can show."""

from collections.abc import Mapping

from lawful.generators.worlds.family import SceneFamily

SOLID: Mapping[str, SceneFamily] = {}
"""By name. New ones are added at the end: pairs are drawn by their order."""
