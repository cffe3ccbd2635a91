"""Overlay videos."""

import re

import numpy as np
import pytest

from lawful.judge.exhibits import save_exhibits
from lawful.reports import captions
from lawful.reports.captions import STRIP_PX, Caption, caption_strip
from lawful.reports.overlay import OverlayCounts, write_overlays
from lawful.video.frames import Frames, PointTracks
from lawful.video.read import open_video, read_frames, source_sha256
from lawful.video.write import VideoWriter


@pytest.fixture
def source(tmp_path):
    """A grey clip of 2 s."""
    path = tmp_path / "grey clip.mp4"
    times_s = np.arange(24) / 12
    with VideoWriter(path) as writer:
        writer.write(Frames(np.full((24, 72, 128, 3), 90, np.uint8), times_s, np.arange(24)))
    return path


@pytest.fixture
def stored(clip, verdict, unscored, evidence, source, tmp_path):
    """The same clip with evidence at 1.0-1.5 s on two tracks."""
    times_s = np.arange(24) / 12
    xy = np.stack([np.full((24, 2), 0.1), np.full((24, 2), 0.9)]).astype(np.float32)
    xy[0, :, 0] = np.linspace(0.1, 0.2, 24)
    tracks = PointTracks(np.arange(2), times_s, xy, np.ones((2, 24), bool))
    outcomes = (verdict(score=0.05, evidence=[evidence(tracks=tracks)]), unscored())
    return clip(
        "in/grey clip.mp4",
        (save_exhibits(outcomes, tmp_path / "run"),),
        path=str(source),
        sha256=source_sha256(source),
    )


def test_evidence_is_drawn_while_it_lasts(stored, tmp_path):
    said = []
    counts = write_overlays([stored], tmp_path / "run", tmp_path / "out", said.append)
    assert counts == OverlayCounts(written=1, without_evidence=0, failed=0)
    (path,) = (tmp_path / "out").iterdir()
    assert path.name == "0001-grey_clip-kinematic.mp4"
    assert said == [f"in/grey clip.mp4 -> {path}"]
    with open_video(path) as reader:
        frames = read_frames(reader)
    assert len(frames) == 24
    assert frames.rgb.shape[1:] == (72 * 4 + STRIP_PX, 128 * 4, 3)
    np.testing.assert_allclose(frames.times_s, np.arange(24) / 12, atol=1e-4)
    drawn = [np.abs(rgb[:288].astype(int) - 90).max() > 40 for rgb in frames.rgb]
    assert [k for k, is_drawn in enumerate(drawn) if is_drawn] == list(range(12, 20))
    box_edge = frames.rgb[13, round(0.5 * 287) - 1 : round(0.5 * 287) + 2, 150:180]
    assert np.abs(box_edge.astype(int) - 90).max() > 40


def test_a_changed_video_is_refused_and_the_others_go_on(stored, source, clip, tmp_path):
    said = []
    moved = clip("gone.mp4", stored.repeats, path=str(tmp_path / "gone.mp4"))
    untouched = clip("fine.mp4")
    unread = clip("text.mp4", (), error="no video stream")
    changed = clip("changed.mp4", stored.repeats, path=str(source), sha256="b" * 64)
    clips = [moved, untouched, unread, changed, stored]
    counts = write_overlays(clips, tmp_path / "run", tmp_path / "out", said.append)
    assert counts == OverlayCounts(written=1, without_evidence=2, failed=2)
    assert re.match(r"gone.mp4: the video is not at .*gone.mp4 any more. Put it back", said[0])
    assert "has changed since it was scored (sha256 bbbbbbbbbbbb then, " in said[1]
    assert [path.name[:5] for path in (tmp_path / "out").iterdir()] == ["0005-"]


def test_missing_tracks_are_said(stored, tmp_path):
    for path in (tmp_path / "run").glob("evidence/*/*.json"):
        path.unlink()
    said = []
    counts = write_overlays([stored], tmp_path / "run", tmp_path / "out", said.append)
    assert counts.written == 1
    assert "drawn without tracks" in said[0]


def test_a_folder_of_images_is_drawn_at_its_own_rate(stored, clip, tmp_path):
    from PIL import Image

    folder = tmp_path / "images"
    folder.mkdir()
    for k in range(12):
        Image.new("RGB", (64, 48), (90, 90, 90)).save(folder / f"{k:03d}.png")
    sha256 = source_sha256(folder, image_fps=6.0)
    images = clip("images", stored.repeats, path=str(folder), sha256=sha256, image_fps=6.0)
    said = []
    counts = write_overlays([images], tmp_path / "run", tmp_path / "out", said.append)
    assert counts.written == 1, said
    with open_video(next((tmp_path / "out").iterdir())) as reader:
        np.testing.assert_allclose(read_frames(reader).times_s, np.arange(12) / 6, atol=1e-4)


def test_words_are_drawn_with_the_glyphs_that_there_are():
    assert captions._drawable("34 × 28 px –\n 日 é") == "34 x 28 px - ? e"


def test_the_strip_shows_now_and_what_is_said():
    said = (Caption("Gravity", "A ball – 日本 – rises \n by itself. " * 20, (200, 100, 50)),)
    strip = caption_strip(480, said, [(1.0, 1.0, (200, 100, 50))], 0.5, 2.0)
    empty = caption_strip(480, (), [], 0.5, 2.0)
    assert strip.shape == empty.shape == (STRIP_PX, 480, 3)
    assert (strip[4, 240] == (200, 100, 50)).all()
    assert (strip[4, 120] == (230, 232, 234)).all()
    assert strip[8:].std() > empty[8:].std()
    assert caption_strip(480, (), [(0.0, 9.0, (1, 2, 3))], 99.0, 0.0).shape == (STRIP_PX, 480, 3)
