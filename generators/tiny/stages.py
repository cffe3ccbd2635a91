"""A training in stages, from a TOML file with a table for each."""

from pathlib import Path

from lawful.core.errors import AbsentError, InputError
from lawful.core.toml_file import read_shipped
from lawful.core.typed_table import typed
from lawful.generators.tiny.train import train
from lawful.generators.tiny.train_config import TrainConfig
from lawful.generators.tiny.watch import Heard, unheard


def read_stages(config: str) -> dict[str, TrainConfig]:
    """The stages of a file, in order.

    Args:
        config: Path of a TOML file, or the name of one that ships, such as "tiny_generator".

    Raises:
        InputError: A setting is unknown, of another type or out of range, or a stage starts from a later one.
        AbsentError: No such file, and none of that name ships.
    """
    tables = read_shipped(config, "stages", "tiny_generator")
    stages: dict[str, TrainConfig] = {}
    for name, table in tables.items():
        where = f"{config}: [{name}]"
        stages[name] = typed(TrainConfig, table, where)
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
