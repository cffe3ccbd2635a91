"""Looks at clips as if they ended early: beside the whole clip, under keys of their own, stored and read as such."""

import itertools
import json
import math
import sqlite3

import numpy as np
import pytest
from PIL import Image

from lawful.core.errors import InputError, LawfulError
from lawful.judge.arguments import from_run_file, in_effect, run_folder
from lawful.judge.codec import outcome_from_json, outcome_to_json, task_from_json, task_to_json
from lawful.judge.merge import merge_runs
from lawful.judge.progress import Looked, Started
from lawful.judge.reading import read_prefixes, read_run, run_info
from lawful.judge.records import Verdict
from lawful.judge.run import forecast, score_paths
from lawful.judge.runfile import read_run_file
from lawful.judge.task import JudgeSpec, Outcome, Task
from lawful.video.drift import Drift


def test_whole_clips_are_as_they_are_without_prefixes(make_engine, rows, request_for, tmp_path):
    score_paths(request_for(out=str(tmp_path / "plain")), engine=make_engine())
    summary = score_paths(request_for(until_s=(1.0, 0.5)), engine=make_engine())
    assert rows(tmp_path / "run") == rows(tmp_path / "plain")
    assert (summary.n_judged, summary.n_stored, summary.n_too_short) == (15, 3, 0)
    assert list(read_prefixes(tmp_path / "plain")) == []


def test_prefixes_are_read_clip_by_clip_and_then_by_time(make_engine, request_for, tmp_path):
    engine = make_engine()
    score_paths(request_for(until_s=(1.0, 0.5), repeat=2), engine=engine)
    assert [task.until_s for task in engine.tasks] == [None] * 10 + [0.5, 0.5, 1.0, 1.0] * 5
    prefixes = list(read_prefixes(tmp_path / "run"))
    wanted = [(f"{n}.mp4", until_s) for n in range(6) for until_s in (0.5, 1.0)]
    assert [(one.clip.video, one.until_s) for one in prefixes] == wanted
    by_look = {(task.video_sha256, task.until_s, task.repeat): task for task in engine.tasks}
    for one in prefixes:
        assert one.clip.duration_s == 2.0
        assert len(one.clip.repeats) == 2
        for repeat, outcomes in enumerate(one.clip.repeats):
            task = by_look[one.clip.sha256, one.until_s, repeat]
            told = [make_engine().answer(task, question) for question in task.questions]
            assert repr(tuple(told)) == repr(outcomes)
        assert one.drift is not None
        assert one.drift.brightness == int(one.clip.sha256[:2], 16) / 255
        assert math.isnan(one.drift.motion_per_s)
        assert (one.drift.n_frames, one.drift.reason) == (24, "for tests")


def test_the_order_of_the_times_and_their_number_does_not_matter(make_engine, dump, request_for, tmp_path):
    for number, times_s in enumerate([*itertools.permutations((0.5, 1.0, 1.5)), (1.5, 0.5, 0.5, 1.0)]):
        out = str(tmp_path / str(number))
        request = request_for(until_s=times_s, out=out)
        assert in_effect(request)["until_s"] == [0.5, 1.0, 1.5]
        score_paths(request, engine=make_engine())
        assert dump(out) == dump(tmp_path / "0")


def test_a_clip_that_is_shorter_is_not_looked_at(make_engine, request_for, tmp_path):
    engine, events = make_engine(), []
    summary = score_paths(request_for(until_s=(1.0, 2.0, 4.0)), events.append, engine)
    assert {task.until_s for task in engine.tasks} == {None, 1.0, 2.0}
    assert (summary.n_too_short, summary.failed) == (6, {})
    assert {one.until_s for one in read_prefixes(tmp_path / "run")} == {1.0, 2.0}
    started = next(event for event in events if isinstance(event, Started))
    looked = [event for event in events if isinstance(event, Looked)]
    assert started.n_looks == len(looked) == 24
    assert {event.until_s for event in looked if event.source == "too_short"} == {4.0}


def test_a_clip_that_turns_out_shorter_is_not_looked_at_again(make_eager, dump, request_for, tmp_path):
    engine = make_eager()
    summary = score_paths(request_for(until_s=(1.0, 4.0)), engine=engine)
    assert (len(engine.tasks), summary.n_too_short, summary.n_failed) == (15, 6, 0)
    before, again = dump(tmp_path / "run"), make_eager()
    summary = score_paths(request_for(until_s=(1.0, 4.0)), engine=again)
    assert (again.tasks, summary.n_stored, summary.n_too_short) == ([], 12, 6)
    assert dump(tmp_path / "run") == before
    assert {one.until_s for one in read_prefixes(tmp_path / "run")} == {1.0}


@pytest.mark.parametrize("stop_after", [0, 3, 5, 7, 12, 19])
def test_a_run_cut_after_any_item_goes_on_to_the_same_store(
    make_engine, dump, request_for, tmp_path, stop_after
):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    times_s = (0.5, 1.0, 2.0, 4.0)
    score_paths(request_for(out=str(whole), until_s=times_s), engine=make_engine())
    first, second = make_engine(stop_after), make_engine()
    with pytest.raises(KeyboardInterrupt):
        score_paths(request_for(out=str(cut), until_s=times_s), engine=first)
    score_paths(request_for(out=str(cut), until_s=times_s), engine=second)
    assert len(first.tasks) + len(second.tasks) == 20
    assert dump(cut) == dump(whole)


def test_a_look_that_fails_is_said_with_its_time_and_tried_again(make_engine, request_for, tmp_path):
    class FailsEarly:
        def run(self, tasks):
            for task in tasks:
                if task.until_s is None:
                    yield from make_engine().run([task])
                else:
                    yield Outcome(task.key, error="worker died: segmentation fault")

    summary = score_paths(request_for(until_s=(1.0,), limit=1), engine=FailsEarly())
    assert summary.failed == {"0.mp4": "as far as 1 s: worker died: segmentation fault"}
    assert run_info(tmp_path / "run").n_failed == 0
    assert [clip.error for clip in read_run(tmp_path / "run")] == [None]
    (one,) = read_prefixes(tmp_path / "run")
    assert (one.clip.error, one.clip.repeats, one.drift) == ("worker died: segmentation fault", (), None)
    engine = make_engine()
    assert score_paths(request_for(until_s=(1.0,), limit=1), engine=engine).failed == {}
    assert [task.until_s for task in engine.tasks] == [1.0]


def test_a_forecast_counts_prefixes_and_knows_what_is_too_short(make_engine, request_for):
    request = request_for(until_s=(1.0, 4.0))
    found = forecast(request)
    assert (found.n_looks, found.n_questions, found.n_questions_stored, found.n_too_short) == (18, 54, 0, 0)
    score_paths(request, engine=make_engine())
    found = forecast(request)
    assert (found.n_looks, found.n_questions, found.n_questions_stored, found.n_too_short) == (12, 36, 36, 6)


def test_times_are_part_of_what_a_run_is(make_engine, request_for, tmp_path):
    request = request_for(until_s=(2, 1))
    score_paths(request, engine=make_engine())
    assert read_run_file(tmp_path / "run" / "run.toml").effective["until_s"] == [1.0, 2.0]
    again = from_run_file(read_run_file(tmp_path / "run" / "run.toml"), tmp_path / "run" / "run.toml", None)
    assert again.until_s == (1.0, 2.0)
    assert score_paths(again, engine=make_engine()).n_judged == 0
    with pytest.raises(LawfulError, match=r"until_s was \[1\.0, 2\.0\] and is now None"):
        score_paths(request_for(), engine=make_engine())
    assert "until_s" not in in_effect(request_for())
    assert run_folder(request_for(out=None)) != run_folder(request_for(out=None, until_s=(1.0,)))


@pytest.mark.parametrize("times_s", [(0.0,), (1.0, -2.0), (math.nan,), (math.inf,)])
def test_times_must_be_positive(request_for, times_s):
    with pytest.raises(InputError, match="until: times must be positive, got "):
        request_for(until_s=times_s)


def test_merging_keeps_prefixes_in_any_order(make_engine, prefix_rows, rows, request_for, tmp_path):
    runs = [tmp_path / f"run{n}" for n in range(3)]
    for run, times_s, limit in zip(runs, [(0.5, 1.0), (1.0, 2.0, 4.0), ()], [4, None, None], strict=True):
        score_paths(request_for(out=str(run), until_s=times_s, limit=limit), engine=make_engine())
    connection = sqlite3.connect(runs[1] / "lawful.db")
    connection.execute("UPDATE drift SET brightness = brightness + 0.001")
    connection.commit()
    connection.close()
    for number, order in enumerate(itertools.permutations(runs)):
        merge_runs(order, tmp_path / str(number))
        assert prefix_rows(tmp_path / str(number)) == prefix_rows(tmp_path / "0")
    assert rows(tmp_path / "0") == rows(runs[2])
    held = {(one.clip.video, one.until_s): one for one in read_prefixes(tmp_path / "0")}
    assert len(held) == 6 * 2 + 4
    for run in runs[:2]:
        for one in read_prefixes(run):
            kept = held[one.clip.video, one.until_s]
            assert repr(kept.clip.repeats) == repr(one.clip.repeats)
            assert kept.drift is not None
            assert one.drift is not None
            assert kept.drift.brightness <= one.drift.brightness
    merge_runs([tmp_path / "0", runs[1]], tmp_path / "again")
    assert prefix_rows(tmp_path / "again") == prefix_rows(tmp_path / "0")


def test_the_json_forms_carry_times_and_drift():
    task = Task(3, "/a", "a", "00", JudgeSpec("toy"), (), until_s=1.5)
    assert task_from_json(json.loads(json.dumps(task_to_json(task)))) == task
    drift = Drift(1, 0.25, 0.5, 0.001, math.nan, "one frame")
    for outcome in (Outcome(3, drift=drift), Outcome(3, duration_s=2.0, too_short=True)):
        text = json.dumps(outcome_to_json(outcome), allow_nan=False)
        back = outcome_from_json(json.loads(text))
        assert repr(back) == repr(outcome)
    with pytest.raises(InputError, match="outcome: drift should be an object, found 3"):
        outcome_from_json({**outcome_to_json(Outcome(3)), "drift": 3})
    body = outcome_to_json(Outcome(3, drift=drift))
    body["drift"]["n_frames"] = "x"
    with pytest.raises(InputError, match=r"outcome\.drift: n_frames should be a whole number"):
        outcome_from_json(body)


def test_a_damaged_drift_is_said(make_engine, request_for, tmp_path):
    score_paths(request_for(until_s=(1.0,), limit=1), engine=make_engine())
    connection = sqlite3.connect(tmp_path / "run" / "lawful.db")
    connection.execute("UPDATE drift SET brightness = 9e999")
    connection.commit()
    connection.close()
    with pytest.raises(InputError, match=r"lawful\.db: the drift of '0\.mp4': brightness should be a number"):
        list(read_prefixes(tmp_path / "run"))


@pytest.fixture
def image_folders(tmp_path, monkeypatch):
    """A simulated clip as images: all of it, and the first 30, 24 and 12 of its frames; and one of 6 frames."""
    from lawful.generators.worlds.make import make_clip

    frames = make_clip("billiards", 1, violation="vanish").frames
    for name, n in (("whole", len(frames)), ("c30", 30), ("c24", 24), ("c12", 12), ("tiny", 6)):
        folder = tmp_path / "images" / name
        folder.mkdir(parents=True)
        for at in range(n):
            Image.fromarray(frames.rgb[at]).save(folder / f"{at:04d}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "images"


@pytest.mark.parametrize("workers", [0, 1])
def test_a_prefix_has_the_verdicts_of_a_clip_cut_there(image_folders, tmp_path, request_for, workers):
    request = request_for(
        paths=(str(image_folders),), suites=("physics",), judges=("kinematic",), image_fps=24.0,
        until_s=(0.5, 1.0, 1.25), workers=workers,
    )  # fmt: skip
    summary = score_paths(request)
    assert summary.failed == {}
    # Of "tiny" (0.25 s) no prefix is looked at; of "c12" the first alone, of "c24" the first two.
    assert summary.n_too_short == 3 + 2 + 1
    whole = {clip.video: clip for clip in read_run(tmp_path / "run")}
    early = {(one.clip.video, one.until_s): one for one in read_prefixes(tmp_path / "run")}
    for name, until_s in (("c12", 0.5), ("c24", 1.0), ("c30", 1.25)):
        wanted = [_said(outcome) for outcome in whole[name].repeats[0]]
        for other in ("whole", name):
            assert [_said(outcome) for outcome in early[other, until_s].clip.repeats[0]] == wanted
        assert early[name, until_s].drift == early["whole", until_s].drift
    assert any(isinstance(outcome, Verdict) for outcome in early["whole", 1.25].clip.repeats[0])
    assert [early["whole", until_s].drift.n_frames for until_s in (0.5, 1.0, 1.25)] == [12, 24, 24]


def _said(outcome):
    told = (
        outcome.score if isinstance(outcome, Verdict) else (outcome.reason, outcome.detail, outcome.leaning)
    )
    seen = [(one.start_s, one.end_s, one.box, one.magnitude, one.text) for one in outcome.evidence]
    return outcome.question_id, told, seen


def test_a_judge_that_answers_nothing_measures_nothing(image_folders, tmp_path, request_for, suite):
    other = suite(("a", "Is a so?"))
    text = (tmp_path / "mine-1.json").read_text().replace('"axis": "physics"', '"axis": "prompt"')
    (tmp_path / "mine-1.json").write_text(text)
    request = request_for(
        paths=(str(image_folders / "c12"),), suites=(other,), image_fps=24.0, until_s=(0.25, 9.0), workers=0
    )
    assert score_paths(request).failed == {}
    prefixes = list(read_prefixes(tmp_path / "run"))
    assert [one.drift for one in prefixes] == [None, None]
    assert {outcome.reason for one in prefixes for outcome in one.clip.repeats[0]} == {"not_asked"}


def test_drift_does_not_depend_on_the_judge(image_folders, tmp_path, request_for):
    found = {}
    for judge in ("kinematic", "frame-difference", "toy"):
        out = tmp_path / judge
        score_paths(
            request_for(
                paths=(str(image_folders / "c24"),), judges=(judge,), image_fps=24.0, until_s=(0.5,), workers=0,
                out=str(out),
            )
        )  # fmt: skip
        (one,) = read_prefixes(out)
        found[judge] = one.drift
    assert len({repr(drift) for drift in found.values()}) == 1
    assert np.isfinite([found["toy"].brightness, found["toy"].motion_per_s]).all()
