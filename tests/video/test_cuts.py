import copy

import numpy as np
import pytest

from lawful.video.cuts import FLASH_FRAMES, close_cuts, open_cuts, push_cuts
from lawful.video.frames import Frames


def scene(seed: int, count: int, pan: float = 1.0) -> np.ndarray:
    """A camera that moves over a textured ground of its own colours."""
    rng = np.random.default_rng(seed)
    coarse = np.kron(rng.integers(0, 60, (12, 24, 3)), np.ones((10, 10, 1)))
    ground = (coarse + rng.integers(10, 190, 3)).clip(0, 255).astype(np.uint8)
    return np.stack([np.roll(ground, -round(pan * k), axis=1)[:96, :128] for k in range(count)])


def frames(*parts: np.ndarray, fps: float = 10.0) -> Frames:
    rgb = np.concatenate(parts)
    return Frames(rgb, np.arange(len(rgb)) / fps, np.arange(len(rgb), dtype=np.int64))


def cuts(clip: Frames, chunk: int = 7) -> list[float]:
    state = open_cuts()
    found: list[float] = []
    for start in range(0, len(clip), chunk):
        state, new = push_cuts(state, clip[start : start + chunk])
        found += new
    return found + close_cuts(state)


def test_a_hard_cut_is_found_at_its_first_frame():
    assert cuts(frames(scene(1, 12), scene(2, 12))) == [1.2]
    assert cuts(frames(scene(1, 12), scene(2, 12), scene(3, 5))) == [1.2, 2.4]


def test_a_cut_is_told_after_the_delay_and_not_before():
    clip = frames(scene(1, 12), scene(2, 12))
    state = open_cuts()
    for index in range(len(clip)):
        state, new = push_cuts(state, clip[index : index + 1])
        assert new == ([1.2] if index == 12 + FLASH_FRAMES else [])


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_shot_that_ends_the_clip_is_found_however_short(length):
    assert cuts(frames(scene(1, 12), scene(2, length))) == [1.2]


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("flash", ["white", "other"])
def test_a_flash_is_no_cut(length, flash):
    ground = scene(1, 24)
    ground[10 : 10 + length] = 255 if flash == "white" else scene(2, length)
    assert cuts(frames(ground)) == []


def test_strobe_is_no_cut():
    ground = scene(1, 24)
    ground[1:-1:2] = 255
    assert cuts(frames(ground)) == []


@pytest.mark.parametrize("pan", [0.0, 2.0, 17.0, 43.0])
def test_motion_is_no_cut(pan):
    assert cuts(frames(scene(1, 30, pan))) == []


def test_a_large_object_that_appears_or_vanishes_is_no_cut():
    ground = scene(1, 24, 0.0)
    ground[8:16, 10:75, 10:80] = (250, 20, 20)
    assert cuts(frames(ground)) == []


def test_a_light_that_is_switched_on_is_no_cut():
    ground = scene(1, 24)
    ground[:12] = ground[:12] // 2
    assert cuts(frames(ground)) == []


def test_chunks_do_not_matter():
    clip = frames(scene(1, 9), scene(2, 2), scene(3, 9), scene(1, 9))
    assert cuts(clip, 1) == cuts(clip, 7) == cuts(clip, 64)


@pytest.mark.parametrize("times", [2, 3, 5])
def test_duplicated_frames_change_nothing(times):
    clip = frames(scene(1, 9), scene(2, 2), scene(3, 9), scene(4, 9))
    rgb = np.repeat(clip.rgb, times, axis=0)
    fine = Frames(rgb, np.arange(len(rgb)) / 10 / times, np.arange(len(rgb), dtype=np.int64))
    assert cuts(fine) == pytest.approx(cuts(clip))


def test_size_does_not_matter():
    clip = frames(scene(1, 12), scene(2, 12))
    small = Frames(clip.rgb[:, ::3, ::3], clip.times_s, clip.indices)
    tiny = Frames(clip.rgb[:, :2, :2], clip.times_s, clip.indices)
    assert cuts(small) == [1.2]
    cuts(tiny)


def test_a_saved_state_goes_on_as_if_never_left():
    clip = frames(scene(1, 12), scene(2, 12))
    state, first = push_cuts(open_cuts(), clip[:13])
    saved = copy.deepcopy(state)
    push_cuts(state, frames(scene(5, 9)))
    state, rest = push_cuts(saved, clip[13:])
    assert first + rest + close_cuts(state) == [1.2]


def test_no_frames_no_cuts():
    assert close_cuts(open_cuts()) == []
    assert push_cuts(open_cuts(), frames(scene(1, 3))[:0])[1] == []
