"""What learns and what stays: the vision tower where it is left out, in every family."""

import pytest
import torch

from lawful.core.errors import InputError
from lawful.judge.vlm.train.learner import vision_towers
from lawful.judge.vlm.train.train import open_session, train_step

FAMILIES = ("qwen3_vl", "qwen2_5_vl", "llava_onevision", "llava_next_video", "smolvlm", "internvl", "qwen3_5")


@pytest.mark.parametrize("name", FAMILIES)
def test_the_vision_tower_of_every_family_is_found(name, loaded):
    model = loaded(name).model
    inside = {weight.data_ptr() for tower in vision_towers(model) for weight in tower.parameters()}
    named = {key: weight.data_ptr() in inside for key, weight in model.named_parameters()}
    assert all(
        named[key] == any(part in key for part in ("visual.", "vision_tower.", "vision_model."))
        for key in named
    )
    assert set(named.values()) == {True, False}


def test_a_model_without_a_tower_is_told(loaded):
    model = loaded("qwen2_5_vl").model
    with pytest.raises(InputError, match="train_vision = false cannot be kept to: no part of Linear has a"):
        vision_towers(type("Linear", (torch.nn.Linear,), {"config": model.config})(1, 1))


@pytest.mark.parametrize("train_vision", [True, False])
def test_the_vision_tower_stays_where_it_is_left_out(train_vision, base, config, data, tmp_path):
    session = open_session(base, config(train_vision=train_vision, steps=1), data, tmp_path)
    before = {
        name: weight.clone() for name, weight in session.learner.asker.loaded.model.state_dict().items()
    }
    train_step(session)
    moved = {
        name: not torch.equal(weight, before[name])
        for name, weight in session.learner.asker.loaded.model.state_dict().items()
    }
    assert {moved[name] for name in moved if ".visual." in name} == ({True} if train_vision else {False})
    assert any(moved[name] for name in moved if ".visual." not in name)
