"""`lawful score`, `lawful run` and `lawful merge`, as users meet them."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from lawful.cli import progress
from lawful.cli.main import lawful
from lawful.cli.outcome import groups_below
from lawful.judge.progress import Looked, Note, Started
from lawful.judge.reading import read_prefixes, read_run
from lawful.judge.runfile import read_run_file
from lawful.reports.tally import Counts, GroupKey, Tally


@pytest.fixture
def clips(tmp_path, monkeypatch):
    """A folder with three short clips, a text, and a file that only claims to be a video."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "clips"
    for number in range(3):
        write_clip(folder / "maker" / f"{number}.webp", number)
    (folder / "notes.txt").write_text("not a video")
    return folder


def write_clip(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 60, (8, 48, 64, 3), dtype=np.uint8)
    first, *rest = (Image.fromarray(frame) for frame in frames)
    first.save(path, save_all=True, append_images=rest, duration=100, lossless=True)


@pytest.fixture
def score(clips):
    """Runs `lawful score` on the clips with a cheap judge in this process."""

    def run(*arguments, paths=(str(clips),)):
        command = ["score", *paths, "--judge", "frame-difference", "--workers", "0", *arguments]
        return CliRunner().invoke(lawful, command)

    return run


def test_clips_are_also_judged_as_if_they_ended_early(score, tmp_path):
    result = score("--until", "0.5,0.25,9", "--out", "run")
    assert result.exit_code == 0, result.output
    assert "9 judged now, 0 from the store" in result.stdout
    assert "3 looks not taken: their clips end before a time of --until" in result.stdout
    assert "3 clips: 0 violation, 0 none found, 3 not sure, 0 failed" in result.stdout
    assert "12/12" in result.stderr
    assert "3 too short" in result.stderr
    assert [(one.clip.video, one.until_s) for one in read_prefixes(Path("run"))] == [
        (f"maker/{n}.webp", until_s) for n in range(3) for until_s in (0.25, 0.5)
    ]
    assert read_run_file(Path("run/run.toml")).passed["until_s"] == [0.25, 0.5, 9.0]
    again = CliRunner().invoke(lawful, ["run", "run/run.toml"])
    assert "0 judged now, 9 from the store" in again.stdout
    dry = score("--until", "0.5,0.25,9", "--out", "run", "--dry-run")
    assert "3 videos, 9 looks, " in dry.stdout
    assert "3 looks are not taken: their clips end before a time of --until" in dry.stdout
    report = CliRunner().invoke(lawful, ["report", "run", "--format", "jsonl", "--out", "-"])
    assert len(report.stdout.splitlines()) == 3


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("1,x", "'1,x' is no list of seconds such as 1,2,4."),
        ("0,1", "until: times must be positive, got 0, 1"),
    ],
)
def test_times_that_are_none_are_refused(score, value, message):
    result = score("--until", value)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_folder_is_scored_and_the_next_step_named(score, tmp_path):
    result = score()
    assert result.exit_code == 0, result.output
    assert re.search(r"^maker/0\.webp +not sure +0\.\d\d ", result.stdout, re.MULTILINE)
    assert "3 clips: 0 violation, 0 none found, 3 not sure, 0 failed" in result.stdout
    assert "3 judged now, 0 from the store" in result.stdout
    assert "skipped 1: not a video by its ending" in result.stdout
    run = re.search(r"run: (runs/clips-[0-9a-f]{8})\nnext: lawful report \1\n$", result.stdout)[1]
    assert len(list(read_run(tmp_path / run))) == 3
    assert "3 videos, 3 looks, into" in result.stderr
    assert "3/3" in result.stderr


def test_the_same_command_goes_on_in_the_same_folder(score, tmp_path):
    score("--limit", "1")
    result = score()
    assert "2 judged now, 1 from the store" in result.stdout
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_a_failed_input_is_named_and_the_exit_code_is_1(score, clips):
    (clips / "broken.mp4").write_bytes(b"this is no video" * 50)
    (clips / "empty.mp4").touch()
    result = score("--quiet")
    assert result.exit_code == 1
    assert re.search(r"^failed: broken\.mp4: ", result.stderr, re.MULTILINE)
    assert re.search(r"^failed: empty\.mp4: .*the file is empty", result.stderr, re.MULTILINE)
    assert re.fullmatch(r"runs/clips-[0-9a-f]{8}\n", result.stdout)


def test_many_failures_are_cut_short(score, clips):
    for number in range(25):
        (clips / f"broken{number:02}.mp4").write_bytes(b"no video %d" % number)
    result = score("--quiet")
    assert result.stderr.count("failed: broken") == 20
    assert "failed: and 5 more" in result.stderr


def test_only_the_worst_clips_are_shown(score, clips):
    for number in range(30):
        write_clip(clips / f"{number}.webp", number)
    result = score()
    assert len(re.findall(r"not sure +\d", result.stdout)) == 20
    assert "and 13 more" in result.stdout


def test_a_dry_run_writes_nothing(score, clips, tmp_path):
    result = score("--dry-run")
    assert result.exit_code == 0
    assert "maker/0.webp\n" in result.stdout
    assert re.search(r"3 videos, 3 looks, \d+ questions, 0 of them answered in the store", result.stdout)
    assert "(nothing was written)" in result.stdout
    assert not (tmp_path / "runs").exists()
    score("--limit", "2")
    (clips / "empty.mp4").touch()
    result = score("--dry-run")
    numbers = re.search(r"4 looks, (\d+) questions, (\d+) of them answered", result.stdout)
    assert int(numbers[2]) * 2 == int(numbers[1])
    assert "failed: empty.mp4" in result.stderr


def test_fail_under_is_about_the_mean_of_answered_clips(score):
    result = score("--fail-under", "0.5")
    assert result.exit_code == 1
    assert "--fail-under: suite physics, judge frame-difference: no clip was answered" in result.stderr


def test_fail_under_compares_the_mean_of_each_suite_and_judge():
    tally = Tally()
    tally.groups[GroupKey("physics", "good")] = Counts(
        answers=Counter(none_found=3, violation=1), score_sum=3.0
    )
    tally.groups[GroupKey("physics", "bad")] = Counts(answers=Counter(violation=2, not_sure=9), score_sum=1.0)
    assert groups_below(tally, 0.5) == []
    assert groups_below(tally, 0.6) == [
        "suite physics, judge bad: the mean score of 2 answered clips is 0.500, below 0.6"
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "'nowhere' does not exist"),
        ([], "Missing argument 'PATH...'"),
        (["clips", "--workers", "-1"], "Invalid value for '--workers'"),
        (["clips", "--fail-under", "2"], "Invalid value for '--fail-under'"),
        (["clips", "--image-fps", "0"], "Invalid value for '--image-fps'"),
        (["clips", "--prompts", "none.csv"], "File 'none.csv' does not exist"),
        (["clips", "--generator", "x", "--generator-from-folder"], "exclude each other"),
        (["clips", "--judge", "nobody"], "no judge is called 'nobody'. Known: "),
        (["clips", "--suite", "nothing"], "no suite is called 'nothing'. Known: "),
        (["clips", "--judge-config", "notes.toml"], "settings for the judge 'other', which is not asked"),
        (["clips", "--judge-config", "list.toml"], "list.toml.judges.kinematic: expected an object, found 3"),
        (["clips", "--judge-config", "date.toml"], "a setting is no text, number, list or table"),
        (["clips", "--judge-config", "broken.toml"], "broken.toml: is no TOML"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_why(clips, tmp_path, arguments, message):
    (tmp_path / "notes.toml").write_text("[other]\nx = 1\n")
    (tmp_path / "list.toml").write_text("kinematic = 3\n")
    (tmp_path / "date.toml").write_text("[kinematic]\nx = 2020-01-01\n")
    (tmp_path / "broken.toml").write_text("[kinematic\n")
    result = CliRunner().invoke(lawful, ["score", *arguments])
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_prompts_and_generators_are_kept(score, tmp_path):
    (tmp_path / "prompts.csv").write_text("file,prompt,seed\n0.webp,a ball falls,3\nlost.webp,nothing,\n")
    result = score("--prompts", "prompts.csv", "--generator-from-folder", "--out", "run")
    assert result.exit_code == 0, result.output
    assert "prompts without a video: lost.webp" in result.stdout
    assert "videos without a prompt: maker/1.webp, maker/2.webp" in result.stdout
    first = next(read_run(tmp_path / "run"))
    assert (first.prompt, first.seed, first.generator) == ("a ball falls", 3, "maker")


def test_folders_that_are_given_side_by_side_name_their_generators(score, clips, tmp_path):
    (tmp_path / "other").mkdir()
    (clips / "maker" / "0.webp").rename(tmp_path / "other" / "0.webp")
    result = score(
        "--generator-from-folder", "--out", "run", paths=(str(clips / "maker"), str(tmp_path / "other"))
    )
    assert result.exit_code == 0, result.output
    assert {clip.generator for clip in read_run(tmp_path / "run")} == {"maker", "other"}


def test_the_run_file_holds_what_was_typed_and_what_was_meant(score, clips, tmp_path):
    score("--out", "run", "--limit", "2")
    file = read_run_file(tmp_path / "run" / "run.toml")
    assert file.passed["judges"] == ["frame-difference"]
    assert "repeat" not in file.passed
    assert file.effective["repeat"] == 1
    assert file.effective["paths"] == [str(clips)]
    assert set(file.versions) >= {"python", "lawful", "numpy", "av"}


def test_a_run_is_replayed_from_its_own_file(score, tmp_path):
    score("--out", "run")
    again = CliRunner().invoke(lawful, ["run", "run/run.toml"])
    assert "0 judged now, 3 from the store" in again.stdout
    new = CliRunner().invoke(lawful, ["run", "run/run.toml", "--out", "new"])
    assert new.exit_code == 0, new.output
    assert "3 judged now, 0 from the store" in new.stdout
    assert [c.sha256 for c in read_run(tmp_path / "new")] == [c.sha256 for c in read_run(tmp_path / "run")]


def test_a_replay_with_other_versions_says_so(score, tmp_path):
    score("--out", "run")
    file = tmp_path / "run" / "run.toml"
    file.write_text(re.sub(r'^numpy = ".*"$', 'numpy = "1.0"', file.read_text(), flags=re.MULTILINE))
    copied = tmp_path / "copied.toml"
    copied.write_text(file.read_text())
    for arguments in (
        ["run", "run/run.toml"],
        ["run", "run/run.toml", "--out", "new"],
        ["run", "copied.toml"],
    ):
        result = CliRunner().invoke(lawful, arguments)
        assert re.search(r"Note: .*versions.*numpy 1\.0 -> \d", result.stderr), result.stderr


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("repeat = 1", 'repeat = "x"', r"run\.toml: effective: repeat should be a whole number, found 'x'"),
        ("repeat = 1", "repeats = 1", r"run\.toml: effective: unknown 'repeats'; known: paths, suites"),
        ("schema = 1", "schema = 2", r"has schema 2, made by a newer lawful; this one knows 1"),
        ('command = "score"', 'command = "merge"', r"was made by `lawful merge`; only `lawful score` can be"),
        ('command = "score"', 'command = "x"', r"command should be one of score, merge, found 'x'"),
        ("[versions]", "[version]", r"run\.toml: unknown 'version'; known: schema, command, passed"),
        ("schema = 1", "schema = ", r"run\.toml: is no TOML"),
        (
            "schema = 1",
            f"schema = {'[' * 5000}{']' * 5000}",
            r"run\.toml: is no TOML: maximum recursion depth",
        ),
    ],
)
def test_a_run_file_that_was_changed_is_checked(score, tmp_path, old, new, message):
    score("--out", "run", "--limit", "1")
    file = tmp_path / "run" / "run.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    result = CliRunner().invoke(lawful, ["run", "run/run.toml", "--out", "new"])
    assert result.exit_code == 1
    assert re.search(message, result.stderr), result.stderr


def test_runs_are_merged(score, clips, tmp_path):
    score("--out", "a", "--limit", "2")
    write_clip(clips / "maker" / "1.webp", 77)
    score("--out", "b")
    result = CliRunner().invoke(lawful, ["merge", "a", "b", "--out", "ab"])
    assert result.exit_code == 0, result.output
    assert re.search(r"^4 videos, \d+ outcomes of questions, \d+ evidence files\n", result.stdout)
    assert "marked: maker/1.webp stands for different videos" in result.stdout
    assert "next: lawful report ab" in result.stdout
    refused = CliRunner().invoke(lawful, ["merge", "a", "--out", "b"])
    assert refused.exit_code == 1
    assert "b: is not empty" in refused.stderr


def test_a_folder_of_another_run_is_refused(score):
    score("--out", "run")
    result = score("--out", "run", "--repeat", "2")
    assert result.exit_code == 1
    assert "holds a run with other arguments: repeat was 1 and is now 2" in result.stderr


def test_lines_without_a_terminal_come_every_few_seconds(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.shown(quiet=False) as listener:
        listener(Started(Path("run"), 100, 100))
        for number in range(100):
            now[0] += 0.5
            source = "failed" if number == 3 else "stored" if number < 20 else "judged"
            listener(Looked(f"{number}", "s", "j", source, "not_sure" if number == 30 else None))
        listener(Note("something"))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "100 videos, 100 looks, into run"
    assert lines[1] == "10/100, 0.20 clips/s, 7 min 30 s left, 9 from store, 1 failed"
    assert lines[-2] == "100/100, 1.62 clips/s, 19 from store, 1 not sure, 1 failed"
    assert lines[-1] == "Note: something"
    assert len(lines) == 12


def test_the_bar_shows_the_same_counts(monkeypatch):
    import io

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress.shown(quiet=False) as listener:
        listener(Started(Path("run"), 2, 2))
        listener(Looked("[bold]", "s", "j", "judged", "not_sure"))
        listener(Note("look [here]"))
    assert "1 not sure" in terminal.getvalue()
    assert "Note: look [here]" in terminal.getvalue()


@pytest.mark.parametrize("presses", [1, 2])
@pytest.mark.parametrize("workers", ["0", "2"])
def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(clips, tmp_path, workers, presses):
    for number in range(400):
        write_clip(clips / f"{number:03}.webp", number % 40)
    command = [
        sys.executable,
        "-c",
        "from lawful.cli.main import main; main()",
        "score",
        str(clips),
        "--out",
        "run",
    ]
    command += ["--judge", "flow-peak", "--workers", workers, "--repeat", "50"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    with process:
        process.stderr.readline()
        while process.poll() is None and not _some_stored(tmp_path / "run"):
            time.sleep(0.01)
        pressed_s = time.monotonic()
        for _ in range(presses):
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.05)
        _, errors = process.communicate(timeout=30)
    assert time.monotonic() - pressed_s < 15
    # A second Ctrl-C may end the process while it says goodbye to the first; shells show that as 130 too.
    assert process.returncode in ((130,) if presses == 1 else (130, -signal.SIGINT)), errors
    assert "Traceback" not in errors
    assert "same command goes on" in errors
    assert _some_stored(tmp_path / "run")


def _some_stored(run):
    return (run / "lawful.db").exists() and next(read_run(run), None) is not None


def test_a_prompts_file_among_the_videos_is_not_counted_as_skipped(score, clips):
    (clips / "prompts.csv").write_text("file,prompt\nmaker/0.webp,a ball falls\n")
    assert "skipped 1: not a video by its ending" in score("--prompts", "clips/prompts.csv").stdout
    assert "skipped 2: not a video by its ending" in score("--out", "other").stdout


def test_questions_that_the_judge_does_not_answer_are_counted_apart(score):
    result = score("--judge", "kinematic", "--out", "run")
    assert re.search(
        r"^physics, kinematic: .*unscored \(174 not for this judge\)$", result.stdout, re.MULTILINE
    )
    assert re.search(r"^physics, frame-difference: .*339 unscored$", result.stdout, re.MULTILINE)
