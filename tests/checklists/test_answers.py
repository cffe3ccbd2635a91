"""Known answers stay away from judges, and from what verdicts are stored under."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest
from click.testing import CliRunner

from lawful.checklists.load import read_suite
from lawful.checklists.suite import Case, Question, Suite
from lawful.cli.main import lawful
from lawful.judge.api import score_video
from lawful.judge.arguments import RunRequest
from lawful.judge.codec import task_to_json
from lawful.judge.make import make_judge
from lawful.judge.progress import RunSummary
from lawful.judge.protocol import Judge, fingerprint
from lawful.judge.records import Unscored
from lawful.judge.run import score_paths
from lawful.judge.schema import DATABASE
from lawful.judge.task import JudgeSpec, Outcome, Task

JUDGE = "frame-difference"
ANSWERS = [
    {},
    {"breaks": "yes"},
    {"breaks": "no"},
    {"breaks": "no", "cup_seen": "yes", "cup_falls": "in part"},
]


class Recorder:
    """An engine that keeps its tasks and abstains."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self.name = fingerprint(make_judge(JudgeSpec(JUDGE)))

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        for task in tasks:
            self.tasks.append(task)
            sha256 = task.video_sha256
            said = (Unscored(sha256, q.id, "abstained", "no look", self.name) for q in task.questions)
            yield Outcome(task.key, tuple(said))


class Spy:
    """A judge that keeps what it is asked and told."""

    def __init__(self) -> None:
        self.judge = make_judge(JudgeSpec(JUDGE))
        self.seen: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.judge, name)

    def answers(self, question: Question) -> bool:
        self.seen.append(question)
        return self.judge.answers(question)

    def open(self, *args: Any) -> Any:
        self.seen.extend(args)
        return self.judge.open(*args)


@pytest.fixture
def score(document: dict[str, Any], tmp_path: Path) -> Callable[..., tuple[RunSummary, list[Task]]]:
    """Scores a video of the first case and one of no case, with a suite that knows these answers."""
    clips = tmp_path / "clips"
    clips.mkdir()
    for name in ("cup.mp4", "other.mp4"):
        (clips / name).write_bytes(name.encode())
    prompts = tmp_path / "prompts.csv"
    prompts.write_text("file,prompt,case\ncup.mp4,,cup-1\n")
    suite = tmp_path / "suite.json"

    def run(answers: dict[str, str], out: str = "run") -> tuple[RunSummary, list[Task]]:
        document["cases"][0]["answers"] = answers
        suite.write_text(json.dumps(document))
        request = RunRequest(
            (str(clips),), (str(suite),), (JUDGE,), out=str(tmp_path / out), prompts=str(prompts)
        )
        engine = Recorder()
        return score_paths(request, engine=engine), engine.tasks

    return run


def _stored(run: Path) -> list[str]:
    with closing(sqlite3.connect(f"file:{run / DATABASE}?mode=ro", uri=True)) as connection:
        return list(connection.iterdump())


def _reach(kind: Any, known: set[Any]) -> set[Any]:
    """All types that a value of this type can hold, as its annotations say."""
    if kind not in known:
        known.add(kind)
        inner = get_type_hints(kind).values() if is_dataclass(kind) else get_args(kind)
        for part in inner:
            _reach(part, known)
    return known


def test_no_record_that_goes_to_a_judge_has_a_place_for_answers() -> None:
    held = _reach(Task, set())
    for method in (Judge.answers, Judge.open, Judge.push):
        for kind in get_type_hints(method).values():
            if kind is not Any:
                _reach(kind, held)
    assert Question in held
    assert not {Case, Suite} & held
    names = {field.name for kind in held if is_dataclass(kind) for field in fields(kind)}
    assert "questions" in names
    assert "answers" not in names


def test_workers_are_sent_the_same_whatever_the_answers_are(score: Any) -> None:
    sent = []
    for number, answers in enumerate(ANSWERS):
        _, tasks = score(answers, f"run-{number}")
        sent.append([task_to_json(task) | {"run_folder": None} for task in tasks])
    assert [len(tasks) for tasks in sent] == [2] * len(ANSWERS)
    assert all(tasks == sent[0] for tasks in sent)


def test_a_judge_in_this_process_is_asked_the_same_whatever_the_answers_are(
    document: dict[str, Any], write: Any
) -> None:
    frames = np.zeros((12, 16, 16, 3), np.uint8)
    seen = []
    for answers in ANSWERS:
        document["cases"][0]["answers"] = answers
        suite, spy = read_suite(write(document)), Spy()
        assert suite.cases["cup-1"].answers == answers
        score_video(frames, fps=12, judge=spy, suite=suite, case="cup-1")  # pyright: ignore[reportArgumentType]
        seen.append(repr(spy.seen))
    assert "breaks" in seen[0]
    assert set(seen) == {seen[0]}


def test_verdicts_stand_when_answers_are_added_or_mended(score: Any, document: Any, tmp_path: Path) -> None:
    summary, tasks = score(ANSWERS[0])
    assert (summary.n_judged, len(tasks)) == (2, 2)
    before = _stored(tmp_path / "run")
    assert any("Does it break?" in line for line in before)
    for answers in ANSWERS[1:]:
        summary, tasks = score(answers)
        assert (summary.n_judged, summary.n_stored, tasks) == (0, 2, [])
        assert _stored(tmp_path / "run") == before
    document["cases"][0]["questions"][0]["text"] = "Does it really break?"
    summary, tasks = score(ANSWERS[1])
    assert (summary.n_judged, summary.n_stored) == (1, 1)


def test_questions_of_a_case_are_asked_of_its_videos_alone(score: Any) -> None:
    _, tasks = score(ANSWERS[1])
    asked = {task.name: [question.id for question in task.questions] for task in tasks}
    assert asked == {"cup.mp4": ["cup_seen", "cup_falls", "breaks"], "other.mp4": ["cup_seen", "cup_falls"]}


def test_show_says_how_many_answers_are_known(document: dict[str, Any], write: Any) -> None:
    def shown() -> list[str]:
        result = CliRunner().invoke(lawful, ["checklists", "show", str(write(document))])
        assert result.exit_code == 0
        table = result.stdout.split("\n\n")[-1]
        return [line.split("  ")[-1].strip() for line in table.splitlines()]

    assert shown() == ["known", "2 of 3", "0 of 2"]
    del document["cases"][0]["answers"]
    assert shown()[0] == "expected"
