"""New frames large, still ones small: tokens as computed, times and positions as they are, and nothing that moves lost."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.core.errors import InputError
from lawful.judge.make import make_judge
from lawful.judge.task import JudgeSpec
from lawful.judge.vlm.asking import Asker
from lawful.judge.vlm.families.protocol import Still
from lawful.judge.vlm.families.table import family_of
from lawful.judge.vlm.frames import FrameBuffer, chosen, hold, still_frames
from lawful.judge.vlm.labels import label_tokens
from lawful.judge.vlm.prefix import next_logits
from lawful.judge.vlm.prompts import own_dialogue, prefix_tokens
from lawful.judge.vlm.settings import FramePolicy, VlmSettings
from lawful.video.frames import Frames

QWEN3 = ("qwen3_vl", "qwen3_5")
TWO = FramePolicy(kind="slow_fast", still_scale=0.5)


def mostly_still(n=12, moving=(4, 5, 9), height=64, width=128):
    """A still scene in which a dot of 6 px jumps at some frames."""
    rng = np.random.default_rng(1)
    rgb = np.repeat(rng.integers(90, 110, (1, height, width, 3), dtype=np.uint8), n, 0)
    place = 0
    for at in range(n):
        place += 9 * (at in moving)
        rgb[at, 20:26, place : place + 6] = 255
    return Frames(rgb, np.arange(n) / 2.0, np.arange(n, dtype=np.int64))


def still_of(frames, scale=0.5):
    marked = still_frames(frames, FramePolicy(kind="slow_fast", still_scale=scale))
    return Still(marked, scale)


def qwen(name="qwen3_vl", least=16 * 16, most=10**9):
    vision = {"patch_size": 8, "spatial_merge_size": 2, "temporal_patch_size": 2}
    sizes = {"size": {"shortest_edge": least, "longest_edge": most}}
    return family_of({"model_type": name, "vision_config": vision}, sizes, name)


def test_a_small_thing_that_moves_makes_a_frame_new():
    frames = mostly_still()
    assert [at for at, is_still in enumerate(still_frames(frames, TWO)) if not is_still] == [0, 4, 5, 9]
    # Shown backwards the same changes are new, each seen from the other side.
    back = Frames(frames.rgb[::-1], frames.times_s, frames.indices)
    assert [at for at, is_still in enumerate(still_frames(back, TWO)) if not is_still] == [0, 3, 7, 8]


def test_slow_motion_adds_up():
    grey = np.full((20, 48, 64, 3), 100, np.uint8)
    grey[:, :12, :12] += np.arange(20, dtype=np.uint8)[:, None, None, None] * 4
    new = ~still_frames(Frames(grey, np.arange(20) / 2, np.arange(20)), TWO)
    assert np.flatnonzero(new).tolist() == [0, 3, 6, 9, 12, 15, 18]


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 60),
    st.sets(st.integers(0, 59)),
    st.lists(st.integers(1, 9), min_size=1),
    st.integers(2, 20),
)
def test_all_frames_are_shown_whatever_the_chunks(n, moving, sizes, most):
    policy = FramePolicy(kind="slow_fast", still_scale=0.5, max_frames=most)
    frames, buffer, start = mostly_still(n, moving, 32, 640), FrameBuffer(), 0
    while start < n:
        for size in sizes:
            buffer = hold(buffer, frames[start : start + size], policy)
            start += size
    shown = chosen(buffer, policy)
    evenly = hold(FrameBuffer(), frames, FramePolicy(max_frames=most))
    np.testing.assert_array_equal(shown.indices, evenly.indices)
    assert not still_frames(shown, policy)[0]


@pytest.mark.parametrize("name", QWEN3)
def test_tokens_fall_as_computed_and_times_stay(name):
    frames = mostly_still()
    plain, packed = qwen(name).pack(frames), qwen(name).pack(frames, still_of(frames))
    # Steps of two frames: 2 (frames 4, 5), 4 (frames 8, 9) and the first hold what is new.
    assert packed.grids == ((1, 8, 16), (1, 4, 8), (1, 8, 16), (1, 4, 8), (1, 8, 16), (1, 4, 8))
    assert plain.n_visual_tokens == 6 * 32
    assert packed.n_visual_tokens == 3 * 32 + 3 * 8
    assert packed.text.count("<|video_pad|>") == packed.n_visual_tokens
    assert packed.text.replace("<|video_pad|>", "") == plain.text.replace("<|video_pad|>", "")
    assert (packed.step_times_s, packed.step_starts_s) == (plain.step_times_s, plain.step_starts_s)
    assert packed.inputs["video_grid_thw"].tolist() == [list(grid) for grid in packed.grids]
    pixels = packed.inputs["pixel_values_videos"]
    assert len(pixels) == 4 * packed.n_visual_tokens
    # Large steps are, number by number, what they are when all are large; small ones what they are alone.
    assert torch.equal(pixels[:128], plain.inputs["pixel_values_videos"][:128])
    small = qwen(name).pack(
        Frames(frames.rgb[2:4], frames.times_s[2:4], frames.indices[2:4]), Still(np.ones(2, bool), 0.5)
    )
    assert torch.equal(pixels[128:160], small.inputs["pixel_values_videos"])


@pytest.mark.parametrize("name", QWEN3)
def test_where_nothing_is_still_it_is_as_ever(name):
    frames = mostly_still(7, range(7))
    plain, packed = qwen(name).pack(frames), qwen(name).pack(frames, still_of(frames))
    assert (packed.text, packed.grids) == (plain.text, plain.grids)
    assert torch.equal(packed.inputs["pixel_values_videos"], plain.inputs["pixel_values_videos"])
    assert still_frames(frames, FramePolicy(kind="slow_fast")) is None


@settings(max_examples=60, deadline=None)
@given(
    st.integers(64, 400), st.integers(64, 400), st.lists(st.booleans(), min_size=1, max_size=30),
    st.floats(0.3, 0.95), st.integers(1, 40),
)  # fmt: skip
def test_the_models_limit_holds_and_what_is_saved_goes_to_new_frames(height, width, marks, scale, budget):
    most = budget * 64 * 64 * 40
    # Whole steps: of a last frame that stands alone the model's own preprocessing counts none or two.
    marks = [mark for mark in marks for _ in range(2)]
    frames = Frames(
        np.zeros((len(marks), height, width, 3), np.uint8), np.arange(len(marks)) / 2, np.arange(len(marks))
    )
    still = Still(np.array([False, *marks[1:]]), scale)
    family = qwen(most=most)
    plain, packed = family.pack(frames), family.pack(frames, still)
    assert packed.n_visual_tokens * 16 * 16 * 2 <= most
    assert sum(steps for steps, _, _ in packed.grids) == plain.grids[0][0]
    assert packed.size_px[0] * packed.size_px[1] >= plain.size_px[0] * plain.size_px[1]


@pytest.mark.parametrize("name", QWEN3)
def test_positions_are_the_models_own_for_several_videos(name, loaded):
    model, frames = loaded(name), mostly_still()
    packed = model.family.pack(frames, still_of(frames))
    assert len(packed.grids) > 2
    dialogue = own_dialogue(model.family)
    row = model.tokenizer("Does the ball fall?")["input_ids"]
    ids = torch.tensor([[*prefix_tokens(model.tokenizer, dialogue, packed.text), *row]])
    ours = model.family.positions(model.model, ids, packed)
    theirs, offset = model.model.model.get_rope_index(
        ids,
        mm_token_type_ids=(ids == model.model.config.video_token_id).int() * 2,
        video_grid_thw=packed.inputs["video_grid_thw"],
    )
    assert torch.equal(ours.ids, theirs)
    assert ours.offset == int(offset)


@pytest.mark.parametrize("name", QWEN3)
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_a_shared_prefix_says_what_the_models_own_reading_says(name, attention, loaded):
    model, frames = loaded(name, attention), mostly_still()
    asker = Asker(model, VlmSettings(policy=TWO), own_dialogue(model.family))
    row = asker.tokens_of("Does the ball fall?")
    packed = model.family.pack(frames, still_of(frames))
    ids = torch.tensor([[*prefix_tokens(model.tokenizer, asker.dialogue, packed.text), *row]])
    kinds = (ids == model.model.config.video_token_id).int() * 2
    with torch.inference_mode():
        whole = model.model(input_ids=ids, mm_token_type_ids=kinds, **packed.inputs, logits_to_keep=1).logits[
            0, -1
        ]
    prefix = asker.look(frames)
    assert prefix.n_visual_tokens == packed.n_visual_tokens
    (found,) = next_logits(model, prefix, [row], [1])
    (again,) = next_logits(model, asker.look(frames), [row], [1])
    assert torch.equal(found, again)
    assert (found[0] - whole).abs().max() <= (5e-5 if name == "qwen3_5" else 1e-5)


def test_evidence_says_how_many_frames_are_still(loaded, questions):
    model, frames = loaded("qwen3_vl"), mostly_still()
    for policy, told in (
        (TWO, "; 8 of 12 frames count as still (still_scale 0.5)"),
        (FramePolicy(), "to 5.50 s"),
    ):
        asker = Asker(model, VlmSettings(policy=policy), own_dialogue(model.family))
        outcomes = asker.ask(frames, questions, {}, "{question} {labels}", "0" * 64, "f" * 64)
        assert all(one.evidence[0].text.endswith(told) for one in outcomes)
    assert label_tokens(model.tokenizer, questions[0].scale).single


@pytest.mark.parametrize(
    ("name", "config", "message"),
    [
        (
            "qwen2_5_vl",
            {},
            r"policy.still_scale asks for frames of two sizes, and a video of qwen2_5_vl has frames of one",
        ),
        (
            "internvl",
            {},
            r"a video of internvl has frames of one size\. Leave still_scale out, or take a model of Qwen3-VL",
        ),
        (
            "qwen3_vl",
            {"tracks": {"attention": "w"}},
            r"trajectory attention follows tracks through frames of one size",
        ),
    ],
)
def test_models_with_one_size_refuse(name, config, message, model_folder, monkeypatch, tmp_path):
    from lawful.judge.vlm import judge as module

    uses = type("Uses", (), {"attention": tmp_path})()
    monkeypatch.setattr(module, "_uses", lambda *_: uses)
    policy = {"kind": "slow_fast", "still_scale": 0.5}
    with pytest.raises(InputError, match=message):
        make_judge(JudgeSpec(f"vlm:{model_folder(name)}", {"policy": policy, **config}))


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"kind": "slow_fast", "still_scale": 1.5}, "still_scale must be at most 1, got 1.5"),
        ({"kind": "slow_fast", "still_scale": 0}, "still_scale must be above 0, got 0"),
        ({"kind": "fps", "still_scale": 0.5}, "still_scale is for kind = \"slow_fast\", .* kind is 'fps'"),
    ],
)
def test_a_scale_is_a_share_and_for_slow_fast(policy, message, model_folder):
    with pytest.raises(InputError, match=message):
        make_judge(JudgeSpec(f"vlm:{model_folder('qwen3_vl')}", {"policy": policy}))


def test_the_scale_enters_the_fingerprint(model_folder):
    name = f"vlm:{model_folder('qwen3_vl')}"
    marks = [
        json.dumps(
            make_judge(JudgeSpec(name, {"policy": {"kind": "slow_fast", "still_scale": scale}})).identity()
        )
        for scale in (1.0, 0.5)
    ]
    assert marks[0] != marks[1]
