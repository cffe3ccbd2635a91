"""`lawful generate` and `lawful layout`, as users meet them."""

import html
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from lawful.cli import generating
from lawful.cli.main import lawful
from lawful.generators.generate.progress import ChunkMade, Remarked, Started, VideoDone
from lawful.generators.manifest import MANIFEST, read_manifest


@pytest.fixture
def generate(painter_site, prompts_suite, tmp_path, monkeypatch):
    """Runs `lawful generate` on a suite of two cases."""
    monkeypatch.chdir(tmp_path)
    prompts_suite("a square moves", "a circle moves")

    def run(*arguments, suite="asks.json", out="videos"):
        command = ["generate", suite, "--generator", "painter", "--out", out, *arguments]
        return CliRunner().invoke(lawful, command)

    return run


def rows(folder="videos"):
    return read_manifest(Path(folder) / MANIFEST)


def test_videos_are_made_and_the_next_step_named(generate):
    result = generate("--seeds", "0:2", "--generator", "mute,echo:x", "--frames", "6")
    assert result.exit_code == 0, result.output
    assert "12 videos, 72 frames to make, into " in result.stderr
    assert re.search(r"12/12 videos, \d+\.\d frames/s", result.stderr)
    lines = result.stdout.splitlines()
    assert re.split(" {2,}", lines[0]) == ["generator", "videos", "size", "frames/s", "first chunk, s"]
    assert re.match(r"painter +4 +48x32, 8 fps +\d+\.\d +\d\.\d\d$", lines[1])
    assert re.match(r"mute +4 +48x32, 4 fps ", lines[2])
    assert re.match(r"echo:x +4 ", lines[3])
    assert "12 made now, 0 there before" in result.stdout
    assert result.stdout.endswith("\nvideos: videos\nnext: lawful score videos --suite asks.json\n")
    assert len(rows()) == 12
    again = generate("--seeds", "0:2", "--generator", "mute,echo:x", "--frames", "6")
    assert "0 made now, 12 there before" in again.stdout


def test_quiet_prints_notes_and_the_folder_alone(generate):
    result = generate("--quiet")
    assert (result.stdout, result.stderr) == (
        "videos\n",
        "Note: painter: licence of its weights: CC0-1.0\n",
    )


def test_cases_size_rate_and_settings_are_passed_on(generate, tmp_path):
    (tmp_path / "g.toml").write_text("[painter]\ntint = 2\n")
    options = [
        "--cases",
        "c1",
        "--size",
        "64x48",
        "--fps",
        "4",
        "--duration",
        "1.5",
        "--generator-config",
        "g.toml",
    ]
    result = generate(*options, "--device", "cuda:0", "--dtype", "float16")
    assert result.exit_code == 0, result.output
    (row,) = rows().values()
    assert (row.case, row.width_px, row.height_px, row.fps, row.n_frames) == ("c1", 64, 48, 4.0, 6)
    assert (row.device, row.dtype) == ("cuda:0", "float16")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--generator", "nobody"], 2, "no generator is called 'nobody'. Known: "),
        (["--generator", " , "], 2, "names at least one"),
        (["--seeds", "4:1"], 2, "the range 4:1 is empty"),
        (["--seeds", "x"], 2, "'x' is no seed and no range; write 0:4 or 0,1,7"),
        (["--cases", "c7"], 2, "suite 'asks' has no case 'c7'. Its cases: c0, c1"),
        (["--size", "64"], 2, "'64' is no size. Write it as WIDTHxHEIGHT"),
        (["--frames", "0"], 2, "Invalid value for '--frames'"),
        (["--fps", "0"], 2, "Invalid value for '--fps'"),
        (["--frames", "3", "--duration", "1"], 2, "the length is given twice"),
        (["--generator-config", "asks.json"], 2, "asks.json: is no TOML"),
        (["--generator-config", "hue.toml"], 1, "unknown setting 'hue'"),
        (["--generator-config", "other.toml"], 2, "settings for the generator 'other', which is not asked"),
        (["--generator", "mute", "--size", "64x64"], 1, "mute: the request uses size; this generator follows text"),
        (["--generator", "blind"], 1, "blind: the request uses text; this generator follows none"),
        (["--out", "asks.json"], 2, "asks.json"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_with_its_exit_code(generate, tmp_path, arguments, code, message):
    (tmp_path / "hue.toml").write_text("[painter]\nhue = 1\n")
    (tmp_path / "other.toml").write_text("[other]\nx = 1\n")
    result = generate(*arguments)
    assert result.exit_code == code, result.output
    assert message in " ".join(result.stderr.split())
    assert not Path("videos").exists()


@pytest.mark.parametrize(
    ("suite", "code", "message"),
    [
        ("nothing", 2, "no suite is called 'nothing'"),
        ("physics", 1, "has questions for any video and no cases"),
        ("none.json", 1, "none.json: cannot be read"),
        ("broken.json", 1, "broken.json: "),
    ],
)
def test_a_suite_that_is_none_is_refused(generate, tmp_path, suite, code, message):
    (tmp_path / "broken.json").write_text("{")
    result = generate(suite=suite)
    assert result.exit_code == code, result.output
    assert message in result.stderr


def test_what_failed_is_named_and_tried_again(generate, prompts_suite):
    prompts_suite("a square", "it fails")
    for _ in range(2):
        result = generate()
        assert result.exit_code == 1
        assert "failed: painter/c1-0.mp4: generator 'painter' failed: ZeroDivisionError" in result.stderr
    assert "0 made now, 1 there before" in result.stdout
    prompts_suite(*[f"it fails {number}" for number in range(25)], name="bad")
    result = generate(suite="bad.json", out="bad")
    assert result.stderr.count("failed: painter/") == 20
    assert "failed: and 5 more" in result.stderr


def test_a_dry_run_writes_nothing(generate):
    result = generate("--dry-run", "--seeds", "0:12")
    assert result.exit_code == 0
    assert not Path("videos").exists()
    assert result.stdout.startswith("painter/c0-0.mp4\n")
    assert "and 4 more" in result.stdout
    assert re.search(r"^painter +24 +0 +7 +48x32, 8 fps +1\.75 GiB$", result.stdout, re.MULTILINE)
    assert "24 videos, 168 frames to make" in result.stdout
    assert "videos: videos (nothing was written)" in result.stdout
    generate("--quiet")
    assert " 256 MiB" in generate("--dry-run", "--frames", "1", out="other").stdout
    assert "22 videos, 154 frames to make" in generate("--dry-run", "--seeds", "0:12").stdout


def test_a_stream_is_a_line_for_each_chunk(generate):
    result = generate("--stream", "--cases", "c0")
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(one["chunk"], one["first_frame"], one["last_frame"]) for one in lines] == [
        (1, 0, 2), (2, 3, 5), (3, 6, 6),
    ]  # fmt: skip
    assert {one["file"] for one in lines} == {"painter/c0-0.mp4"}
    assert all(".chunks" in one["piece"] and one["final"] and not one["given"] for one in lines)
    assert "1 made now, 0 there before" in result.stderr
    assert [path.name for path in Path("videos").rglob("*.mp4")] == ["c0-0.mp4"]


def command(*arguments):
    return [sys.executable, "-c", "from lawful.cli.main import main; main()", *arguments]


@pytest.fixture
def start(painter_site, prompts_suite, tmp_path):
    """Starts `lawful generate` as a process of its own: ten videos of three slow chunks each."""
    suite = prompts_suite(*[f"square {number}" for number in range(5)])
    (tmp_path / "slow.toml").write_text("[painter]\nslow_s = 0.02\n")

    def run(out):
        arguments = [
            "generate",
            suite,
            "--generator",
            "painter",
            "--seeds",
            "0:2",
            "--out",
            str(tmp_path / out),
        ]
        return subprocess.Popen(
            command(*arguments, "--generator-config", str(tmp_path / "slow.toml")),
            env={**os.environ, "PYTHONPATH": str(painter_site)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return run


def digests(folder):
    return {file: row.video_sha256 for file, row in rows(folder).items()}


def _wait_for_rows(process, folder, n_rows):
    process.stderr.readline()
    while process.poll() is None and len(rows(folder)) < n_rows:
        time.sleep(0.002)


def test_ctrl_c_keeps_whole_videos_and_says_how_to_go_on(start, tmp_path):
    with start("videos") as process:
        _wait_for_rows(process, tmp_path / "videos", 3)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert "What was finished is kept; the same command goes on from there." in errors
    done = len(rows(tmp_path / "videos"))
    assert 3 <= done < 10
    files = [path.name for path in (tmp_path / "videos").rglob("*.mp4")]
    assert len([name for name in files if not name.startswith(".")]) in (done, done + 1)
    assert not [name for name in files if name.startswith(".")]
    with start("videos") as process:
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert f"{10 - done} made now, {done} there before" in output


def test_kills_cost_one_video_at_most(start, tmp_path):
    with start("whole") as process:
        process.communicate(timeout=60)
    whole = digests(tmp_path / "whole")
    assert len(whole) == 10
    rng, landed = random.Random(0), 0
    for _ in range(4):
        before = len(rows(tmp_path / "killed")) if (tmp_path / "killed").exists() else 0
        with start("killed") as process:
            _wait_for_rows(process, tmp_path / "killed", before + 1)
            time.sleep(rng.uniform(0, 0.06))
            process.kill()
            process.communicate()
        landed += before < len(rows(tmp_path / "killed")) < 10
    assert landed >= 2
    with start("killed") as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert digests(tmp_path / "killed") == whole
    names = {path.name for path in (tmp_path / "killed").rglob("*.mp4")}
    assert not [name for name in names if name.startswith(".")]


def test_a_full_disk_ends_with_one_line_and_the_same_command_goes_on(
    start, painter_site, prompts_suite, tmp_path
):
    # A largest size of files stands for the end of the disk.
    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))

    suite = prompts_suite("a square", "a circle")
    arguments = command(
        "generate", suite, "--generator", "painter", "--out", str(tmp_path / "v"), "--size", "128x96"
    )
    environment = {**os.environ, "PYTHONPATH": str(painter_site)}
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, preexec_fn=small)
    assert done.returncode == 1
    assert re.search(
        r"^Error: .*/v/painter/c0-0\.mp4: cannot be written: File too large$", done.stderr, re.MULTILINE
    )
    assert not list((tmp_path / "v").rglob("*.mp4"))
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "2 made now, 0 there before" in done.stdout


def chunk(file, n_frames, spent_s, given=False):
    return ChunkMade(file, 0, 0, n_frames - 1, n_frames, given, True, spent_s)


def test_lines_without_a_terminal_tell_rate_and_time_left(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(generating.time, "monotonic", lambda: now[0])
    with generating.filming(quiet=False) as listener:
        listener(Started(Path("videos"), 10, 9 * 20))
        listener(VideoDone("0", 20, "kept"))
        for number in range(1, 10):
            listener(chunk(f"{number}", 4, 0.0, given=True))
            for _ in range(2 if number == 5 else 4):
                now[0] += 2.0
                listener(chunk(f"{number}", 4, 2.0))
            listener(VideoDone(f"{number}", 20, "failed" if number == 5 else "made"))
        listener(Remarked("something"))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "10 videos, 180 frames to make, into videos"
    assert lines[1] == "1/10 videos, 2.0 frames/s, 1 min 22 s left, 1 there before"
    assert lines[-2] == "10/10 videos, 2.0 frames/s, 1 there before, 1 failed"
    assert lines[-1] == "Note: something"


def test_before_it_is_known_how_much_there_is_nothing_is_counted(monkeypatch, capsys):
    from lawful.cli import generating
    from lawful.generators.generate.progress import Remarked

    now = [0.0]
    monkeypatch.setattr(generating.time, "monotonic", lambda: now[0])
    with generating.filming(quiet=False) as listener:
        now[0] += 60.0  # weights were read
        listener(Remarked("a licence"))
    assert capsys.readouterr().err == "Note: a licence\n"


def test_the_bar_shows_the_same_counts(monkeypatch):
    import io

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with generating.filming(quiet=False) as listener:
        listener(Started(Path("videos"), 2, 8))
        listener(chunk("[bold]", 4, 0.1))
        listener(VideoDone("[bold]", 4, "made"))
        listener(Remarked("look [here]"))
    assert "1/2 videos" in terminal.getvalue()
    assert "Note: look [here]" in terminal.getvalue()


def test_videos_are_laid_out(generate):
    generate("--seeds", "0:2", "--quiet")
    result = CliRunner().invoke(lawful, ["layout", "vbench", "videos", "--out", "bench"])
    assert result.exit_code == 0, result.output
    assert result.stdout == "4 videos in bench\n"
    assert "Note: painter: 2 prompts do not have the 5 videos that the benchmark wants" in result.stderr
    assert sorted(path.name for path in Path("bench/painter").iterdir()) == [
        "a circle moves-0.mp4", "a circle moves-1.mp4", "a square moves-0.mp4", "a square moves-1.mp4",
    ]  # fmt: skip
    result = CliRunner().invoke(lawful, ["layout", "videophy", "videos", "--out", "phy", "--copy"])
    assert result.stdout == "4 videos in phy\nphy/painter.csv\n"
    refused = CliRunner().invoke(lawful, ["layout", "physics-iq", "videos", "--out", "iq"])
    assert refused.exit_code == 1
    assert "does not end in a Physics-IQ id of four digits" in refused.stderr
    assert CliRunner().invoke(lawful, ["layout", "mybench", "videos", "--out", "x"]).exit_code == 2


def test_the_command_knows_all_layouts():
    from lawful.cli.layout import _LAYOUTS
    from lawful.generators.generate.layouts import LAYOUTS

    assert list(_LAYOUTS) == list(LAYOUTS)


def score(*arguments):
    command = ["score", *arguments, "--judge", "brightness", "--workers", "0"]
    return CliRunner().invoke(lawful, command)


def clips(run):
    from lawful.judge.reading import read_run

    return {clip.video: clip for clip in read_run(Path(run))}


def test_a_folder_is_scored_by_its_manifest_without_further_flags(generate):
    generate("--generator", "mute", "--seeds", "0:2", "--duration", "1", "--quiet")
    result = score("videos", "--suite", "asks.json", "--out", "run")
    assert result.exit_code == 0, result.output
    assert "skipped" not in result.stdout
    assert "without a" not in result.stdout
    found = clips("run")
    assert len(found) == 8
    one = found["mute/c1-1.mp4"]
    assert (one.prompt, one.case, one.generator, one.seed) == ("a circle moves", "c1", "mute", 1)
    compared = CliRunner().invoke(lawful, ["compare", "run"])
    assert compared.exit_code == 0, compared.output
    assert "2 generators" in compared.stdout
    assert {"painter", "mute"} <= set(compared.stdout.split())
    report = CliRunner().invoke(lawful, ["report", "run", "--format", "jsonl", "--out", "-"])
    assert {json.loads(line)["generator"] for line in report.stdout.splitlines()} == {"painter", "mute"}


def test_a_case_of_another_suite_than_is_asked_is_no_case(generate):
    generate("--quiet")
    score("videos", "--suite", "physics", "--out", "run")
    assert {(one.case, one.prompt) for one in clips("run").values()} == {
        (None, "a square moves"), (None, "a circle moves"),
    }  # fmt: skip


def test_manifests_are_found_in_any_folder_and_foreign_ones_left_alone(generate):
    generate("--quiet", out="all/one")
    generate("--quiet", "--seeds", "5", out="all/two")
    Path("all/more").mkdir()
    Path("all/one/painter/c0-0.mp4").rename("all/more/stray.mp4")
    Path("all/more/manifest.jsonl").write_text('{"audio": "a.wav"}\n')
    result = score("all", "--suite", "asks.json", "--out", "run")
    assert "skipped 1: not a video by its ending" in result.stdout
    assert "prompts without a video: painter/c0-0.mp4" in result.stdout
    assert "videos without a prompt: more/stray.mp4" in result.stdout
    assert {name: one.seed for name, one in clips("run").items()} == {
        "more/stray.mp4": None, "one/painter/c1-0.mp4": 0, "two/painter/c0-5.mp4": 5, "two/painter/c1-5.mp4": 5,
    }  # fmt: skip


def test_the_prompts_file_counts_before_the_manifest(generate):
    generate("--quiet")
    Path("prompts.csv").write_text("file,prompt,generator\nc0-0.mp4,something else,me\n")
    score("videos", "--suite", "asks.json", "--out", "run", "--prompts", "prompts.csv")
    assert {(one.prompt, one.generator) for one in clips("run").values()} == {
        ("something else", "me"), ("a circle moves", "painter"),
    }  # fmt: skip


def test_the_report_says_under_which_licence_each_generator_is(generate):
    generate("--generator", "mute", "--quiet")
    path = Path("videos/manifest.jsonl")
    path.write_text(path.read_text().replace("CC0-1.0", "CC-BY-NC-4.0 (no *commercial* use)", 1))
    Path("prompts.csv").write_text(
        "file,prompt,generator\npainter/c0-0.mp4,other words,\nmute/c0-0.mp4,more,me\n"
    )
    score("videos", "--suite", "asks.json", "--out", "run", "--prompts", "prompts.csv")
    assert clips("run")["painter/c0-0.mp4"].generator == "painter"

    def reported(name):
        return CliRunner().invoke(lawful, ["report", "run", "--format", name, "--out", "-"]).stdout

    told = {
        "licence of painter's weights": "CC-BY-NC-4.0 (no *commercial* use); CC0-1.0",
        "licence of mute's weights": "CC0-1.0",
    }
    run = json.loads(reported("json"))["run"]
    assert {name: text for name, text in run.items() if name.startswith("licence")} == told
    plain = reported("md").replace("\\", "")
    page = html.unescape(reported("html"))
    for name, text in told.items():
        assert f"- {name}: {text}\n" in plain
        assert f"<dt>{name}</dt><dd>{text}</dd>" in page


def test_a_damaged_manifest_is_an_error(generate):
    generate("--quiet")
    path = Path("videos/manifest.jsonl")
    path.write_text(path.read_text() + "{}\n")
    result = score("videos", "--out", "run")
    assert result.exit_code == 1
    assert "manifest.jsonl, line 3: schema is missing" in result.stderr
