import json
from dataclasses import replace

import pytest
import torch

from lawful.core.errors import AbsentError, InputError, LawfulError
from lawful.generators.tiny.model import TinyConfig
from lawful.generators.tiny.stages import read_stages, train_stages
from lawful.generators.tiny.train import train
from lawful.generators.tiny.train_config import RolloutConfig, TrainConfig
from lawful.generators.tiny.watch import read_log
from lawful.generators.tiny.weights_file import VARIANTS, read_weights

SMALL = TinyConfig(layers=1, heads=1, head_channels=16, mlp_channels=16, text_channels=4)
CONFIG = TrainConfig(
    steps=6,
    clips=20,
    clip_frames=16,
    crop_frames=8,
    batch=2,
    warmup=2,
    average=0.5,
    model=SMALL,
)


def weights_of(path):
    return read_weights(path)[0].state_dict()


def same(one, other):
    return all(torch.equal(weight, other[name]) for name, weight in one.items())


def stop_at(step):
    def heard(at):
        if at.step == step:
            raise KeyboardInterrupt

    return heard


def test_a_stopped_training_goes_on_as_if_it_had_not_been(tmp_path):
    whole = weights_of(train(CONFIG, tmp_path / "whole"))
    for last_saved, stopped in ((2, 3), (4, 4)):
        out = tmp_path / f"stopped {stopped}"
        with pytest.raises(KeyboardInterrupt):
            train(CONFIG, out, stop_at(stopped), checkpoint_every=2)
        assert torch.load(out / "checkpoint.pt", weights_only=True)["step"] == last_saved
        assert same(weights_of(train(CONFIG, out)), whole)
    again = weights_of(train(replace(CONFIG, seed=1), tmp_path / "other"))
    assert not same(again, whole)


def test_a_finished_training_is_left_alone(tmp_path):
    path = train(CONFIG, tmp_path / "a")
    before = path.read_bytes()
    assert train(CONFIG, tmp_path / "a", stop_at(1)).read_bytes() == before
    rows = read_log(tmp_path / "a")
    assert [row["step"] for row in rows] == [6]
    assert rows[0]["loss"] > 0
    assert (tmp_path / "a" / "curve.svg").read_text().startswith("<svg")


def test_the_loss_falls(tmp_path):
    config = replace(CONFIG, steps=60, batch=4, learning_rate=5e-3)
    train(config, tmp_path / "a")
    first, *_, last = [row["loss"] for row in read_log(tmp_path / "a")]
    assert last < 0.6 * first


@pytest.mark.long
def test_processes_share_a_batch(tmp_path):
    one = train(replace(CONFIG, workers=2, steps=2), tmp_path / "one")
    again = train(replace(CONFIG, workers=2, steps=2), tmp_path / "again")
    assert same(weights_of(one), weights_of(again))
    assert not same(weights_of(one), weights_of(train(replace(CONFIG, steps=2), tmp_path / "alone")))


def test_a_stage_goes_on_from_another(tmp_path):
    train(CONFIG, tmp_path / "first")
    second = replace(CONFIG, start="first", steps=1, learning_rate=1e-9, average=0.0)
    before = torch.load(tmp_path / "first" / "checkpoint.pt", weights_only=True)["model"]
    train(second, tmp_path / "second")
    after = torch.load(tmp_path / "second" / "checkpoint.pt", weights_only=True)["model"]
    for name, weight in before.items():
        assert after[name] == pytest.approx(weight, abs=1e-6), name
    with pytest.raises(AbsentError, match=r"goes on from .*nowhere, where there is no checkpoint"):
        train(replace(second, start="nowhere"), tmp_path / "third")


def test_rollouts_that_show_nothing_are_no_history(tmp_path):
    config = replace(CONFIG, crop_frames=16, clip_frames=32, rollouts=RolloutConfig(count=2))
    with pytest.raises(LawfulError, match="none of 2 rollouts shows its bodies: train longer before"):
        train(config, tmp_path / "a")


def test_another_configuration_is_refused(tmp_path):
    train(CONFIG, tmp_path / "a")
    with pytest.raises(InputError, match=r"holds a training of another configuration \(see config\.json\)"):
        train(replace(CONFIG, steps=7), tmp_path / "a")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"crop_frames": 7}, "crop_frames must be even and at most clip_frames, got 7 of 16"),
        ({"workers": 3}, "workers must divide batch, got 3 for 2"),
        ({"rollouts": RolloutConfig()}, "rollout training has crop_frames 16, got 8"),
        ({"decay": 2.0}, "decay must be 0-1"),
    ],
)
def test_what_cannot_be_trained_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        replace(CONFIG, **changes)


def test_the_rate_grows_stays_and_falls():
    config = replace(CONFIG, steps=100, warmup=10, decay=0.5, learning_rate=1.0)
    assert [config.rate(step) for step in (0, 9, 49, 75)] == pytest.approx([0.1, 1.0, 1.0, 0.5])
    assert replace(config, decay=0.0).rate(99) == 1.0


def test_the_shipped_stages_make_the_shipped_variants():
    stages = read_stages("tiny_generator")
    assert set(VARIANTS) <= set(stages)
    assert stages["tiny-causal"].rollouts is not None
    assert stages["tiny-causal-forced"].rollouts is None
    assert stages["tiny-causal"].steps == stages["tiny-causal-forced"].steps


def test_stages_train_in_order_and_are_kept(tmp_path):
    table = "clips = 20\nclip_frames = 16\ncrop_frames = 8\nbatch = 2\n"
    model = "model = { layers = 1, heads = 1, head_channels = 16, mlp_channels = 16, text_channels = 4 }\n"
    file = tmp_path / "stages.toml"
    file.write_text(f"[a]\nsteps = 2\n{table}{model}[b]\nsteps = 1\nstart = 'a'\n{table}{model}")
    heard = []
    paths = train_stages(str(file), tmp_path, heard=lambda stage, at: heard.append((stage, at.step)))
    assert heard == [("a", 1), ("a", 2), ("b", 1)]
    assert [path.parent.name for path in paths] == ["a", "b"]
    assert all(path.is_file() for path in paths)
    assert json.loads((tmp_path / "b" / "config.json").read_text())["start"] == "a"
    train_stages(str(file), tmp_path, ("b",), heard=lambda stage, at: heard.append((stage, at.step)))
    assert len(heard) == 3
    with pytest.raises(AbsentError, match=r"no stage is called 'c' in .*stages\.toml\. Known: a, b\."):
        train_stages(str(file), tmp_path, ("c",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[a]\nsteps = 1\nstpes = 2", r"\[a\]: unknown 'stpes'; known: steps, seed, "),
        ("[a]\nsteps = 1.5", r"\[a\]: steps must be a whole number, got 1\.5"),
        ("[a]\nsteps = true", r"\[a\]: steps must be a whole number, got True"),
        ("[a]\nseed = 1", r"\[a\]: .*steps"),
        ("[a]\nsteps = 1\nstart = 'b'", r"\[a\]: start is 'b'; stages before it: none"),
        (
            "[a]\nsteps = 1\nrollouts = { every = 'x' }",
            r"\[a\] rollouts: every must be a whole number, got 'x'",
        ),
        ("", "holds no stage; write at least one table"),
    ],
)
def test_files_that_hold_no_stages_are_refused(text, message, tmp_path):
    file = tmp_path / "stages.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        read_stages(str(file))


def test_an_unknown_file_is_named():
    with pytest.raises(
        AbsentError, match=r"nothing\.toml: no such file\. Give a TOML file, or tiny_generator"
    ):
        read_stages("nothing.toml")
