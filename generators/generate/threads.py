"""How many threads of the processor a generator gets."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from lawful.generators.protocol import Generator, Threaded

VARIABLE = "OMP_NUM_THREADS"
"""Where it is set, it decides."""


@contextmanager
def threads_of(generator: Generator) -> Iterator[None]:
    """Let torch use as many threads as a generator runs best with, and then as many as before.

    Nothing changes for a generator that does not say (see `Threaded`), nor where `VARIABLE` is set.
    """
    wanted = generator.cpu_threads if isinstance(generator, Threaded) else None
    if wanted is None or VARIABLE in os.environ:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(wanted)
    try:
        yield
    finally:
        torch.set_num_threads(before)
