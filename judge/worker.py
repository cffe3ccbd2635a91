"""A worker process: tasks come in as lines of JSON, outcomes go out so.

Started by `lawful.judge.processes` as ``python -m lawful.judge.worker TASKS_FD ANSWERS_FD PARENT_PID``. The
two pipes are its own, so that whatever a library prints cannot get between the answers. It ends when the
tasks end, and when its parent is gone, however that came about.
"""

import ctypes
import faulthandler
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from lawful.core.errors import LawfulError
from lawful.judge.codec import outcome_to_json, task_from_json
from lawful.judge.inline import Judges, run_task
from lawful.judge.protocol import fingerprint

_ALIVE_EVERY_S = 0.2
_PARENT_CHECK_S = 0.5
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Work until there are no more tasks."""
    tasks_fd, answers_fd, parent = (int(argument) for argument in sys.argv[1:4])
    for descriptor in (tasks_fd, answers_fd):
        os.set_inheritable(descriptor, False)
    # Ctrl-C at a terminal reaches all its processes; when to stop is the driver's decision.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable(all_threads=False)
    _end_with(parent)
    _go_first_when_memory_is_short()
    with os.fdopen(tasks_fd, "r", encoding="utf-8") as tasks, os.fdopen(answers_fd, "wb") as answers:
        _work(tasks, answers)


def _work(tasks: IO[str], answers: IO[bytes]) -> None:
    judges = Judges()
    for line in tasks:
        try:
            task = task_from_json(json.loads(line))
            judge = judges.judge(task.judge)
            _say(answers, kind="judging", fingerprint=fingerprint(judge))
            outcome = run_task(task, judge, _sign_of_life(answers))
        except LawfulError as error:
            _say(answers, kind="refused", error=type(error).__name__, message=str(error))
        else:
            _say(answers, kind="outcome", outcome=outcome_to_json(outcome))


def _say(answers: IO[bytes], **message: Any) -> None:
    answers.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
    answers.flush()


def _sign_of_life(answers: IO[bytes]) -> Callable[[], None]:
    last_s = time.monotonic()

    def on_chunk() -> None:
        nonlocal last_s
        if time.monotonic() - last_s > _ALIVE_EVERY_S:
            last_s = time.monotonic()
            _say(answers, kind="alive")

    return on_chunk


def _end_with(parent: int) -> None:
    # The kernel's signal also ends a worker that hangs in native code and lets no other thread run; it
    # comes when the thread that started us ends, which the driver's supervising thread never does before us.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_CHECK_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _go_first_when_memory_is_short() -> None:
    if sys.platform == "linux":
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")


if __name__ == "__main__":
    main()
