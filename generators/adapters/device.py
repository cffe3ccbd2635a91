"""Where a model runs and in which format its numbers are, as settings name them."""

from dataclasses import dataclass

import torch

from lawful.core.errors import AbsentError, InputError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Place:
    """Device and number format of a model."""

    device: torch.device
    """Where it runs."""
    dtype: torch.dtype
    """Format of its weights."""

    @property
    def device_name(self) -> str:
        """The device for people and manifests, such as "cuda:0 NVIDIA H200"."""
        named = self.device.type == "cuda"
        return f"{self.device} {torch.cuda.get_device_name(self.device)}" if named else str(self.device)

    @property
    def dtype_name(self) -> str:
        """The format as settings name it."""
        return dtype_name(self.dtype)


def place_of(device: str | None, dtype: str | None, where: str) -> Place:
    """The place that settings name.

    Args:
        device: Its name; None: the first CUDA device where there is one, else the CPU.
        dtype: One of `DTYPES`; None: bfloat16 on a GPU, float32 on a CPU.
        where: Start of an error message.

    Raises:
        InputError: It is no name of a device.
        AbsentError: The device is not here.
    """
    found = device_of(device or ("cuda:0" if torch.cuda.is_available() else "cpu"), where)
    return Place(found, DTYPES[dtype or ("float32" if found.type == "cpu" else "bfloat16")])


def device_of(name: str, where: str) -> torch.device:
    """A device by its name, such as "cpu" or "cuda:0".

    Raises:
        InputError: It is no name of a device.
        AbsentError: It is not here.
    """
    try:
        found = torch.device(name)
    except RuntimeError as error:
        raise InputError(f"{where}: {name!r} is no device; write cpu or cuda:0") from error
    n_here = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if found.type == "cuda" and (found.index or 0) >= n_here:
        told = f"{n_here} CUDA devices are" if n_here else "no CUDA device is"
        raise AbsentError(f"{where}: {name} is asked for and {told} here; leave --device out or name another")
    return found


def dtype_name(dtype: torch.dtype) -> str:
    """A number format as settings name it."""
    return str(dtype).removeprefix("torch.")
