import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lawful.core.digest import digest
from lawful.core.errors import AbsentError, InputError
from lawful.generators.worlds.make import make_clip
from lawful.judge.vlm.tracks.attach import SentClip
from lawful.judge.vlm.tracks.form import AttentionSettings
from lawful.judge.vlm.tracks.settings import read_uses
from lawful.judge.vlm.tracks.source import KinematicTracks, TrueTracks
from lawful.judge.vlm.tracks.text import TextSettings
from lawful.judge.vlm.tracks.trails import TrailSettings
from lawful.judge.vlm.tracks.use import TrackUses
from lawful.judge.vlm.tracks.weights import new_trajectory_module, save_trajectory
from lawful.video.frames import ClipMeta, Frames


def test_the_uses_of_one_clip_from_frames_to_logits(tiny: Any, tmp_path: Path) -> None:
    """As the docstring of the module has it: all frames are tracked, six are sent."""
    module = new_trajectory_module(tiny.model, AttentionSettings(2, 4), seed=0)
    for place in module.at.values():
        place.temporal_gate.data.fill_(1.0)
    save_trajectory(tmp_path, module)
    uses = TrackUses(KinematicTracks(), TextSettings(), TrailSettings(), tmp_path)

    frames = make_clip("throw", 2, width_px=160, height_px=120, fps=24, duration_s=1, noise=0).frames
    state = uses.source.open(ClipMeta("0" * 64, "clip", 160, 120, 24.0))
    for at in range(0, len(frames), 7):
        state = uses.source.push(state, frames[at : at + 7])
    tracked = uses.source.close(state)
    sent = Frames(frames.rgb[::4], frames.times_s[::4], frames.indices[::4])

    text = uses.text_for(tracked, 160, 120, lambda words: len(words) // 2)
    assert text is not None
    assert "object 1: 0.00 s" in text
    shown = uses.frames_for(sent, tracked)
    assert not np.array_equal(shown.rgb, sent.rgb)
    logits = []
    attached = uses.attached_to(tiny.model)
    assert attached is not None
    with attached, uses.showing(attached, [SentClip(tracked.points, sent.times_s)]):
        logits.append(tiny.logits(tiny.frames()))
    with uses.showing(None, []):
        logits.append(tiny.logits(tiny.frames()))
    assert not torch.allclose(*logits, atol=1e-5)


def test_what_is_off_does_nothing() -> None:
    uses = TrackUses(KinematicTracks(), text=TextSettings())
    frames = Frames(np.zeros((2, 8, 8, 3), np.uint8), np.arange(2.0), np.arange(2, dtype=np.int64))
    tracked = uses.source.close(uses.source.open(ClipMeta("0" * 64, "clip", 8, 8, 24.0)))
    assert uses.frames_for(frames, tracked) is frames
    assert uses.attached_to(torch.nn.Linear(1, 1)) is None
    assert replace(uses, text=None, trails=TrailSettings()).text_for(tracked, 8, 8, len) is None
    with pytest.raises(ValueError, match="tracks are of no use if text, trails and attention are all off"):
        TrackUses(KinematicTracks())


def test_every_switch_and_setting_enters_the_fingerprint(tmp_path: Path) -> None:
    text, trails = TextSettings(), TrailSettings()
    uses = [
        TrackUses(KinematicTracks(), text=text),
        TrackUses(KinematicTracks(), trails=trails),
        TrackUses(KinematicTracks(), text=text, trails=trails),
        TrackUses(KinematicTracks(), text=replace(text, budget_tokens=500)),
        TrackUses(KinematicTracks(), trails=replace(trails, length_s=1.0)),
        TrackUses(TrueTracks(tmp_path), text=text),
        TrackUses(KinematicTracks(long_side_px=256), text=text),
    ]
    assert len({digest(one.identity()) for one in uses}) == len(uses)
    with pytest.raises(
        AbsentError, match=r"trajectory_attention\.json: no such file\. Name the folder that holds"
    ):
        TrackUses(KinematicTracks(), attention=tmp_path).identity()


def test_the_switches_load_no_torch() -> None:
    script = (
        "import sys, lawful.judge.vlm.tracks.use; "
        "print([name for name in ('torch', 'transformers', 'safetensors') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_table_of_settings_makes_the_switches(tmp_path: Path) -> None:
    whole = {"text": True, "trails": {"length_s": 1}, "attention": str(tmp_path), "truth": "truth"}
    expected = TrackUses(TrueTracks(Path("truth")), TextSettings(), TrailSettings(length_s=1.0), tmp_path)
    assert read_uses(whole, "here") == expected
    assert read_uses({"trails": True}, "here") == TrackUses(KinematicTracks(), trails=TrailSettings())


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, r"here: tracks are of no use if text, trails and attention are all off"),
        ({"text": False}, r"here: tracks are of no use"),
        ({"arrows": True}, r"here: unknown 'arrows'; known: text, trails, attention, truth"),
        ({"text": 3}, r"here: text should be an object, found 3"),
        ({"text": {"budget": 3}}, r"here\.text: unknown 'budget'; known: budget_tokens, most_objects"),
        ({"text": {"budget_tokens": 0.5}}, r"here\.text: budget_tokens should be a whole number, found 0\.5"),
        ({"text": {"budget_tokens": 0}}, r"here\.text: budget_tokens must be 1 or more, got 0"),
        ({"trails": {"length_s": "long"}}, r"here\.trails: length_s should be a number, found 'long'"),
        ({"text": True, "truth": 1}, r"here: truth should be text, found 1"),
    ],
)
def test_a_table_that_is_not_right_is_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_uses(config, "here")
