"""Thresholds from lawful clips: what is counted, written and refused."""

import tomllib

import pytest

from lawful.core.errors import InputError
from lawful.judge.arguments import read_judge_config
from lawful.judge.calibrate import HEAD, calibrate, flag_score
from lawful.judge.conformal import conformal_threshold
from lawful.judge.make import make_judge
from lawful.judge.protocol import fingerprint
from lawful.judge.reading import read_run, thresholds_made_on
from lawful.judge.run import score_paths
from lawful.judge.task import JudgeSpec

RATE = 0.1


@pytest.fixture
def lawful_clips(tmp_path):
    folder = tmp_path / "lawful"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02d}.mp4").write_bytes(b"lawful %d" % (number % 38))
    return folder


@pytest.fixture
def asked(request_for, lawful_clips):
    return lambda **changes: request_for(paths=(str(lawful_clips),), judges=("kinematic",), **changes)


def test_the_file_holds_the_threshold_of_the_answered_clips(make_engine, asked, tmp_path):
    found = calibrate(asked(), RATE, tmp_path / "judge.toml", engine=make_engine())
    clips = {clip.sha256: flag_score(clip) for clip in read_run(tmp_path / "run")}
    scores = [score for score in clips.values() if score is not None]
    assert found.conformal == conformal_threshold(scores, RATE, most=0.5)
    assert (len(clips), found.n_twice) == (38, 2)
    assert found.n_abstained == 38 - len(scores)
    assert found.n_flagged_before == sum(score <= 0.05 for score in scores)
    config = read_judge_config(tmp_path / "judge.toml")["kinematic"]
    assert config == dict(found.config)
    judge = make_judge(JudgeSpec("kinematic", config))
    assert judge.rule.violation_at == found.conformal.threshold
    assert fingerprint(judge) == found.fingerprint != fingerprint(make_judge(JudgeSpec("kinematic")))
    assert (
        config["thresholds_made_on"]
        .removeprefix(f"{len(scores)} lawful clips ")
        .endswith("promised false alarms 0.1")
    )


def test_other_clips_give_another_fingerprint(make_engine, asked, lawful_clips, tmp_path):
    first = calibrate(asked(), RATE, tmp_path / "a.toml", engine=make_engine())
    again = calibrate(asked(), RATE, tmp_path / "a.toml", engine=make_engine())
    assert (again.fingerprint, again.summary.n_judged) == (first.fingerprint, 0)
    (lawful_clips / "more.mp4").write_bytes(b"one more")
    more = calibrate(asked(), RATE, tmp_path / "a.toml", engine=make_engine())
    assert more.fingerprint != first.fingerprint


def test_settings_to_start_from_are_kept(make_engine, asked, tmp_path):
    request = asked(judge_config={"kinematic": {"causal": True}})
    calibrate(request, RATE, tmp_path / "judge.toml", engine=make_engine())
    assert tomllib.loads((tmp_path / "judge.toml").read_text())["kinematic"]["causal"] is True


def test_a_run_says_what_the_thresholds_of_its_judge_were_made_on(make_engine, asked, tmp_path):
    found = calibrate(asked(), RATE, tmp_path / "judge.toml", engine=make_engine())
    config = read_judge_config(tmp_path / "judge.toml")
    score_paths(asked(judge_config=config, out=str(tmp_path / "later")), engine=make_engine())
    assert thresholds_made_on(tmp_path / "later") == {"kinematic": found.config["thresholds_made_on"]}


def test_clips_that_cannot_be_read_are_named_and_not_counted(make_engine, asked, tmp_path):
    found = calibrate(asked(), RATE, tmp_path / "judge.toml", engine=make_engine(fails=("07", "08")))
    assert sorted(found.summary.failed) == ["07.mp4", "08.mp4"]
    assert found.conformal.n + found.n_abstained == 36


def test_too_few_clips_are_refused_before_anything_is_judged(make_engine, asked, tmp_path):
    engine = make_engine()
    with pytest.raises(
        InputError, match=r"a rate of 0\.01 can be promised from 99 lawful clips on; found 40\."
    ):
        calibrate(asked(), 0.01, tmp_path / "judge.toml", engine=engine)
    assert not engine.tasks
    assert not (tmp_path / "judge.toml").exists()


def test_abstentions_can_leave_too_few(make_engine, asked, tmp_path):
    bad = make_engine(fails=[f"{number:02d}" for number in range(35)])
    with pytest.raises(
        InputError,
        match=r"found \d that were answered \(\d abstained on, \d there twice, 37 not readable\)\.",
    ):
        calibrate(asked(), RATE, tmp_path / "judge.toml", engine=bad)
    assert not (tmp_path / "judge.toml").exists()


def test_judges_without_thresholds_are_refused(make_engine, asked, request_for, lawful_clips, tmp_path):
    def run(name):
        request = request_for(paths=(str(lawful_clips),), judges=(name,))
        calibrate(request, RATE, tmp_path / "judge.toml", engine=make_engine())

    with pytest.raises(InputError, match="the judge 'mean-motion' ranks clips and answers nothing"):
        run("mean-motion")
    with pytest.raises(InputError, match="the judge 'outcome' takes no thresholds in its settings: "):
        run("outcome")
    with pytest.raises(InputError, match="for one judge under one suite"):
        calibrate(request_for(judges=("toy", "kinematic")), RATE, tmp_path / "judge.toml")


def test_other_files_are_not_written_over(make_engine, asked, tmp_path):
    out = tmp_path / "judge.toml"
    out.write_text("[kinematic]\ncausal = true\n")
    with pytest.raises(InputError, match="is there and was not made by lawful calibrate"):
        calibrate(asked(), RATE, out, engine=make_engine())
    with pytest.raises(InputError, match=r"there is no folder .*missing to write it in"):
        calibrate(asked(), RATE, tmp_path / "missing" / "judge.toml")
    with pytest.raises(InputError, match="is a folder; name a file"):
        calibrate(asked(), RATE, tmp_path)
    assert HEAD.encode() not in out.read_bytes()
