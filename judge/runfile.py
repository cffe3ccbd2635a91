"""`run.toml`: what a run was asked for, what that came to, and with which versions."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lawful.core.errors import InputError
from lawful.core.fields import Fields, as_text
from lawful.core.files import write_atomic
from lawful.core.toml_file import read_toml
from lawful.core.versions import versions_of

RUN_FILE = "run.toml"
SCHEMA = 1
_PACKAGES = ("lawful", "numpy", "av", "opencv-python-headless", "pillow", "scipy", "torch", "transformers")


@dataclass(frozen=True)
class RunFile:
    """The content of a `run.toml`."""

    command: Literal["score", "merge"]
    """What made the run."""
    passed: Mapping[str, Any]
    """The arguments that were typed."""
    effective: Mapping[str, Any]
    """All arguments, with the defaults of that day; paths are absolute."""
    versions: Mapping[str, str]
    """Versions of Python and of the packages that touch a verdict; recorded, not part of any key."""


def versions_here() -> dict[str, str]:
    """The versions of Python and of the installed packages that touch a verdict."""
    return versions_of(_PACKAGES)


def changed_versions(file: RunFile) -> list[str]:
    """One phrase for each version that is another here than in the file."""
    here = versions_here()
    return [
        f"{name} {file.versions.get(name, 'none')} -> {here.get(name, 'none')}"
        for name in sorted(set(here) | set(file.versions))
        if here.get(name) != file.versions.get(name)
    ]


def write_run_file(path: Path, file: RunFile) -> None:
    """Write a `run.toml`; arguments that are None are left out, for TOML has no null."""
    import tomli_w

    body = {
        "schema": SCHEMA,
        "command": file.command,
        "passed": _without_none(file.passed),
        "effective": _without_none(file.effective),
        "versions": dict(file.versions),
    }
    write_atomic(path, tomli_w.dumps(body))


def read_run_file(path: Path) -> RunFile:
    """Read a `run.toml`.

    Raises:
        InputError: It is not there, is no TOML, or has unknown or missing keys.
    """
    body = read_toml(path)
    fields = Fields(body, str(path))
    if fields.whole("schema") > SCHEMA:
        raise InputError(
            f"{path}: has schema {fields.whole('schema')}, made by a newer lawful; this one knows {SCHEMA}. "
            "Upgrade with: pip install --upgrade lawful"
        )
    fields.only("schema", "command", "passed", "effective", "versions")
    return RunFile(
        command=fields.choice("command", ("score", "merge")),
        passed=dict(fields.inner("passed").body),
        effective=dict(fields.inner("effective").body),
        versions=fields.table("versions", as_text),
    )


def _without_none(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if item is not None}
