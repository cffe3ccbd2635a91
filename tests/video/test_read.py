import os
import struct
import subprocess
import sys

import numpy as np
import pytest

from lawful.video.frames import Frames
from lawful.video.read import open_video, read_frames, source_sha256
from lawful.video.sampling import Sampling
from lawful.video.write import write_video

FORMATS = {
    "clip.mp4": ("libx264", "yuv420p"),
    "clip.m4v": ("libx264", "yuv420p"),
    "clip.mov": ("libx264", "yuv420p"),
    "clip.mkv": ("libx264", "yuv420p"),
    "clip.webm": ("libvpx-vp9", "yuv420p"),
    "clip.avi": ("mpeg4", "yuv420p"),
    "clip.gif": ("gif", "rgb8"),
}


def error_of(got: Frames, made: Frames) -> float:
    return float(np.abs(got.rgb.astype(int) - made.rgb).mean())


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_all_frames_at_their_times(name, tmp_path, make_frames, encode):
    made = make_frames()
    codec, pix_fmt = FORMATS[name]
    path = encode(tmp_path / name, made, codec, pix_fmt)
    with open_video(path) as reader:
        got = read_frames(reader)
        assert (reader.meta.width_px, reader.meta.height_px) == (96, 64)
        assert reader.meta.fps == pytest.approx(24)
        assert reader.damage is None
        assert reader.decoded_frames == 24
        assert reader.decoded_duration_s == pytest.approx(1, abs=0.01)
    assert got.rgb.dtype == np.uint8
    assert got.times_s == pytest.approx(made.times_s, abs=0.0051)
    assert got.indices.tolist() == list(range(24))
    assert error_of(got, made) < 30


def test_webp_is_read_with_its_own_times(tmp_path, make_frames, save_webp):
    made = make_frames(4)
    path = save_webp(tmp_path / "clip.webp", made, [100, 50, 200, 70])
    with open_video(path) as reader:
        got = read_frames(reader)
        assert reader.decoded_duration_s == pytest.approx(0.42)
        assert reader.damage is None
    assert got.times_s.tolist() == [0, 0.1, 0.15, 0.35]
    assert np.array_equal(got.rgb, made.rgb)


@pytest.mark.parametrize(
    "pattern", ["{:04d}.png", "frame_{:d}.bmp", "a 1 {:03d}.tif", "{:02d}.webp", "{}.jpg"]
)
def test_folder_of_images_is_a_clip(pattern, tmp_path, make_frames, save_images):
    made = make_frames(12)
    folder = save_images(tmp_path / "images", made, pattern)
    with open_video(folder, image_fps=8.0) as reader:
        got = read_frames(reader)
        assert reader.meta.n_frames == 12
        assert reader.decoded_duration_s == pytest.approx(1.5)
    assert got.times_s == pytest.approx(np.arange(12) / 8)
    assert error_of(got, made) < (8 if pattern[-4:] in {".jpg", "webp"} else 1e-9)


def test_a_missing_image_leaves_its_time_empty_and_a_stride_is_the_interval(
    tmp_path, make_frames, save_images
):
    folder = save_images(tmp_path / "images", make_frames(6), step=5, first=10)
    (folder / "0020.png").unlink()
    with open_video(folder, image_fps=10.0) as reader:
        assert read_frames(reader).times_s == pytest.approx([0, 0.1, 0.3, 0.4, 0.5])


def test_variable_frame_rate_is_kept(tmp_path, make_frames):
    times = np.cumsum([0, 0.04, 0.5, 0.02, 1.3, 0.04])
    made = Frames(make_frames(6).rgb, times, np.arange(6))
    write_video(tmp_path / "clip.mp4", made)
    with open_video(tmp_path / "clip.mp4") as reader:
        assert read_frames(reader).times_s == pytest.approx(times, abs=1e-5)


@pytest.mark.parametrize(
    ("matrix", "turn"),
    [
        ((1, 0, 0, 1), lambda rgb: rgb),
        ((0, 1, -1, 0), lambda rgb: np.rot90(rgb, -1, (1, 2))),
        ((-1, 0, 0, -1), lambda rgb: np.rot90(rgb, 2, (1, 2))),
        ((0, -1, 1, 0), lambda rgb: np.rot90(rgb, 1, (1, 2))),
        ((-1, 0, 0, 1), lambda rgb: rgb[:, :, ::-1]),
        ((1, 0, 0, -1), lambda rgb: rgb[:, ::-1]),
        ((0, 1, 1, 0), lambda rgb: rgb.transpose(0, 2, 1, 3)),
    ],
)
def test_display_matrix_is_applied(matrix, turn, tmp_path, make_frames, encode):
    made = make_frames(3)
    path = encode(tmp_path / "clip.mp4", made)
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 44
    a, b, c, d = (value * 65536 for value in matrix)
    data[start : start + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    expected = turn(made.rgb)
    with open_video(path) as reader:
        got = read_frames(reader)
        small = read_frames(reader, Sampling(long_side_px=48))
        assert (reader.meta.height_px, reader.meta.width_px) == expected.shape[1:3]
    assert got.rgb.shape == expected.shape
    assert np.abs(got.rgb.astype(int) - expected).mean() < 8
    assert small.rgb.shape[1:3] == (expected.shape[1] // 2, expected.shape[2] // 2)


def test_ten_bits_are_read_as_eight(tmp_path, make_frames, encode):
    made = make_frames(4)
    path = encode(tmp_path / "clip.mp4", made, pix_fmt="yuv420p10le")
    with open_video(path) as reader:
        assert error_of(read_frames(reader), made) < 8


@pytest.mark.parametrize(("codec", "pix_fmt"), [("qtrle", "argb"), ("png", "rgba")])
def test_alpha_is_laid_over_black(codec, pix_fmt, tmp_path, make_frames, encode):
    made = make_frames(3)
    alpha = np.full((64, 96), 255, np.uint8)
    alpha[:, :30] = 0
    alpha[:, 30:60] = 128
    path = encode(tmp_path / "clip.mov", made, codec, pix_fmt, alpha=alpha)
    with open_video(path) as reader:
        got = read_frames(reader).rgb.astype(int)
    assert not got[:, :, :30].any()
    assert np.abs(got[:, :, 30:60] - made.rgb[:, :, 30:60] * (128 / 255)).max() <= 1
    assert np.array_equal(got[:, :, 60:], made.rgb[:, :, 60:])


@pytest.mark.parametrize("size", [(95, 63), (97, 64), (96, 63), (1, 1), (2, 2), (33, 1)])
def test_odd_sizes(size, tmp_path, make_frames):
    made = make_frames(4, *size)
    write_video(tmp_path / "clip.mp4", made)
    with open_video(tmp_path / "clip.mp4") as reader:
        got = read_frames(reader)
        assert (reader.meta.width_px, reader.meta.height_px) == size
        shrunk = read_frames(reader, Sampling(long_side_px=7))
    assert got.rgb.shape == made.rgb.shape
    assert max(shrunk.rgb.shape[1:3]) == min(7, max(size))


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm", "clip.gif", "clip.avi"])
def test_one_frame(name, tmp_path, make_frames, encode):
    path = encode(tmp_path / name, make_frames(1), *FORMATS[name])
    with open_video(path) as reader:
        for sampling in (Sampling(), Sampling(fps=3.0), Sampling(count=5)):
            assert read_frames(reader, sampling).times_s.tolist() == [0.0]
        assert reader.decoded_duration_s > 0
        assert reader.damage is None


def test_4k_is_shrunk_while_it_is_read(tmp_path, make_frames):
    write_video(tmp_path / "clip.mp4", make_frames(3, 3840, 2160))
    with open_video(tmp_path / "clip.mp4") as reader:
        assert reader.meta.width_px == 3840
        assert read_frames(reader, Sampling(long_side_px=512)).rgb.shape == (3, 288, 512, 3)
        sizes = [len(chunk) for chunk in reader.chunks(chunk_frames=64)]
    assert sizes == [3]


def test_chunks_of_large_frames_are_short(tmp_path, make_frames):
    write_video(tmp_path / "clip.mp4", make_frames(8, 3840, 2160))
    with open_video(tmp_path / "clip.mp4") as reader:
        assert [len(chunk) for chunk in reader.chunks(chunk_frames=64)] == [5, 3]


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.gif", "clip.webp", "images"])
@pytest.mark.parametrize(
    "sampling", [Sampling(), Sampling(fps=7.0), Sampling(fps=24.0), Sampling(count=9, long_side_px=31)]
)
def test_chunk_size_does_not_change_the_frames(
    name, sampling, tmp_path, make_frames, encode, save_webp, save_images
):
    made = make_frames(26)
    if name == "images":
        path = save_images(tmp_path / name, made)
    elif name == "clip.webp":
        path = save_webp(tmp_path / name, made)
    else:
        path = encode(tmp_path / name, made, *FORMATS[name])
    with open_video(path, image_fps=24.0) as reader:
        whole = read_frames(reader, sampling)
        for size in (1, 7, 64):
            chunks = list(reader.chunks(sampling, size))
            assert all(len(chunk) == size for chunk in chunks[:-1])
            assert np.array_equal(np.concatenate([chunk.rgb for chunk in chunks]), whole.rgb)
            assert np.array_equal(np.concatenate([chunk.times_s for chunk in chunks]), whole.times_s)
            assert np.array_equal(np.concatenate([chunk.indices for chunk in chunks]), whole.indices)


@pytest.mark.parametrize("name", FORMATS)
def test_a_rate_not_below_the_clips_keeps_all_frames(name, tmp_path, make_frames, encode):
    path = encode(tmp_path / name, make_frames(40), *FORMATS[name])
    with open_video(path) as reader:
        for fps in (24.0, 25.0, 30.0, 240.0):
            assert len(read_frames(reader, Sampling(fps=fps))) == 40
        assert len(read_frames(reader, Sampling(fps=8.0))) == pytest.approx(40 / 3, abs=1)
        assert len(read_frames(reader, Sampling(count=11))) == 11


def test_chunks_are_the_callers_own(tmp_path, make_frames, encode):
    path = encode(tmp_path / "clip.mp4", make_frames(8))
    with open_video(path) as reader:
        chunks = list(reader.chunks(chunk_frames=2))
        copies = [chunk.rgb.copy() for chunk in chunks]
    assert all(np.array_equal(chunk.rgb, copy) for chunk, copy in zip(chunks, copies, strict=True))


def test_two_passes_are_equal(tmp_path, make_frames, encode):
    path = encode(tmp_path / "clip.mp4", make_frames(8))
    with open_video(path) as reader:
        assert np.array_equal(read_frames(reader).rgb, read_frames(reader).rgb)


def test_digest_is_of_bytes_and_of_names_and_rate_for_images(tmp_path, make_frames, encode, save_images):
    one = encode(tmp_path / "one.mp4", make_frames(3))
    two = tmp_path / "two.mp4"
    two.write_bytes(one.read_bytes())
    assert source_sha256(one) == source_sha256(two)
    folders = [save_images(tmp_path / name, make_frames(3)) for name in ("a", "b")]
    assert source_sha256(folders[0], image_fps=8.0) == source_sha256(folders[1], image_fps=8.0)
    assert source_sha256(folders[0], image_fps=8.0) != source_sha256(folders[0], image_fps=9.0)
    (folders[1] / "0003.png").rename(folders[1] / "0004.png")
    assert source_sha256(folders[0], image_fps=8.0) != source_sha256(folders[1], image_fps=8.0)
    with open_video(one) as reader:
        assert reader.meta.video_sha256 == source_sha256(one)
    with open_video(one, sha256="known", name="shown") as reader:
        assert (reader.meta.video_sha256, reader.meta.name) == ("known", "shown")


def test_chunk_frames_must_be_positive(tmp_path, make_frames, encode):
    with (
        open_video(encode(tmp_path / "clip.mp4", make_frames(2))) as reader,
        pytest.raises(ValueError, match="got 0"),
    ):
        reader.chunks(chunk_frames=0)


def test_leaving_early_closes_the_file(tmp_path, make_frames, encode):
    path = encode(tmp_path / "clip.mp4", make_frames(24))
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with open_video(path) as reader:
            next(reader.chunks(chunk_frames=1))
    assert len(os.listdir("/proc/self/fd")) <= before + 1


def test_nothing_is_printed_and_nothing_heavy_is_loaded(tmp_path, make_frames, encode):
    data = bytearray(encode(tmp_path / "clip.mkv", make_frames(24)).read_bytes())
    late = len(data) * 7 // 10
    data[late : late + 300 : 7] = bytes(43)
    (tmp_path / "clip.mkv").write_bytes(data)
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from lawful.video.read import open_video, read_frames\n"
        "assert not {'av', 'torch', 'cv2'} & set(sys.modules)\n"
        "with open_video(Path(sys.argv[1])) as reader:\n    read_frames(reader)\n    assert reader.damage\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "clip.mkv")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
