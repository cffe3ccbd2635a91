"""A model's folder: whether all is there, and what its small files say. Nothing heavy is imported here."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lawful.core.errors import AbsentError, InputError
from lawful.core.extras import require
from lawful.core.weights import small_files_digest, weights_digest

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
    _check_plain(folder, config)
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


def _check_plain(folder: Path, config: Mapping[str, Any]) -> None:
    """Refuse what would be loaded beside the weights, or in another form than they are read here."""
    if (folder / "adapter_config.json").exists():
        raise InputError(
            f"{folder} holds adapter_config.json, and adapters beside a model are not loaded here. Needed: a folder "
            "with the adapter merged into the model (merge_and_unload of peft, then save_pretrained)."
        )
    if (named := config.get("transformers_weights")) is not None:
        raise InputError(
            f"{folder / 'config.json'} names {str(named)[:80]!r} as the file of weights (transformers_weights). Needed: "
            "model.safetensors or model.safetensors.index.json, and no such name."
        )
    if (quantised := config.get("quantization_config")) is not None:
        method = quantised.get("quant_method") if isinstance(quantised, Mapping) else quantised
        raise InputError(
            f"{folder} holds quantised weights ({method}), which cannot be loaded here. Needed: the model in "
            "float32, bfloat16 or float16."
        )


def _weights(folder: Path) -> tuple[Path, ...]:
    # Where both forms are there, transformers reads the single file.
    if (folder / "model.safetensors").is_file():
        return (folder / "model.safetensors",)
    index = _json(folder / "model.safetensors.index.json")
    if index:
        return tuple(folder / shard for shard in _shards(folder, index))
    pickled = sorted(path.name for pattern in _PICKLED for path in folder.glob(pattern))
    if pickled:
        raise AbsentError(
            f"{folder} has its weights as {pickled[0]} only, a format that can run code when it is read. "
            "Needed: safetensors. Convert them with save_pretrained(..., safe_serialization=True)."
        )
    raise AbsentError(
        f"{folder} holds no weights. Needed: model.safetensors, or model.safetensors.index.json and its files."
    )


def _shards(folder: Path, index: Mapping[str, Any]) -> list[str]:
    """The files that an index names, all there and all in the folder itself."""
    named = index.get("weight_map")
    shards = set(named.values()) if isinstance(named, dict) and _are_texts(named.values()) else set()
    for shard in sorted(shards):
        # Whatever does not end so would be read as a pickle.
        if shard != Path(shard).name or not shard.endswith(".safetensors"):
            raise InputError(
                f"{folder / 'model.safetensors.index.json'} names {shard[:80]!r} as a file of weights. Needed: names of "
                "*.safetensors in the same folder. Fetch the model again from where you trust it."
            )
    absent = sorted(shard for shard in shards if not (folder / shard).is_file())
    if absent or not shards:
        raise AbsentError(
            f"{folder} lacks {len(absent)} of its {len(shards)} files of weights, such as "
            f"{absent[0] if absent else 'all'}. Fetch the model again."
        )
    return sorted(shards)


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


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
