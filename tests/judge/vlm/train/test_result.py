"""The folder of a trained judge: whole or absent, true about itself, and measured on the clips that it names."""

import json
from dataclasses import replace

import pytest

from lawful.core.errors import InputError
from lawful.judge.make import make_judge
from lawful.judge.task import JudgeSpec
from lawful.judge.vlm.train import result
from lawful.judge.vlm.train.config import TinyVlmConfig
from lawful.judge.vlm.train.judge_training import train_judge


def test_a_result_is_whole_or_absent(config, data, tmp_path, monkeypatch):
    asked = config(steps=1)

    def fail(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(result, "save_own_settings", fail)
        with pytest.raises(KeyboardInterrupt):
            train_judge(asked, data, tmp_path, None, "command")
    assert not list(tmp_path.glob("*model*"))
    heard = []
    folder = train_judge(asked, data, tmp_path, None, "command", heard.append)
    assert heard == []
    assert {"README.md", "training.json", "lawful_judge.json", "model.safetensors"} <= {
        path.name for path in folder.iterdir()
    }


def test_the_card_says_what_was_left_out_and_measured_on(config, data, tmp_path):
    folder = train_judge(config(steps=1), replace(data, test=data.dev), tmp_path, None, "command")
    card = (folder / "README.md").read_text()
    told = json.loads((folder / "training.json").read_text())
    assert f"- Not learnt, since one label alone is known: {', '.join(told['left_out'])}.\n" in card
    # Two pairs, each with the one question under which its twins differ; of many more the answer is known.
    assert told["measured_on"] == {"dev": 4, "test": 4}
    assert "\n| test | 4 | " in card
    assert told["data"]["test"]["examples"] > 4


def test_figures_are_never_those_of_other_clips(config, data, tmp_path):
    folder = train_judge(config(steps=1), replace(data, test=data.dev), tmp_path, None, "command")
    with pytest.raises(
        InputError, match=rf"measured on other clips than data\.test has now\. Delete {folder}, and"
    ):
        train_judge(config(steps=1), data, tmp_path, None, "command")


def test_a_model_of_other_sizes_is_not_gone_on_with(config, data, tmp_path):
    asked = config(steps=0)
    train_judge(asked, data, tmp_path, None, "command")
    wider = replace(asked, model=replace(asked.model, width=48))
    with pytest.raises(InputError, match=r"from_config-0: is of other sizes than the table model asks for"):
        train_judge(wider, data, tmp_path, None, "command")
    (tmp_path / "from_config-0" / "config.json").write_text("{")
    with pytest.raises(InputError, match=r"from_config-0: should hold the model .* Delete the folder, and"):
        train_judge(asked, data, tmp_path, None, "command")


def test_a_judge_that_is_trained_again_is_asked_as_before(config, data, tmp_path):
    first = train_judge(config(steps=0), data, tmp_path / "first", None, "command")
    again = replace(config({"min_label_share": 0.1}, steps=0), judge={"min_label_share": 0.1})
    second = train_judge(again, data, tmp_path / "second", str(first), "command")
    settings = make_judge(JudgeSpec(f"vlm:{second}", {})).settings
    assert settings == replace(make_judge(JudgeSpec(f"vlm:{first}", {})).settings, min_label_share=0.1)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"heads": 0}, "heads of a model from configuration must be at least 1, got 0"),
        ({"vocabulary": 262}, "vocabulary of a model from configuration must be at least 263, got 262"),
        ({"width": 33, "heads": 2}, r"width of .* must be a multiple of 2 \* heads = 4, got 33"),
        (
            {"vision_width": 20, "heads": 4},
            r"vision_width of .* must be a multiple of 4 \* heads = 16, got 20",
        ),
    ],
)
def test_sizes_that_no_model_has_are_refused(sizes, message):
    with pytest.raises(InputError, match=message):
        TinyVlmConfig(**sizes)
