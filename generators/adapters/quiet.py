"""Libraries that say how far they are: a command's own lines do that."""

from collections.abc import Iterator
from contextlib import contextmanager

from lawful.core.extras import require


@contextmanager
def without_bars() -> Iterator[None]:
    """No progress bars of diffusers and transformers in the block."""
    parts = [
        require("diffusers", "generate", "models of diffusers").utils.logging,
        require("transformers", "generate", "models of diffusers").utils.logging,
    ]
    shown = [part for part in parts if part.is_progress_bar_enabled()]
    for part in shown:
        part.disable_progress_bar()
    try:
        yield
    finally:
        for part in shown:
            part.enable_progress_bar()
