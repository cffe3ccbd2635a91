"""The named splits: from what training, tuning and testing draw their pairs (`configs/worlds.toml`)."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from lawful.core.errors import InputError
from lawful.generators.worlds.pairs import Pools
from lawful.generators.worlds.variety import Variety


@cache
def splits() -> Mapping[str, Pools]:
    """Every split by name: `train`, `dev`, `wide`, `test` (which holds out scenes, laws and looks) and `cross`."""
    text = files("lawful.configs").joinpath("worlds.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return {name: _pools(tables.get(table.pop("like", ""), {}) | table) for name, table in tables.items()}


def split(name: str) -> Pools:
    """The pools of a split.

    Raises:
        InputError: No split is called so.
    """
    if name not in splits():
        raise InputError(f"no split is called {name!r}. Known: {', '.join(splits())}.")
    return splits()[name]


def _pools(table: dict[str, Any]) -> Pools:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
    }
    own = {key: values.pop(key) for key in ("scenes", "violations", "seeds")}
    return Pools(**own, variety=Variety(**values))
