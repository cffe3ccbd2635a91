"""What a stretch of a clip looks like: values worked by hand, and which way they go."""

import colorsys
import dataclasses
import math

import cv2
import numpy as np
import pytest

from lawful.video.frames import Frames
from lawful.video.measure_drift import DriftMeter, TailMeter, luma_of, mean_saturation, measure_drift
from lawful.video.read import open_video

NUMBERS = ("brightness", "saturation", "sharpness", "motion_per_s")


def frames_of(rgb, fps=10.0):
    return Frames(np.asarray(rgb, np.uint8), np.arange(len(rgb)) / fps, np.arange(len(rgb)))


def test_values_worked_by_hand():
    # One white pixel in a black picture of 5 x 5: mean luma 1/25. Its Laplacian is -4 there and 1 at four
    # neighbours: mean 0, mean square (16 + 4) / 25. The second frame is black: its Laplacian is 0.
    # From one to the other the luma changes by 1/25 in 0.1 s.
    rgb = np.zeros((2, 5, 5, 3))
    rgb[0, 2, 2] = 255
    drift = measure_drift(frames_of(rgb))
    assert drift.n_frames == 2
    assert drift.brightness == pytest.approx(1 / 50, rel=1e-6)
    assert drift.sharpness == pytest.approx(0.8 / 2, rel=1e-6)
    assert drift.motion_per_s == pytest.approx(10 / 25, rel=1e-6)
    assert (drift.saturation, drift.reason) == (0.0, "")


def test_motion_is_over_the_time_between_the_frames():
    # Luma 0, 0.2, 0.2, 0.6 at 0, 0.1, 0.5, 0.6 s: it changes by 0.2 + 0 + 0.4 in 0.6 s.
    rgb = np.repeat(np.array([0, 51, 51, 153])[:, None, None, None], 3, axis=3) * np.ones((1, 4, 4, 1))
    frames = Frames(rgb.astype(np.uint8), np.array([0.0, 0.1, 0.5, 0.6]), np.arange(4))
    assert measure_drift(frames).motion_per_s == pytest.approx(0.6 / 0.6, rel=1e-6)


def test_luma_has_the_weights_of_bt_601_and_saturation_is_that_of_hsv():
    rgb = np.random.default_rng(0).integers(0, 256, (6, 7, 3), dtype=np.uint8)
    rgb[0, 0] = 0
    wanted = (rgb / 255) @ np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(luma_of(rgb), wanted, atol=1e-6)
    saturation = np.mean([colorsys.rgb_to_hsv(*(pixel / 255))[1] for pixel in rgb.reshape(-1, 3)])
    assert mean_saturation(rgb) == pytest.approx(saturation, rel=1e-6)


def changed(frames, change):
    return dataclasses.replace(frames, rgb=np.stack([change(rgb) for rgb in frames.rgb]).astype(np.uint8))


@pytest.mark.parametrize(
    ("name", "change", "falls", "stays"),
    [
        ("blurred", lambda rgb: cv2.GaussianBlur(rgb, (0, 0), 2.0), {"sharpness", "motion_per_s"}, {"brightness"}),
        ("dark", lambda rgb: rgb // 2, {"brightness", "sharpness", "motion_per_s"}, {"saturation"}),
        ("grey", lambda rgb: np.repeat(luma_of(rgb)[..., None] * 255, 3, axis=2), {"saturation"},
         {"brightness", "sharpness", "motion_per_s"}),
    ],
)  # fmt: skip
def test_what_is_done_to_a_picture_is_measured(make_frames, name, change, falls, stays):
    frames = make_frames(12)
    before, after = measure_drift(frames), measure_drift(changed(frames, change))
    for number in NUMBERS:
        ratio = getattr(after, number) / getattr(before, number)
        if number in falls:
            assert ratio < 0.8, (name, number, ratio)
        elif number in stays:
            assert ratio == pytest.approx(1, abs=0.04), (name, number, ratio)


def test_a_frozen_clip_has_no_motion_and_looks_the_same(make_frames):
    frames = make_frames(12)
    frozen = measure_drift(changed(frames, lambda rgb: frames.rgb[0]))
    assert frozen.motion_per_s == 0.0
    assert frozen.sharpness == pytest.approx(measure_drift(frames).sharpness, rel=0.2)


def test_time_reversed_and_mirrored_clips_measure_the_same(make_frames):
    frames = make_frames(9)
    wanted = measure_drift(frames)
    for rgb in (frames.rgb[::-1], frames.rgb[:, :, ::-1]):
        found = measure_drift(dataclasses.replace(frames, rgb=rgb))
        for number in NUMBERS:
            assert getattr(found, number) == pytest.approx(getattr(wanted, number), rel=1e-5)


def test_too_few_frames_are_no_number_and_say_why(make_frames):
    none, one = DriftMeter().drift(), measure_drift(make_frames(1))
    assert none.n_frames == 0
    assert all(math.isnan(getattr(none, number)) for number in NUMBERS)
    assert none.reason == "no frame begins in the window"
    assert one.n_frames == 1
    assert one.brightness > 0
    assert math.isnan(one.motion_per_s)
    assert one.reason == "one frame begins in the window; motion needs two"


@pytest.mark.parametrize(("until_s", "first", "end"), [(0.5, 0, 12), (1.0, 0, 24), (1.5, 12, 36)])
def test_the_last_second_before_the_time_is_measured(make_frames, save_images, tmp_path, until_s, first, end):
    frames = make_frames(48)
    path = save_images(tmp_path / "images", frames)
    with open_video(path, image_fps=24.0, until_s=until_s) as video:
        tail = TailMeter(until_s, (video.meta.width_px, video.meta.height_px))
        assert sum(len(chunk) for chunk in video.chunks(watch=tail.watch)) == end
    found, wanted = tail.drift(), measure_drift(frames[first:end])
    assert found.n_frames == end - first
    for number in NUMBERS:
        assert getattr(found, number) == pytest.approx(getattr(wanted, number), rel=1e-9)


def test_large_frames_are_measured_at_640_pixels(make_frames, save_images, tmp_path):
    path = save_images(tmp_path / "images", make_frames(2, width=1280, height=64))
    with open_video(path, image_fps=24.0, until_s=0.1) as video:
        tail = TailMeter(0.1, (1280, 64))
        list(video.chunks(watch=tail.watch))
    last = tail.meter.last
    assert last is not None
    assert last[1].shape == (32, 640)
