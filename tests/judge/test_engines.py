"""The engines: the same verdicts inline and in processes, and faults that cost one task each."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from lawful.core.errors import AbsentError, InputError, LawfulError
from lawful.judge.inline import InlineEngine
from lawful.judge.processes import ProcessEngine
from lawful.judge.records import Unscored, Verdict
from lawful.judge.task import JudgeSpec, Task

TOY = JudgeSpec("toy")


def plain(value):
    """Anything as something that == compares to the last bit, without the time it took."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        fields = [name for name in value.__dataclass_fields__ if name != "seconds"]
        return type(value).__name__, {name: plain(getattr(value, name)) for name in fields}
    return value


@pytest.fixture
def new_children():
    """The processes that came since the test began; multiprocessing keeps a helper of its own for all tests."""
    before = psutil.Process().children(recursive=True)
    return lambda: [child for child in psutil.Process().children(recursive=True) if child not in before]


def by_key(outcomes):
    return {outcome.key: outcome for outcome in outcomes}


@pytest.fixture
def tasks(tmp_path, ask):
    """Makes a task for each name, on small animated webps of different content."""

    def make(*names, judge=TOY, run_folder=None):
        made = []
        for key, name in enumerate(names):
            path = tmp_path / f"{key}.webp"
            rng = np.random.default_rng(key)
            rgb = rng.integers(0, 40, (6, 24, 32, 3), dtype=np.uint8)
            rgb[3 + key % 3] += np.uint8(200)
            first, *rest = (Image.fromarray(frame) for frame in rgb)
            first.save(path, save_all=True, append_images=rest, duration=100, lossless=True)
            questions = (ask("a"), ask("abstains"), ask("b", axis="prompt"))
            made.append(
                Task(
                    key,
                    str(path),
                    name,
                    f"{key + 1:02x}" * 32,
                    judge,
                    questions,
                    given={"prompt": "p"},
                    run_folder=run_folder,
                )
            )
        return made

    return make


def test_inline_runs_tasks_in_order_one_at_a_time(toy_plugin, tasks):
    pulled = []

    def source():
        for task in tasks("x", "y", "z"):
            pulled.append(task.key)
            yield task

    outcomes = InlineEngine().run(source())
    first = next(outcomes)
    assert pulled == [0]
    assert [first.key, *(outcome.key for outcome in outcomes)] == [0, 1, 2]
    assert isinstance(first.verdicts[0], Verdict)
    assert (first.width_px, first.height_px, first.n_frames, first.error) == (32, 24, 6, None)
    assert first.duration_s == pytest.approx(0.6)
    assert first.seconds > 0


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_give_what_inline_gives_to_the_last_bit(toy_plugin, tasks, workers):
    work = tasks(*"abcdef")
    inline = by_key(InlineEngine().run(work))
    assert inline[0].verdicts[0].evidence[0].frames[0].rgb is not None
    assert plain(sorted_by_key(ProcessEngine(workers).run(work))) == plain(list(inline.values()))


def sorted_by_key(outcomes):
    return sorted(outcomes, key=lambda outcome: outcome.key)


def test_evidence_is_saved_alike_by_both_engines(toy_plugin, tasks, tmp_path):
    def content(folder):
        return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}

    here, there = tmp_path / "here", tmp_path / "there"
    inline = list(InlineEngine().run(tasks("x", "y", run_folder=str(here))))
    processes = sorted_by_key(ProcessEngine(1).run(tasks("x", "y", run_folder=str(there))))
    assert plain(inline) == plain(processes)
    assert inline[0].verdicts[0].evidence[0].frames[0].file is not None
    assert content(here) == content(there)
    assert len(content(here)) == 4


FAULTS = {
    "segfault": r"^worker died: segmentation fault \(signal 11\); in .*, line \d+ in string_at$",
    "memory": r"^worker died: it used 0\.\d+ GiB of memory, more than the 0\.39 GiB it may$",
    "exit": r"^worker died: it ended with exit status 3$",
}


def test_the_last_words_of_a_worker_are_not_those_of_an_earlier_task(toy_plugin, tasks):
    outcomes = by_key(ProcessEngine(1).run(tasks("noise", "exit")))
    assert outcomes[0].error is None
    assert outcomes[1].error == "worker died: it ended with exit status 3"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_that_dies_costs_its_task_and_nothing_else(toy_plugin, tasks, workers):
    names = ["fine", "segfault", "noise", "fine", "memory", "slow", "exit", "exception", "fine"]
    work = tasks(*names)
    engine = ProcessEngine(workers, memory_bytes=400 << 20)
    outcomes = by_key(engine.run(work))
    sound = by_key(InlineEngine().run(t for t in work if t.name in ("fine", "noise", "slow", "exception")))
    assert sorted(outcomes) == list(range(len(names)))
    for task in work:
        outcome = outcomes[task.key]
        if task.name not in FAULTS:
            assert plain(outcome) == plain(sound[task.key])
            continue
        assert outcome.error is not None
        assert [outcome.error] == re.findall(FAULTS[task.name] + ".*", outcome.error)
        assert [verdict.question_id for verdict in outcome.verdicts] == ["a", "abstains", "b"]
        assert all(isinstance(verdict, Unscored) for verdict in outcome.verdicts)
        assert {verdict.reason for verdict in outcome.verdicts} == {"worker_died"}
        assert {verdict.detail for verdict in outcome.verdicts} == {outcome.error}
        assert {verdict.fingerprint for verdict in outcome.verdicts} == {sound[0].verdicts[0].fingerprint}


def test_a_worker_that_hangs_costs_its_task_and_nothing_else(toy_plugin, tasks):
    work = tasks("hang", "fine")
    hung, fine = ProcessEngine(1, deadline_s=4).run(work)
    assert hung.error == "worker died: no sign of life for 4 s"
    assert {(verdict.reason, verdict.detail) for verdict in hung.verdicts} == {("worker_died", hung.error)}
    assert plain([fine]) == plain(list(InlineEngine().run(work[1:])))


def test_what_a_judge_has_started_ends_with_its_worker(toy_plugin, tasks):
    died, fine = ProcessEngine(1, deadline_s=30).run(tasks("children", "fine"))
    assert died.error == "worker died: it ended with exit status 3"
    assert fine.error is None
    sleepers = [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "1000"]]
    assert sleepers == []


def test_two_workers_do_two_tasks_in_the_time_of_one(toy_plugin, tasks):
    def seconds_a_task(workers, n_tasks):
        judge = JudgeSpec("toy", {"slow_s": 0.5})
        outcomes = ProcessEngine(workers).run(tasks(*["slow"] * n_tasks, judge=judge))
        for _ in range(workers):
            next(outcomes)
        started_s = time.monotonic()
        n_done = len(list(outcomes))
        return (time.monotonic() - started_s) / n_done

    assert seconds_a_task(1, 4) / seconds_a_task(2, 8) > 1.5


def test_an_exception_of_the_judge_is_the_outcome_of_its_task(toy_plugin, tasks):
    first, second = InlineEngine().run(tasks("exception", "fine"))
    assert first.error == "judge 'toy' failed in push: ValueError: no good at all"
    assert first.verdicts == ()
    assert second.error is None


def test_a_file_that_cannot_be_read_is_the_outcome_of_its_task(toy_plugin, tasks):
    work = tasks("fine", "fine")
    Path(work[0].path).write_bytes(b"no video")
    for engine in (InlineEngine(), ProcessEngine(1)):
        first, second = sorted_by_key(engine.run(work))
        assert first.error is not None
        assert "\n" not in first.error
        assert first.verdicts == ()
        assert second.error is None


def test_signs_of_life_renew_the_deadline(toy_plugin, tasks, ask, tmp_path):
    path = tmp_path / "long.webp"
    first, *rest = (Image.new("RGB", (32, 24), (i, i, i)) for i in range(250))
    first.save(path, save_all=True, append_images=rest, duration=40, lossless=True)
    task = Task(0, str(path), "slow", "0" * 64, JudgeSpec("toy", {"slow_s": 0.5}), (ask("a"),))
    (outcome,) = ProcessEngine(1, deadline_s=1.2).run([task])
    assert outcome.error is None
    assert outcome.seconds > 2


def test_tasks_are_pulled_as_there_is_room(toy_plugin, tasks):
    pulled = []

    def source():
        for task in tasks(*["slow"] * 12):
            pulled.append(task.key)
            yield task

    outcomes = ProcessEngine(2).run(source())
    next(outcomes)
    assert len(pulled) == 4
    outcomes.close()
    assert len(pulled) == 4


def test_what_is_done_is_handed_over_before_the_next_task_is_pulled(toy_plugin, tasks):
    log = []

    def source():
        for task in tasks(*"abcd"):
            log.append("pulled")
            yield task
            time.sleep(1)

    for _ in ProcessEngine(3).run(source()):
        log.append("done")
    last_pull = len(log) - 1 - log[::-1].index("pulled")
    assert "done" in log[:last_pull]


def open_files():
    return sorted(os.listdir("/proc/self/fd"))


def test_closing_early_ends_the_workers_at_once_and_leaves_nothing(toy_plugin, tasks, new_children):
    list(ProcessEngine(1).run(tasks("fine")))
    before = open_files()
    outcomes = ProcessEngine(2, deadline_s=100).run(tasks("fine", "hang", "hang", "hang"))
    next(outcomes)
    children = new_children()
    assert children
    started_s = time.monotonic()
    outcomes.close()
    assert time.monotonic() - started_s < 1
    assert not any(child.is_running() for child in children)
    assert new_children() == []
    assert open_files() == before


def test_a_finished_run_leaves_nothing(toy_plugin, tasks, new_children):
    list(ProcessEngine(1).run(tasks("fine")))
    before = open_files()
    for _ in range(2):
        list(ProcessEngine(2, memory_bytes=400 << 20).run(tasks("fine", "segfault", "exit", "fine")))
    assert open_files() == before
    assert new_children() == []


def test_an_error_of_the_caller_ends_the_workers(toy_plugin, tasks, new_children):
    def source():
        yield from tasks("hang")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        list(ProcessEngine(1, deadline_s=100).run(source()))
    assert new_children() == []


@pytest.mark.parametrize("engine", [InlineEngine(), ProcessEngine(2)])
def test_an_absent_judge_ends_the_run_with_one_error(toy_plugin, tasks, engine):
    with pytest.raises(AbsentError, match=r"no judge is called 'none'\. Known: "):
        list(engine.run(tasks("x", "y", "z", judge=JudgeSpec("none"))))
    with pytest.raises(InputError, match="unknown setting 'x'"):
        list(engine.run(tasks("x", "y", "z", judge=JudgeSpec("toy", {"x": 1}))))


@pytest.mark.parametrize("engine", [InlineEngine(), ProcessEngine(1)])
def test_evidence_that_cannot_be_saved_ends_the_run(toy_plugin, tasks, tmp_path, engine):
    (tmp_path / "file").write_text("")
    with pytest.raises(LawfulError, match=r"file.*: cannot be written: .* is no folder"):
        list(engine.run(tasks("x", "y", run_folder=str(tmp_path / "file"))))
    with pytest.raises(LawfulError, match=r"none: evidence cannot be saved there: .*\. Make room or choose"):
        list(engine.run(tasks("x", "y", run_folder="/proc/none")))


def test_workers_that_die_over_and_over_at_the_start_end_the_run(toy_plugin, tasks):
    message = (
        "worker processes die before they look at a clip, 3 in a row; "
        "the last: it ended with exit status 7; it printed: cannot find the weights"
    )
    with pytest.raises(LawfulError, match=message):
        list(ProcessEngine(1).run(tasks("x", judge=JudgeSpec("toy-dies-at-start"))))


def test_workers_that_cannot_even_start_end_the_run(toy_plugin, tasks, tmp_path, monkeypatch):
    (tmp_path / "site" / "numpy.py").write_text("raise ImportError('numpy is broken here')")
    with pytest.raises(LawfulError, match=r"3 in a row; the last: .* ImportError: numpy is broken here"):
        list(ProcessEngine(1).run(tasks("x")))


@pytest.mark.parametrize("engine", [(0,), (1, 0.0), (1, 1.0, 0)])
def test_an_engine_needs_workers_a_deadline_and_memory(engine):
    with pytest.raises(InputError, match="a process engine needs at least one worker, a deadline and memory"):
        ProcessEngine(*engine)


DRIVER = """
import sys
from lawful.checklists.suite import Question, Scale
from lawful.judge.processes import ProcessEngine
from lawful.judge.task import JudgeSpec, Task

question = Question("a", "?", "physics", Scale("s", {"no": 0.0, "yes": 1.0}))
tasks = [Task(0, sys.argv[1], "fine", "00", JudgeSpec("toy"), (question,))]
tasks += [Task(k, sys.argv[1], sys.argv[2], "00", JudgeSpec("toy"), (question,)) for k in range(1, 5)]
for outcome in ProcessEngine(2).run(tasks):
    print("outcome", flush=True)
"""


@pytest.mark.parametrize(("how", "name"), [(signal.SIGKILL, "hang"), (signal.SIGINT, "hang")])
def test_workers_end_with_their_driver(toy_plugin, tasks, tmp_path, how, name):
    (task,) = tasks("fine")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    driver = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(DRIVER), task.path, name],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == b"outcome\n"
        workers = psutil.Process(driver.pid).children(recursive=True)
        assert len(workers) == 2
        driver.send_signal(how)
        driver.wait(5)
    _, alive = psutil.wait_procs(workers, timeout=3)
    assert not alive
