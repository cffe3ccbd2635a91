"""Runs of a fake engine over files that are no real videos."""

import math
import sqlite3
from pathlib import Path

import pytest

from lawful.judge.arguments import RunRequest
from lawful.judge.protocol import fingerprint
from lawful.judge.reading import read_prefixes, read_run
from lawful.judge.records import Evidence, EvidenceFrame, Unscored, Verdict
from lawful.judge.task import Outcome
from lawful.video.drift import Drift
from lawful.video.frames import Box

SUITE = """{
  "schema": "lawful.suite/1", "id": "%s", "version": "%s", "title": "For tests", "licence": "CC0-1.0",
  "scales": {"yes_no": {"labels": {"yes": 1, "no": 0}}},
  "questions": [%s]
}"""
QUESTION = """{"id": "%s", "text": "%s", "axis": "physics", "scale": "yes_no", "law": "time"}"""


class FakeEngine:
    """Answers from the digest and the question's text alone; may break off after some outcomes."""

    def __init__(self, judge, stop_after=None, fails=()):
        self.judge = judge
        self.stop_after = stop_after
        self.fails = fails
        self.tasks = []

    def run(self, tasks):
        for task in tasks:
            if self.stop_after is not None and len(self.tasks) == self.stop_after:
                raise KeyboardInterrupt
            self.tasks.append(task)
            if any(word in task.name for word in self.fails):
                yield Outcome(task.key, error="no frame could be decoded")
                continue
            if task.until_s is not None and task.until_s > 2.0:
                yield Outcome(task.key, (), None, 2.0, 64, 48, 20, 0.5, too_short=True)
                continue
            verdicts = tuple(self.answer(task, question) for question in task.questions)
            drift = None
            if task.until_s is not None:
                drift = Drift(24, int(task.video_sha256[:2], 16) / 255, 0.5, 0.1, math.nan, "for tests")
            yield Outcome(task.key, verdicts, None, 2.0, 64, 48, 20, 0.5, drift)

    def answer(self, task, question):
        name = fingerprint(self.judge)
        number = sum(map(ord, task.video_sha256[:8] + question.text)) + task.repeat
        number += 0 if task.until_s is None else int(10 * task.until_s)
        if number % 5 == 0:
            return Unscored(task.video_sha256, question.id, "abstained", "too short", name, 0.25, seconds=0.1)
        bad = number % 11 / 10
        label = "no" if bad > 0.5 else "yes"
        frame = EvidenceFrame(0.5, None, f"evidence/{task.video_sha256[:8]}.webp")
        found = (
            Evidence(0.5, 0.7, Box(0.0, 0.0, 0.5, 1.0), "time", bad, "s", "it jumps", bad, (3,), (frame,)),
        )
        return Verdict(
            task.video_sha256, question.id, label, {"yes": 1 - bad, "no": bad}, 1 - bad, name, found, 0.1, 7
        )


class EagerEngine(FakeEngine):
    """Pulls all tasks before it answers the first, in reverse order."""

    def run(self, tasks):
        yield from super().run(reversed(list(tasks)))


@pytest.fixture
def make_engine(toy):
    """Makes an engine that answers in turn."""
    return lambda *args, **kwargs: FakeEngine(toy, *args, **kwargs)


@pytest.fixture
def make_eager(toy):
    """Makes an engine that pulls all tasks first."""
    return lambda *args, **kwargs: EagerEngine(toy, *args, **kwargs)


@pytest.fixture
def suite(tmp_path):
    """Writes a suite file and gives its path."""

    def make(*questions, name="mine", version="1"):
        path = tmp_path / f"{name}-{version}.json"
        texts = [QUESTION % (name, text) for name, text in questions]
        path.write_text(SUITE % (name, version, ",".join(texts)))
        return str(path)

    return make


@pytest.fixture
def videos(tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.mp4").write_bytes(b"video %d" % (number % 5))
    (folder / "notes.txt").write_text("not a video")
    return folder


@pytest.fixture
def request_for(tmp_path, toy_plugin, suite, videos):
    """Makes a request for the videos with the toy judge."""
    path = suite(("a", "Is a so?"), ("b", "Is b so?"), ("c", "Is c so?"))

    def make(**changes):
        values = {
            "paths": (str(videos),),
            "suites": (path,),
            "judges": ("toy",),
            "out": str(tmp_path / "run"),
        }
        return RunRequest(**values | changes)

    return make


@pytest.fixture
def rows():
    """All a run holds, as plain data that compares."""
    return lambda run: [repr(clip) for clip in read_run(Path(run))]


@pytest.fixture
def prefix_rows():
    """All a run holds of clips that were looked at as if they ended early, as plain data that compares."""
    return lambda run: [(one.until_s, repr(one.drift), repr(one.clip)) for one in read_prefixes(Path(run))]


@pytest.fixture
def dump():
    """Every row of every table that is not a cache of file stamps."""
    return _dump


def _dump(run):
    connection = sqlite3.connect(Path(run) / "lawful.db")
    tables = [
        "video",
        "judge",
        "question",
        "given",
        "sheet",
        "sheet_line",
        "input",
        "task",
        "verdict",
        "drift",
    ]
    found = {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in tables}
    connection.close()
    return found
