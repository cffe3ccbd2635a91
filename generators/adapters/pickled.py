"""Weights in files of `torch.save`, which may come from anywhere: nothing but numbers is read from them."""

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from lawful.core.errors import InputError

_DAMAGED = (
    OSError, RuntimeError, UnpicklingError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError,
)  # fmt: skip
"""What the reader of torch raises at files that are damaged, or made to do harm."""


def read_pickled(path: Path) -> Mapping[str, Any]:
    """What a file holds by name, on the CPU; of a file in torch's present form no more is read than is used.

    Raises:
        InputError: It cannot be read, holds more than numbers, or holds no names.
    """
    try:
        body = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except _DAMAGED as error:
        first = str(error).strip().splitlines()[:1]
        told = f"{type(error).__name__}: {first[0]}" if first else type(error).__name__
        raise InputError(f"{path}: cannot be read as weights alone: {told}") from error
    if not isinstance(body, Mapping):
        raise InputError(f"{path}: holds a {type(body).__name__}, not weights by name")
    return body
