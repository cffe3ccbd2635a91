"""The engine that runs tasks in supervised processes: a worker that dies costs its task and nothing else."""

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from lawful.core import errors
from lawful.core.errors import LawfulError
from lawful.judge.codec import outcome_from_json, task_to_json
from lawful.judge.inline import one_line
from lawful.judge.records import Unscored
from lawful.judge.supervised import Limits, StoppedError, SupervisedWorker, WorkerDiedError, start_worker
from lawful.judge.task import Outcome, Task

_MAX_FAILED_STARTS = 3


@dataclass(frozen=True)
class ProcessEngine:
    """Runs tasks in worker processes.

    A worker that crashes, hangs or eats memory is replaced, and the one task it had comes back as an outcome
    with an error and `Unscored("worker_died")` for each of its questions. Workers use one thread each, so
    that several scale; they end with the run, and with this process, however it ends.

    The memory limit is the worker's own resident memory, looked at twenty times a second; a judge that starts
    processes of its own must mind theirs.
    """

    workers: int
    """How many processes."""
    deadline_s: float = 600.0
    """Longest time without a sign of life; every judged chunk of frames is one, so long videos may take long."""
    memory_bytes: int = 4 << 30
    """Largest resident memory of a worker."""

    def __post_init__(self) -> None:
        if self.workers < 1 or not self.deadline_s > 0 or not self.memory_bytes > 0:
            raise errors.InputError(
                f"a process engine needs at least one worker, a deadline and memory, got {self}"
            )

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Run tasks; at most two for each worker are pulled ahead: see `lawful.judge.task.Engine`.

        Raises:
            AbsentError: A judge, or what it needs, is not here.
            LawfulError: The workers do not start, or evidence cannot be saved.
        """
        fleet = _Fleet(Limits(self.deadline_s, self.memory_bytes))
        threads = [threading.Thread(target=fleet.serve, daemon=True) for _ in range(self.workers)]
        for thread in threads:
            thread.start()
        try:
            outstanding = 0
            for task in tasks:
                fleet.todo.put(task)
                outstanding += 1
                # What is done is handed over before the next task is pulled, which may take its time.
                while outstanding == 2 * self.workers or not fleet.done.empty():
                    outstanding -= 1
                    yield fleet.next_outcome()
            for _ in range(outstanding):
                yield fleet.next_outcome()
        except BaseException:
            fleet.stop.set()
            raise
        finally:
            for _ in threads:
                fleet.todo.put(None)
            for thread in threads:
                thread.join()


class _Fleet:
    """What the threads that supervise the workers share."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.todo: SimpleQueue[Task | None] = SimpleQueue()
        self.done: SimpleQueue[Outcome | BaseException] = SimpleQueue()
        self.stop = threading.Event()

    def next_outcome(self) -> Outcome:
        """Wait for the next outcome, or raise what ended a thread."""
        outcome = self.done.get()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def serve(self) -> None:
        """Keep one worker at work until the tasks end: the body of a supervising thread."""
        seat = _Seat(self.limits, self.stop)
        try:
            while (task := self.todo.get()) is not None and not self.stop.is_set():
                self.done.put(seat.do(task))
        except StoppedError:
            return
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that asked
            self.done.put(error)
        finally:
            seat.leave(at_once=self.stop.is_set())


class _Seat:
    """The place of one worker, who may be replaced."""

    def __init__(self, limits: Limits, stop: threading.Event) -> None:
        self._limits = limits
        self._stop = stop
        self._worker: SupervisedWorker | None = None
        self._failed_starts = 0

    def do(self, task: Task) -> Outcome:
        """Have the worker do a task; a worker that dies before it looks at the clip is replaced first.

        Raises:
            LawfulError: The worker refuses every such task, or worker after worker dies before its first look.
            StoppedError: The run is to end.
        """
        request = task_to_json(task)
        while True:
            if self._worker is None:
                self._worker = start_worker(self._limits, self._stop)
            hearing = _Hearing()
            started_s = time.perf_counter()
            try:
                self._worker.send(request, hearing.hear)
            except WorkerDiedError as death:
                self._worker.end(at_once=True)
                self._worker = None
                if hearing.fingerprint is not None:
                    self._failed_starts = 0
                    return _lost(task, death, hearing.fingerprint, time.perf_counter() - started_s)
                self._failed_starts += 1
                if self._failed_starts == _MAX_FAILED_STARTS:
                    raise LawfulError(
                        f"worker processes die before they look at a clip, {_MAX_FAILED_STARTS} in a row; "
                        f"the last: {death}"
                    ) from death
                continue
            self._failed_starts = 0
            return hearing.outcome(task)

    def leave(self, at_once: bool) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.end(at_once)
            self._worker = None


class _Hearing:
    """What a worker has answered to one task."""

    def __init__(self) -> None:
        self.fingerprint: str | None = None
        self._last: dict[str, Any] = {}

    def hear(self, answer: dict[str, Any]) -> bool:
        """Take an answer; True if it is the last one."""
        if answer.get("kind") == "judging":
            self.fingerprint = str(answer["fingerprint"])
        self._last = answer
        return answer.get("kind") in ("outcome", "refused")

    def outcome(self, task: Task) -> Outcome:
        """The outcome, or the refusal raised."""
        if self._last["kind"] == "refused":
            known: dict[str, type[LawfulError]] = {
                "InputError": errors.InputError,
                "AbsentError": errors.AbsentError,
            }
            raise known.get(self._last["error"], LawfulError)(self._last["message"])
        try:
            return outcome_from_json(self._last["outcome"])
        except errors.InputError as error:
            return Outcome(key=task.key, error=one_line(f"the worker's outcome is unsound: {error}"))


def _lost(task: Task, death: WorkerDiedError, fingerprint: str, seconds: float) -> Outcome:
    error = one_line(f"worker died: {death}")
    verdicts = tuple(
        Unscored(task.video_sha256, question.id, "worker_died", error, fingerprint)
        for question in task.questions
    )
    return Outcome(key=task.key, verdicts=verdicts, error=error, seconds=seconds)
