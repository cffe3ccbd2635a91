"""From the files of a checkpoint to a stock transformer: original `.pt`, safetensors, folders, low-rank changes."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lawful.core.errors import InputError
from lawful.generators.adapters.pickled import read_pickled
from lawful.generators.adapters.source import read_json, weight_files
from lawful.generators.adapters.wan_causal.keys import bare_name, diffusers_name, is_original
from lawful.generators.causal.stock import WanRotaryPosEmbed, WanTransformer3DModel

WAN_1_3B: Mapping[str, Any] = {
    "patch_size": (1, 2, 2),
    "num_attention_heads": 12,
    "attention_head_dim": 128,
    "in_channels": 16,
    "out_channels": 16,
    "text_dim": 4096,
    "freq_dim": 256,
    "ffn_dim": 8960,
    "num_layers": 30,
    "cross_attn_norm": True,
    "qk_norm": "rms_norm_across_heads",
    "rope_max_seq_len": 1024,
}
"""Sizes of Wan 2.1 T2V 1.3B."""
_SHOWN = 6
_LORA_HOLDERS = ("generator_lora", "lora")
Weights = dict[str, Tensor]


def read_checkpoint(path: Path, held: Sequence[str]) -> Weights:
    """The weights of a checkpoint under the names of diffusers, on the CPU as they are stored.

    Args:
        path: A `.pt` of the original code, a `.safetensors`, or a folder of safetensors.
        held: Under which keys of a `.pt` the network lies, the one to take first.

    Raises:
        InputError: The file is no such checkpoint.
        AbsentError: The folder holds no weights.
    """
    if path.is_dir():
        weights: Weights = {}
        for file in weight_files(path, "checkpoint"):
            weights |= _safetensors(file)
    elif path.suffix == ".safetensors":
        weights = _safetensors(path)
    else:
        weights = _network(read_pickled(path), held, path)
    weights = {bare_name(name): weight for name, weight in weights.items()}
    if is_original(set(weights)):
        weights = {diffusers_name(name): weight for name, weight in weights.items()}
    return weights


def read_config(path: Path | None) -> dict[str, Any]:
    """Sizes of the transformer by a diffusers `config.json`; those of Wan 2.1 1.3B for None.

    Raises:
        InputError: The file cannot be read.
    """
    if path is None:
        return dict(WAN_1_3B)
    return {name: value for name, value in read_json(path).items() if not name.startswith("_")}


def empty_transformer(config: Mapping[str, Any], where: str) -> WanTransformer3DModel:
    """A transformer of these sizes that takes no memory: all but its table of places is without values.

    Raises:
        InputError: They are no sizes of a transformer.
    """
    try:
        with torch.device("meta"):
            transformer = WanTransformer3DModel(**config)
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise InputError(f"{where}: no sizes of a Wan transformer: {error}") from error
    found = transformer.config
    transformer.rope = WanRotaryPosEmbed(
        found["attention_head_dim"], found["patch_size"], found["rope_max_seq_len"]
    )
    return transformer.eval().requires_grad_(False)


def fill(
    transformer: WanTransformer3DModel, weights: Weights, dtype: torch.dtype, device: torch.device, where: str
) -> None:
    """Give a transformer its weights: all of them, and nothing else.

    Norms, the embedding of time and the tables of modulation stay in float32, as diffusers keeps them.

    Raises:
        InputError: Weights are missing, unexpected or of another shape; the message lists them.
    """
    expected = transformer.state_dict()
    check_names(expected, weights, where)
    placed = {}
    for name in expected:
        placed[name] = weights.pop(name).to(
            device, stored_dtype(name, dtype)
        )  # each goes as soon as it is placed
    transformer.load_state_dict(placed, strict=True, assign=True)
    transformer.requires_grad_(False)


def stored_dtype(name: str, dtype: torch.dtype) -> torch.dtype:
    """In which format a weight is kept when the others are in `dtype`."""
    kept = WanTransformer3DModel._keep_in_fp32_modules or ()
    return torch.float32 if any(part in name.split(".") for part in kept) else dtype


def check_names(expected: Mapping[str, Tensor], found: Mapping[str, Tensor], where: str) -> None:
    """Refuse weights that are not those of a network.

    Raises:
        InputError: See `fill`.
    """
    missing = sorted(expected.keys() - found.keys())
    unexpected = sorted(found.keys() - expected.keys())
    differing = sorted(
        f"{name} {tuple(found[name].shape)}, not {tuple(expected[name].shape)}"
        for name in expected.keys() & found.keys()
        if found[name].shape != expected[name].shape
    )
    told = [
        f"{len(names)} {what}: {_some(names)}"
        for what, names in (
            ("missing", missing),
            ("unexpected", unexpected),
            ("of another shape", differing),
        )
        if names
    ]
    if told:
        raise InputError(f"{where}: these are not the weights of this network. {'; '.join(told)}")


def merge_lora(weights: Weights, path: Path, scale: float) -> None:
    """Add low-rank changes (W + scale B A) to the weights they are for, in place.

    Args:
        weights: Under the names of diffusers.
        path: Of the original code: `.pt` or `.safetensors`, with pairs lora_A and lora_B of module names.
        scale: Alpha over rank.

    Raises:
        InputError: The file holds something else, or changes that fit no weight.
    """
    held = (
        _safetensors(path)
        if path.suffix == ".safetensors"
        else _network(read_pickled(path), _LORA_HOLDERS, path)
    )
    pairs: dict[str, dict[str, Tensor]] = {}
    for name, value in held.items():
        module, kind = _lora_part(name)
        if kind is None:
            raise InputError(f"{path}: {name!r} is no part of a low-rank change (lora_A or lora_B)")
        pairs.setdefault(diffusers_name(f"{module}.weight"), {})[kind] = value
    wrong = []
    for name, pair in sorted(pairs.items()):
        weight = weights.get(name)
        if weight is None or set(pair) != {"A", "B"} or not _fits(weight, pair["A"], pair["B"]):
            wrong.append(name)
            continue
        change = pair["B"].float() @ pair["A"].float()
        weights[name] = (weight.float() + scale * change.view_as(weight)).to(weight.dtype)
    if wrong or not pairs:
        raise InputError(
            f"{path}: {len(wrong)} of {len(pairs)} low-rank changes fit no weight: {_some(wrong)}"
        )


def _lora_part(name: str) -> tuple[str, str | None]:
    bare = bare_name(name).removesuffix(".weight").removesuffix(".default")
    for kind in ("A", "B"):
        if bare.endswith(f".lora_{kind}"):
            return bare.removesuffix(f".lora_{kind}"), kind
    return bare, None


def _fits(weight: Tensor, down: Tensor, up: Tensor) -> bool:
    return down.ndim == up.ndim == 2 and down.shape[0] == up.shape[1] and up.shape[0] == weight.shape[0] and (
        down.shape[1] * up.shape[0] == weight.numel()
    )  # fmt: skip


def _network(body: Mapping[str, Any], held: Iterable[str], path: Path) -> Weights:
    """The weights that lie under one of some keys, or are all that there is."""
    inner = next((body[key] for key in held if isinstance(body.get(key), Mapping)), body)
    weights = {str(name): value for name, value in inner.items() if isinstance(value, Tensor)}
    if len(weights) < len(inner) or not weights:
        keys = _some(sorted(map(str, body)))
        raise InputError(f"{path}: no weights under {' or '.join(held)}; it has {keys}")
    return weights


def _safetensors(path: Path) -> Weights:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: cannot be read as safetensors: {error}") from error


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
