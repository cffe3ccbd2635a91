"""How much memory a video will take, and a refusal before anything is loaded where it does not fit."""

from dataclasses import dataclass

import psutil
import torch

from lawful.core.errors import LawfulError

_GIB = 2**30


@dataclass(frozen=True)
class MemoryNeed:
    """Bytes that parts of a generator take on its device, at the most at once."""

    weights: int
    """The network."""
    cache: int
    """Keys and values of earlier frames."""
    work: int
    """What a pass of the network needs beside them."""
    decoder: int
    """The decoder: weights, memory of earlier frames and work."""
    text: int = 0
    """The encoder of prompts, which is gone before the others come; 0 where it runs elsewhere or is not needed."""

    @property
    def total(self) -> int:
        """The most at once."""
        return max(self.text, self.weights + self.cache + self.work + self.decoder)

    def told(self) -> str:
        """The parts, for people."""
        parts = (
            ("weights", self.weights), ("keys and values", self.cache), ("a pass", self.work), ("decoder", self.decoder)
        )  # fmt: skip
        text = f"; before them the text encoder {_gib(self.text)}" if self.text else ""
        return ", ".join(f"{name} {_gib(size)}" for name, size in parts) + text


def free_bytes(device: torch.device) -> int:
    """Memory of a device that nobody uses, what torch keeps ready in this process for its next tensors included."""
    if device.type == "cuda":
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept
    return psutil.virtual_memory().available


def check_fits(need: MemoryNeed, device: torch.device, advice: str, where: str) -> None:
    """Refuse what will not fit.

    Args:
        need: What is needed.
        device: Where.
        advice: What makes it less, as the end of "Needed less: ...".
        where: Start of the message.

    Raises:
        LawfulError: It will not fit; the message says what is needed, what is free, and what to do.
    """
    free = free_bytes(device)
    if need.total > free:
        raise LawfulError(
            f"{where}: {_gib(need.total)} of memory are needed on {device} and {_gib(free)} are free "
            f"({need.told()}). It takes less with {advice}"
        )


def _gib(size: int) -> str:
    return f"{size / _GIB:.2f} GiB"
