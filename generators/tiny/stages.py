"""A training in stages, from a TOML file with a table for each."""

from collections.abc import Mapping
from dataclasses import fields
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from lawful.core.errors import AbsentError, InputError
from lawful.core.toml_file import read_settings
from lawful.generators.tiny.model import TinyConfig
from lawful.generators.tiny.train import train
from lawful.generators.tiny.train_config import RolloutConfig, TrainConfig
from lawful.generators.tiny.watch import Heard, unheard

_TABLES: Mapping[str, type] = {"rollouts": RolloutConfig, "model": TinyConfig}


def read_stages(config: str) -> dict[str, TrainConfig]:
    """The stages of a file, in order.

    Args:
        config: Path of a TOML file, or the name of one that ships, such as "tiny_generator".

    Raises:
        InputError: A setting is unknown, of another type or out of range, or a stage starts from a later one.
        AbsentError: No such file, and none of that name ships.
    """
    path = Path(config)
    if path.is_file():
        tables = read_settings(path, "stages")
    else:
        held = files("lawful.configs").joinpath(f"{config}.toml")
        if path.suffix or path.name != config or not held.is_file():
            message = f"{config}: no such file. Give a TOML file, or tiny_generator for the one that ships."
            raise AbsentError(message)
        with as_file(held) as shipped:
            tables = read_settings(shipped, "stages")
    stages: dict[str, TrainConfig] = {}
    for name, table in tables.items():
        where = f"{config}: [{name}]"
        stages[name] = _typed(TrainConfig, table, where)
        start = stages[name].start
        if start is not None and start not in list(stages)[:-1]:
            raise InputError(
                f"{where}: start is {start!r}; stages before it: {', '.join([*stages][:-1]) or 'none'}"
            )
    if not stages:
        raise InputError(f"{config}: holds no stage; write at least one table, such as [tiny-causal]")
    return stages


def train_stages(
    config: str, out: Path, stages: tuple[str, ...] = (), compiled: bool = False, heard: Heard = unheard
) -> list[Path]:
    """Train some stages of a file, or all, each in a folder of its own; what is done already is kept.

    Args:
        config: See `read_stages`.
        out: Where the folders are.
        stages: Names; those that they start from must be there. None: all.
        compiled: Whether to compile the network first.
        heard: Told after every step.

    Returns:
        The files of weights.

    Raises:
        InputError: See `read_stages` and `train`.
        AbsentError: No stage has that name.
    """
    known = read_stages(config)
    for name in stages:
        if name not in known:
            raise AbsentError(f"no stage is called {name!r} in {config}. Known: {', '.join(known)}.")
    return [
        train(known[name], out / name, heard=lambda at, name=name: heard(name, at), compiled=compiled)
        for name in known
        if not stages or name in stages
    ]


def _typed(kind: type, table: Mapping[str, Any], where: str) -> Any:
    known = {field.name: field for field in fields(kind)}
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in known:
            raise InputError(f"{where}: unknown {name!r}; known: {', '.join(known)}")
        if name in _TABLES and isinstance(value, Mapping):
            values[name] = _typed(_TABLES[name], value, f"{where} {name}")
            continue
        asked = _KINDS.get(known[name].type)
        right = (
            asked is not None and isinstance(value, asked) and (isinstance(value, bool) == (asked is bool))
        )
        if not right:
            kind_name = _NAMES.get(known[name].type, "a table")
            raise InputError(f"{where}: {name} must be {kind_name}, got {value!r}")
        values[name] = value
    try:
        return kind(**values)
    except TypeError as error:
        raise InputError(f"{where}: {error}") from error


_KINDS: Mapping[Any, Any] = {int: int, float: (int, float), bool: bool, str | None: str}
_NAMES: Mapping[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str | None: "text",
}
