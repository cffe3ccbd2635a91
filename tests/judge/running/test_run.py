"""Runs: going on after any cut, one look for identical videos, what goes wrong and is said."""

import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from lawful.core.errors import InputError, LawfulError
from lawful.judge.arguments import run_folder
from lawful.judge.progress import Looked, Note, Started
from lawful.judge.reading import read_run, run_info
from lawful.judge.records import Verdict
from lawful.judge.run import forecast, score_paths
from lawful.judge.runfile import read_run_file


def test_a_run_holds_every_input_once_with_its_outcomes_in_order(make_engine, request_for, tmp_path):
    engine = make_engine()
    summary = score_paths(request_for(), engine=engine)
    assert (summary.n_judged, summary.n_stored, summary.n_failed) == (5, 1, 0)
    assert summary.skipped == {"not a video by its ending": 1}
    clips = list(read_run(tmp_path / "run"))
    assert [clip.video for clip in clips] == [f"{n}.mp4" for n in range(6)]
    for clip in clips:
        assert [question.id for question in clip.questions] == ["a", "b", "c"]
        assert [outcome.question_id for outcome in clip.repeats[0]] == ["a", "b", "c"]
        assert (clip.suite, clip.judge, clip.error, clip.duration_s) == ("mine", "toy", None, 2.0)
    by_text = {task.video_sha256: make_engine() for task in engine.tasks}
    task = engine.tasks[0]
    for question, stored in zip(task.questions, clips[0].repeats[0], strict=True):
        assert repr(by_text[task.video_sha256].answer(task, question)) == repr(stored)


def test_identical_bytes_are_judged_once_and_shown_under_both_names(make_engine, request_for, tmp_path):
    engine = make_engine()
    score_paths(request_for(), engine=engine)
    assert sorted(task.name for task in engine.tasks) == [f"{n}.mp4" for n in range(5)]
    clips = {clip.video: clip for clip in read_run(tmp_path / "run")}
    assert clips["0.mp4"].sha256 == clips["5.mp4"].sha256
    assert repr(clips["0.mp4"].repeats) == repr(clips["5.mp4"].repeats)


def test_identical_bytes_in_flight_wait_for_each_other(make_engine, make_eager, rows, request_for, tmp_path):
    eager, plain = make_eager(), make_engine()
    score_paths(request_for(out=str(tmp_path / "eager")), engine=eager)
    score_paths(request_for(out=str(tmp_path / "plain")), engine=plain)
    assert len(eager.tasks) == len(plain.tasks) == 5
    assert rows(tmp_path / "eager") == rows(tmp_path / "plain")


def test_identical_bytes_that_fail_are_looked_at_once(make_eager, request_for, tmp_path):
    engine = make_eager(fails=("0.mp4", "5.mp4"))
    summary = score_paths(request_for(), engine=engine)
    assert len(engine.tasks) == 5
    assert set(summary.failed) == {"0.mp4", "5.mp4"}


@pytest.mark.parametrize("stop_after", range(11))
def test_a_run_cut_after_any_item_goes_on_to_the_same_store(
    make_engine, dump, request_for, tmp_path, stop_after
):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    score_paths(request_for(out=str(whole), repeat=2), engine=make_engine())
    first, second = make_engine(stop_after), make_engine()
    if stop_after < 10:
        with pytest.raises(KeyboardInterrupt):
            score_paths(request_for(out=str(cut), repeat=2), engine=first)
        done = [clip for clip in read_run(cut) if clip.error is None]
        assert sum(len(clip.repeats) for clip in done) == stop_after
    else:
        score_paths(request_for(out=str(cut), repeat=2), engine=first)
    score_paths(request_for(out=str(cut), repeat=2), engine=second)
    assert len(first.tasks) + len(second.tasks) == 10
    assert dump(cut) == dump(whole)


def test_a_finished_run_asks_nothing_and_changes_nothing(make_engine, dump, request_for, tmp_path):
    score_paths(request_for(), engine=make_engine())
    before, again = dump(tmp_path / "run"), make_engine()
    summary = score_paths(request_for(), engine=again)
    assert (again.tasks, summary.n_judged, summary.n_stored) == ([], 0, 6)
    assert dump(tmp_path / "run") == before


def test_force_judges_again_and_identical_bytes_still_once(make_engine, request_for, tmp_path):
    score_paths(request_for(), engine=make_engine())
    engine = make_engine()
    score_paths(request_for(force=True), engine=engine)
    assert len(engine.tasks) == 5


def test_what_failed_is_tried_again(make_engine, rows, request_for, tmp_path):
    summary = score_paths(request_for(), engine=make_engine(fails=("3.mp4",)))
    assert summary.failed == {"3.mp4": "no frame could be decoded"}
    clip = next(clip for clip in read_run(tmp_path / "run") if clip.video == "3.mp4")
    assert (clip.error, clip.repeats) == ("no frame could be decoded", ())
    assert run_info(tmp_path / "run").n_failed == 1
    engine = make_engine()
    assert score_paths(request_for(), engine=engine).failed == {}
    assert [task.name for task in engine.tasks] == ["3.mp4"]
    assert rows(tmp_path / "run")[3].count("error=None") == 1


def test_an_unreadable_input_fails_alone(make_engine, request_for, videos, tmp_path):
    (videos / "gone.mp4").symlink_to(videos / "nowhere.mp4")
    (videos / "empty.mp4").touch()
    summary = score_paths(request_for(), engine=make_engine())
    assert set(summary.failed) == {"gone.mp4", "empty.mp4"}
    clips = {clip.video: clip for clip in read_run(tmp_path / "run")}
    assert clips["gone.mp4"].sha256 is None
    assert "broken link" in clips["gone.mp4"].error
    assert len(clips) == 8


def test_a_changed_question_is_asked_and_the_others_are_not(make_engine, request_for, suite, tmp_path):
    score_paths(request_for(), engine=make_engine())
    suite(("a", "Is a so?"), ("b", "Is b really so?"), ("c", "Is c so?"))
    engine = make_engine()
    score_paths(request_for(), engine=engine)
    assert {tuple(q.id for q in task.questions) for task in engine.tasks} == {("b",)}
    clips = list(read_run(tmp_path / "run"))
    assert len(clips) == 6
    assert clips[0].questions[1].text == "Is b really so?"


def test_the_same_question_of_two_suites_is_asked_once(make_eager, request_for, suite, tmp_path):
    one = suite(("a", "Is a so?"), ("b", "Is b so?"), name="one")
    two = suite(("z", "Is b so?"), ("a", "Is a so?"), name="two")
    engine = make_eager()
    summary = score_paths(request_for(suites=(one, two)), engine=engine)
    assert (len(engine.tasks), summary.n_stored) == (5, 7)
    first, second = list(read_run(tmp_path / "run"))[:2]
    assert (first.suite, second.suite) == ("one", "two")
    assert [o.question_id for o in second.repeats[0]] == ["z", "a"]
    assert first.repeats[0][1].seconds == second.repeats[0][0].seconds


def test_a_changed_video_is_judged_anew_under_its_name(make_engine, request_for, videos, tmp_path):
    score_paths(request_for(), engine=make_engine())
    (videos / "1.mp4").write_bytes(b"another video")
    engine = make_engine()
    score_paths(request_for(), engine=engine)
    assert [task.name for task in engine.tasks] == ["1.mp4"]
    clips = {clip.video: clip for clip in read_run(tmp_path / "run")}
    assert len(clips) == 6
    assert clips["1.mp4"].sha256 == engine.tasks[0].video_sha256


def test_another_judge_setting_is_another_fingerprint(make_engine, request_for, tmp_path):
    config = {"toy": {"slow_s": 0.5}}
    score_paths(request_for(), engine=make_engine())
    score_paths(request_for(out=str(tmp_path / "other"), judge_config=config), engine=make_engine())
    first, second = (next(read_run(tmp_path / name)) for name in ("run", "other"))
    assert first.fingerprint != second.fingerprint


def test_a_prompt_enters_the_key_only_of_a_judge_that_is_given_it(
    make_engine, toy, request_for, videos, tmp_path
):
    prompts = tmp_path / "prompts.csv"
    prompts.write_text("file,prompt,generator,seed\n0.mp4,a ball falls,mine,7\n9.mp4,lost,,\n")
    engine = make_engine()
    summary = score_paths(request_for(prompts=str(prompts), generator="theirs"), engine=engine)
    assert summary.prompts_without_video == ("9.mp4",)
    assert len(summary.videos_without_prompt) == 5
    # 0.mp4 and 5.mp4 are the same bytes, and the toy judge is given the prompt, which one of them has.
    assert sorted(task.name for task in engine.tasks) == [f"{n}.mp4" for n in range(6)]
    assert {task.name: dict(task.given) for task in engine.tasks}["0.mp4"] == {"prompt": "a ball falls"}
    clips = {clip.video: clip for clip in read_run(tmp_path / "run")}
    assert (clips["0.mp4"].prompt, clips["0.mp4"].generator, clips["0.mp4"].seed) == (
        "a ball falls",
        "mine",
        7,
    )
    assert (clips["1.mp4"].prompt, clips["1.mp4"].generator) == (None, "theirs")


def test_columns_that_mean_nothing_are_named(make_engine, request_for, tmp_path):
    prompts = tmp_path / "prompts.csv"
    prompts.write_text("file,prompt,rating\n0.mp4,a ball falls,5\n")
    heard = []
    score_paths(request_for(prompts=str(prompts)), heard.append, make_engine())
    assert Note(f"{prompts}: columns that mean nothing here: rating") in heard


def test_names_do_not_depend_on_where_the_command_is_typed(make_engine, request_for, videos, monkeypatch):
    other = videos.parent / "more"
    other.mkdir()
    (other / "0.mp4").write_bytes(b"one more")
    named = {}
    for folder, paths in (
        (videos.parent, ("clips", "more/0.mp4")),
        (videos, (".", "../more/0.mp4")),
        (Path("/"), (str(videos), str(other / "0.mp4"))),
    ):
        monkeypatch.chdir(folder)
        summary = score_paths(request_for(paths=paths), engine=make_engine())
        named[folder] = summary.names
    assert set(named.values()) == {(*(f"clips/{n}.mp4" for n in range(6)), "more/0.mp4")}
    alone = request_for(paths=("../more/0.mp4",), out=str(videos.parent / "alone"))
    monkeypatch.chdir(videos)
    assert score_paths(alone, engine=make_engine()).names == ("0.mp4",)


def test_limit_takes_the_first_and_the_rest_comes_later(make_engine, rows, request_for, tmp_path):
    assert score_paths(request_for(limit=2), engine=make_engine()).names == ("0.mp4", "1.mp4")
    assert score_paths(request_for(), engine=make_engine()).n_judged == 3
    assert len(rows(tmp_path / "run")) == 6


def test_the_run_file_holds_the_widest_limit(make_engine, request_for, tmp_path):
    limits = []
    for limit in (2, 1, 3, None, 1):
        score_paths(request_for(limit=limit, passed={"limit": limit}), engine=make_engine())
        file = read_run_file(tmp_path / "run" / "run.toml")
        assert file.passed.get("limit") == file.effective.get("limit")
        limits.append(file.effective.get("limit"))
    assert limits == [2, 2, 3, None, None]


def test_repeats_are_kept_apart(make_engine, request_for, tmp_path):
    score_paths(request_for(repeat=3), engine=make_engine())
    clip = next(read_run(tmp_path / "run"))
    assert len(clip.repeats) == 3
    assert len({outcomes[0].score for outcomes in clip.repeats if isinstance(outcomes[0], Verdict)}) > 1


def test_the_listener_hears_of_every_look(make_engine, request_for):
    heard = []
    score_paths(request_for(), heard.append, make_engine(fails=("2.mp4",)))
    assert isinstance(heard[0], Started)
    assert (heard[0].n_inputs, heard[0].n_looks) == (6, 6)
    looked = [event for event in heard if isinstance(event, Looked)]
    assert sorted(event.source for event in looked) == ["failed", *["judged"] * 4, "stored"]


def test_forecast_counts_and_writes_nothing(make_engine, request_for, tmp_path):
    before = forecast(request_for())
    assert (before.n_looks, before.n_questions, before.n_questions_stored) == (6, 18, 0)
    assert not (tmp_path / "run").exists()
    score_paths(request_for(limit=2), engine=make_engine())
    content = (tmp_path / "run" / "lawful.db").read_bytes()
    after = forecast(request_for())
    assert after.n_questions_stored == 3 * 3  # 0.mp4, 1.mp4, and 5.mp4, which is 0.mp4 again
    assert (tmp_path / "run" / "lawful.db").read_bytes() == content


def test_the_same_request_has_the_same_folder_and_another_has_another(request_for, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    folder = run_folder(request_for(out=None))
    assert folder.parent == tmp_path / "runs"
    assert folder.name.startswith("clips-")
    assert folder == run_folder(request_for(out=None, workers=3, limit=1, force=True))
    assert folder != run_folder(request_for(out=None, repeat=2))


def test_a_folder_with_other_arguments_is_refused(make_engine, request_for):
    score_paths(request_for(), engine=make_engine())
    with pytest.raises(
        LawfulError, match=r"holds a run with other arguments: repeat was 1 and is now 2\. Choose"
    ):
        score_paths(request_for(repeat=2), engine=make_engine())


def test_a_folder_of_other_things_is_refused(make_engine, request_for, videos):
    with pytest.raises(LawfulError, match=r"holds other files .* and no run\. Choose an empty or new folder"):
        score_paths(request_for(out=str(videos)), engine=make_engine())
    with pytest.raises(LawfulError, match="is a file, not a run folder"):
        score_paths(request_for(out=str(videos / "notes.txt")), engine=make_engine())


def test_a_folder_in_use_is_refused(make_engine, request_for, tmp_path):
    script = "import sys, time; from pathlib import Path; from lawful.core.files import folder_lock\n"
    script += "with folder_lock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", script, tmp_path / "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with other:
        other.stdout.readline()
        with pytest.raises(LawfulError, match=rf"in use by another process \(pid {other.pid}\)"):
            score_paths(request_for(), engine=make_engine())
        other.stdin.close()
    assert score_paths(request_for(), engine=make_engine()).n_judged == 5


def test_a_run_begun_with_other_versions_says_so(make_engine, request_for, tmp_path):
    score_paths(request_for(), engine=make_engine())
    file = tmp_path / "run" / "run.toml"
    file.write_text(file.read_text().replace('python = "3', 'python = "2'))
    heard = []
    score_paths(request_for(), heard.append, make_engine())
    assert any(isinstance(event, Note) and "versions changed" in event.text for event in heard)


def test_versions_of_what_touches_a_verdict_are_recorded(make_engine, request_for, tmp_path):
    score_paths(request_for(), engine=make_engine())
    recorded = read_run_file(tmp_path / "run" / "run.toml").versions
    for package in ("lawful", "numpy", "transformers"):
        expected = version(package) if find_spec(package) else None
        assert recorded.get(package) == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"paths": ()}, "no video or folder is named"),
        ({"suites": ()}, "no suite is named"),
        ({"judges": ()}, "no judge is named"),
        ({"repeat": 0}, "repeat must be 1 or more, got 0"),
        ({"workers": -1}, "workers must be 0 or more, got -1"),
        ({"limit": 0}, "limit must be 1 or more, got 0"),
        ({"generator": "x", "generator_from_folder": True}, "exclude each other"),
        ({"judge_config": {"other": {}}}, "settings for the judge 'other', which is not asked; asked: toy"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(request_for, changes, message):
    with pytest.raises(InputError, match=message):
        request_for(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"paths": ("clips/caf\udce9.mp4",)},
        {"out": "caf\udce9"},
        {"generator": "caf\udce9"},
        {"passed": {"judge_config": "caf\udce9"}},
    ],
)
def test_names_that_are_not_utf8_are_refused(make_engine, request_for, changes):
    with pytest.raises(InputError, match=r"caf\\udce9(\.mp4)?: its name is not valid UTF-8: rename it"):
        score_paths(request_for(**changes), engine=make_engine())


def test_no_video_is_an_error_that_says_what_was_found(request_for, tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").touch()
    with pytest.raises(InputError, match=r"no video is in .*texts; 1 skipped: not a video by its ending"):
        score_paths(request_for(paths=(str(folder),)))


def test_two_suites_of_one_id_are_refused(request_for, suite):
    paths = (suite(("a", "A?"), version="1"), suite(("a", "B?"), version="2"))
    with pytest.raises(InputError, match="two of the suites have the same id: mine, mine"):
        score_paths(request_for(suites=paths))


def test_a_case_that_no_suite_has_is_refused(request_for, tmp_path):
    prompts = tmp_path / "prompts.csv"
    prompts.write_text("file,prompt,case\n0.mp4,a ball falls,unknown\n")
    with pytest.raises(InputError, match=r"0\.mp4: no asked suite \(mine\) has the case 'unknown'"):
        score_paths(request_for(prompts=str(prompts)))
