"""`lawful calibrate`, as users meet it."""

import os

import pytest
from click.testing import CliRunner

from lawful.cli.main import lawful
from lawful.generators.worlds.make import make_clip
from lawful.judge.arguments import read_judge_config
from lawful.video.write import write_video


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Ten small lawful clips, and a file that only claims to be one."""
    folder = tmp_path_factory.mktemp("worlds") / "lawful"
    folder.mkdir()
    for seed in range(10):
        clip = make_clip("billiards", seed, width_px=96, height_px=96, fps=15, duration_s=1.2)
        write_video(folder / f"{seed}.mp4", clip.frames)
    return folder


@pytest.fixture
def run(clips, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def calibrate(*arguments, paths=(clips,)):
        named = [word for path in paths for word in ("--lawful", str(path))]
        return CliRunner().invoke(
            lawful, ["calibrate", *named, "--out", "judge.toml", "--workers", "0", *arguments]
        )

    return calibrate


def test_thresholds_are_written_and_taken_by_score(run, clips, tmp_path):
    result = run("--false-alarms", "0.2", "--run", "lawful_run")
    assert result.exit_code == 0, result.output
    assert "promised false alarms" in result.stdout
    assert "0.2, on average over sets of " in result.stdout
    assert "next: lawful score VIDEOS --judge-config judge.toml" in result.stdout
    config = read_judge_config(tmp_path / "judge.toml")["kinematic"]
    assert 0 < config["violation_at"] < 0.5
    scored = CliRunner().invoke(
        lawful,
        ["score", str(clips), "--judge-config", "judge.toml", "--workers", "0", "--out", "later", "--quiet"],
    )
    assert scored.exit_code == 0, scored.output
    page = CliRunner().invoke(lawful, ["report", "later", "--format", "md", "--out", "-"])
    assert f"thresholds of kinematic: {config['thresholds_made_on']}" in page.stdout.replace("\\", "")


def test_the_same_command_goes_on(run):
    assert "10 looks" in run("--false-alarms", "0.2").stderr
    again = run("--false-alarms", "0.2")
    assert again.exit_code == 0, again.output
    assert "10/10, 0.00 clips/s, 10 from store" in again.stderr


def test_clips_that_cannot_be_read_are_named(run, clips, tmp_path):
    bad = tmp_path / "more" / "bad.mp4"
    bad.parent.mkdir()
    bad.write_bytes(b"no video")
    result = run("--false-alarms", "0.2", "--quiet", paths=(clips, bad.parent))
    assert result.exit_code == 1
    assert "failed: " in result.stderr
    assert "bad.mp4" in result.stderr
    assert result.stdout == "judge.toml\n"


def test_too_few_clips_are_an_error_that_says_what_they_can_promise(run):
    result = run()
    assert result.exit_code == 1
    assert result.stderr.startswith(
        "Error: false alarms at a rate of 0.05 can be promised from 19 lawful clips on;"
    )
    assert "With 10 the smallest rate is 0.091. Give more clips, or ask for a greater rate." in result.stderr
    assert not os.path.exists("judge.toml")


def test_wrong_usage(run):
    result = run(paths=("nowhere",))
    assert result.exit_code == 2
    assert "'nowhere' does not exist." in result.stderr
    result = run("--false-alarms", "0.9")
    assert "at a rate above 0 and at most 0.5, got 0.9" in result.stderr
