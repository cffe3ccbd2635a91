import hashlib
import json
from importlib.resources import files

import pytest

from lawful.core.errors import AbsentError
from lawful.generators.tiny.ship import ship
from lawful.generators.tiny.stages import train_stages
from lawful.generators.tiny.weights_file import VARIANTS, read_weights

TABLE = """
[{name}]
steps = 1
clips = 10
clip_frames = 8
crop_frames = 4
batch = 2
bfloat16 = false
model = {{ layers = 1, heads = 1, head_channels = 16, mlp_channels = 16, text_channels = 4 }}
{more}
"""


def test_what_ships_says_where_it_comes_from(tmp_path):
    file = tmp_path / "stages.toml"
    early = TABLE.format(name="tiny-causal-early", more="seed = 4")
    later = [
        TABLE.format(name=name, more="start = 'tiny-causal-early'")
        for name in ("tiny-causal", "tiny-causal-forced")
    ]
    file.write_text(early + "".join(later))
    train_stages(str(file), tmp_path / "runs", ("tiny-causal-early", "tiny-causal"))
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(AbsentError, match="train the stage tiny-causal-forced to its end first"):
        ship(tmp_path / "runs", out)
    train_stages(str(file), tmp_path / "runs")
    made = ship(tmp_path / "runs", out)
    assert all(path.is_file() for path in made)
    about = json.loads((out / "training.json").read_text())
    assert [stage["name"] for stage in about["tiny-causal"]["stages"]] == ["tiny-causal-early", "tiny-causal"]
    assert about["tiny-causal"]["stages"][0]["config"]["seed"] == 4
    assert about["tiny-causal"]["stages"][1]["end"]["step"] == 1


def test_the_weights_in_the_tree_are_those_told_of():
    folder = files("lawful.generators.tiny.weights")
    about = json.loads(folder.joinpath("training.json").read_text())
    assert set(about) == set(VARIANTS)
    for name in VARIANTS:
        held = folder.joinpath(f"{name}.safetensors").read_bytes()
        assert about[name]["sha256"] == hashlib.sha256(held).hexdigest()
        assert len(held) < 8e6
        read_weights(folder / f"{name}.safetensors")
