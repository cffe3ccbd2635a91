"""The judge with tracks: told in words, drawn, and followed by attention; each a switch in the fingerprint."""

import copy

import numpy as np
import pytest
import torch

from lawful.core.errors import InputError
from lawful.judge.fold import judge_clip
from lawful.judge.make import make_judge
from lawful.judge.protocol import fingerprint
from lawful.judge.task import JudgeSpec
from lawful.judge.vlm.ticks import last_picked, picked, ticks_at
from lawful.video.array_source import open_frames
from lawful.video.arrays import array_meta
from lawful.video.frames import ClipMeta, Frames
from lawful.video.sampling import Sampling

META = ClipMeta("cd" * 32, "clip", 64, 48, 12.0)


@pytest.fixture(scope="module")
def moving():
    """A bright square that crosses a textured picture, 12 frames a second."""
    rng = np.random.default_rng(3)
    rgb = np.repeat(rng.integers(60, 120, (1, 96, 128, 3), dtype=np.uint8), 30, 0)
    texture = rng.integers(150, 255, (24, 24, 3), dtype=np.uint8)
    for at in range(30):
        rgb[at, 30:54, 4 + 3 * at : 28 + 3 * at] = texture
    return Frames(rgb, np.arange(30) / 12.0, np.arange(30, dtype=np.int64))


@pytest.fixture(scope="module")
def judge(model_folder):
    def make(tracks=None, **settings):
        config = dict(settings) if tracks is None else {"tracks": tracks, **settings}
        return make_judge(JudgeSpec(f"vlm:{model_folder('qwen3_vl')}", config))

    return make


def answers(judge, frames, questions, size=7):
    with open_frames(frames, META) as video:
        return judge_clip(judge, META, video.chunks(judge.sampling, size), questions, {})


def run(judge, frames, questions, size=7):
    return [outcome.score for outcome in answers(judge, frames, questions, size)]


def even(frames, fps):
    with open_frames(frames, array_meta(frames, None)) as video:
        chunks = list(video.chunks(Sampling(fps=fps), 64))
    return np.concatenate([chunk.indices for chunk in chunks])


@pytest.mark.parametrize("fps", [1.0, 2.0, 5.0, 12.0, 40.0])
@pytest.mark.parametrize("size", [1, 7, 64])
def test_ticks_pick_what_a_reader_picks(fps, size, moving):
    ticks, found = ticks_at(fps), []
    for start in range(0, len(moving), size):
        found += picked(ticks, moving[start : start + size]).indices.tolist()
    last = last_picked(ticks)
    found += [] if last is None else last.indices.tolist()
    assert found == even(moving, fps).tolist()


def test_a_single_frame_is_picked(moving):
    ticks = ticks_at(2.0)
    assert len(picked(ticks, moving[:1])) == 0
    last = last_picked(ticks)
    assert last is not None
    assert last.indices.tolist() == [0]
    assert last_picked(ticks_at(2.0)) is None


def test_every_use_shows_the_model_something_else(judge, moving, questions):
    plain, told, drawn = (judge(use) for use in (None, {"text": True}, {"trails": True}))
    found = [run(one, moving, questions) for one in (plain, told, drawn)]
    assert found[0] != found[1]
    assert found[0] != found[2]
    assert found[1] != found[2]
    assert len({fingerprint(one) for one in (plain, told, drawn)}) == 3
    assert plain.identity()["tracks"] is None
    assert told.identity()["tracks"]["source"]["source"] == "kinematic"


def test_evidence_shows_the_trails_that_the_model_saw(judge, moving, questions):
    pictures = []
    for use in ({"text": True}, {"trails": True}):
        outcomes = answers(judge(use), moving, questions)
        worst = max(outcomes, key=lambda outcome: outcome.evidence[0].probability)
        pictures.append(worst.evidence[0].frames)
    assert [[frame.time_s for frame in frames] for frames in pictures] == [[0.0, 1.0, 2.0]] * 2
    for told, drawn in zip(*pictures, strict=True):
        assert not np.array_equal(told.rgb, drawn.rgb)


def test_chunks_change_nothing_with_tracks_either(judge, moving, questions):
    one = judge({"text": True, "trails": True})
    assert run(one, moving, questions, 1) == run(one, moving, questions, 64)
    state = one.push(one.open(META, questions, {}), moving[:10])
    saved = copy.deepcopy(state)
    first = [v.score for v in one.close(one.push(state, moving[10:]))]
    assert [v.score for v in one.close(one.push(saved, moving[10:]))] == first


def test_attention_that_is_the_identity_changes_nothing(judge, moving, questions, tmp_path, loaded):
    from lawful.judge.vlm.tracks.form import AttentionSettings
    from lawful.judge.vlm.tracks.weights import new_trajectory_module, save_trajectory

    model = loaded("qwen3_vl", "sdpa").model
    module = new_trajectory_module(model, AttentionSettings(), seed=0)
    save_trajectory(tmp_path / "attention", module)
    attentive = judge({"attention": str(tmp_path / "attention")})
    plain = run(judge(), moving, questions)
    assert run(attentive, moving, questions) == pytest.approx(plain, abs=1e-6)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.5)
    save_trajectory(tmp_path / "other", module)
    other = judge({"attention": str(tmp_path / "other")})
    assert run(other, moving, questions) != pytest.approx(plain, abs=1e-4)
    assert fingerprint(other) != fingerprint(attentive)


def test_a_count_cannot_be_chosen_while_the_clip_runs(judge):
    with pytest.raises(
        InputError, match=r"with tracks, frames are chosen while the clip runs, which policy\.kind"
    ):
        judge({"text": True}, policy={"kind": "count"})


def test_a_cropping_model_sees_the_middle(loaded, moving):
    seen = loaded("llava_next_video", "sdpa").family.seen(moving)
    assert (seen.x0, seen.x1, seen.y0, seen.y1) == (0.125, 0.875, 0.0, 1.0)
