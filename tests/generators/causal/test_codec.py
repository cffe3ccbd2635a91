"""Frames to latents and back, and point tracks in their cells."""

import re

import numpy as np
import pytest
import torch

from lawful.core.errors import InputError
from lawful.generators.causal.codec import Clock, Codec, PixelCodec
from lawful.generators.causal.tracks import embedded_ids, track_signal
from lawful.video.frames import PointTracks

CODECS = [PixelCodec(4), PixelCodec(2, 2), PixelCodec(8, 4, True, 2.5), PixelCodec(1, 1, True)]


@pytest.mark.parametrize("codec", CODECS, ids=str)
def test_what_goes_in_comes_out_however_it_is_cut(codec):
    assert isinstance(codec, Codec)
    n_latents = 5
    n_frames = codec.clock.start(n_latents)
    rgb = torch.rand(2, 3, n_frames, 16, 24) * 2 - 1
    latents = codec.encode(rgb)
    assert latents.shape == (2, codec.channels, n_latents, 16 // codec.space_stride, 24 // codec.space_stride)
    for cut in (1, 2, 5):
        state, made = codec.open(), []
        for start in range(0, n_latents, cut):
            state, some = codec.decode(state, latents[:, :, start : start + cut])
            made.append(some)
        assert torch.allclose(torch.cat(made, dim=2), rgb, atol=1e-6)


@pytest.mark.parametrize("codec", CODECS, ids=str)
def test_a_cell_holds_its_own_pixels_and_a_latent_frame_its_own_frames(codec):
    n_frames, side = codec.clock.start(4), codec.space_stride
    rgb = torch.zeros(1, 3, n_frames, 16, 16)
    before = codec.encode(rgb)
    frame = codec.clock.start(2)
    rgb[0, :, frame, side : 2 * side, 2 * side - 1 if side > 1 else 2] = 1
    moved = (codec.encode(rgb) != before).any(1)[0]
    column = (2 * side - 1 if side > 1 else 2) // side
    assert moved.nonzero().tolist() == [
        [2, row, column] for row in range(moved.shape[1]) if side <= row * side < 2 * side
    ]


@pytest.mark.parametrize("clock", [Clock(1, False), Clock(2, False), Clock(4, True)], ids=str)
def test_latent_frames_divide_the_frames(clock):
    starts = [clock.start(latent) for latent in range(8)]
    assert starts[:2] == [0, 1 if clock.first_alone else clock.stride]
    assert set(np.diff(starts[1:])) == {clock.stride}
    for n_frames in range(1, 20):
        n_latents = clock.n_latents(n_frames)
        assert clock.start(n_latents - 1) < n_frames <= clock.start(n_latents)


@pytest.mark.parametrize(
    ("clock", "n_frames", "offer"),
    [(Clock(4, True), 7, "5 or 9"), (Clock(2, False), 3, "2 or 4")],
)
def test_a_number_of_frames_that_does_not_fit_is_refused(clock, n_frames, offer):
    message = f"it has {n_frames} frames, which fill no whole number of latent frames: give {offer}"
    with pytest.raises(InputError, match=re.escape(message)):
        clock.check(n_frames, "it")


def test_a_picture_that_cannot_be_cut_is_refused():
    with pytest.raises(InputError, match="frames of 18x16 px cannot be cut into squares of 4 px"):
        PixelCodec(4).encode(torch.zeros(1, 3, 1, 16, 18))


def tracks(xy, visible, ids=(4, 9), fps=10.0):
    xy = np.asarray(xy, np.float32)
    return PointTracks(np.array(ids), np.arange(xy.shape[1]) / fps, xy, np.asarray(visible))


def test_a_point_is_in_its_cell_as_long_as_it_is_visible():
    xy = [[[0.1, 0.1], [0.6, 0.1], [0.6, 0.9], [np.nan, np.nan]], [[0.1, 0.1]] * 4]
    points = tracks(xy, [[True, True, False, True], [False, False, False, True]])
    signal = track_signal(points, range(4), Clock(1, False), 10.0, (6, 4, 8))
    first, second = embedded_ids(np.array([4, 9]), 6)
    expected = np.zeros_like(signal)
    expected[:, 0, 0, 0] = first
    expected[:, 1, 0, 4] = first
    expected[:, 3, 0, 0] = second
    assert (signal == expected).all()


def test_points_in_one_cell_add_up_and_frames_of_a_latent_are_averaged():
    points = tracks([[[0.1, 0.1], [0.1, 0.1], [0.9, 0.9]]] * 2, [[True] * 3] * 2)
    signal = track_signal(points, range(2), Clock(2, True), 10.0, (6, 2, 2))
    both = embedded_ids(np.array([4, 9]), 6).sum(0)
    assert signal[:, 0, 0, 0] == pytest.approx(both)
    assert signal[:, 1, 0, 0] == pytest.approx(both / 2)
    assert signal[:, 1, 1, 1] == pytest.approx(both / 2)


def test_frames_that_no_track_tells_of_are_empty():
    points = tracks([[[0.5, 0.5]] * 2] * 2, [[True] * 2] * 2, fps=5.0)  # told at 0 s and 0.2 s
    signal = track_signal(points, range(4), Clock(1, False), 10.0, (6, 2, 2))
    assert [bool(frame.any()) for frame in signal.transpose(1, 0, 2, 3)] == [True, False, True, False]
    far = track_signal(points, range(4), Clock(1, False), 30.0, (6, 2, 2))
    assert [bool(frame.any()) for frame in far.transpose(1, 0, 2, 3)] == [True, False, False, False]
    outside = tracks([[[1.0, 0.5]], [[-0.1, 0.5]]], [[True], [True]])
    assert not track_signal(outside, range(1), Clock(1, False), 10.0, (6, 2, 2)).any()


def test_every_id_has_a_look_of_its_own():
    looks = embedded_ids(np.arange(500), 16)
    apart = np.abs(looks[:, None] - looks[None]).max(-1)
    assert apart[~np.eye(500, dtype=bool)].min() > 1e-3
    assert np.abs(looks).max() <= 1
