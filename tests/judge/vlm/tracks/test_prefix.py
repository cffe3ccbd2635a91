"""Attention and the prefix that all questions share: the tracks matter to the prefix, and no question needs them."""

from typing import Any

import numpy as np
import pytest
import torch

from lawful.judge.vlm.asking import Asker
from lawful.judge.vlm.prefix import next_logits
from lawful.judge.vlm.prompts import own_dialogue
from lawful.judge.vlm.settings import VlmSettings
from lawful.judge.vlm.tracks.attach import SentClip, attach
from lawful.judge.vlm.tracks.cells import middle_square
from lawful.judge.vlm.tracks.form import FAMILIES, AttentionSettings
from lawful.judge.vlm.tracks.weights import new_trajectory_module
from lawful.video.frames import PointTracks

TEXTS = ("Does the ball fall? Answer yes or no.", "No?")


@pytest.mark.parametrize("name", sorted(FAMILIES))
@pytest.mark.parametrize("n_frames", [5, 6])
def test_the_judges_prefix_runs_through_the_attention(
    name: str, n_frames: int, loaded: Any, frames: Any
) -> None:
    held = loaded(name)
    asker = Asker(held, VlmSettings(), own_dialogue(held.family))
    rows = [asker.tokens_of(text) for text in TEXTS]
    shown = frames(n_frames)
    x = (4 * np.arange(n_frames) + 6.5) / 64
    xy = np.stack([x, np.full(n_frames, 16.5 / 48)], axis=1)[None].astype(np.float32)
    points = PointTracks(np.arange(1), shown.times_s, xy, np.ones((1, n_frames), bool))
    crop = {"seen": middle_square(64, 48)} if name == "llava_next_video" else {}
    clip = SentClip(points, shown.times_s, **crop)
    module = new_trajectory_module(held.model, AttentionSettings(2, 4), seed=0)

    before = next_logits(held, asker.look(shown), rows, [1, 1])
    said = {}
    for gate in (0.0, 1.0):
        for part_name, part in module.named_parameters():
            if part_name.endswith("gate"):
                part.data.fill_(gate)
        with attach(held.model, module) as attached:
            with attached.following([clip]):
                prefix = asker.look(shown)
            said[gate] = next_logits(held, prefix, rows, [1, 1])
    after = next_logits(held, asker.look(shown), rows, [1, 1])
    for one, fresh, opened, removed in zip(before, said[0.0], said[1.0], after, strict=True):
        assert torch.equal(fresh, one)
        assert (opened - one).abs().max() > 1e-4
        assert torch.equal(removed, one)
