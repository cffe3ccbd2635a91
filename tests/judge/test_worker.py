"""A single worker process: what it sees, what it is spared, when it ends."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from lawful.judge.supervised import Limits, StoppedError, WorkerDiedError, start_worker
from lawful.judge.task import JudgeSpec, Task

TASK = {
    "key": 0,
    "path": "absent.mp4",
    "name": "absent",
    "video_sha256": "00",
    "judge": {"name": "toy", "config": {}},
    "questions": [],
    "image_fps": None,
    "given": {},
    "repeat": 0,
    "run_folder": None,
}


@pytest.fixture
def worker(toy_plugin):
    started = []

    def start(silence_s=60.0):
        started.append(start_worker(Limits(silence_s, 2 << 30), threading.Event()))
        return started[-1]

    yield start
    for each in started:
        each.end(at_once=True)


def answers_of(worker, message):
    heard = []

    def hear(answer):
        heard.append(answer)
        return answer["kind"] in ("outcome", "refused")

    worker.send(message, hear)
    return heard


def test_it_says_which_judge_looks_and_then_what_came_of_it(worker, toy):
    from lawful.judge.protocol import fingerprint

    heard = answers_of(worker(), TASK)
    assert [answer["kind"] for answer in heard] == ["judging", "outcome"]
    assert heard[0]["fingerprint"] == fingerprint(toy)
    assert heard[1]["outcome"]["error"] == "absent: cannot be read: No such file or directory"


def test_it_refuses_what_is_no_task(worker):
    (answer,) = answers_of(worker(), TASK | {"path": 3})
    assert (answer["kind"], answer["error"]) == ("refused", "InputError")
    assert "path should be text, found 3" in answer["message"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_uses_one_thread_and_goes_first_when_memory_is_short(worker):
    running = worker()
    answers_of(running, TASK)
    proc = Path(f"/proc/{running.process.pid}")
    environment = dict(item.split("=", 1) for item in (proc / "environ").read_text().split("\0") if item)
    assert {environment[name] for name in ("OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")} == {"1"}
    assert (proc / "oom_score_adj").read_text() == "500\n"
    assert os.getpgid(running.process.pid) == running.process.pid != os.getpgid(0)


def test_the_variable_for_threads_is_one_that_opencv_heeds(monkeypatch):
    import subprocess

    code = "import cv2; print(cv2.getNumThreads())"
    environment = os.environ | {"OPENCV_FOR_THREADS_NUM": "1"}
    printed = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    assert printed.stdout == b"1\n"


def test_it_ignores_ctrl_c(worker):
    running = worker()
    answers_of(running, TASK)
    running.process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    assert answers_of(running, TASK)[-1]["kind"] == "outcome"


def test_it_leaves_when_there_are_no_more_tasks(worker):
    running = worker()
    answers_of(running, TASK)
    os.close(running.tasks_fd)
    assert running.process.wait(10) == 0
    running.tasks_fd = os.open(os.devnull, os.O_WRONLY)


def test_modules_in_the_folder_it_starts_from_do_not_get_in_its_way(worker, tmp_path, monkeypatch):
    for name in ("judge", "json", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.chdir(tmp_path)
    assert answers_of(worker(), TASK)[-1]["kind"] == "outcome"


def test_its_death_is_told_with_its_last_words(worker):
    running = worker()
    answers_of(running, TASK)
    running.process.kill()
    with pytest.raises(WorkerDiedError, match=r"^killed \(signal 9\), perhaps for want of memory$"):
        answers_of(running, TASK)


def test_a_message_of_any_length_gets_through(worker):
    heard = answers_of(worker(), TASK | {"name": "n" * 5_000_000})
    assert len(heard[-1]["outcome"]["error"]) > 5_000_000


def test_waiting_for_it_can_be_stopped(worker):
    running = worker()
    threading.Timer(0.3, running.stop.set).start()
    started_s = time.monotonic()
    with pytest.raises(StoppedError):
        running.send(TASK, lambda answer: False)
    assert time.monotonic() - started_s < 5
    assert running.process.poll() is None


def test_a_task_is_sent_as_it_is(worker, tmp_path):
    from lawful.judge.codec import task_to_json

    odd = Task(7, str(tmp_path / "\udcff \n物.mp4"), "\udcff \n物", "00", JudgeSpec("toy"), ())
    outcome = answers_of(worker(), task_to_json(odd))[-1]["outcome"]
    assert outcome["key"] == 7
    assert "No such file" in outcome["error"]
