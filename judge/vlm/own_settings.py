"""The settings that a trained judge was trained with: they lie beside its weights, and it is asked in the same way."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lawful.checklists.json_file import read_json
from lawful.core.errors import InputError
from lawful.core.fields import Fields
from lawful.core.files import write_atomic
from lawful.judge.vlm.settings import read_settings

NAME = "lawful_judge.json"
"""The file."""
SCHEMA = "lawful.vlm-judge/1"
_OF_THE_MACHINE = ("device", "dtype", "attention", "batch_size", "revision")
"""Settings that say where and how a model runs, and not how it is asked."""


def save_own_settings(folder: Path, settings: Mapping[str, Any], trajectory: bool) -> None:
    """Write the file into a model's folder.

    Args:
        folder: The folder.
        settings: Settings of the judge as they were given, `tracks` among them; those of the machine are left out, and so
            is where true tracks are.
        trajectory: Whether trajectory attention lies in the folder too.
    """
    kept = {name: value for name, value in settings.items() if name not in (*_OF_THE_MACHINE, "tracks")}
    tracks = {name: settings.get("tracks", {}).get(name, False) for name in ("text", "trails")}
    told = {"schema": SCHEMA, "settings": kept, "tracks": {**tracks, "attention": trajectory}}
    write_atomic(folder / NAME, json.dumps(told, indent=2) + "\n")


def with_own_settings(folder: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings beside a model, those of the user in their place where they differ; where there are none, the user's.

    Args:
        folder: The model's folder, which may come from anywhere.
        config: The user's.

    Raises:
        InputError: The file is not usable as it is.
    """
    path = folder / NAME
    if not path.exists():
        return dict(config)
    source = Fields(read_json(path), str(path))
    source.only("schema", "settings", "tracks")
    if source.text("schema") != SCHEMA:
        raise InputError(f"{path}: schema should be {SCHEMA!r}, found {source.text('schema')!r}")
    own = dict(source.inner("settings").body)
    Fields(own, f"{path}.settings").only(*(name for name in own if name not in (*_OF_THE_MACHINE, "tracks")))
    read_settings(own, f"{path}.settings")
    tracks = source.inner("tracks")
    tracks.only("text", "trails", "attention")
    uses: dict[str, Any] = {name: tracks.body[name] for name in ("text", "trails") if tracks.body.get(name)}
    if "attention" in tracks.body and tracks.flag("attention"):
        uses["attention"] = str(folder)
    given = config.get("tracks", {})
    if isinstance(given, Mapping):
        given = {**uses, **given}
    return {**own, **config, **({"tracks": given} if given else {})}
