"""Positions of the Qwen-VL line: the model's own where its versions agree, worked by hand where they do not."""

import numpy as np
import pytest
import torch

from lawful.judge.vlm.asking import Asker
from lawful.judge.vlm.prefix import next_logits
from lawful.judge.vlm.prompts import own_dialogue, prefix_tokens
from lawful.judge.vlm.settings import VlmSettings
from lawful.video.frames import Frames

QUESTION = "Does the ball fall? Answer yes or no."


def at(frames, times_s):
    """Frames with times of their own."""
    return Frames(frames.rgb, np.asarray(times_s, np.float64), frames.indices)


def prompt(model, packed, row=()):
    ids = [*prefix_tokens(model.tokenizer, own_dialogue(model.family), packed.text), *row]
    return torch.tensor([ids])


def times_of_steps(model, shown):
    """Positions in time of the steps, from the first."""
    packed = model.family.pack(shown)
    ids = prompt(model, packed)
    placed = model.family.positions(model.model, ids, packed).ids[0, 0]
    video = placed[ids[0] == model.model.config.video_token_id]
    per_step = packed.n_visual_tokens // packed.grids[0][0]
    return (video[::per_step] - video[0]).tolist()


@pytest.mark.parametrize("name", ["qwen3_vl", "qwen3_5", "qwen2_5_vl"])
@pytest.mark.parametrize("n_frames", [1, 4, 5])
def test_they_are_the_models_own(name, n_frames, loaded, frames):
    model = loaded(name)
    # So wide that no time outruns the columns: there is nothing that versions of transformers do apart.
    packed = model.family.pack(frames(n_frames, width=128))
    ids = prompt(model, packed, model.tokenizer(QUESTION)["input_ids"])
    ours = model.family.positions(model.model, ids, packed)
    theirs, offset = model.model.model.get_rope_index(
        ids,
        mm_token_type_ids=(ids == model.model.config.video_token_id).int() * 2,
        video_grid_thw=packed.inputs["video_grid_thw"],
    )
    assert torch.equal(ours.ids, theirs)
    assert ours.offset == int(offset)


def test_time_is_that_of_the_frames(loaded, frames):
    model = loaded("qwen2_5_vl")
    # Two positions a second; the repetition that fills up the last step of five frames takes no time.
    assert times_of_steps(model, frames(5)) == [0, 2, 4]
    assert times_of_steps(model, at(frames(5), [0, 1, 2, 3, 4])) == [0, 4, 8]
    assert times_of_steps(model, at(frames(6), [0, 0.25, 0.5, 0.75, 1.0, 1.25])) == [0, 1, 2]
    # The frames on screen at the ticks of 2 a second, of 29.97 a second.
    ticks = np.floor(np.arange(6) / 2 * 29.97) / 29.97
    assert times_of_steps(model, at(frames(6), ticks)) == [0, 2, 4]
    # Uneven, as by slow_fast or key_clips.
    assert times_of_steps(model, at(frames(6), [0, 0.1, 0.2, 3.0, 6.0, 6.1])) == [0, 0, 12]


def test_what_follows_a_long_video_comes_after_all_of_its_times(loaded, frames):
    model = loaded("qwen2_5_vl")
    asker = Asker(model, VlmSettings(attention="eager"), own_dialogue(model.family))
    shown = frames(20)
    packed = model.family.pack(shown)
    row = asker.tokens_of(QUESTION)
    whole = prompt(model, packed, row)
    placed = model.family.positions(model.model, whole, packed)
    last = int((whole[0] == model.model.config.video_token_id).nonzero().max())
    # Ten steps of a second, two positions each, outrun the rows and columns.
    largest = int(placed.ids[:, 0, : last + 1].max())
    assert largest == int(placed.ids[0, 0, last]) > int(placed.ids[1:, 0, last].max())
    after = placed.ids[:, 0, last + 1 :]
    assert torch.equal(after, torch.arange(largest + 1, largest + 1 + after.shape[1]).expand(3, -1))
    with torch.inference_mode():
        expected = model.model(
            input_ids=whole, position_ids=placed.ids, **packed.inputs, logits_to_keep=1
        ).logits[0, -1]
    (found,) = next_logits(model, asker.look(shown), [row], [1])
    assert (found[0] - expected).abs().max() <= 1e-5
