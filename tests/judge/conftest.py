"""A toy judge as a plug-in, questions, and clips made of arrays."""

import importlib
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from lawful.checklists.suite import Question, Scale
from lawful.core import registry
from lawful.video.frames import ClipMeta, Frames

YES_NO = Scale("yes_no", {"no": 0.0, "partly": 0.5, "yes": 1.0})


@pytest.fixture
def toy_plugin(tmp_path, monkeypatch):
    """The toy judge, installed as a package would be: here and in the workers started from here."""
    folder = tmp_path / "site"
    info = folder / "toy_judge-1.0.dist-info"
    info.mkdir(parents=True)
    shutil.copy(Path(__file__).parent / "plugins" / "toy_judge.py", folder)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy_judge\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\ntoy = toy_judge\n")
    registry.registered("judge")
    monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    monkeypatch.syspath_prepend(str(folder))
    yield importlib.import_module("toy_judge")
    del sys.modules["toy_judge"]


@pytest.fixture
def toy(toy_plugin):
    return toy_plugin.ToyJudge({})


@pytest.fixture
def ask():
    """Makes a question."""

    def make(name, axis="physics", depends_on=()):
        return Question(name, f"Is {name} as it should be?", axis, YES_NO, "time", depends_on=depends_on)

    return make


@pytest.fixture
def clip():
    """Makes a clip of random frames, of which one is much brighter."""

    def make(n_frames=20, name="array", jump=True, seed=0):
        rng = np.random.default_rng(seed)
        rgb = rng.integers(0, 40, (n_frames, 24, 32, 3), dtype=np.uint8)
        if jump:
            rgb[n_frames // 2] += 200
        frames = Frames(rgb, np.arange(n_frames) / 10.0, np.arange(n_frames))
        meta = ClipMeta("ab" * 32, name, 32, 24, 10.0, n_frames / 10.0, n_frames)
        return meta, frames

    return make
