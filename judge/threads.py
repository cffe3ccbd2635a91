"""The engine for judges that wait for a server: several clips at once in threads of this process."""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from lawful.core.errors import InputError
from lawful.judge.inline import Judges, run_task
from lawful.judge.protocol import Judge, Remote
from lawful.judge.task import JudgeSpec, Outcome, Task

_GOODBYE_S = 3.0


@dataclass(frozen=True)
class ThreadEngine:
    """Runs tasks in threads that share their judges, so that what these may do at once or spend holds for all.

    When a judge says that no more can be asked, no more tasks are begun; those in work come to their end, which may be
    that they were answered, and are handed over before the error is raised.
    """

    judges: Sequence[tuple[JudgeSpec, Judge]]
    """Who may be asked, by what the tasks call them; each must bear being used from several threads."""
    n_threads: int
    """Tasks in work at once."""

    def __post_init__(self) -> None:
        if self.n_threads < 1:
            raise InputError(f"a thread engine needs at least one thread, got {self.n_threads}")

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Run tasks; at most one for each thread is pulled ahead: see `lawful.judge.task.Engine`.

        Raises:
            AbsentError: A judge, or what it needs, is not here, or no more can be asked of it.
            LawfulError: Evidence cannot be saved.
        """
        todo: SimpleQueue[Task | None] = SimpleQueue()
        done: SimpleQueue[Outcome | BaseException] = SimpleQueue()
        # Threads end with the process when the user stops it in the midst of a call.
        for _ in range(self.n_threads):
            threading.Thread(target=_serve, args=(Judges(self.judges), todo, done), daemon=True).start()
        work = _Work(done)
        try:
            for task in tasks:
                todo.put(task)
                work.outstanding += 1
                while work.error is None and (work.outstanding > self.n_threads or not done.empty()):
                    yield from work.next()
                if work.error is not None:
                    break
            while work.outstanding:
                yield from work.next()
        except KeyboardInterrupt:
            # What was answered is paid for: no more calls begin, and those in work have a moment to end.
            self._halt()
            ends_s = time.monotonic() + _GOODBYE_S
            while work.outstanding and time.monotonic() < ends_s:
                yield from work.next(_GOODBYE_S / 10)
            raise
        except BaseException:
            self._halt()
            raise
        finally:
            for _ in range(self.n_threads):
                todo.put(None)
        # Where every clip in work had an answer or two, no thread raised what left the others unasked.
        stopped = (judge.stopped for _, judge in self.judges if isinstance(judge, Remote))
        error = work.error or next((why for why in stopped if why is not None), None)
        if error is not None:
            raise error

    def _halt(self) -> None:
        for _, judge in self.judges:
            if isinstance(judge, Remote):
                judge.halt()


@dataclass
class _Work:
    """What is in work, and what came of it."""

    done: "SimpleQueue[Outcome | BaseException]"
    """What threads hand over."""
    outstanding: int = 0
    """Tasks whose outcome is not handed over yet."""
    error: BaseException | None = None
    """The first error of a thread."""

    def next(self, patience_s: float | None = None) -> Iterator[Outcome]:
        """The next outcome, as far as there is one and it comes in time; the first error is kept."""
        try:
            finished = self.done.get(timeout=patience_s)
        except Empty:
            return
        self.outstanding -= 1
        if isinstance(finished, Outcome):
            yield finished
        elif self.error is None:
            self.error = finished


def _serve(
    judges: Judges, todo: "SimpleQueue[Task | None]", done: "SimpleQueue[Outcome | BaseException]"
) -> None:
    while (task := todo.get()) is not None:
        try:
            done.put(run_task(task, judges.judge(task.judge)))
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that asked
            done.put(error)
