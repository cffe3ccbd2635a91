"""Reading a clip as if it ended early: the same frames and the same facts as of a clip that does end there."""

from pathlib import Path

import numpy as np
import pytest

from lawful.video.read import open_video, read_frames
from lawful.video.sampling import Sampling

SAMPLINGS = (
    Sampling(),
    Sampling(fps=10.0),
    Sampling(fps=7.5),
    Sampling(count=5),
    Sampling(count=2, long_side_px=32),
)


def write_all(kind, frames, encode, save_images, folder):
    """The clip as a file or folder of some kind, at 24 frames a second."""
    if kind == "images":
        return save_images(folder / "images", frames)
    codecs = {"mp4": "libx264", "mkv": "libx264", "avi": "mpeg4", "gif": "gif"}
    formats = {"gif": "rgb8"}
    return encode(folder / f"clip.{kind}", frames, codecs[kind], formats.get(kind, "yuv420p"))


def read(path, sampling, until_s=None):
    with open_video(path, image_fps=24.0, sha256="0" * 64, name="clip", until_s=until_s) as video:
        return video.meta, read_frames(video, sampling), video


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("until_s", [0.05, 0.3, 1 / 3, 0.98])
def test_a_prefix_is_the_folder_of_the_images_before(make_frames, save_images, tmp_path, until_s, sampling):
    frames = make_frames(24)
    n = max(1, int(np.count_nonzero(frames.times_s < until_s - 1e-9)))
    whole = save_images(tmp_path / "whole", frames)
    cut = save_images(tmp_path / "cut", frames[:n])
    meta, some, video = read(whole, sampling, until_s)
    wanted_meta, wanted, other = read(cut, sampling)
    assert meta == wanted_meta
    np.testing.assert_array_equal(some.rgb, wanted.rgb)
    np.testing.assert_allclose(some.times_s, wanted.times_s, atol=1e-9)
    np.testing.assert_array_equal(some.indices, wanted.indices)
    assert (video.decoded_frames, video.damage, video.reached) == (n, None, True)
    assert video.decoded_duration_s == pytest.approx(other.decoded_duration_s)


@pytest.mark.parametrize("kind", ["mp4", "mkv", "avi", "gif", "images"])
def test_the_frames_of_a_prefix_are_those_of_the_clip(
    make_frames, encode, save_images, tmp_path, kind
):  # fmt: skip
    path = write_all(kind, make_frames(24), encode, save_images, tmp_path)
    _, whole, _ = read(path, Sampling())
    for until_s in (0.25, 0.5, 0.75):
        meta, some, video = read(path, Sampling(), until_s)
        n = len(some)
        np.testing.assert_array_equal(some.rgb, whole.rgb[:n])
        np.testing.assert_array_equal(some.times_s, whole.times_s[:n])
        assert whole.times_s[n] >= until_s - 1e-3 > whole.times_s[n - 1]
        assert video.reached
        assert meta.n_frames in (None, n)
        assert meta.duration_s is None or meta.duration_s == pytest.approx(until_s, abs=0.012)


def test_a_prefix_that_ends_with_the_clip_is_the_clip(make_frames, encode, tmp_path):
    path = encode(tmp_path / "clip.mp4", make_frames(24))
    meta, some, video = read(path, Sampling(), 1.0)
    whole_meta, whole, _ = read(path, Sampling())
    assert (meta, video.reached, video.damage) == (whole_meta, True, None)
    np.testing.assert_array_equal(some.rgb, whole.rgb)


def test_a_clip_that_is_shorter_does_not_reach_the_time(make_frames, encode, tmp_path):
    path = encode(tmp_path / "clip.mp4", make_frames(24))
    _, some, video = read(path, Sampling(), 1.01)
    assert (len(some), video.reached) == (24, False)
    assert video.decoded_duration_s == pytest.approx(1.0)


def test_damage_after_the_time_is_not_met(make_frames, encode, tmp_path):
    path = encode(tmp_path / "clip.mkv", make_frames(48), options={"g": "6"})
    content = path.read_bytes()
    broken = Path(tmp_path / "broken.mkv")
    broken.write_bytes(content[: int(0.6 * len(content))])
    _, _, whole = read(broken, Sampling())
    assert whole.damage is not None
    assert 0.5 < whole.decoded_duration_s < 2.0
    _, _, early = read(broken, Sampling(), 0.5)
    assert (early.damage, early.reached) == (None, True)
    _, _, late = read(broken, Sampling(), 1.9)
    assert (late.damage is None, late.reached) == (False, False)


@pytest.mark.parametrize("until_s", [None, 0.5])
def test_who_watches_sees_every_frame_picked_or_not(make_frames, encode, tmp_path, until_s):
    path = encode(tmp_path / "clip.mp4", make_frames(24))
    seen = []
    with open_video(path, until_s=until_s) as video:
        picked = [
            len(chunk)
            for chunk in video.chunks(Sampling(count=2), watch=lambda frame, at_s: seen.append(at_s))
        ]
        assert sum(picked) == 2
        assert len(seen) == video.decoded_frames == (24 if until_s is None else 12)
    assert seen == sorted(seen)


def test_the_first_frame_is_shown_however_early_the_end(make_frames, encode, tmp_path):
    _, some, video = read(encode(tmp_path / "clip.mp4", make_frames(24)), Sampling(), 1e-6)
    assert (some.times_s.tolist(), video.decoded_frames, video.reached) == ([0.0], 1, True)
