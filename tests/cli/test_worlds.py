import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from lawful.cli.main import lawful
from lawful.generators.worlds.breaking.violations import VIOLATIONS
from lawful.generators.worlds.families import FAMILIES

SMALL = ["--duration", "2", "--fps", "8", "--size", "64x64", "--workers", "0"]


def run(*arguments: str):
    return CliRunner().invoke(lawful, ["worlds", *arguments], prog_name="lawful")


def test_the_list_names_every_scene_and_violation() -> None:
    text = run("list").output
    document = json.loads(run("list", "--json").output)
    assert [scene["name"] for scene in document["scenes"]] == list(FAMILIES)
    assert [violation["name"] for violation in document["violations"]] == list(VIOLATIONS)
    assert list(document["splits"]) == ["train", "dev", "wide", "test", "cross"]
    for row in (*document["scenes"], *document["violations"]):
        assert f"\n{row['name']} " in text
        assert row["what"] in text


def test_make_says_what_was_made_and_what_comes_next(tmp_path: Path) -> None:
    out = str(tmp_path / "set")
    result = run(
        "make", "--scenes", "bounce,slide", "--violations", "vanish", "--count", "2", "--out", out, *SMALL
    )
    assert result.exit_code == 0, result.output
    assert f"4 clips in {out}, 2 of 2 made now\n" in result.output
    assert (
        f"next: lawful score {out}/clips --prompts {out}/prompts.csv --suite {out}/suite.json\n"
        in result.output
    )
    again = run(
        "make", "--scenes", "bounce,slide", "--violations", "vanish", "--count", "3", "--out", out, *SMALL
    )
    assert f"6 clips in {out}, 1 of 3 made now\n" in again.output
    assert len(list((tmp_path / "set" / "clips").glob("*.mp4"))) == 6


def test_what_is_made_can_be_scored(tmp_path: Path) -> None:
    out = tmp_path / "set"
    asked = ["--duration", "2", "--fps", "16", "--size", "160x120", "--workers", "0", "--plain"]
    assert run("make", "--scenes", "bounce", "--count", "1", "--out", str(out), *asked).exit_code == 0
    arguments = ["score", f"{out}/clips", "--prompts", f"{out}/prompts.csv", "--suite", f"{out}/suite.json"]
    scored = CliRunner().invoke(lawful, [*arguments, "--out", str(tmp_path / "run"), "--workers", "0"])
    assert scored.exit_code == 0, scored.output
    assert "2 clips:" in scored.output
    assert "0 failed" in scored.output


def test_lawful_clips_alone(tmp_path: Path) -> None:
    out = str(tmp_path / "set")
    result = run("make", "--scenes", "still", "--violations", "none", "--count", "2", "--out", out, *SMALL)
    assert f"2 clips in {out}, 2 of 2 made now\n" in result.output


def test_a_sheet_is_written(tmp_path: Path) -> None:
    path = tmp_path / "sheet.png"
    result = run("show", "bounce", "--violation", "vanish", "--seed", "3", "--out", str(path), *SMALL[:-2])
    assert (result.exit_code, result.output) == (0, f"{path}\n")
    assert path.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["make", "--count", "1"], 2, "Missing option '--out'"),
        (["make", "--out", "x"], 2, "Missing option '--count'"),
        (["make", "--count", "0", "--out", "x"], 2, "0 is not in the range x>=1"),
        (["make", "--count", "1", "--out", "x", "--size", "64"], 2, "'64' is no size. Write it as WIDTHxHEIGHT"),
        (["make", "--count", "1", "--out", "x", "--scenes", ","], 2, "names at least one, such as bounce,pendulum"),
        (["make", "--count", "1", "--out", "x", "--scenes", "lake"], 1, "no scene is called 'lake'. Known: all, flat, solid, bounce"),
        (["make", "--count", "1", "--out", "x", "--violations", "melt"], 1, "no violation is called 'melt'. Known: all, none, vanish"),
        (["make", "--count", "1", "--out", "x", "--split", "val"], 1, "no split is called 'val'. Known: train, dev"),
        (["make", "--count", "1", "--out", "x", "--split", "test", "--scenes", "bounce"], 1, "no scene is called 'bounce' in the split test"),
        (["make", "--count", "1", "--out", "x", "--scenes", "still", "--violations", "freeze"], 1, "freeze cannot happen in still"),
        (["make", "--count", "1", "--out", "x", "--scenes", "still", "--fps", "0"], 1, "fps was asked to be 0.0; it may be 1 to 240"),
        (["show", "lake", "--out", "x.png"], 1, "no scene is called 'lake'"),
        (["show", "still", "--plain", "--out", "x.gif"], 1, "x.gif: pictures are written as .png, .jpg, .webp, not .gif"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    arguments: list[str], code: int, message: str, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert (result.exit_code, message in result.output) == (code, True), result.output
    assert not list(tmp_path.glob("x/clips/*"))


def test_after_ctrl_c_the_same_command_goes_on(tmp_path: Path) -> None:
    words = [
        str(Path(sys.executable).with_name("lawful")),
        "worlds",
        "make",
        "--scenes",
        "bounce",
        "--count",
        "40",
    ]
    command = [*words, "--out", str(tmp_path / "set"), "--size", "96x96", "--workers", "2", "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and len(list((tmp_path / "set" / "pairs").glob("*.json"))) < 2:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said == "Stopped. What was finished is kept; the same command goes on from there.\n"
    finished = len(list((tmp_path / "set" / "pairs").glob("*.json")))
    assert 2 <= finished < 40
    command[command.index("40")] = str(finished + 1)
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    assert f"{2 * finished + 2} clips in" in done.stdout
    assert f", 1 of {finished + 1} made now" in done.stdout
