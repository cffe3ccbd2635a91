"""The whole recipe on a tiny model: the loss falls, a stopped training goes on exactly, the folder judges alike."""

import json
from dataclasses import replace

import pytest
import torch

from lawful.core.errors import InputError
from lawful.generators.tiny.watch import read_log
from lawful.judge.fold import judge_clip
from lawful.judge.make import make_judge
from lawful.judge.task import JudgeSpec
from lawful.judge.vlm.train.config import AttentionConfig, LoraConfig, TrainConfig
from lawful.judge.vlm.train.judge_training import train_judge
from lawful.judge.vlm.train.result import write_result
from lawful.judge.vlm.train.train import judge_in_training, open_session, run_training, stopped_at, train_step
from lawful.video.read import open_video


class StoppedError(Exception):
    pass


def run(base, config, data, folder, stop_at=None):
    def heard(at):
        if at.step == stop_at:
            raise StoppedError

    session = open_session(base, config, data, folder.parent / "tracks")
    try:
        run_training(session, folder, heard)
    except StoppedError:
        return None
    return session


def test_the_loss_falls_and_the_best_weights_are_kept(base, config, data, tmp_path):
    session = run(base, config(steps=40, evaluate_every=20, batch=8), data, tmp_path / "a")
    measured = session.learner.measured
    assert [row["step"] for row in measured] == [0, 20, 40]
    assert session.learner.best_step == min(measured, key=lambda row: row["loss"])["step"]
    first, last = read_log(tmp_path / "a")
    assert last["loss"] < 0.5 * first["loss"]
    assert (tmp_path / "a" / "curve.svg").read_text().count("mean loss of the right labels") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"full": False, "lora": LoraConfig(rank=2, dropout=0.3)},
        {"attention": AttentionConfig("trajectory", 2, 8)},
        {
            "full": False,
            "lora": LoraConfig(rank=2, dropout=0.3),
            "attention": AttentionConfig("trajectory", 2, 8),
        },
    ],
    ids=["full", "adapters", "attention", "adapters and attention"],
)
def test_a_stopped_training_goes_on_exactly(changes, base, config, data, tmp_path):
    asked = config(**changes)
    whole = run(base, asked, data, tmp_path / "whole")
    assert run(base, asked, data, tmp_path / "parts", stop_at=3) is None
    parts = run(base, asked, data, tmp_path / "parts")
    assert parts.learner.step == whole.learner.step == 4
    assert whole.learner.measured == parts.learner.measured
    first = run(base, asked, data, tmp_path / "again", stop_at=1)
    assert first is None
    for name, weight in whole.learner.weights.items():
        assert torch.equal(weight, parts.learner.weights[name]), name


def steps_of(base, asked, data, folder, n=2):
    """Losses and gradients of the first steps, and the session."""
    session = open_session(base, asked, data, folder)
    return [train_step(session) for _ in range(n)], session


def test_gradients_of_parts_add_up_to_those_of_the_batch(base, config, data, tmp_path):
    grads = []
    for size in (6, 4, 1):
        session = open_session(base, config(batch=6, micro_batch=size, score_weight=0.5), data, tmp_path)
        session.learner.optimizer.zero_grad = lambda: None
        told = train_step(session)
        grads.append((told, {name: weight.grad for name, weight in session.learner.weights.items()}))
    (whole, of_whole), *parts = grads
    for told, of_parts in parts:
        assert told == pytest.approx(whole, rel=1e-4)
        for name, grad in of_whole.items():
            assert of_parts[name] == pytest.approx(grad, rel=1e-3, abs=1e-5), name


WITH_ATTENTION = {"attention": AttentionConfig("trajectory", 2, 8, 1e-2)}


@pytest.mark.parametrize(
    "changes",
    [{}, {"full": False, "lora": LoraConfig(rank=2, dropout=0.3)}, WITH_ATTENTION],
    ids=["full", "adapters", "attention"],
)
def test_activations_that_are_made_anew_change_nothing(changes, base, config, data, tmp_path):
    kept, _ = steps_of(base, config(**changes), data, tmp_path, 3)
    anew, session = steps_of(base, config(recompute=True, **changes), data, tmp_path, 3)
    layers = session.learner.asker.loaded.model.model.language_model.layers
    assert all(layer.gradient_checkpointing for layer in layers)
    for one, other in zip(kept, anew, strict=True):
        assert other == pytest.approx(one, rel=1e-4)


def test_products_in_bfloat16_leave_the_weights_in_float32(base, config, data, tmp_path):
    exact, _ = steps_of(base, config(**WITH_ATTENTION), data, tmp_path)
    mixed, session = steps_of(base, config(bfloat16=True, **WITH_ATTENTION), data, tmp_path)
    assert mixed != exact
    for one, other in zip(exact, mixed, strict=True):
        assert other == pytest.approx(one, rel=0.05)
    assert {weight.dtype for weight in session.learner.weights.values()} == {torch.float32}


@pytest.mark.parametrize(
    ("judge", "changes"),
    [
        ({}, {}),
        ({"protocol": "one_key"}, {"full": False, "lora": LoraConfig(rank=2)}),
        ({"tracks": {"text": {"most_objects": 1, "times_per_object": 2, "most_meetings": 0}}}, {}),
        ({}, {"attention": AttentionConfig("trajectory", 2, 8, 1e-2)}),
    ],
    ids=["plain", "adapters", "text", "attention"],
)
def test_the_folder_judges_as_the_model_in_memory_did(judge, changes, base, config, data, pairs, tmp_path):
    asked = config(judge, **changes)
    session = run(base, asked, data, tmp_path / "a")
    before = {(one.clip, one.question): one.score for one in session.answers(data.dev)}
    folder = write_result(session, tmp_path / "model", "lawful train judge", ())
    if session.learner.asker.attached is not None:
        session.learner.asker.attached.remove()
    extra = {"tracks": {"truth": str(pairs("dev", 2) / "truth")}} if session.judge.uses is not None else {}
    made = make_judge(JudgeSpec(f"vlm:{folder}", extra))
    assert made.settings.policy.fps == 4.0
    examples = {(str(one.clip), one.question.id): one for one in data.dev}
    for (clip, question), score in before.items():
        one = examples[clip, question]
        with open_video(one.clip) as video:
            (outcome,) = judge_clip(
                made, video.meta, video.chunks(made.sampling, 3), [one.question], one.given
            )
        assert outcome.score == pytest.approx(score, abs=1e-5)
    card = (folder / "README.md").read_text()
    assert card.startswith("---\nlicense: other\n")
    assert "- Command: `lawful train judge`" in card
    about = json.loads((folder / "training.json").read_text())
    assert about["data"]["train"]["groups"] == 4
    assert about["steps"] == 4


def test_spatial_attention_alone_leaves_the_part_along_tracks_as_it_was(base, config, data, tmp_path):
    asked = config(attention=AttentionConfig("spatial", 2, 8, 1e-2))
    session = run(base, asked, data, tmp_path / "a")
    state = session.learner.trajectory.state_dict()
    gates = {name.split(".")[-1]: float(weight) for name, weight in state.items() if name.endswith("_gate")}
    assert gates["temporal_gate"] == 0.0
    assert gates["spatial_gate"] != 0.0
    both = run(base, replace(asked, train=replace(asked.train, attention=AttentionConfig("trajectory", 2, 8, 1e-2))), data,
               tmp_path / "b")  # fmt: skip
    assert float(both.learner.trajectory.state_dict()["at.merger.temporal_gate"]) != 0.0


def test_training_stops_when_nothing_gets_better():
    rows = [{"step": step, "loss": loss} for step, loss in enumerate([3.0, 2.0, 2.5, 2.4, 1.0])]
    config = TrainConfig(10, metric="loss", patience=2)
    assert stopped_at(rows[:3], config) is None
    assert stopped_at(rows, config) == 3
    assert stopped_at(rows, replace(config, patience=0)) is None
    ranked = [{"step": step, "ranked": value} for step, value in enumerate([0.5, 0.6, 0.6])]
    assert stopped_at(ranked, replace(config, metric="ranked", patience=1)) == 2


def test_another_training_in_the_folder_is_refused(base, config, data, tmp_path):
    run(base, config(steps=1), data, tmp_path / "a")
    with pytest.raises(
        InputError, match=r"holds a training of another configuration \(its train differ; see config\.json\)"
    ):
        run(base, config(steps=2), data, tmp_path / "a")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("checkpoint.pt", r"checkpoint\.pt: cannot be read\. Delete it, and the same command begins"),
        ("config.json", r"config\.json: no JSON"),
    ],
)
def test_files_of_a_training_that_cannot_be_read_are_named(name, message, base, config, data, tmp_path):
    run(base, config(steps=1), data, tmp_path / "a")
    for content in (b"{", b"", b"x\n"):
        (tmp_path / "a" / name).write_bytes(content)
        with pytest.raises(InputError, match=message):
            run(base, config(steps=1), data, tmp_path / "a")


@pytest.mark.parametrize(
    ("judge", "changes", "message"),
    [
        ({"protocol": "ruler"}, {}, 'protocol = "ruler" asks all questions at once'),
        (
            {"tracks": {"attention": "x"}},
            {},
            r"judge\.tracks\.attention has no place in a training: set train\.attention",
        ),
        (
            {"tracks": {"truth": "x"}},
            {},
            r"judge\.tracks\.truth has no place in a training: set data\.true_tracks",
        ),
        ({"tracks": {"text": True}}, {"sight": "shuffled"}, 'sight = "shuffled" has no tracks to use'),
        (
            {"policy": {"kind": "count"}, "tracks": {"text": True}},
            {},
            'with tracks, policy.kind = "count" cannot be used',
        ),
    ],
)
def test_settings_that_have_no_place_in_a_training_are_refused(judge, changes, message, base, config):
    with pytest.raises(InputError, match=message):
        judge_in_training(base, config(judge, **changes), "cpu")


def test_adapters_without_a_place_are_refused(base, config, data, tmp_path):
    with pytest.raises(
        InputError, match="adapters find no place in this model: no linear layer has a name that fits"
    ):
        run(base, config(full=False, lora=LoraConfig(modules="nothing")), data, tmp_path / "a")


def test_a_metric_without_twins_is_refused(base, config, data, tmp_path):
    lawful = replace(data, dev=[one for one in data.dev if one.label == "yes"])
    with pytest.raises(
        InputError, match='metric = "paired" is not defined on the data for dev, which holds no twins'
    ):
        run(base, config(metric="paired"), lawful, tmp_path / "a")


def test_a_whole_training_is_done_once(config, data, tmp_path):
    asked = config(steps=2, bfloat16=True, score_weight=0.5)
    folder = train_judge(asked, data, tmp_path, None, "command")
    stamp = (folder / "model.safetensors").stat().st_mtime_ns
    heard = []
    assert train_judge(asked, data, tmp_path, None, "command", heard.append) == folder
    assert (heard, (folder / "model.safetensors").stat().st_mtime_ns) == ([], stamp)
