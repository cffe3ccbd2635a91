"""The engine for a number of workers, or for judges that ask a server."""

from collections.abc import Sequence

from lawful.judge.inline import InlineEngine
from lawful.judge.protocol import Judge, Remote
from lawful.judge.task import Engine, JudgeSpec


def engine_for(workers: int, remote: Sequence[tuple[JudgeSpec, Judge]] = ()) -> Engine:
    """Worker processes, or this process where their number is 0; threads for judges that ask a server.

    Args:
        workers: Number of worker processes.
        remote: Judges that ask a server, where the tasks are for these.

    Raises:
        InputError: The number is negative.
    """
    if remote:
        from lawful.judge.threads import ThreadEngine

        return ThreadEngine(remote, max(one.n_at_once for _, one in remote if isinstance(one, Remote)))
    if workers == 0:
        return InlineEngine()
    from lawful.judge.processes import ProcessEngine

    return ProcessEngine(workers)
