"""Trajectory attention for one model: its parts, and the files they are kept in beside the base model."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lawful.checklists.json_file import Problem, read_json, refuse, shown_text
from lawful.core.digest import digest, file_sha256
from lawful.core.errors import AbsentError, InputError
from lawful.core.files import replacing, write_atomic
from lawful.judge.vlm.tracks.attention import AttentionSettings, TrajectoryAttention
from lawful.judge.vlm.tracks.taps import FAMILIES, taps_of

SCHEMA = "lawful.trajectory-attention/1"
CONFIG, WEIGHTS = "trajectory_attention.json", "trajectory_attention.safetensors"
"""Names of the two files."""

_MOST_WIDTH = 65_536
_MOST_PLACES = 64


@dataclass(frozen=True)
class TrajectoryConfig:
    """What a set of weights is for."""

    family: str
    """Family of models, as in `lawful.judge.vlm.tracks.taps.FAMILIES`."""
    width: int
    """Width of the vision tokens."""
    places: tuple[str, ...]
    """The places of the model at which it acts."""
    settings: AttentionSettings
    """Form of the attention."""


class TrajectoryModule(nn.Module):
    """One attention for each place of a model."""

    def __init__(self, config: TrajectoryConfig, generator: torch.Generator | None) -> None:
        """Fresh weights; without a generator they take no memory until some are loaded."""
        super().__init__()
        self.config = config
        self.at = nn.ModuleDict(
            {name: TrajectoryAttention(config.width, config.settings, generator) for name in config.places}
        )


def new_trajectory_module(model: nn.Module, settings: AttentionSettings, seed: int) -> TrajectoryModule:
    """Fresh attention for a model, which changes nothing until it is trained.

    Args:
        model: The model that it is for.
        settings: Form of the attention.
        seed: Draws the weights.

    Raises:
        InputError: The model is of no known family.
    """
    taps = taps_of(model)
    config = TrajectoryConfig(taps.family, taps.width, tuple(taps.modules), settings)
    return TrajectoryModule(config, torch.Generator().manual_seed(seed))


def save_trajectory(folder: Path, module: TrajectoryModule) -> None:
    """Write the two files into a folder, such as the base model's; each appears whole."""
    from safetensors.torch import save_file

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in module.state_dict().items()}
    with replacing(folder / WEIGHTS) as temporary:
        save_file(tensors, temporary)
    write_atomic(folder / CONFIG, json.dumps({"schema": SCHEMA, **asdict(module.config)}, indent=2) + "\n")


def load_trajectory(folder: Path) -> TrajectoryModule:
    """The attention whose files are in a folder, which may come from anywhere.

    Raises:
        AbsentError: A file is not there.
        InputError: A file is not usable as it is; the message says why.
    """
    config = read_config(folder)
    path = _present(folder, WEIGHTS)
    tensors = _read_tensors(path)
    module = TrajectoryModule(config, None)
    refuse(path, _tensor_problems(module.state_dict(), tensors))
    module.load_state_dict(tensors, assign=True)
    return module


def read_config(folder: Path) -> TrajectoryConfig:
    """What the weights in a folder are for.

    Raises:
        AbsentError: The file is not there.
        InputError: The file is not usable as it is.
    """
    path = _present(folder, CONFIG)
    told = read_json(path)
    refuse(path, _config_problems(told))
    settings = AttentionSettings(**told["settings"])
    return TrajectoryConfig(told["family"], told["width"], tuple(told["places"]), settings)


def trajectory_digest(folder: Path) -> str:
    """The digest of both files, for a judge's identity.

    Raises:
        AbsentError: A file is not there.
    """
    return digest({name: file_sha256(_present(folder, name)) for name in (CONFIG, WEIGHTS)})


def _present(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise AbsentError(
            f"{path}: no such file. Name the folder that holds {CONFIG} and {WEIGHTS}, as save_trajectory "
            "writes them."
        )
    return path


def _read_tensors(path: Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: no safetensors file that can be read: {error}") from error


def _config_problems(told: Any) -> Iterator[Problem]:
    if not isinstance(told, dict) or told.get("schema") != SCHEMA:
        found = shown_text(told.get("schema")) if isinstance(told, dict) else "no object"
        yield Problem("/schema", f"is {found}. Allowed: {SCHEMA!r}.")
        return
    wanted = {"schema", "family", "width", "places", "settings"}
    yield from _key_problems("", told, wanted)
    if told.keys() != wanted:
        return
    if told["family"] not in FAMILIES:
        yield Problem("/family", f"is {shown_text(told['family'])}. Allowed: {', '.join(FAMILIES)}.")
    yield from _count_problems("/width", told["width"])
    places = told["places"]
    if not _are_names(places):
        yield Problem("/places", f"needs 1 to {_MOST_PLACES} different names")
    settings = told["settings"]
    kinds = {name: type(value) for name, value in asdict(AttentionSettings()).items()}
    if not isinstance(settings, dict):
        yield Problem("/settings", "must be an object")
        return
    yield from _key_problems("/settings", settings, set(kinds))
    for name in kinds.keys() & settings.keys():
        if kinds[name] is int:
            yield from _count_problems(f"/settings/{name}", settings[name])
        elif type(settings[name]) is not kinds[name]:
            yield Problem(f"/settings/{name}", f"is {shown_text(settings[name])}. Allowed: true, false.")


def _key_problems(place: str, told: Mapping[str, Any], wanted: set[str]) -> Iterator[Problem]:
    for name in sorted(wanted - told.keys()):
        yield Problem(place, f"the key {name!r} is missing")
    for name in sorted(told.keys() - wanted):
        yield Problem(place, f"the key {shown_text(name)} is not known. Known: {', '.join(sorted(wanted))}.")


def _count_problems(place: str, value: Any) -> Iterator[Problem]:
    if type(value) is not int or not 1 <= value <= _MOST_WIDTH:
        yield Problem(place, f"is {shown_text(value)}. Allowed: whole numbers from 1 to {_MOST_WIDTH}.")


def _are_names(places: Any) -> bool:
    if not isinstance(places, list) or not 1 <= len(places) <= _MOST_PLACES:
        return False
    return all(isinstance(name, str) and name.isidentifier() for name in places) and len({*places}) == len(
        places
    )


def _tensor_problems(
    wanted: Mapping[str, torch.Tensor], found: Mapping[str, torch.Tensor]
) -> Iterator[Problem]:
    for name in sorted(wanted.keys() - found.keys()):
        yield Problem(f"/{name}", f"is missing; {CONFIG} asks for it")
    for name in sorted(found.keys() - wanted.keys()):
        yield Problem(f"/{shown_text(name, quotes=False)}", f"is not asked for by {CONFIG}")
    for name in sorted(wanted.keys() & found.keys()):
        tensor, shape = found[name], tuple(wanted[name].shape)
        if tuple(tensor.shape) != shape:
            yield Problem(f"/{name}", f"has shape {tuple(tensor.shape)}. {CONFIG} asks for {shape}.")
        elif not tensor.is_floating_point() or not bool(torch.isfinite(tensor).all()):
            yield Problem(f"/{name}", "must hold finite numbers")
