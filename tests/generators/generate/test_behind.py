"""A video that is written beside its making is the same video, and its errors are not lost."""

import threading

import numpy as np
import pytest

from lawful.core.errors import InputError
from lawful.generators.generate.behind import writing_behind
from lawful.video.frames import Frames
from lawful.video.write import VideoWriter, write_video


def frames(first, n, width=32):
    rgb = np.random.default_rng(first).integers(0, 255, (n, 24, width, 3), dtype=np.uint8)
    return Frames(rgb, np.arange(first, first + n) / 8.0, np.arange(first, first + n))


def test_the_file_is_the_same_to_the_byte(tmp_path):
    parts = [frames(0, 3), frames(3, 1), frames(4, 5)]
    with writing_behind(tmp_path / "behind.mp4") as writer:
        for part in parts:
            writer.write(part)
    rgb = np.concatenate([part.rgb for part in parts])
    write_video(tmp_path / "at_once.mp4", Frames(rgb, np.arange(9) / 8.0, np.arange(9)))
    assert (tmp_path / "behind.mp4").read_bytes() == (tmp_path / "at_once.mp4").read_bytes()


def test_frames_are_made_while_others_are_written(tmp_path, monkeypatch):
    write, made_next = VideoWriter.write, threading.Event()

    def slow(self, part):
        assert made_next.wait(10)
        write(self, part)

    monkeypatch.setattr(VideoWriter, "write", slow)
    with writing_behind(tmp_path / "a.mp4") as writer:
        writer.write(frames(0, 3))
        made_next.set()
    assert (tmp_path / "a.mp4").exists()


@pytest.mark.parametrize("n_more", [0, 1, 2])
def test_an_error_of_the_writer_is_raised_and_leaves_no_file(tmp_path, n_more):
    def work():
        with writing_behind(tmp_path / "a.mp4") as writer:
            writer.write(frames(0, 3))
            writer.write(frames(3, 3, width=64))
            for number in range(n_more):
                writer.write(frames(6 + number, 1))

    with pytest.raises(InputError, match="a frame of 64x24 follows frames of 32x24"):
        work()
    assert not list(tmp_path.iterdir())


def test_an_error_of_the_maker_leaves_no_file(tmp_path):
    def work():
        with writing_behind(tmp_path / "a.mp4") as writer:
            writer.write(frames(0, 3))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert not list(tmp_path.iterdir())
