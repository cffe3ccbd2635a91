"""The engine for a number of workers."""

from lawful.judge.inline import InlineEngine
from lawful.judge.task import Engine


def engine_for(workers: int) -> Engine:
    """Worker processes, or this process where their number is 0.

    Raises:
        InputError: The number is negative.
    """
    if workers == 0:
        return InlineEngine()
    from lawful.judge.processes import ProcessEngine

    return ProcessEngine(workers)
