from dataclasses import replace

import numpy as np
import pytest
import torch

from lawful.generators.tiny.batches import Crop, draw_batch, paint_crops, prompt_of
from lawful.generators.tiny.model import CODEC
from lawful.generators.tiny.picture import PALETTE, as_uint8
from lawful.generators.tiny.prompt import COLOURS
from lawful.generators.tiny.reader import read_frame
from lawful.generators.tiny.rollouts import what_follows
from lawful.generators.tiny.scenes import simulate_states


@pytest.fixture(scope="module")
def states():
    return simulate_states(8, range(30), 32)


def test_a_batch_depends_on_its_key_alone(states):
    one, again, other = (draw_batch(states, key, 3, 8) for key in ((4, 1), (4, 1), (4, 2)))
    for name in vars(one):
        assert torch.equal(getattr(one, name), getattr(again, name)), name
        assert not torch.equal(one.noise, other.noise)


def test_prompts_say_what_pictures_show(states):
    for clip in range(len(states)):
        for mirrored in (False, True):
            crop = Crop(clip, 0, mirrored, (2, 4), prompt_of(states, clip, (2, 4), mirrored))
            pictures, _ = paint_crops(states, [crop], 2)
            early, late = (read_frame(frame) for frame in as_uint8(pictures)[0])
            said = crop.prompt
            assert len(early.things) == said.count
            assert {thing.colour for thing in early.things} == {said.colour, said.other_colour} - {None}
            (first,), (moved,) = early.of(COLOURS[2]), late.of(COLOURS[2])
            assert said.side == ("left", "middle", "right")[int(first.x // (64 / 3))]
            step = moved.x - first.x
            assert said.way == ("straight" if abs(step) < 0.25 else "right" if step > 0 else "left")


def test_frames_without_history_count_only_where_a_video_starts(states):
    batches = [draw_batch(states, (5, number), 8, 16) for number in range(6)]
    for batch in batches:
        assert (batch.weights[:, 1:] == 1).all()
        inside = batch.weights[:, 0] == 0
        assert (batch.sigmas[inside, 0] <= 0.1).all()
    share = torch.cat([batch.weights[:, 0] for batch in batches]).mean()
    assert 0.3 < share < 0.75


def test_what_follows_from_true_frames_is_what_was_simulated(states):
    """The reader finds places and speeds well enough for the simulation to go on as it did."""
    apart, unknown = [], 0
    for clip in range(len(states)):
        crop = Crop(clip, 0, bool(clip % 2), (0, 4), prompt_of(states, clip, (0, 4)))
        pictures = as_uint8(paint_crops(states, [crop], 16)[0])[0]
        follows = what_follows(states, crop, pictures[:8])
        if follows is None:
            unknown += 1
        else:
            apart.append(np.abs(follows[:4].astype(float) - pictures[8:12]).mean())
    assert unknown < len(states) / 2  # something hit in the last frames
    assert np.median(apart) < 0.3
    assert np.quantile(apart, 0.9) < 2


def test_nothing_follows_where_a_thing_is_gone(states):
    clip = int(np.flatnonzero(states.count == 1)[0])
    crop = Crop(clip, 0, False, (1, 0), prompt_of(states, clip, (1, 0)))
    empty = as_uint8(paint_crops(replace(states, radius=0 * states.radius), [crop], 8)[0])[0]
    assert what_follows(states, crop, empty) is None


def test_clips_are_painted_in_colours_of_the_palette(states):
    batch = draw_batch(states, (6,), 6, 4)
    rgb = (CODEC.decode(CODEC.open(), batch.latents)[1] + 1) * 127.5
    for video in rgb.transpose(1, 2):
        found = {thing.colour for frame in as_uint8(video) for thing in read_frame(frame).things}
        assert found
        assert found <= set(PALETTE)


def test_crops_begin_with_their_clip_as_often_as_asked(states):
    for share in (0.0, 1.0):
        batch = draw_batch(states, (7, 1), 24, 8, from_start=share, from_noise=1.0)
        # What begins with its clip counts from the first frame on, and that is nearly all noise.
        begins = batch.weights[:, 0] > 0
        assert begins.all() if share else begins.float().mean() < 0.3
        assert bool((batch.sigmas[begins, 0] >= 0.9).all())
