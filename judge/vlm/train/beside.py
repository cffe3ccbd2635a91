"""Trainings beside each other, in processes that stop soon and never outlive the one that asked for them."""

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from ctypes import c_byte
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, Protocol, TypeVar

from lawful.core.errors import LawfulError

T = TypeVar("T")
T_in = TypeVar("T_in", contravariant=True)


class Work(Protocol[T_in]):
    """What is done for each thing; it can be pickled."""

    def __call__(self, one: T_in, going_on: Callable[[], None], /) -> None:
        """Do it, and call `going_on` often: it raises where nobody wants the rest any more."""
        ...


class _StoppedError(Exception):
    """The first process wants no more of this."""


class _Process(SpawnProcess):
    """A worker that ends with the first process, even where Ctrl-C comes again while that waits for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "daemon": True})


class _Context(SpawnContext):
    Process = _Process


def each_done(work: Work[T], todo: Sequence[T], workers: int, threads: int, where: str) -> Iterator[None]:
    """Do the work for each thing, and yield after each.

    Args:
        work: What is done.
        todo: The things.
        workers: Processes; with 1 it is done here.
        threads: Threads of torch in each process.
        where: The start of an error message.

    Raises:
        LawfulError: A process died.
    """
    if workers == 1 or len(todo) < 2:
        for one in todo:
            work(one, lambda: None)
            yield
        return
    context = _Context()
    stop = context.RawValue("b", 0)
    pool = ProcessPoolExecutor(
        min(workers, len(todo)), context, initializer=_begin, initargs=(work, threads, stop)
    )
    try:
        for future in as_completed([pool.submit(_do, one) for one in todo]):
            future.result()
            yield
    except BrokenProcessPool as error:
        raise LawfulError(
            f"{where}: a training's process died, perhaps for want of memory. What is finished is kept; the same command "
            "goes on from there, with fewer --workers if need be."
        ) from error
    finally:
        # After an error or Ctrl-C nobody waits for trainings that may take hours: each ends after its step.
        stop.value = 1
        pool.shutdown(cancel_futures=True)


_here: list[tuple[Work[Any], c_byte]] = []


def _begin(work: Work[Any], threads: int, stop: c_byte) -> None:
    import torch

    # Ctrl-C is for the first process, which ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(threads)
    _here.append((work, stop))


def _do(one: Any) -> None:
    work, stop = _here[0]

    def going_on() -> None:
        if stop.value:
            raise _StoppedError

    going_on()
    work(one, going_on)
