"""`lawful run` with a file of steps: from prompts to a comparison, and on from where it was stopped."""

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from lawful.cli.main import lawful
from lawful.cli.steps import STEPS, read_steps
from lawful.core.errors import InputError
from lawful.generators.manifest import MANIFEST, read_manifest
from lawful.judge.reading import read_run

DOCS = Path(__file__).parents[2] / "docs"
ALL = """
[generate]
suite = "asks.json"
generator = ["painter", "mute"]
seeds = "0:2"
frames = 6

[score]
judge = "brightness"
workers = 0

[compare]
resamples = 100

[report]
format = "md"
"""


@pytest.fixture
def steps(painter_site, prompts_suite, tmp_path, monkeypatch):
    """Writes a file of steps and runs it."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    prompts_suite("a square moves", "a circle moves")

    def run(text=ALL, *arguments):
        path = tmp_path / "pick.toml"
        path.write_text(text)
        return CliRunner().invoke(lawful, ["run", "../pick.toml", *arguments])

    return run


def test_one_file_goes_from_prompts_to_a_comparison(steps, tmp_path):
    result = steps()
    assert result.exit_code == 0, result.output
    assert f"Paths are from {tmp_path}" in result.stderr
    assert re.findall(r"^\[(\w+)\]$", result.stderr, re.MULTILINE) == [
        "generate",
        "score",
        "compare",
        "report",
    ]
    assert len(read_manifest(tmp_path / "pick/videos" / MANIFEST)) == 8
    assert {(clip.generator, clip.seed, clip.case) for clip in read_run(tmp_path / "pick/run")} == {
        (generator, seed, case)
        for generator in ("painter", "mute")
        for seed in (0, 1)
        for case in ("c0", "c1")
    }
    assert (tmp_path / "pick/run/report/report.md").exists()
    assert {path.suffix for path in (tmp_path / "pick/compare").iterdir() if path.is_file()} >= {
        ".html",
        ".json",
    }
    assert not list((tmp_path / "elsewhere").iterdir())
    again = steps()
    assert again.exit_code == 0, again.output
    assert "0 made now, 8 there before" in again.stdout
    assert "0 judged now, 8 from the store" in again.stdout


def test_quiet_and_another_folder(steps, tmp_path):
    result = steps(ALL, "--quiet", "--out", "there")
    assert result.exit_code == 0, result.output
    assert re.fullmatch(r"(Note: \w+: licence .*\n){2}Note: videos differ in length: .*\n", result.stderr)
    assert (tmp_path / "elsewhere/there/videos" / MANIFEST).exists()
    assert (tmp_path / "elsewhere/there/run/lawful.db").exists()
    assert not (tmp_path / "pick").exists()


def test_steps_may_begin_with_what_is_there(steps, tmp_path):
    steps('out = "one"\n' + ALL.split("[score]")[0])
    text = '[score]\npaths = ["one/videos/painter"]\njudge = "brightness"\nsuite = "physics"\n'
    result = steps(text)
    assert result.exit_code == 0, result.output
    assert len(list(read_run(tmp_path / "pick/run"))) == 4


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("", 1, "pick.toml: has no step; a step is a table of the name generate, score, compare, agree, report"),
        ("[generat]\n", 1, "pick.toml: unknown 'generat'; known: out, generate, score"),
        ("out = 3\n[generate]\n", 1, "pick.toml: out should be text, found 3"),
        ("score = 3\n", 1, "pick.toml: score should be an object, found 3"),
        ("[generate]\n", 1, "pick.toml: [generate]: suite is missing: name what the step works on"),
        ("[score]\n", 1, "[score]: paths is missing: name what the step works on, or add [generate]"),
        ("[compare]\n", 1, "[compare]: runs is missing: name what the step works on, or add [score]"),
        ("[report]\n", 1, "[report]: run is missing: name what the step works on, or add [score]"),
        (ALL + "[agree]\n", 2, "[agree]: Missing option '--ratings'"),
        (ALL.replace("frames = 6", "frame = 6"), 1, "[generate]: unknown 'frame'; known: suite, generator, out"),
        (ALL.replace("frames = 6", "dry-run = true"), 1, "[generate]: unknown 'dry-run'"),
        (ALL.replace("frames = 6", "frames = 'many'"), 2, "[generate]: Invalid value for '--frames'"),
        (ALL.replace("frames = 6", "frames = true"), 1, "frames should be a text, a number or a list of them, found True"),
        (ALL.replace("frames = 6", "seeds2 = []"), 1, "unknown 'seeds2'"),
        (ALL.replace("workers = 0", "force = 1"), 1, "[score]: force should be true or false, found 1"),
        (ALL.replace('"brightness"', "[]"), 1, "judge should be a text, a number or a list of them, found []"),
        (ALL.replace('"brightness"', '"nobody"'), 2, "no judge is called 'nobody'"),
        (ALL.replace("workers = 0", "suite = 'nothing'"), 2, "no suite is called 'nothing'"),
        (ALL.replace("resamples = 100", "by = 'colour'"), 2, "[compare]: Invalid value for '--by'"),
        (ALL.replace('"md"', '"doc"'), 2, "[report]: Invalid value for '--format'"),
        (ALL.replace('["painter", "mute"]', '"nobody"'), 2, "no generator is called 'nobody'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_before_anything_is_made(steps, tmp_path, text, code, message):
    result = steps(text)
    assert result.exit_code == code, result.output
    assert message in " ".join(result.stderr.split())
    assert not (tmp_path / "pick").exists()


def test_a_step_that_fails_ends_it_with_its_code(steps, prompts_suite, tmp_path):
    prompts_suite("a square moves", "it fails")
    result = steps()
    assert result.exit_code == 1
    assert "failed: painter/c1-0.mp4" in result.stderr
    assert not (tmp_path / "pick/run").exists()


def test_videos_that_could_not_be_scored_do_not_hide_the_rest(steps, tmp_path):
    steps(ALL.split("[score]")[0])
    (tmp_path / "pick/videos/painter/stray.mp4").write_bytes(b"no video")
    result = steps(ALL.split("[compare]")[0] + '[report]\nformat = "md"\n')
    assert result.exit_code == 1
    assert "failed: painter/stray.mp4" in result.stderr
    assert (tmp_path / "pick/run/report/report.md").exists()


def test_the_steps_may_stand_in_any_order():
    body = tomllib.loads("[report]\n[score]\npaths = 'a'\n[generate]\nsuite = 'b'\ngenerator = 'c'\n")
    found = [step.name for step in read_steps(body, Path("x.toml"), None, False)]
    assert found == [name for name in STEPS if name in body] == ["generate", "score", "report"]


def test_values_that_look_like_options_stay_values():
    body = tomllib.loads("[score]\npaths = ['--force']\ngenerator = '-x'\nquiet = false\n")
    (step,) = read_steps(body, Path("x.toml"), "o", False)
    assert step.arguments == ("--generator=-x", "--out=o/run", "--", "--force")
    with pytest.raises(InputError, match="unknown '--force'"):
        read_steps({"score": {"paths": "a", "--force": True}}, Path("x.toml"), None, False)


def test_the_example_of_the_page_runs(painter_site, tmp_path, monkeypatch):
    import painter

    page = (DOCS / "commands" / "run.md").read_text()
    (example,) = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    shutil.copy(DOCS / "examples" / "kitchen.json", tmp_path)
    (tmp_path / "light.toml").write_text(example)
    painter.register("generator", "fade", "stands for the one of the page")(
        lambda argument, config: painter.made("fade", config)
    )
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(lawful, ["run", "light.toml"])
    assert result.exit_code == 0, result.output
    assert len(list(Path("runs/light/videos").rglob("*.mp4"))) == 2
    assert Path("runs/light/run/report/index.html").exists()
