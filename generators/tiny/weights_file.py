"""Files of weights: half-precision safetensors with the sizes of the network in their header."""

import hashlib
import json
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path

import torch
from torch import Tensor

from lawful.core.errors import AbsentError, InputError
from lawful.core.files import replacing
from lawful.generators.tiny.model import TinyConfig, TinyModel

VARIANTS: tuple[str, ...] = ("tiny-causal", "tiny-causal-early", "tiny-causal-forced")
"""What ships."""
FORMAT = "lawful tiny generator 1"


def write_weights(path: Path, weights: Mapping[str, Tensor], config: TinyConfig) -> None:
    """Write weights rounded to float16."""
    from safetensors.torch import save_file

    halves = {name: weight.half().contiguous() for name, weight in weights.items()}
    with replacing(path) as temporary:
        save_file(halves, temporary, metadata={"format": FORMAT, "config": json.dumps(config.as_json())})


def read_weights(path: Path) -> tuple[TinyModel, str]:
    """The network of a file, in float32, and the SHA-256 of the file.

    Raises:
        AbsentError: There is no such file.
        InputError: It is of another format, or its weights do not fit its sizes.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise AbsentError(f"{path}: there are no weights. `lawful train generator` makes some.")
    try:
        with safe_open(path, framework="pt") as held:
            about = held.metadata() or {}
            weights = {name: held.get_tensor(name).float() for name in held.keys()}  # noqa: SIM118 - no mapping
    except SafetensorError as error:
        raise InputError(f"{path}: no safetensors file: {error}") from error
    if about.get("format") != FORMAT:
        raise InputError(f"{path}: holds {about.get('format', 'no stated format')!r}, expected {FORMAT!r}")
    try:
        model = TinyModel(TinyConfig(**json.loads(about["config"])))
        model.load_state_dict(weights)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{path}: the weights do not fit the sizes in the header: {error}") from error
    model.eval().requires_grad_(False)
    return model, hashlib.sha256(path.read_bytes()).hexdigest()


def shipped_weights(name: str) -> tuple[TinyModel, str]:
    """The network of a variant that ships, and the digest of its file.

    Raises:
        AbsentError: Nothing of that name ships.
    """
    with as_file(files("lawful.generators.tiny.weights").joinpath(f"{name}.safetensors")) as path:
        return read_weights(path)


def parameters_of(model: torch.nn.Module) -> int:
    """How many numbers a network has."""
    return sum(weight.numel() for weight in model.parameters())
