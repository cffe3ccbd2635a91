"""A model's folder: whether all is there, and what its small files say. Nothing heavy is imported here."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lawful.core.errors import AbsentError, InputError
from lawful.core.extras import require
from lawful.judge.vlm.digests import small_files_digest, weights_digest

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_SMALL = ("*.json", "*.jinja", "*.txt", "*.model")
_PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt")


@dataclass(frozen=True, eq=False)
class ModelFiles:
    """A model on disk."""

    name: str
    """What the user typed."""
    folder: Path
    """Where it is."""
    config: Mapping[str, Any]
    """Its `config.json`."""
    preprocessing: Mapping[str, Any]
    """How its frames are to be prepared, by its own preprocessor files; empty where it has none."""
    chat_template: str | None
    """The chat template that lies beside the tokenizer, as older models have it; None where there is none."""
    weights: tuple[Path, ...]
    """Its weights, all safetensors."""
    weights_bytes: int
    """Their size."""

    def identity(self) -> dict[str, str]:
        """Digests of its weights and of its small files (tokenizer, chat template, sizes)."""
        small = sorted({path for pattern in _SMALL for path in self.folder.glob(pattern)})
        return {"weights": weights_digest(self.weights), "files": small_files_digest(small)}


def find_model(name: str, revision: str | None = None) -> ModelFiles:
    """The model of a local folder, or of the hub where no such folder is and the name is one of the hub.

    Raises:
        AbsentError: There is no such folder or hub model, or its weights or its configuration are missing.
        InputError: A file of it cannot be read.
    """
    folder = Path(name).expanduser()
    if not folder.is_dir():
        folder = _fetched(name, revision)
    config = _json(folder / "config.json")
    if not config:
        raise AbsentError(
            f"{folder} holds no config.json, so it is no model's folder. Name the folder that "
            "save_pretrained wrote or that was downloaded from the hub."
        )
    weights = _weights(folder)
    size = sum(path.stat().st_size for path in weights)
    template = _json(folder / "chat_template.json").get("chat_template")
    return ModelFiles(name, folder, config, _preprocessing(folder), template, weights, size)


def _fetched(name: str, revision: str | None) -> Path:
    if not _HUB_ID.fullmatch(name):
        raise AbsentError(
            f"there is no folder {name!r}, and it is no id of the hub (organisation/name) either. "
            "Name a folder that holds config.json, tokenizer.json and *.safetensors."
        )
    hub = require("huggingface_hub", "vlm", "models from the hub")
    try:
        fetched = hub.snapshot_download(name, revision=revision, allow_patterns=[*_SMALL, "*.safetensors"])
    except (OSError, ValueError) as error:
        raise AbsentError(
            f"there is no folder {name!r}, and the hub gives no such model: {_first_line(error)} "
            "Name a local folder, or fetch the model where there is a network."
        ) from error
    return Path(fetched)


def _weights(folder: Path) -> tuple[Path, ...]:
    index = _json(folder / "model.safetensors.index.json")
    if index:
        shards = sorted(set(index.get("weight_map", {}).values()))
        absent = [shard for shard in shards if not (folder / shard).is_file()]
        if absent or not shards:
            raise AbsentError(
                f"{folder} lacks {len(absent)} of its {len(shards)} files of weights, such as "
                f"{absent[0] if absent else 'all'}. Fetch the model again."
            )
        return tuple(folder / shard for shard in shards)
    if (folder / "model.safetensors").is_file():
        return (folder / "model.safetensors",)
    pickled = sorted(path.name for pattern in _PICKLED for path in folder.glob(pattern))
    if pickled:
        raise AbsentError(
            f"{folder} has its weights as {pickled[0]} only, a format that can run code when it is read. "
            "Needed: safetensors. Convert them with save_pretrained(..., safe_serialization=True)."
        )
    raise AbsentError(
        f"{folder} holds no weights. Needed: model.safetensors, or model.safetensors.index.json and its files."
    )


def _preprocessing(folder: Path) -> Mapping[str, Any]:
    """What its files say of videos; failing that, of pictures, as older models of these families have it."""
    nested = _json(folder / "processor_config.json").get("video_processor")
    if isinstance(nested, Mapping) and nested:
        return nested
    for name in ("video_preprocessor_config.json", "preprocessor_config.json"):
        if held := _json(folder / name):
            return held
    return {}


def _json(path: Path) -> dict[str, Any]:
    """The object in a file; empty if there is no such file."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(held, dict):
        raise InputError(f"{path}: expected an object, found {type(held).__name__}")
    return held


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"
