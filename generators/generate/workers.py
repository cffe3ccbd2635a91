"""Several devices over one queue of videos: a process for each device, one video at a time.

A video depends on its request alone, so it is the same on any number of devices of one kind.
"""

import json
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from threading import Lock, Thread
from typing import Any

from lawful.core.errors import AbsentError, LawfulError
from lawful.generators.generate.plan import Plan, PlannedVideo
from lawful.generators.generate.progress import ChunkMade
from lawful.generators.generate.worker import request_to_json
from lawful.generators.manifest import read_row
from lawful.generators.records import VideoRecord

_POLL_S = 0.1


@dataclass(frozen=True)
class Made:
    """A video is made."""

    video: PlannedVideo
    """Which."""
    row: VideoRecord
    """Its row of the manifest."""


@dataclass(frozen=True)
class Failed:
    """A video could not be made."""

    video: PlannedVideo
    """Which."""
    why: str
    """The reason."""


Outcome = Made | Failed
_Event = ChunkMade | Made | Failed | LawfulError | None


def make_side_by_side(
    plan: Plan,
    videos: Sequence[PlannedVideo],
    on_chunk: Callable[[ChunkMade], None],
    on_outcome: Callable[[Outcome], None],
) -> None:
    """Make videos on all devices of a request; both listeners are called in this thread.

    A worker that dies costs the video that it was at; another one takes its place.

    Raises:
        LawfulError: A worker cannot make any video (its device is not here, something is absent).
    """
    events: Queue[_Event] = Queue()
    left, lock = deque(videos), Lock()

    def next_video() -> PlannedVideo | None:
        with lock:
            return left.popleft() if left else None

    devices = plan.request.devices[: len(videos)]
    workers = [_Worker(plan, device, events) for device in devices]
    for worker in workers:
        worker.start(next_video)
    n_working = len(workers)
    try:
        while n_working:
            event = events.get()
            if event is None:
                n_working -= 1
            elif isinstance(event, ChunkMade):
                on_chunk(event)
            elif isinstance(event, LawfulError):
                raise event
            else:
                on_outcome(event)
    finally:
        with lock:
            left.clear()
        for worker in workers:
            worker.end()


class _Worker:
    """A thread that leads a process."""

    def __init__(self, plan: Plan, device: str, events: "Queue[_Event]") -> None:
        self._plan = plan
        self._device = device
        self._events = events
        self._process: subprocess.Popen[str] | None = None
        self._thread: Thread | None = None

    def start(self, next_video: Callable[[], PlannedVideo | None]) -> None:
        """Begin with what the queue gives."""
        self._thread = Thread(target=self._lead, args=(next_video,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop the process, whatever it is at."""
        while self._thread is not None and self._thread.is_alive():
            process = self._process
            if process is not None and process.poll() is None:
                process.kill()
            self._thread.join(_POLL_S)

    def _lead(self, next_video: Callable[[], PlannedVideo | None]) -> None:
        try:
            while (video := next_video()) is not None:
                self._events.put(self._made(video))
        except LawfulError as error:
            self._events.put(error)
        finally:
            self._dismiss()
            self._events.put(None)

    def _dismiss(self) -> int | None:
        """Let the process end by ending its input; its exit code."""
        process, self._process = self._process, None
        if process is None:
            return None
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(OSError):
            process.stdin.close()
        process.stdout.close()
        return process.wait()

    def _made(self, video: PlannedVideo) -> Outcome:
        process = self._living()
        assert process.stdin is not None
        assert process.stdout is not None
        asked = json.dumps({"file": video.file, "fingerprint": video.generator.fingerprint})
        try:
            process.stdin.write(asked + "\n")
            process.stdin.flush()
            for line in process.stdout:
                outcome = self._heard(json.loads(line), video)
                if outcome is not None:
                    return outcome
        except OSError:  # it died before it was asked
            self._dismiss()
            return Failed(video, f"the worker on {self._device} could not be asked: it had died")
        return Failed(video, f"the worker on {self._device} died (exit code {self._dismiss()})")

    def _heard(self, said: dict[str, Any], video: PlannedVideo) -> Outcome | None:
        if said["kind"] == "chunk":
            piece = said["event"].pop("piece")
            self._events.put(ChunkMade(**said["event"], piece=None if piece is None else Path(piece)))
            return None
        if said["kind"] == "made":
            return Made(video, read_row(said["row"], f"worker on {self._device}"))
        if said["kind"] == "failed":
            return Failed(video, said["message"])
        kind = AbsentError if said["error"] == "AbsentError" else LawfulError
        raise kind(f"on {self._device}: {said['message']}")

    def _living(self) -> "subprocess.Popen[str]":
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "lawful.generators.generate.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
            assert self._process.stdin is not None
            request = request_to_json(self._plan.request, self._device)
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        return self._process
