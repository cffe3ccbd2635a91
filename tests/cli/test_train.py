import pytest
from click.testing import CliRunner

from lawful.cli.main import lawful

STAGE = """
[first]
steps = 1
clips = 10
clip_frames = 8
crop_frames = 4
batch = 2
bfloat16 = false
model = { layers = 1, heads = 1, head_channels = 16, mlp_channels = 16, text_channels = 4 }
"""


def run(*arguments):
    return CliRunner().invoke(lawful, ["train", "generator", *map(str, arguments)])


@pytest.fixture
def stages(tmp_path):
    path = tmp_path / "stages.toml"
    path.write_text(STAGE)
    return path


def test_weights_are_made_and_named(stages, tmp_path):
    done = run("--config", stages, "--out", tmp_path / "out", "--quiet")
    assert done.exit_code == 0, done.output
    (path,) = done.stdout.splitlines()
    assert path == str(tmp_path / "out" / "first" / "weights.safetensors")
    assert done.stderr == ""


def test_unknown_stages_and_files_are_absent(stages, tmp_path):
    done = run("--config", stages, "--out", tmp_path, "--stages", "second")
    assert (done.exit_code, "no stage is called 'second'" in done.stderr) == (2, True)
    done = run("--config", "nothing", "--out", tmp_path)
    assert (done.exit_code, "nothing: no such file" in done.stderr) == (2, True)


def test_wrong_settings_are_an_error(stages, tmp_path):
    stages.write_text(STAGE.replace("steps = 1", "steps = 0"))
    done = run("--config", stages, "--out", tmp_path)
    assert (done.exit_code, "steps must be at least 1, got 0" in done.stderr) == (1, True)
