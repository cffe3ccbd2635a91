"""Processes that share a training: those that `accelerate launch` started, or this one alone."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor

from lawful.core.extras import require

T = TypeVar("T")
_LONGEST_WAIT = timedelta(days=1)
"""The others wait while the first makes clips and reads digests, which takes longer than the minutes of torch's own limit."""


@dataclass(frozen=True)
class Crew:
    """One process among those of a training."""

    rank: int = 0
    """Its number; 0 is the one that writes files."""
    size: int = 1
    """How many there are."""
    device: str = "cpu"
    """Where it calculates."""

    @property
    def is_first(self) -> bool:
        """Whether it is the one that writes files."""
        return self.rank == 0

    def wait(self) -> None:
        """Go on when all have come this far."""
        if self.size > 1:
            torch.distributed.barrier()

    def sum_gradients(self, weights: Iterable[Tensor], loss: Tensor) -> Tensor:
        """Put the sum of all processes' gradients in the place of each; the sum of the losses.

        A weight that had no part in a process's examples counts as 0 there.
        """
        if self.size == 1:
            return loss
        learning = list(weights)
        for weight in learning:
            if weight.grad is None:
                weight.grad = torch.zeros_like(weight)
        grads = [weight.grad for weight in learning if weight.grad is not None]
        flat = torch.cat([loss.reshape(1).float(), *(grad.reshape(-1).float() for grad in grads)])
        torch.distributed.all_reduce(flat)
        start = 1
        for grad in grads:
            grad.copy_(flat[start : start + grad.numel()].view_as(grad))
            start += grad.numel()
        return flat[0]

    def gathered(self, mine: list[T]) -> list[T]:
        """What all processes have, one after the other by rank."""
        if self.size == 1:
            return mine
        everyone: list[Any] = [None] * self.size
        torch.distributed.all_gather_object(everyone, mine)
        return [one for part in everyone for one in part]


def joined_crew(device: str) -> Crew:
    """This process's place among those that `accelerate launch` started.

    Args:
        device: Where a process alone would calculate; of several on GPUs each takes one.

    Raises:
        AbsentError: There are several, and accelerate is not installed.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Crew(device=device)
    accelerate = require("accelerate", "train", "training in several processes")
    state = accelerate.PartialState(cpu=device == "cpu", timeout=_LONGEST_WAIT)
    own = device if device == "cpu" else f"cuda:{state.local_process_index}"
    return Crew(state.process_index, state.num_processes, own)
