"""How a transformer of diffusers is to run: its attention, and whether its blocks take turns on the device."""

from collections.abc import Sequence
from typing import Any

import torch

from lawful.core.errors import InputError
from lawful.core.extras import require

require("diffusers", "generate", "transformers of diffusers")

from diffusers.models.attention_dispatch import (  # noqa: E402 - after the check above
    AttentionBackendName,
    _AttentionBackendRegistry,  # pyright: ignore[reportPrivateUsage]
)

BACKENDS: tuple[str, ...] = tuple(backend.value for backend in AttentionBackendName)
"""Names of all attention backends of diffusers; which of them can be used hangs on the machine."""


def check_attention(name: str | None, where: str, known: Sequence[str] = BACKENDS) -> None:
    """Refuse an attention backend that there is not, before any weights are read.

    Args:
        name: As the settings say; None: no wish.
        where: Start of the message.
        known: Those that the model takes.

    Raises:
        InputError: It is none of them; the message lists them.
    """
    if name is not None and name not in known:
        raise InputError(f"{where}: attention should be one of {', '.join(known)}, found {name!r}")


def set_attention(transformer: Any, name: str | None, where: str) -> None:
    """Have a transformer, and no other model of the process, attend by a backend.

    Raises:
        InputError: The backend cannot be used here, such as for a package that is not installed.
    """
    if name is None:
        return
    # diffusers makes the last backend that any model was given that of all models that were given none.
    before = _AttentionBackendRegistry._active_backend  # pyright: ignore[reportPrivateUsage]
    try:
        transformer.set_attention_backend(name)
    except (ValueError, RuntimeError, ImportError) as error:
        raise InputError(f"{where}: attention = {name!r} cannot be used here: {error}") from error
    finally:
        _AttentionBackendRegistry.set_active_backend(before)


def offload_blocks(transformer: Any, device: torch.device) -> None:
    """Let a transformer rest in main memory, its blocks on the device one after the other."""
    transformer.enable_group_offload(
        onload_device=device,
        offload_device=torch.device("cpu"),
        offload_type="block_level",
        num_blocks_per_group=1,
        use_stream=device.type == "cuda",
    )
