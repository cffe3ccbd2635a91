"""Processes on one machine that share the batches of a training and agree on every gradient."""

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

T = TypeVar("T")


@dataclass(frozen=True)
class Crew:
    """One process among those of a training."""

    rank: int = 0
    """Its number; 0 is the one that writes files."""
    size: int = 1
    """How many there are."""

    @classmethod
    @contextmanager
    def of(cls, size: int, work: Callable[..., None], given: tuple[Any, ...]) -> Iterator["Crew"]:
        """Be the first of so many processes; the others do `work(crew, *given)` beside it."""
        if size == 1:
            yield ALONE
            return
        context = multiprocessing.get_context("spawn")
        threads = torch.get_num_threads()
        with tempfile.TemporaryDirectory() as folder:
            meeting = f"file://{Path(folder) / 'meeting'}"
            others = [
                context.Process(
                    target=_other, args=(cls(rank, size), meeting, threads, work, given), daemon=True
                )
                for rank in range(1, size)
            ]
            for other in others:
                other.start()
            dist.init_process_group("gloo", init_method=meeting, rank=0, world_size=size)
            try:
                yield cls(0, size)
                for other in others:
                    other.join()
            finally:
                for other in others:
                    other.terminate()
                dist.destroy_process_group()

    def wait(self) -> None:
        """Go on when all have come this far."""
        if self.size > 1:
            dist.barrier()

    def mean(self, model: nn.Module, loss: Tensor) -> Tensor:
        """Put the mean of all gradients in the place of each; the mean of the losses."""
        if self.size == 1:
            return loss
        grads = [weight.grad for weight in model.parameters() if weight.grad is not None]
        flat = torch.cat([loss.reshape(1), *(grad.reshape(-1) for grad in grads)])
        dist.all_reduce(flat)
        flat /= self.size
        start = 1
        for grad in grads:
            grad.copy_(flat[start : start + grad.numel()].view_as(grad))
            start += grad.numel()
        return flat[0]

    def gathered(self, mine: T) -> list[T]:
        """What every process has, by rank."""
        if self.size == 1:
            return [mine]
        everyone: list[Any] = [None] * self.size
        dist.all_gather_object(everyone, mine)
        return everyone


ALONE = Crew()


def _other(crew: Crew, meeting: str, threads: int, work: Callable[..., None], given: tuple[Any, ...]) -> None:
    parent = os.getppid()
    # Ctrl-C is for the first process, which ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(threads)
    dist.init_process_group("gloo", init_method=meeting, rank=crew.rank, world_size=crew.size)
    try:
        work(crew, *given)
    except RuntimeError:
        # The first process has ended, and says why if there is anything to say.
        if os.getppid() == parent:
            raise
        return
    dist.destroy_process_group()
