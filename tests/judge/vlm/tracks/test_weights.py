import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from lawful.core.errors import AbsentError, InputError
from lawful.judge.vlm.tracks.cells import TrackCells
from lawful.judge.vlm.tracks.form import (
    CONFIG,
    WEIGHTS,
    AttentionSettings,
    TrajectoryConfig,
    trajectory_digest,
)
from lawful.judge.vlm.tracks.weights import TrajectoryModule, load_trajectory, save_trajectory

MADE_FOR = TrajectoryConfig("qwen3_vl", 16, ("merger", "deepstack_0"), AttentionSettings(2, 4, causal=True))


def made(seed: int = 0) -> TrajectoryModule:
    module = TrajectoryModule(MADE_FOR, torch.Generator().manual_seed(seed))
    for place in module.at.values():
        place.temporal_gate.data.fill_(0.5)
    return module


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save_trajectory(tmp_path, made())
    return tmp_path


def test_what_is_saved_comes_back(saved: Path) -> None:
    loaded, first = load_trajectory(saved), made()
    assert loaded.config == MADE_FOR
    assert sorted(path.name for path in saved.iterdir()) == [CONFIG, WEIGHTS]
    for name, tensor in first.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)
    placed = TrackCells(np.array([[0, 1, 1]]), np.zeros((1, 3)), np.zeros((1, 3, 2), np.float32), 4)
    tokens = torch.randn(3, 4, 16, generator=torch.Generator().manual_seed(1))
    assert torch.equal(loaded.at["merger"](tokens, placed), first.at["merger"](tokens, placed))
    assert all(part.requires_grad for part in loaded.parameters())


def test_the_config_is_plain(saved: Path) -> None:
    assert json.loads((saved / CONFIG).read_text()) == {
        "schema": "lawful.trajectory-attention/1",
        "family": "qwen3_vl",
        "width": 16,
        "places": ["merger", "deepstack_0"],
        "settings": {"heads": 2, "head_width": 4, "spatial": True, "causal": True, "relative": True},
    }


def test_the_digest_follows_both_files(saved: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    again, other = tmp_path_factory.mktemp("again"), tmp_path_factory.mktemp("other")
    save_trajectory(again, made())
    save_trajectory(other, made(seed=1))
    assert trajectory_digest(again) == trajectory_digest(saved) != trajectory_digest(other)
    config = json.loads((again / CONFIG).read_text())
    config["settings"]["causal"] = False
    (again / CONFIG).write_text(json.dumps(config))
    assert trajectory_digest(again) != trajectory_digest(saved)


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS])
def test_a_missing_file_is_said(saved: Path, name: str) -> None:
    (saved / name).unlink()
    with pytest.raises(AbsentError, match=rf"{name}: no such file\. Name the folder that holds {CONFIG} and"):
        load_trajectory(saved)


def test_a_file_that_is_no_safetensors_is_said(saved: Path) -> None:
    (saved / WEIGHTS).write_bytes(b"no tensors at all")
    with pytest.raises(InputError, match=r"no safetensors file that can be read"):
        load_trajectory(saved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "other/2"}, r"/schema: is \"other/2\"\. Allowed: 'lawful\.trajectory-attention/1'\."),
        (
            {"family": "gpt"},
            r"/family: is \"gpt\"\. Allowed: qwen2_5_vl, qwen3_vl, llava_onevision, llava_next",
        ),
        ({"width": 0}, r"/width: is 0\. Allowed: whole numbers from 1 to 65536\."),
        ({"width": True}, r"/width: is true\. Allowed"),
        ({"places": ["a", "a"]}, r"/places: needs 1 to 64 different names"),
        ({"places": ["a.b"]}, r"/places: needs 1 to 64 different names"),
        ({"places": []}, r"/places: needs 1 to 64 different names"),
        ({"settings": []}, r"/settings: must be an object"),
        ({"more": 1}, r"the key \"more\" is not known\. Known: family, places, schema, settings, width\."),
        ({"settings": {"heads": 2}}, r"/settings: the key 'causal' is missing"),
        ({"settings": {"heads": 1.5, "causal": 0}}, r"(?s)/settings/causal: is 0\. Allowed: true, false\."),
        ({"settings": {"heads": 1.5}}, r"/settings/heads: is 1\.5\. Allowed: whole numbers"),
    ],
)
def test_a_config_that_is_not_right_is_refused(saved: Path, change: dict[str, Any], message: str) -> None:
    told = json.loads((saved / CONFIG).read_text()) | change
    (saved / CONFIG).write_text(json.dumps(told))
    with pytest.raises(InputError, match=message):
        load_trajectory(saved)


def test_a_config_that_is_no_object_is_refused(saved: Path) -> None:
    (saved / CONFIG).write_text("[]")
    with pytest.raises(InputError, match=r"/schema: is no object\. Allowed:"):
        load_trajectory(saved)


def test_weights_that_do_not_fit_the_config_are_refused(saved: Path) -> None:
    tensors = load_file(saved / WEIGHTS)
    name = "at.merger.temporal.key.weight"
    changed = {
        "is missing; trajectory_attention.json asks for it": {k: v for k, v in tensors.items() if k != name},
        "is not asked for by trajectory_attention.json": tensors | {"more": torch.zeros(1)},
        r"has shape \(8, 24\)\. trajectory_attention\.json asks for \(8, 16\)\.": tensors
        | {name: torch.zeros(8, 24)},
        "must hold finite numbers": tensors | {name: tensors[name] * torch.nan},
    }
    for message, wrong in changed.items():
        save_file(wrong, saved / WEIGHTS)
        with pytest.raises(InputError, match=message):
            load_trajectory(saved)
