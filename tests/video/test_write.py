import hashlib
import subprocess
import sys

import numpy as np
import pytest

from lawful.core.errors import InputError, LawfulError
from lawful.video.frames import Frames
from lawful.video.read import open_video, read_frames
from lawful.video.write import VideoWriter, write_video


def read(path) -> Frames:
    with open_video(path) as reader:
        return read_frames(reader)


@pytest.mark.parametrize("edit_at", [1, 7, 20])
def test_twins_are_equal_up_to_the_edit(edit_at, tmp_path, make_frames):
    made = make_frames(30)
    edited = made.rgb.copy()
    edited[edit_at:, 10:40, 10:40] = np.random.default_rng(3).integers(0, 255, (30 - edit_at, 30, 30, 3))
    write_video(tmp_path / "a.mp4", made)
    write_video(tmp_path / "b.mp4", Frames(edited, made.times_s, made.indices))
    a, b = read(tmp_path / "a.mp4"), read(tmp_path / "b.mp4")
    assert np.array_equal(a.rgb[:edit_at], b.rgb[:edit_at])
    assert not np.array_equal(a.rgb[edit_at], b.rgb[edit_at])


def test_the_same_frames_give_the_same_file(tmp_path, make_frames):
    sums = set()
    for name in ("a.mp4", "b.mp4"):
        write_video(tmp_path / name, make_frames(10))
        sums.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(sums) == 1


@pytest.mark.parametrize("size", [(96, 64), (95, 63), (1, 1)])
def test_lossless_keeps_every_value(size, tmp_path, make_frames):
    made = make_frames(6, *size)
    write_video(tmp_path / "clip.mkv", made, lossless=True)
    assert np.array_equal(read(tmp_path / "clip.mkv").rgb, made.rgb)


def test_a_lower_quantiser_is_closer(tmp_path, make_frames):
    made = make_frames(6)
    errors = []
    for qp in (4, 18, 40):
        write_video(tmp_path / "clip.mp4", made, qp=qp)
        errors.append(float(np.abs(read(tmp_path / "clip.mp4").rgb.astype(int) - made.rgb).mean()))
    assert errors == sorted(errors)
    assert errors[0] < errors[2]


@pytest.mark.parametrize(("name", "precision_s"), [("clip.mp4", 1e-5), ("clip.mkv", 1e-3)])
def test_times_and_the_last_frames_duration_are_kept(name, precision_s, tmp_path, make_frames):
    times = np.cumsum([0.0, 0.04, 0.5, 0.02, 1.3, 0.25])
    write_video(tmp_path / name, Frames(make_frames(6).rgb, times, np.arange(6)))
    with open_video(tmp_path / name) as reader:
        got = read_frames(reader)
        assert reader.decoded_duration_s == pytest.approx(times[-1] + 0.25, abs=2 * precision_s)
        assert reader.damage is None
    assert got.times_s == pytest.approx(times, abs=precision_s)


def test_the_nominal_rate_is_kept(tmp_path, make_frames):
    for name in ("clip.mp4", "clip.mkv"):
        write_video(tmp_path / name, make_frames(6, fps=12.0))
        with open_video(tmp_path / name) as reader:
            assert reader.meta.fps == pytest.approx(12)


def test_chunks_give_the_same_file_as_one_piece(tmp_path, make_frames):
    made = make_frames(10)
    write_video(tmp_path / "whole.mp4", made)
    with VideoWriter(tmp_path / "chunks.mp4") as writer:
        for start in range(0, 10, 3):
            writer.write(made[start : start + 3])
    assert (tmp_path / "whole.mp4").read_bytes() == (tmp_path / "chunks.mp4").read_bytes()


def test_an_error_leaves_the_old_file(tmp_path, make_frames):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"old")

    def write_two_sizes() -> None:
        with VideoWriter(path) as writer:
            writer.write(make_frames(3))
            writer.write(make_frames(3, 32, 32))

    with pytest.raises(InputError, match="a frame of 32x32 follows frames of 96x64"):
        write_two_sizes()
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["clip.mp4"]


def test_what_cannot_be_written_is_refused(tmp_path, make_frames):
    made = make_frames(3)
    with pytest.raises(LawfulError, match=r"clip.avi: videos are written as .mp4 or .mkv, not .avi"):
        write_video(tmp_path / "clip.avi", made)
    with pytest.raises(LawfulError, match=r"videos are written as .mkv \(lossless\), not .mp4"):
        write_video(tmp_path / "clip.mp4", made, lossless=True)
    with pytest.raises(InputError, match="there are no frames to write"):
        write_video(tmp_path / "clip.mp4", made[:0])
    with pytest.raises(InputError, match=r"the frame at 0 s does not come after the one before it"):
        write_video(tmp_path / "clip.mp4", Frames(made.rgb, np.zeros(3), made.indices))
    with pytest.raises(ValueError, match="qp must be 0 to 51, got 60"):
        write_video(tmp_path / "clip.mp4", made, qp=60)
    with pytest.raises(LawfulError, match="open the writer with `with` before writing"):
        VideoWriter(tmp_path / "clip.mp4").write(made)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_an_error_of_the_file_whenever_it_shows(tmp_path):
    # The limit stands for the disk: what the encoder holds back is written when the file is closed.
    code = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from lawful.core.errors import LawfulError
from lawful.video.frames import Frames
from lawful.video.write import VideoWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
rgb = np.random.default_rng(0).integers(0, 255, (30, 64, 64, 3), dtype=np.uint8)
try:
    with VideoWriter(Path(sys.argv[1]) / "a.mp4") as writer:
        writer.write(Frames(rgb, np.arange(30) / 10, np.arange(30)))
except LawfulError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{tmp_path / 'a.mp4'}: cannot be written: File too large\n"
    assert not list(tmp_path.iterdir())
