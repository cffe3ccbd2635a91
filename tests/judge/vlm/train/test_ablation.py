"""The ablation on a tiny model: every arm trains, nothing is trained twice, the tables hold all of it."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from lawful.cli.main import lawful
from lawful.core.errors import InputError
from lawful.judge.vlm.train.ablation import arm_config, run_ablation
from lawful.judge.vlm.train.config import ARMS, AblationConfig, AttentionConfig

TEXT = {"most_objects": 1, "times_per_object": 2, "most_meetings": 0}


@pytest.fixture
def asked(config):
    whole = config(
        {"tracks": {"text": TEXT}},
        steps=1,
        evaluate_every=1,
        attention=AttentionConfig(heads=2, head_width=8),
    )
    return replace(whole, ablation=AblationConfig(("base", "sft", "sft_trajectory"), (0, 1)))


def test_every_arm_changes_what_its_name_says(asked):
    arms = {arm: arm_config(asked, arm, 3) for arm in ARMS}
    assert {arm.train.seed for arm in arms.values()} == {3}
    assert [name for name, arm in arms.items() if arm.train.steps == 0] == ["base"]
    assert {name: arm.train.attention.parts for name, arm in arms.items() if arm.train.attention.parts != "none"} == {
        "sft_spatial": "spatial", "sft_trajectory": "trajectory",
    }  # fmt: skip
    assert {name: arm.train.sight for name, arm in arms.items() if arm.train.sight != "video"} == {
        "sft_no_video": "no_video", "sft_one_frame": "one_frame", "sft_shuffled": "shuffled",
    }  # fmt: skip
    assert {name: arm.judge["tracks"] for name, arm in arms.items() if "tracks" in arm.judge} == {
        "sft_text": {"text": TEXT}
    }


def test_arms_are_trained_once_and_kept(asked, data, tmp_path):
    tested = replace(data, test=data.dev)
    heard = []
    first = run_ablation(asked, tested, tmp_path, None, heard=lambda done, total: heard.append((done, total)))
    assert heard == [(done, 6) for done in range(7)]
    assert [(run.arm, run.seed) for run in first.runs] == [
        (arm, seed) for arm in asked.ablation.arms for seed in asked.ablation.seeds
    ]
    again = run_ablation(asked, tested, tmp_path, None, heard=lambda done, total: heard.append((done, total)))
    assert heard[7:] == [(6, 6)]
    assert again == first
    base = {run.seed: run.answers for run in first.runs if run.arm == "base"}
    assert base[0] != base[1]
    assert not list(tmp_path.rglob("checkpoint.pt"))
    other = replace(asked, train=replace(asked.train, learning_rate=1e-2))
    with pytest.raises(
        InputError, match=r"base-0.*answers\.json: is of another ablation \(other data or settings\)"
    ):
        run_ablation(other, tested, tmp_path, None)
    with pytest.raises(InputError, match=r"the table data\.test is missing"):
        run_ablation(asked, data, tmp_path, None)


CONFIG = """
[data]
questions = ["way."]
true_tracks = true
train = {{ folder = "{train}" }}
dev = {{ folder = "{dev}" }}
test = {{ folder = "{test}" }}
[model]
vision_width = 16
vision_layers = 1
width = 32
layers = 1
heads = 2
vocabulary = 512
[judge]
policy = {{ kind = "fps", fps = 4, long_side_px = 32, max_frames = 4 }}
[train]
full = true
steps = 1
batch = 4
evaluate_every = 1
attention = {{ heads = 2, head_width = 8 }}
[ablation]
arms = ["sft", "sft_spatial"]
seeds = [0, 1]
"""


@pytest.fixture
def command(pairs, tmp_path):
    """Runs `lawful train judge` on a file of its own."""
    path = tmp_path / "judge.toml"
    path.write_text(CONFIG.format(train=pairs("train"), dev=pairs("dev", 2), test=pairs("cross", 2)))

    def run(*arguments):
        asked = [
            "train",
            "judge",
            "--config",
            str(path),
            "--out",
            str(tmp_path / "out"),
            "--quiet",
            *arguments,
        ]
        return CliRunner().invoke(lawful, asked)

    return run


def test_the_command_writes_tables(command, tmp_path):
    done = command("--from-config", "--ablation")
    assert done.exit_code == 0, done.output
    told = json.loads((tmp_path / "out" / "ablation.json").read_text())
    assert told["schema"] == "lawful.judge-ablation/1"
    (section,) = told["sections"]
    assert [table["id"] for table in section["tables"]] == [
        "ablation", "ablation_differences", "ablation_laws", "ablation_ways",
    ]  # fmt: skip
    page = (tmp_path / "out" / "ablation.md").read_text()
    assert "| SFT + spatial | 2 |" in page


def test_the_command_trains_one_judge(command, tmp_path):
    done = command("--from-config")
    assert done.exit_code == 0, done.output
    assert done.stdout == f"judge: vlm:{tmp_path / 'out' / 'model'}\n"
    card = (tmp_path / "out" / "model" / "README.md").read_text()
    assert "| test | " in card


@pytest.mark.parametrize("arguments", [(), ("--from-config", "--model", "x")])
def test_what_to_begin_with_is_said_once(command, arguments):
    done = command(*arguments)
    assert done.exit_code == 2
    assert "Give one of --model NAME and --from-config." in done.output
