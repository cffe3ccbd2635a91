"""A few simulated pairs, a tiny model of each size, and short trainings."""

from dataclasses import asdict, replace

import pytest

from lawful.generators.worlds.dataset import DatasetRequest, make_dataset
from lawful.generators.worlds.make import Format
from lawful.generators.worlds.splits import split
from lawful.generators.worlds.variety import PLAIN
from lawful.judge.vlm.train.config import DataConfig, JudgeConfig, PartConfig, TrainConfig
from lawful.judge.vlm.train.data import read_data
from lawful.judge.vlm.train.tiny_config import TinyVlmConfig
from lawful.judge.vlm.train.tiny_vlm import make_tiny_vlm

TINY = TinyVlmConfig(vision_width=16, vision_layers=1, width=32, layers=1, heads=2, vocabulary=512)
CONFIG = """
[data]
questions = ["way."]
true_tracks = true
train = {{ folder = "{train}" }}
dev = {{ folder = "{dev}" }}
{test}
{model}
[judge]
policy = {{ kind = "fps", fps = 4, long_side_px = 32, max_frames = 4 }}
[train]
full = true
attention = {{ heads = 2, head_width = 8 }}
{settings}
"""
POLICY = {"kind": "fps", "fps": 4.0, "long_side_px": 32, "max_frames": 4}


@pytest.fixture(scope="session")
def pairs(tmp_path_factory):
    """Makes a folder of pairs of a split, once each."""
    made = {}

    def make(name="train", count=4):
        if (name, count) not in made:
            pools = replace(
                split(name), scenes=("bounce",), violations=("vanish", "colour_change"), variety=PLAIN
            )
            folder = tmp_path_factory.mktemp(name)
            form = Format(duration_s=0.8, fps=8, width_px=32, height_px=32, noise=0)
            make_dataset(DatasetRequest(folder, pools, count, 0, form, workers=0))
            made[name, count] = folder
        return made[name, count]

    return make


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """A tiny model from configuration."""
    return str(make_tiny_vlm(TINY, tmp_path_factory.mktemp("base"), seed=0))


@pytest.fixture(scope="session")
def model_table():
    """The sizes of the tiny model as a table of a file of a training."""
    return "\n".join(["[model]", *(f"{name} = {value}" for name, value in asdict(TINY).items())])


@pytest.fixture
def training_file(pairs, model_table, tmp_path):
    """Writes a file of a short training; `settings` is the rest of its table train, and tables after it."""

    def write(settings, test=True):
        path = tmp_path / "judge.toml"
        parts = {"train": pairs("train"), "dev": pairs("dev", 2)}
        tested = f'test = {{ folder = "{pairs("cross", 2)}" }}' if test else ""
        path.write_text(CONFIG.format(**parts, test=tested, settings=settings, model=model_table))
        return path

    return write


@pytest.fixture(scope="session")
def config(pairs):
    """Makes a short training."""

    def make(judge=None, true_tracks=True, **changes):
        parts = {
            "train": PartConfig(folder=str(pairs("train"))),
            "dev": PartConfig(folder=str(pairs("dev", 2))),
        }
        data = DataConfig(**parts, questions=("way.",), true_tracks=true_tracks)
        defaults = {
            "steps": 4, "batch": 4, "micro_batch": 4, "learning_rate": 3e-3, "warmup": 1, "decay": 0.0, "full": True,
            "evaluate_every": 2,
        }  # fmt: skip
        return JudgeConfig(data, TrainConfig(**defaults | changes), {"policy": POLICY, **(judge or {})}, TINY)

    return make


@pytest.fixture(scope="session")
def data(config, tmp_path_factory):
    """The examples of those trainings."""
    return read_data(config().data, tmp_path_factory.mktemp("data"))
