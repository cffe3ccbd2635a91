"""Files of trainings: what they say is taken, what they cannot mean is refused."""

import re

import pytest

from lawful.core.errors import AbsentError, InputError
from lawful.judge.vlm.train.config import (
    ARMS,
    AblationConfig,
    AttentionConfig,
    LoraConfig,
    PartConfig,
    TrainConfig,
    read_judge_config,
)

PART = '[data]\ntrain = { folder = "a" }\n'


def test_the_shipped_file_is_an_ablation_of_every_arm_with_three_seeds():
    config = read_judge_config("tiny_judge")
    assert config.ablation.arms == ARMS
    assert len(config.ablation.seeds) >= 3
    for part, name in ((config.data.train, "train"), (config.data.dev, "dev"), (config.data.test, "dev")):
        assert part is not None
        assert part.worlds is not None
        assert part.worlds.split == name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PART + "[train]\nsteps = 1\nstpes = 2", "some.toml train: unknown 'stpes'; known: steps, seed, "),
        (
            PART + "[train]\nsteps = 1\n[lora]\nrank = 2",
            "some.toml: unknown 'lora'; known: data, train, judge, ",
        ),
        (PART, "some.toml: "),
        (
            "[data]\ntrain = {}\n[train]\nsteps = 1",
            "data comes from one of folder, labels and worlds; given: none",
        ),
        (PART + "[train]\nsteps = 1\nmetric = 'f1'", "some.toml train: metric must be one of loss, error, "),
        (PART + "[train]\nsteps = 1\nbatch = 0", "batch must be at least 1, got 0"),
        (PART + "dev_share = 1.0\n[train]\nsteps = 1", "dev_share must be between 0 and 1"),
    ],
)
def test_what_a_file_cannot_mean_is_refused(text, message, tmp_path):
    path = tmp_path / "some.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=re.escape(message)):
        read_judge_config(str(path))


def test_an_unknown_file_is_named():
    with pytest.raises(
        AbsentError, match=r"nothing: no such file\. Give a TOML file, or tiny_judge for the one"
    ):
        read_judge_config("nothing")


def test_numbers_that_cannot_be_trained_with_are_refused():
    with pytest.raises(InputError, match="decay must be 0-1, every learning_rate above 0"):
        TrainConfig(1, learning_rate=0.0)
    with pytest.raises(InputError, match="score_weight and weight_decay must be 0 or more"):
        TrainConfig(1, score_weight=-1.0)
    with pytest.raises(InputError, match="given: folder, labels"):
        PartConfig(folder="a", labels="b")
    for changes in ({"seeds": (1, 1)}, {"arms": ("sft", "sft")}, {"arms": ()}):
        with pytest.raises(InputError, match="an ablation needs arms that differ, and seeds that differ"):
            AblationConfig(**changes)
    for changes in ({"rank": 0}, {"alpha": 0.0}, {"dropout": 1.0}):
        with pytest.raises(InputError, match=r"lora\.rank must be at least 1, lora\.alpha above 0"):
            LoraConfig(**changes)
    with pytest.raises(InputError, match=r"lora\.modules is no regular expression: missing \)"):
        LoraConfig(modules="(")
    with pytest.raises(InputError, match=r"attention\.heads and .* must be at least 1, got 0 and 64"):
        AttentionConfig(heads=0)


def test_the_rate_grows_stays_and_falls():
    config = TrainConfig(100, warmup=10, decay=0.5)
    assert [config.share_of_rate(step) for step in (0, 9, 49, 75)] == pytest.approx([0.1, 1.0, 1.0, 0.5])
