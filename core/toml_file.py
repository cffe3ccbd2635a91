"""TOML that somebody else wrote: settings by name, and whole files."""

import tomllib
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from lawful.core.digest import canonical_json
from lawful.core.errors import AbsentError, InputError
from lawful.core.fields import Fields


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        InputError: It cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: is no TOML: {error}") from error


def read_settings(path: Path, kind: str) -> dict[str, dict[str, Any]]:
    """Settings by name, from a TOML file with one table for each name.

    Args:
        path: The file.
        kind: What has the names, in the plural, for messages: "judges".

    Raises:
        InputError: It cannot be read, is no TOML, or holds something else than tables of JSON values.
    """
    fields = Fields({kind: read_toml(path)}, str(path))
    tables = fields.table(kind, lambda value, where: dict(Fields(value, where).body))
    try:
        canonical_json(tables)
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: a setting is no text, number, list or table: {error}") from error
    return tables


def read_shipped(name: str, kind: str, example: str) -> dict[str, dict[str, Any]]:
    """Settings by name, from a file of one's own or from one that ships.

    Args:
        name: Path of a TOML file, or the name of one that ships.
        kind: See `read_settings`.
        example: One that ships, for messages.

    Raises:
        InputError: See `read_settings`.
        AbsentError: No such file, and none of that name ships.
    """
    path = Path(name)
    if path.is_file():
        return read_settings(path, kind)
    held = files("lawful.configs").joinpath(f"{name}.toml")
    if path.suffix or path.name != name or not held.is_file():
        raise AbsentError(f"{name}: no such file. Give a TOML file, or {example} for the one that ships.")
    with as_file(held) as shipped:
        return read_settings(shipped, kind)
