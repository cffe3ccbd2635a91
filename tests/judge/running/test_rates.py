"""Looks at several frame rates: under keys of their own, read as looks of one judge at one clip."""

import itertools

import pytest
from click.testing import CliRunner

from lawful.cli.main import lawful
from lawful.core.errors import InputError, LawfulError
from lawful.judge.arguments import RunRequest, from_run_file, in_effect, run_folder
from lawful.judge.codec import task_from_json, task_to_json
from lawful.judge.inline import Judges
from lawful.judge.make import make_judge
from lawful.judge.merge import merge_runs
from lawful.judge.protocol import fingerprint, series
from lawful.judge.reading import read_prefixes, read_run
from lawful.judge.records import Verdict
from lawful.judge.run import forecast, score_paths
from lawful.judge.runfile import read_run_file
from lawful.judge.stored import Way
from lawful.judge.task import JudgeSpec, Outcome, Task
from lawful.reports.rows import judged


class RatedEngine:
    """Answers from digest, text, repeat and rate; may break off after some outcomes."""

    def __init__(self, stop_after=None):
        self.stop_after, self.tasks = stop_after, []

    def run(self, tasks):
        for task in tasks:
            if len(self.tasks) == self.stop_after:
                raise KeyboardInterrupt
            self.tasks.append(task)
            yield Outcome(
                task.key, tuple(self.answer(task, one) for one in task.questions), None, 3.0, 64, 48, 20
            )

    def answer(self, task, question):
        judge = make_judge(task.judge)
        assert judge.fps is not None
        good = (sum(map(ord, task.video_sha256[:8] + question.text)) % 7 + task.repeat + judge.fps) % 9 / 10
        shares = {"yes": good, "no": 1 - good}
        return Verdict(
            task.video_sha256,
            question.id,
            max(shares, key=shares.get),
            shares,
            good,
            fingerprint(judge),
            seconds=0.1,
        )


@pytest.fixture
def asks(request_for, toy_plugin):
    """Makes a request for the rated judge."""
    return lambda **changes: request_for(**{"judges": ("rated",), "fps": (2.0, 4.0, 8.0)} | changes)


def test_each_rate_is_a_look_of_its_own_and_one_clip_is_read(asks, tmp_path):
    engine = RatedEngine()
    summary = score_paths(asks(repeat=2), engine=engine)
    assert [(task.judge.fps, task.repeat) for task in engine.tasks[:6]] == [
        *itertools.product((2, 4, 8), (0, 1))
    ]
    assert (summary.n_judged, summary.n_stored) == (30, 6)
    clips = list(read_run(tmp_path / "run"))
    assert [clip.video for clip in clips] == [f"{n}.mp4" for n in range(6)]
    by_look = {(task.video_sha256, task.judge.fps, task.repeat): task for task in engine.tasks}
    for clip in clips:
        assert clip.ways == tuple(Way(fps, 0, rerun) for fps in (2.0, 4.0, 8.0) for rerun in (0, 1))
        assert clip.fingerprint == series(make_judge(JudgeSpec("rated")))
        for way, outcomes in zip(clip.ways, clip.repeats, strict=True):
            task = by_look[clip.sha256, way.fps, way.rerun]
            assert repr(tuple(engine.answer(task, one) for one in task.questions)) == repr(outcomes)
        # A clip counts once, with the mean over all its looks.
        line = judged(clip)
        for outcome, question in line.outcomes:
            place = [one.id for one in clip.questions].index(question.id)
            assert outcome.score == pytest.approx(sum(each[place].score for each in clip.repeats) / 6)


def test_the_order_of_the_rates_does_not_matter(asks, dump, tmp_path):
    for number, rates in enumerate(itertools.permutations((2.0, 4.0, 8.0))):
        out = str(tmp_path / str(number))
        assert in_effect(asks(fps=rates))["fps"] == [2.0, 4.0, 8.0]
        score_paths(asks(fps=rates, out=out), engine=RatedEngine())
        assert dump(out) == dump(tmp_path / "0")


@pytest.mark.parametrize("stop_after", [0, 1, 4, 14])
def test_a_run_goes_on_where_it_was_stopped(stop_after, asks, dump, tmp_path):
    score_paths(asks(out=str(tmp_path / "whole")), engine=RatedEngine())
    with pytest.raises(KeyboardInterrupt):
        score_paths(asks(), engine=RatedEngine(stop_after))
    rest = RatedEngine()
    score_paths(asks(), engine=rest)
    assert len(rest.tasks) == 15 - stop_after
    assert dump(tmp_path / "run") == dump(tmp_path / "whole")


def test_the_run_file_replays_the_rates(asks, tmp_path):
    score_paths(asks(), engine=RatedEngine())
    path = tmp_path / "run" / "run.toml"
    again = from_run_file(read_run_file(path), path, None)
    assert again.fps == (2.0, 4.0, 8.0)
    assert score_paths(again, engine=RatedEngine(0)).n_judged == 0
    with pytest.raises(LawfulError, match=r"fps was \[2.0, 4.0, 8.0\] and is now \[2.0, 4.0\]"):
        score_paths(asks(fps=(4.0, 2.0)), engine=RatedEngine())
    assert run_folder(asks(out=None)) != run_folder(asks(out=None, fps=(2.0,)))


def test_one_rate_is_the_setting_of_that_rate(asks, rows, tmp_path):
    score_paths(asks(fps=(4.0,)), engine=RatedEngine())
    config = {"rated": {"fps": 4.0}}
    score_paths(asks(fps=(), judge_config=config, out=str(tmp_path / "set")), engine=RatedEngine())
    assert rows(tmp_path / "run") == rows(tmp_path / "set")
    (clip, *_) = read_run(tmp_path / "set")
    assert clip.fingerprint == fingerprint(make_judge(JudgeSpec("rated", {"fps": 4.0})))


def test_rates_and_times_go_together(asks, tmp_path):
    score_paths(asks(until_s=(1.0, 2.0), limit=2), engine=RatedEngine())
    whole, early = list(read_run(tmp_path / "run")), list(read_prefixes(tmp_path / "run"))
    assert [(one.clip.video, one.until_s) for one in early] == [
        (name, until_s) for name in ("0.mp4", "1.mp4") for until_s in (1.0, 2.0)
    ]
    for clip in [*whole, *(one.clip for one in early)]:
        assert [way.fps for way in clip.ways] == [2.0, 4.0, 8.0]


def test_runs_at_other_rates_merge_to_one_judge(asks, rows, tmp_path):
    parts = [tmp_path / f"at{fps:g}" for fps in (2.0, 4.0, 8.0)]
    for part, fps in zip(parts, (2.0, 4.0, 8.0), strict=True):
        score_paths(asks(fps=(fps,), out=str(part)), engine=RatedEngine())
    score_paths(asks(out=str(tmp_path / "once")), engine=RatedEngine())
    for number, order in enumerate(itertools.permutations(parts)):
        merge_runs(order, tmp_path / f"merged{number}")
        assert rows(tmp_path / f"merged{number}") == rows(tmp_path / "once")


def test_wordings_take_turns_with_the_repeats(asks, tmp_path):
    config = {"rated": {"n_wordings": 2}}
    score_paths(asks(fps=(2.0, 4.0), repeat=3, judge_config=config, limit=1), engine=RatedEngine())
    (clip,) = read_run(tmp_path / "run")
    assert clip.ways[:3] == (Way(2.0, 0, 0), Way(2.0, 1, 0), Way(2.0, 0, 1))
    assert [way.fps for way in clip.ways] == [2.0] * 3 + [4.0] * 3


def test_a_newer_judge_replaces_the_looks_of_the_older(asks, tmp_path):
    score_paths(asks(), engine=RatedEngine())
    before = next(read_run(tmp_path / "run")).fingerprint
    # As after an upgrade: the same command, and a judge with another fingerprint.
    import toy_judge

    plain = toy_judge.RatedJudge.identity
    toy_judge.RatedJudge.identity = lambda self: {**plain(self), "version": 2}
    try:
        score_paths(asks(), engine=RatedEngine())
    finally:
        toy_judge.RatedJudge.identity = plain
    clips = list(read_run(tmp_path / "run"))
    assert len(clips) == 6
    assert clips[0].fingerprint != before
    assert [way.fps for way in clips[0].ways] == [2.0, 4.0, 8.0]


def test_what_is_forecast_is_what_is_done(asks):
    assert forecast(asks(repeat=2)).n_looks == 36


@pytest.mark.parametrize(
    ("judges", "config", "who"),
    [
        (("kinematic",), {}, "kinematic"),
        (("rated", "toy"), {}, "toy"),
        (("rated",), {"rated": {"fps": None}}, "rated"),
    ],
)
def test_a_judge_without_a_rate_is_named(judges, config, who, asks):
    with pytest.raises(
        InputError, match=rf"judge '{who}' was asked to look at 2 frames a second, and does not choose"
    ):
        score_paths(asks(judges=judges, judge_config=config))


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ((0.0,), "fps: rates must be positive, got 0"),
        ((2.0, -1.0), "fps: rates must be positive, got 2, -1"),
        ((float("nan"),), "fps: rates must be positive, got nan"),
        ((float("inf"),), "fps: rates must be positive, got inf"),
        (
            (2.0, 4.0, 2.0),
            "fps: a rate is given twice in 2, 4, 2: more looks at one rate are taken with repeat",
        ),
    ],
)
def test_rates_that_are_none_are_refused(rates, message):
    with pytest.raises(InputError, match=message):
        RunRequest(("clips",), fps=rates)


def test_the_command_says_what_a_list_of_rates_is(videos):
    result = CliRunner().invoke(lawful, ["score", str(videos), "--fps", "2,x"])
    assert result.exit_code == 2
    assert "'2,x' is no list of frames a second such as 2,4,8." in " ".join(result.stderr.split())


def test_a_task_keeps_its_rate_and_the_judge_of_all_rates_is_made_once(toy_plugin, monkeypatch):
    task = Task(3, "/a", "a", "00", JudgeSpec("rated", {}, 4.0), ())
    assert task_from_json(task_to_json(task)) == task
    made = []
    monkeypatch.setattr("lawful.judge.inline.make_judge", lambda spec: made.append(spec) or make_judge(spec))
    judges = Judges()
    assert [judges.judge(JudgeSpec("rated", {}, fps)).fps for fps in (2.0, 4.0, 2.0)] == [2.0, 4.0, 2.0]
    assert made == [JudgeSpec("rated", {})]
