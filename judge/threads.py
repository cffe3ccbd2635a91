"""The engine for judges that wait for a server: several clips at once in threads of this process."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from queue import SimpleQueue

from lawful.core.errors import InputError
from lawful.judge.inline import Judges, run_task
from lawful.judge.protocol import Judge, Remote
from lawful.judge.task import JudgeSpec, Outcome, Task


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
        judges = Judges(self.judges)
        # Threads end with the process when the user stops it in the midst of a call.
        for _ in range(self.n_threads):
            threading.Thread(target=_serve, args=(judges, todo, done), daemon=True).start()
        error: BaseException | None = None
        outstanding = 0
        try:
            for task in tasks:
                todo.put(task)
                outstanding += 1
                while error is None and (outstanding > self.n_threads or not done.empty()):
                    outstanding -= 1
                    finished = done.get()
                    if isinstance(finished, Outcome):
                        yield finished
                    else:
                        error = finished
                if error is not None:
                    break
            while outstanding:
                outstanding -= 1
                finished = done.get()
                if isinstance(finished, Outcome):
                    yield finished
                elif error is None:
                    error = finished
        except BaseException:
            for _, judge in self.judges:
                if isinstance(judge, Remote):
                    judge.halt()
            raise
        finally:
            for _ in range(self.n_threads):
                todo.put(None)
        if error is not None:
            raise error


def _serve(
    judges: Judges, todo: "SimpleQueue[Task | None]", done: "SimpleQueue[Outcome | BaseException]"
) -> None:
    while (task := todo.get()) is not None:
        try:
            done.put(run_task(task, judges.judge(task.judge)))
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that asked
            done.put(error)
