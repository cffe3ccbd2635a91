"""Where a model runs and in which format its numbers are, as settings name them."""

import torch

from lawful.core.errors import AbsentError, InputError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


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


def own_choice() -> str:
    """The first CUDA device where there is one, else the CPU."""
    return "cuda:0" if torch.cuda.is_available() else "cpu"


def shown(device: torch.device) -> str:
    """A device for people and manifests, such as "cuda:0 NVIDIA H200"."""
    return f"{device} {torch.cuda.get_device_name(device)}" if device.type == "cuda" else str(device)
