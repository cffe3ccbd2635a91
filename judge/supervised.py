"""One worker process under supervision: its pipes, its limits, its last words."""

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psutil

TICK_S = 0.05
"""How often a worker's memory and time are looked at."""
_TAIL_BYTES = 8192
_READ_BYTES = 1 << 16
_GOODBYE_S = 2.0
_LOADING_S = 120.0
_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
)


class WorkerDiedError(Exception):
    """A worker is gone; the message says why, in words that follow "worker died: "."""


class StoppedError(Exception):
    """The run was stopped while a worker was at work."""


@dataclass(frozen=True)
class Limits:
    """What a worker may use."""

    silence_s: float
    """Longest time between two answers; before the first, while it loads, two minutes are granted at least."""
    memory_bytes: int
    """Largest resident memory."""


@dataclass(eq=False)
class SupervisedWorker:
    """A worker process. Made, used and ended by one thread."""

    process: subprocess.Popen[bytes]
    """The process."""
    usage: psutil.Process
    """The same process, where its memory is read."""
    tasks_fd: int
    """Where its tasks are written."""
    answers_fd: int
    """Where its answers are read."""
    limits: Limits
    """What it may use."""
    stop: threading.Event
    """Set when the run is to end at once."""
    unread: bytearray = field(default_factory=bytearray)
    """Answers not yet taken."""
    tail: bytearray = field(default_factory=bytearray)
    """The end of what it printed."""

    def send(self, message: dict[str, Any], on_answer: Callable[[dict[str, Any]], bool]) -> None:
        """Send a message and hear the answers until `on_answer` returns True for one.

        Raises:
            WorkerDiedError: The process ended, or went over a limit and was killed; either way it is gone.
            StoppedError: `stop` was set; the process lives.
        """
        pending = memoryview(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        printed_fd = self._printed_fd()
        heard_s = time.monotonic()
        patience_s = max(self.limits.silence_s, _LOADING_S)
        with selectors.PollSelector() as selector:
            selector.register(self.answers_fd, selectors.EVENT_READ)
            selector.register(printed_fd, selectors.EVENT_READ)
            selector.register(self.tasks_fd, selectors.EVENT_WRITE)
            while True:
                ended = self.process.poll() is not None
                for key, _ in selector.select(0 if ended else TICK_S):
                    if key.fd == self.tasks_fd:
                        pending = self._write(pending)
                        if not pending:
                            selector.unregister(self.tasks_fd)
                    elif not self._read(key.fd):
                        selector.unregister(key.fd)
                if ended:
                    self._drain(self.answers_fd)
                    self._drain(printed_fd)
                for answer in self._answers():
                    heard_s, patience_s = time.monotonic(), self.limits.silence_s
                    if on_answer(answer):
                        self._forget_printed(printed_fd)
                        return
                if ended:
                    code, printed = self.process.returncode, bytes(self.tail)
                    raise WorkerDiedError(_how_it_ended(code) + _last_words(printed))
                if self.stop.is_set():
                    raise StoppedError
                self._check_memory()
                if time.monotonic() - heard_s > patience_s:
                    self._kill()
                    raise WorkerDiedError(f"no sign of life for {patience_s:g} s")

    def end(self, at_once: bool) -> None:
        """End the process and what it has started, and close its pipes.

        Args:
            at_once: False to let it leave by itself first, for a moment.
        """
        os.close(self.tasks_fd)
        if not at_once:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_GOODBYE_S)
        self._kill()
        os.close(self.answers_fd)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _write(self, pending: memoryview) -> memoryview:
        try:
            return pending[os.write(self.tasks_fd, pending) :]
        except BrokenPipeError:
            return pending[:0]

    def _read(self, descriptor: int) -> bool:
        piece = os.read(descriptor, _READ_BYTES)
        if descriptor == self.answers_fd:
            self.unread += piece
        else:
            self.tail += piece
            del self.tail[:-_TAIL_BYTES]
        return bool(piece)

    def _answers(self) -> list[dict[str, Any]]:
        if not self.unread.endswith(b"\n"):
            return []
        lines = self.unread.splitlines()
        self.unread = bytearray()
        try:
            return [dict(json.loads(line)) for line in lines]
        except (ValueError, TypeError) as error:
            self._kill()
            raise WorkerDiedError(f"its answer cannot be read ({error})") from error

    def _check_memory(self) -> None:
        try:
            memory_bytes = self.usage.memory_info().rss
        except psutil.Error:  # it is gone, which the next look at it will tell
            return
        if memory_bytes > self.limits.memory_bytes:
            self._kill()
            raise WorkerDiedError(
                f"it used {memory_bytes / 2**30:.2f} GiB of memory, "
                f"more than the {self.limits.memory_bytes / 2**30:.2f} GiB it may"
            )

    def _kill(self) -> None:
        # The worker leads a group of its own, so that what a judge has started goes with it.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _drain(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        try:
            while self._read(descriptor):
                pass
        except BlockingIOError:
            return

    def _forget_printed(self, descriptor: int) -> None:
        """Drop what was printed so far: last words are those of the task at hand."""
        os.set_blocking(descriptor, False)
        with suppress(BlockingIOError):
            self._read(descriptor)  # a pipe holds no more than one read takes
        self.tail.clear()

    def _printed_fd(self) -> int:
        assert self.process.stdout is not None
        return self.process.stdout.fileno()


def start_worker(limits: Limits, stop: threading.Event) -> SupervisedWorker:
    """Start a worker process that sees the modules that this process sees and uses one thread a library.

    Raises:
        OSError: No process can be started.
    """
    tasks_read, tasks_write = os.pipe()
    answers_read, answers_write = os.pipe()
    environment = os.environ | dict.fromkeys(_ONE_THREAD, "1")
    environment["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)
    command = [sys.executable, "-P", "-m", "lawful.judge.worker"]
    try:
        process = subprocess.Popen(
            [*command, str(tasks_read), str(answers_write), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(tasks_read, answers_write),
            env=environment,
            start_new_session=True,
        )
    except OSError:
        os.close(tasks_write)
        os.close(answers_read)
        raise
    finally:
        os.close(tasks_read)
        os.close(answers_write)
    os.set_blocking(tasks_write, False)
    return SupervisedWorker(process, psutil.Process(process.pid), tasks_write, answers_read, limits, stop)


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"it ended with exit status {code}"
    hint = ", perhaps for want of memory" if -code == signal.SIGKILL else ""
    return f"{(signal.strsignal(-code) or 'signal').lower()} (signal {-code}){hint}"


def _last_words(printed: bytes) -> str:
    lines = [line.strip() for line in printed.decode(errors="replace").splitlines() if line.strip()]
    places = [line for line in lines if line.startswith("File ")]
    if any(line.startswith("Fatal Python error") for line in lines) and places:
        return f"; in {places[0].removeprefix('File ')}"
    return f"; it printed: {lines[-1][:300]}" if lines else ""
