"""What is shown: the judge's own frames and tracks, kept between steps, and the ways to be blind."""

from dataclasses import replace

import numpy as np
import pytest

from lawful.core.errors import InputError
from lawful.judge.vlm.train.clips import Clips, seen_as
from lawful.judge.vlm.train.config import AttentionConfig
from lawful.judge.vlm.train.train import judge_in_training
from lawful.video.frames import Frames


@pytest.fixture
def clips(base, config, data, tmp_path):
    def make(true_tracks=True, memory_mb=0, **changes):
        judge = judge_in_training(base, config(**changes), "cpu")
        return Clips(judge, data.digests, tmp_path / "tracks", memory_mb, true_tracks)

    return make


ATTENDING = {"attention": AttentionConfig("trajectory")}


@pytest.mark.parametrize("true_tracks", [True, False])
def test_tracks_are_the_same_when_they_are_read_again(clips, data, true_tracks):
    one = clips(true_tracks, **ATTENDING)
    clip = data.train[0].clip
    first, again = one.shown(clip), one.shown(clip)
    assert first is not again
    assert np.array_equal(first.frames.rgb, again.frames.rgb)
    assert np.array_equal(first.frames.times_s, again.frames.times_s)
    for name in ("ids", "times_s", "xy", "visible"):
        before, after = (getattr(shown.tracked.points, name) for shown in (first, again))
        assert np.array_equal(before, after, equal_nan=before.dtype.kind == "f")
    assert np.array_equal(first.tracked.owner, again.tracked.owner)
    assert len(list((one.folder).glob("*.npz"))) == 1


def test_memory_changes_nothing_but_time(clips, data):
    clip = data.train[0].clip
    kept, plain = clips(memory_mb=8), clips()
    assert kept.shown(clip) is kept.shown(clip)
    assert np.array_equal(kept.shown(clip).frames.rgb, plain.shown(clip).frames.rgb)
    assert plain.shown(clip).tracked is None


def test_blind_sights_keep_times_and_lose_what_they_should(clips, data):
    shown = clips(memory_mb=8).shown(data.train[0].clip)
    rgb = shown.frames.rgb
    for sight in ("no_video", "one_frame", "shuffled"):
        blind = seen_as(shown, sight, "ab" * 32)
        assert np.array_equal(blind.frames.times_s, shown.frames.times_s)
        assert blind.frames.rgb.shape == rgb.shape
        assert np.array_equal(blind.frames.rgb, seen_as(shown, sight, "ab" * 32).frames.rgb)
    assert len(np.unique(seen_as(shown, "no_video", "00" * 32).frames.rgb)) == 1
    one = seen_as(shown, "one_frame", "00" * 32).frames.rgb
    assert (one == rgb[len(rgb) // 2]).all()
    orders = {seen_as(shown, "shuffled", f"{n:064x}").frames.rgb.tobytes() for n in range(0, 2**250, 2**245)}
    assert len(orders) > 1
    shuffled = seen_as(shown, "shuffled", "ab" * 32).frames.rgb
    assert sorted(frame.tobytes() for frame in shuffled) == sorted(frame.tobytes() for frame in rgb)
    assert seen_as(shown, "video", "00" * 32) is shown


def test_shuffled_frames_are_never_in_their_own_order(clips, data):
    shown = clips(memory_mb=8).shown(data.train[0].clip)
    two = replace(
        shown, frames=Frames(shown.frames.rgb[:2], shown.frames.times_s[:2], shown.frames.indices[:2])
    )
    for n in range(8):
        assert np.array_equal(seen_as(two, "shuffled", f"{n:x}" * 64).frames.rgb, two.frames.rgb[::-1])
    one = replace(
        shown, frames=Frames(shown.frames.rgb[:1], shown.frames.times_s[:1], shown.frames.indices[:1])
    )
    assert np.array_equal(seen_as(one, "shuffled", "0" * 64).frames.rgb, one.frames.rgb)


def test_a_damaged_clip_is_not_learnt_from(clips, data, tmp_path):
    whole = data.train[0].clip.read_bytes()
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(whole[: len(whole) * 2 // 3])
    one = clips()
    one.digests = {**one.digests, broken: "00" * 32}
    with pytest.raises(InputError, match=r"broken\.mp4"):
        one.shown(broken)
