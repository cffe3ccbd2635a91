"""Frame policies choose the same whatever the chunks, and no more than they may."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.judge.vlm.frames import FrameBuffer, chosen, hold, sampling_of
from lawful.judge.vlm.settings import FramePolicy
from lawful.video.frames import Frames
from lawful.video.sampling import Sampling


def clip(n, moving=(), seed=0):
    """A still clip in which a small square jumps at some frames."""
    rng = np.random.default_rng(seed)
    still = rng.integers(90, 110, (48, 64, 3), dtype=np.uint8)
    rgb = np.repeat(still[None], n, 0)
    place = 0
    for at in range(n):
        place += 7 if at in moving else 0
        rgb[at, 8:14, place % 50 : place % 50 + 6] = 255
    return Frames(rgb, np.arange(n) / 8.0, np.arange(n, dtype=np.int64))


def run(frames, policy, sizes=(10_000,)):
    buffer, start = FrameBuffer(), 0
    while start < len(frames):
        for size in sizes:
            buffer = hold(buffer, frames[start : start + size], policy)
            start += size
    return chosen(buffer, policy)


POLICIES = st.builds(
    FramePolicy,
    kind=st.sampled_from(["fps", "count", "slow_fast", "key_clips"]),
    count=st.integers(1, 12),
    max_frames=st.integers(2, 20),
    still_every=st.integers(1, 9),
    clip_frames=st.integers(1, 6),
)


@settings(max_examples=60, deadline=None)
@given(POLICIES, st.integers(1, 50), st.sets(st.integers(0, 49)), st.lists(st.integers(1, 9), min_size=1))
def test_chunks_change_nothing_and_the_limits_hold(policy, n, moving, sizes):
    frames = clip(n, moving)
    whole, pieces = run(frames, policy), run(frames, policy, sizes)
    np.testing.assert_array_equal(whole.indices, pieces.indices)
    np.testing.assert_array_equal(whole.rgb, pieces.rgb)
    assert 1 <= len(whole) <= policy.max_frames
    if policy.kind == "key_clips":
        assert len(whole) <= policy.count
    assert whole.indices[0] == 0
    assert (np.diff(whole.indices) > 0).all()
    np.testing.assert_array_equal(whole.rgb, frames.rgb[whole.indices])
    np.testing.assert_array_equal(whole.times_s, frames.times_s[whole.indices])


def test_a_long_clip_is_thinned_evenly():
    found = run(clip(100), FramePolicy(max_frames=16))
    np.testing.assert_array_equal(found.indices, np.arange(0, 100, 8))


def test_still_stretches_are_shown_seldom_and_small_moves_always():
    moving = {3, 20, 21}
    found = run(clip(32, moving), FramePolicy(kind="slow_fast", still_every=8))
    assert moving <= set(found.indices.tolist())
    assert len(found) == 7  # frame 0, three moves, and one in eight of the rest: 11, 19 and 29
    assert set(found.indices.tolist()) == {0, 3, 11, 19, 20, 21, 29}


def test_key_clips_gather_where_it_changes_within_the_budget():
    found = run(clip(60, {40}), FramePolicy(kind="key_clips", count=8, clip_frames=4))
    assert len(found) == 8
    assert {38, 39, 40, 41} <= set(found.indices.tolist())
    assert {0, 59} <= set(found.indices.tolist())
    twice = run(clip(240, {160}), FramePolicy(kind="key_clips", count=8, clip_frames=4, max_frames=500))
    assert len(twice) == 8


def test_the_reader_is_asked_for_what_a_policy_needs():
    assert sampling_of(FramePolicy()) == Sampling(fps=2.0, long_side_px=512)
    assert sampling_of(FramePolicy(kind="count", count=9)) == Sampling(count=9, long_side_px=512)
    dense = FramePolicy(kind="slow_fast", fps=8.0, long_side_px=256)
    assert sampling_of(dense) == Sampling(fps=8.0, long_side_px=256)


@pytest.mark.parametrize("kind", ["fps", "slow_fast"])
def test_held_frames_do_not_keep_the_pushed_block(kind):
    frames = clip(4, {1, 2, 3})
    buffer = hold(FrameBuffer(), frames, FramePolicy(kind=kind))
    assert all(rgb.base is None for rgb in buffer.rgb)
