"""The ablation on a tiny model: every arm trains, nothing is trained twice, the tables hold all of it."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from lawful.cli.main import lawful
from lawful.core.errors import InputError
from lawful.judge.vlm.train import ablation
from lawful.judge.vlm.train.ablation import arm_config, run_ablation
from lawful.judge.vlm.train.config import ARMS, AblationConfig, AttentionConfig
from lawful.judge.vlm.train.crew import Crew

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


@pytest.mark.long
def test_trainings_beside_each_other_come_to_the_same(asked, data, tmp_path):
    tested = replace(data, test=data.dev)
    alone, beside = (run_ablation(asked, tested, tmp_path / str(n), None, n) for n in (1, 2))
    assert [replace(run, seconds=0.0) for run in beside.runs] == [
        replace(run, seconds=0.0) for run in alone.runs
    ]


SETTINGS = """
steps = 1
batch = 4
evaluate_every = 1
[ablation]
arms = ["sft", "sft_spatial"]
seeds = [0, 1]
"""


@pytest.fixture
def command(training_file, tmp_path):
    """Runs `lawful train judge` on a file of its own."""

    def run(*arguments, test=True):
        path, out = training_file(SETTINGS, test), tmp_path / "out"
        asked = ["train", "judge", "--config", str(path), "--out", str(out), "--quiet", *arguments]
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


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--from-config", "--ablation"), 1, "the table data.test is missing"),
        (("--model", "nothere", "--ablation"), 1, "the table data.test is missing"),
        (("--model", "nothere"), 2, "there is no folder 'nothere'"),
    ],
)
def test_what_cannot_be_trained_is_told_before_clips_are_read(arguments, code, message, command, tmp_path):
    done = command(*arguments, test=False)
    assert (done.exit_code, message in done.output) == (code, True), done.output
    assert not (tmp_path / "out").exists()


def test_processes_that_share_a_training_run_no_two_beside_each_other(config, data, monkeypatch, tmp_path):
    monkeypatch.setattr(ablation, "crew_of", lambda asked: Crew(0, 2))
    asked = replace(config(), data=replace(config().data, test=config().data.dev))
    with pytest.raises(InputError, match=r"share each training already \(accelerate\).*leave out --workers"):
        ablation.check_ablation(asked, tmp_path, None, workers=2)
