"""Where the files of a model are: on the disk, or on the hub where a name says so. Nothing heavy is imported here."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lawful.core.errors import AbsentError, InputError
from lawful.core.extras import require

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_HUB_FILE = re.compile(rf"({_HUB_ID.pattern}):([\w./-]+)")
_WEIGHTS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")


def find_folder(name: str, revision: str | None, patterns: Sequence[str], what: str) -> Path:
    """The folder of a name: one on the disk, or what the hub has of it where the name is an id of the hub.

    Args:
        name: Path of a folder, or organisation/name.
        revision: Of the hub's; None for its newest.
        patterns: Which files are fetched.
        what: What it is, for errors.

    Raises:
        AbsentError: It is neither, or the hub does not give it.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if not _HUB_ID.fullmatch(name) or name.endswith(_WEIGHTS):
        raise AbsentError(
            f"{what}: there is no folder {name!r}, and it is no id of the hub (organisation/name) either"
        )
    hub = require("huggingface_hub", "generate", "models from the hub")
    try:
        return Path(hub.snapshot_download(name, revision=revision, allow_patterns=list(patterns)))
    except (OSError, ValueError) as error:
        raise _refused(what, f"no folder {name!r}", error) from error


def find_file(name: str, revision: str | None, what: str) -> Path:
    """The file of a name: one on the disk, or organisation/name:file of the hub.

    Raises:
        AbsentError: It is neither, or the hub does not give it.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    match = _HUB_FILE.fullmatch(name)
    if match is None or ".." in match[2]:
        raise AbsentError(
            f"{what}: there is no file {name!r}, and it is no file of the hub (organisation/name:file) either"
        )
    hub = require("huggingface_hub", "generate", "models from the hub")
    try:
        return Path(hub.hf_hub_download(match[1], match[2], revision=revision))
    except (OSError, ValueError) as error:
        raise _refused(what, f"no file {name!r}", error) from error


def weight_files(folder: Path, what: str) -> list[Path]:
    """The safetensors of a model's folder.

    Raises:
        AbsentError: It has none.
    """
    # Where both forms are there, diffusers and transformers read the file in one piece.
    for whole in ("diffusion_pytorch_model.safetensors", "model.safetensors"):
        if (folder / whole).is_file():
            return [folder / whole]
    found = sorted(path for path in folder.glob("*.safetensors") if path.is_file())
    if not found:
        raise AbsentError(f"{what}: {folder} holds no *.safetensors. Fetch the model again, or convert it.")
    return found


def read_json(path: Path) -> dict[str, Any]:
    """An object of a file beside weights.

    Raises:
        InputError: The file cannot be read, or holds none.
    """
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(body, dict):
        raise InputError(f"{path}: holds a {type(body).__name__}, not an object")
    return body


def _refused(what: str, absent: str, error: Exception) -> AbsentError:
    lines = str(error).strip().splitlines()
    return AbsentError(
        f"{what}: there is {absent}, and the hub does not give it: {lines[0] if lines else type(error).__name__}"
    )
