import re
import subprocess
import sys

import numpy as np
import pytest

from lawful.core.errors import InputError
from lawful.video.arrays import array_meta, frames_from_array


def clip(shape: tuple[int, ...] = (5, 8, 10, 3)) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_layouts_and_types_give_the_same_frames():
    torch = pytest.importorskip("torch")
    made = clip()
    channels_second = made.transpose(0, 3, 1, 2)
    for array in (
        made,
        channels_second,
        made / 255,
        (channels_second / 255).astype(np.float32),
        torch.from_numpy(made),
        torch.from_numpy(channels_second.copy()).float().requires_grad_() / 255,
    ):
        frames = frames_from_array(array, fps=10.0)
        assert np.array_equal(frames.rgb, made)
        assert frames.rgb.flags.c_contiguous
        assert frames.times_s == pytest.approx(np.arange(5) / 10)
        assert frames.indices.tolist() == [0, 1, 2, 3, 4]


def test_bfloat16_is_read():
    torch = pytest.importorskip("torch")
    frames = frames_from_array(torch.zeros((2, 3, 8, 8), dtype=torch.bfloat16), fps=8.0)
    assert frames.rgb.shape == (2, 8, 8, 3)


def test_times_start_at_zero():
    frames = frames_from_array(clip(), times_s=[3.0, 3.5, 4.5, 4.6, 5.0])
    assert frames.times_s == pytest.approx([0, 0.5, 1.5, 1.6, 2.0])


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (clip((5, 8, 10)), "four axes, .* got shape (5, 8, 10). For grey video, repeat"),
        (clip((5, 8, 10, 1)), "three channels, R, G and B; got shape (5, 8, 10, 1). For grey video"),
        (clip((5, 8, 10, 4)), "three channels, .* Drop the alpha channel."),
        (clip((2, 5, 3, 8, 10)), "four axes, .* It looks like a batch of videos"),
        (clip((5, 3, 10, 3)), "can be read in two ways: say layout='THWC' .* or layout='TCHW'"),
        (clip((0, 8, 10, 3)), "the video array is empty: shape (0, 8, 10, 3)"),
        (clip().astype(np.int64), "a video array is uint8, or floats in [0, 1]; got int64"),
        (clip().astype(bool), "got bool"),
        (np.full((2, 8, 8, 3), np.nan), "the video array holds NaN"),
        (np.full((2, 8, 8, 3), np.inf), "values from inf to inf"),
        (
            clip() / 127.5 - 1,
            "lies in [0, 1]; got values from -1 to .* For values in [-1, 1], pass (array + 1) / 2.",
        ),
        (clip().astype(float), "got values from .* For values in [0, 255], pass array / 255."),
        (np.array(["a"]), "four axes"),
    ],
)
def test_what_is_no_video_is_refused(array, message):
    with pytest.raises(InputError, match=re.escape(message).replace(r"\.\*", ".*")):
        frames_from_array(array, fps=10.0)


def test_two_readings_are_told_apart_by_layout():
    assert frames_from_array(clip((5, 3, 10, 3)), fps=8.0, layout="THWC").rgb.shape == (5, 3, 10, 3)
    assert frames_from_array(clip((5, 3, 10, 3)), fps=8.0, layout="TCHW").rgb.shape == (5, 10, 3, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give fps or times_s: one of them and not both"),
        ({"fps": 8.0, "times_s": [0.0] * 5}, "give fps or times_s"),
        ({"fps": 0.0}, "fps must be a positive number, got 0"),
        ({"fps": float("nan")}, "fps must be a positive number, got nan"),
        ({"times_s": [0.0, 1.0]}, "times_s needs one time for each of the 5 frames; got shape (2,)"),
        ({"times_s": [0.0, 1.0, 1.0, 2.0, 3.0]}, "times_s must be finite and strictly increasing"),
        ({"times_s": [0.0, 1.0, 2.0, 3.0, float("inf")]}, "times_s must be finite"),
    ],
)
def test_times_are_checked(arguments, message):
    with pytest.raises(InputError, match=re.escape(message)):
        frames_from_array(clip(), **arguments)


def test_meta_tells_clips_apart_by_shape_times_and_bytes():
    one = frames_from_array(clip(), fps=10.0)
    meta = array_meta(one)
    assert (meta.name, meta.width_px, meta.height_px, meta.n_frames) == ("array", 10, 8, 5)
    assert meta.fps == pytest.approx(10)
    assert array_meta(one, 10.0).video_sha256 == meta.video_sha256
    others = [
        frames_from_array(clip(), fps=11.0),
        frames_from_array(clip().reshape(5, 10, 8, 3), fps=10.0),
        frames_from_array(clip() // 2, fps=10.0),
        frames_from_array(clip()[:1], fps=10.0),
    ]
    assert len({meta.video_sha256, *(array_meta(other).video_sha256 for other in others)}) == 5
    assert array_meta(others[-1]).fps == 25


def test_torch_is_not_imported():
    code = (
        "import sys, numpy as np\nfrom lawful.video.arrays import frames_from_array\n"
        "frames_from_array(np.zeros((2, 4, 4, 3), np.uint8), fps=8)\nassert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
