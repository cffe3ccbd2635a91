import json
import math
from collections.abc import Callable

import numpy as np
import pytest

from lawful.core.errors import InputError
from lawful.generators.worlds.make import make_clip
from lawful.generators.worlds.soft.make import make_soft
from lawful.judge.kinematic.judge import make_kinematic
from lawful.judge.kinematic.scope_rule import (
    FEATURES,
    ScopeRule,
    ScopeTally,
    features_of,
    read_rule,
    shipped_rule,
)
from lawful.video.frames import ClipMeta, Frames

Disc = Callable[..., Frames]


def scope_of(frames: Frames, chunk: int = 64) -> ScopeTally:
    judge = make_kinematic({})
    height, width = frames.rgb.shape[1:3]
    state = judge.open(ClipMeta("0" * 64, "clip", width, height, 24.0), (), {})
    for at in range(0, len(frames), chunk):
        state = judge.push(state, frames[at : at + chunk])
    judge.close(state)
    return state.tally.scope


def statistics(frames: Frames) -> dict[str, float]:
    return dict(zip(FEATURES, features_of(scope_of(frames)).tolist(), strict=True))


def test_a_disc_that_slides_and_turns_is_rigid(disc: Disc) -> None:
    found = statistics(disc(lambda k: (40 + 4.0 * k, 60 + 20 * math.sin(k / 4)), radius=26.0))
    assert found["stretch"] < 0.3
    assert found["incoherence"] < 0.1
    assert found["moving_points"] > 1


def test_a_sheet_that_is_stretched_is_not() -> None:
    rng = np.random.default_rng(0)
    texture = rng.integers(0, 255, (24, 32, 3), dtype=np.uint8)
    import cv2

    sheet = cv2.resize(texture, (320, 240), interpolation=cv2.INTER_CUBIC)
    x, y = np.meshgrid(np.arange(320, dtype=np.float32), np.arange(240, dtype=np.float32))
    # A third of the picture waves; the rest stands still.
    held = np.clip(1 - ((x - 160) / 60) ** 2, 0, 1) * np.clip(1 - ((y - 120) / 90) ** 2, 0, 1)
    pictures = [
        cv2.remap(sheet, x + (8 * held * np.sin(x / 12 + 0.5 * k)).astype(np.float32), y, cv2.INTER_LINEAR)
        for k in range(24)
    ]
    wavy = Frames(np.stack(pictures), np.arange(24) / 12.0, np.arange(24, dtype=np.int64))
    assert statistics(wavy)["stretch"] > 0.45


def test_chunks_change_nothing() -> None:
    frames = make_soft("flag", 1)
    assert np.array_equal(features_of(scope_of(frames, 1)), features_of(scope_of(frames, 64)))


def test_mirror_images_are_alike() -> None:
    frames = make_soft("walkers", 2)
    mirrored = Frames(np.ascontiguousarray(frames.rgb[:, :, ::-1]), frames.times_s, frames.indices)
    one, other = statistics(frames), statistics(mirrored)
    for name in FEATURES:
        assert one[name] == pytest.approx(other[name], abs=0.1), name


def test_where_nothing_moves_nothing_is_measured(disc: Disc) -> None:
    assert features_of(scope_of(disc(lambda k: (100.0, 80.0)))) == pytest.approx(np.zeros(len(FEATURES)))
    assert features_of(ScopeTally()) == pytest.approx(np.zeros(len(FEATURES)))


@pytest.fixture(scope="module")
def chance_of_rigid() -> float:
    """That rigid clips are out of scope, in the mean; of seeds beyond those that the rule was fitted on."""
    clips = [make_clip(scene, 5001, fps=20, width_px=240, height_px=180) for scene in ("billiards", "slide")]
    return float(np.mean([shipped_rule().chance(scope_of(clip.frames)) for clip in clips]))


@pytest.mark.parametrize("name", ["river", "flames", "flag", "curtain", "hands"])
def test_soft_things_are_told_from_rigid_ones(name: str, chance_of_rigid: float) -> None:
    soft = np.mean([shipped_rule().chance(scope_of(make_soft(name, seed))) for seed in (5001, 5002)])
    assert soft > chance_of_rigid


def test_a_rule_survives_its_file() -> None:
    rule = ScopeRule("some clips", tuple(0.5 * k for k in range(len(FEATURES))), -1.5)
    assert read_rule(json.loads(json.dumps(rule.as_json()))) == rule


def test_rules_of_other_versions_are_refused() -> None:
    sound = shipped_rule().as_json()
    with pytest.raises(InputError, match=r"has the schema lawful\.kinematic\.scope/1, got 'scope/0'"):
        read_rule({**sound, "schema": "scope/0"})
    with pytest.raises(InputError, match=r"has weights for \('lost', .*, got \('speed',\)"):
        read_rule({**sound, "weights": {"speed": 1.0}})
