"""Trajectory attention for one model: its parts, and the files they are kept in beside the base model."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from lawful.checklists.json_file import Problem, refuse, shown_text
from lawful.core.errors import InputError
from lawful.core.files import replacing, write_atomic
from lawful.judge.vlm.tracks.attention import TrajectoryAttention
from lawful.judge.vlm.tracks.form import (
    CONFIG,
    SCHEMA,
    WEIGHTS,
    AttentionSettings,
    TrajectoryConfig,
    present,
    read_config,
)
from lawful.judge.vlm.tracks.taps import taps_of


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
    path = present(folder, WEIGHTS)
    tensors = _read_tensors(path)
    module = TrajectoryModule(config, None)
    refuse(path, _tensor_problems(module.state_dict(), tensors))
    module.load_state_dict(tensors, assign=True)
    return module


def _read_tensors(path: Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: no safetensors file that can be read: {error}") from error


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
