"""Clips that are damaged, cut off, or none at all."""

import os
import re
import struct
import zlib
from pathlib import Path

import av
import numpy as np
import pytest

from lawful.core.errors import InputError
from lawful.video.frames import Frames
from lawful.video.read import open_video, read_frames
from lawful.video.sources import MAX_PIXELS

CODECS = {
    "clip.mp4": ("libx264", "yuv420p"),
    "clip.mkv": ("libx264", "yuv420p"),
    "clip.webm": ("libvpx-vp9", "yuv420p"),
    "clip.avi": ("mpeg4", "yuv420p"),
    "clip.gif": ("gif", "rgb8"),
}


def read_or_refuse(path: Path) -> tuple[Frames | None, str | None]:
    try:
        with open_video(path) as reader:
            got = read_frames(reader)
            return got, reader.damage
    except InputError as error:
        return None, str(error)


@pytest.mark.parametrize(
    ("name", "container_options"),
    [
        ("clip.mp4", {"movflags": "faststart"}),
        ("clip.mp4", {"movflags": "frag_keyframe+empty_moov"}),
        ("clip.mkv", {}),
        ("clip.webm", {}),
        ("clip.avi", {}),
        ("clip.gif", {}),
    ],
)
def test_a_file_that_is_cut_off_is_read_up_to_there(name, container_options, tmp_path, make_frames, encode):
    made = make_frames(48)
    whole = encode(
        tmp_path / f"whole_{name}", made, *CODECS[name], container_options=container_options
    ).read_bytes()
    path = tmp_path / name
    with open_video(tmp_path / f"whole_{name}") as reader:
        expected = read_frames(reader)
    readable = 0
    for share in (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9):
        path.write_bytes(whole[: int(share * len(whole))])
        got, damage = read_or_refuse(path)
        if got is None:
            assert damage.startswith(f"{path}: ")
            assert "\n" not in damage
            continue
        readable += 1
        assert re.search(r"\d+\.\d\d s( of 2.00 s)?", damage)
        assert len(got) < 48
        position = np.abs(expected.times_s[None] - got.times_s[:, None]).argmin(axis=1)
        assert np.array_equal(got.rgb, expected.rgb[position])
    assert readable >= 2


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_a_cut_between_two_frames_is_told(name, tmp_path, make_frames, encode):
    fragments = {"movflags": "frag_keyframe+empty_moov"} if name == "clip.mp4" else {}
    options = {"tune": "zerolatency", "g": "8"}
    path = encode(tmp_path / name, make_frames(24), options=options, container_options=fragments)
    with av.open(str(path)) as container:
        starts = [packet.pos for packet in container.demux(video=0) if packet.size]
    whole = path.read_bytes()
    for n_frames, start in enumerate(starts):
        path.write_bytes(whole[:start])
        got, damage = read_or_refuse(path)
        assert damage is not None, f"cut after {n_frames} frames"
        assert got is None or len(got) <= n_frames


def test_an_mp4_without_its_end_says_that_it_is_cut_off(tmp_path, make_frames, encode):
    path = encode(tmp_path / "clip.mp4", make_frames(48))
    path.write_bytes(path.read_bytes()[:-2500])
    with pytest.raises(
        InputError,
        match=r"not a video that can be read: .*\(the file is cut off: at least \d+ bytes are missing\)",
    ):
        open_video(path)


def test_flipped_bits_are_told(tmp_path, make_frames, encode):
    whole = encode(tmp_path / "clip.mp4", make_frames(48)).read_bytes()
    path = tmp_path / "flipped.mp4"
    told = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        data = bytearray(whole)
        for position in rng.integers(len(whole) // 3, len(whole) // 2, 4):
            data[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(data)
        with open_video(path) as reader:
            read_frames(reader)
            told += reader.damage is not None and reader.damage.startswith("decoding stopped at ")
    assert told >= 6


def test_damaged_webp_is_read_up_to_there(tmp_path, make_frames, save_webp):
    path = save_webp(tmp_path / "clip.webp", make_frames(12))
    path.write_bytes(path.read_bytes()[:-3000])
    got, damage = read_or_refuse(path)
    assert damage
    assert got is None or len(got) < 12


def test_damaged_image_stops_the_clip(tmp_path, make_frames, save_images):
    folder = save_images(tmp_path / "images", make_frames(6))
    (folder / "0004.png").write_bytes((folder / "0004.png").read_bytes()[:100])
    with open_video(folder, image_fps=10.0) as reader:
        assert len(read_frames(reader)) == 3
        assert reader.damage.startswith("decoding stopped at 0.30 s: ")
        assert reader.decoded_frames == 3


def test_image_of_another_size_stops_the_clip(tmp_path, make_frames, save_images):
    folder = save_images(tmp_path / "images", make_frames(4))
    save_images(folder, make_frames(1, 32, 32), first=5)
    with open_video(folder, image_fps=10.0) as reader:
        assert len(read_frames(reader)) == 4
        assert reader.damage == "decoding stopped at 0.40 s: 0005.png is 32x32, the first is 96x64"


def test_files_that_are_no_video_are_refused_in_one_line(tmp_path):
    cases = {
        "text.mp4": (b"this is text\n" * 50, "not a video that can be read"),
        "zeros.mp4": (bytes(5000), "not a video that can be read"),
        "empty.mp4": (b"", "the file is empty"),
        "riff.webp": (b"RIFF\x10\0\0\0WEBPVP8X", "not a video that can be read"),
        "list.mp4": (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "not a video that can be read"),
        "far.mkv": (b"\x1a\x45\xdf\xa3\x01" + b"\xff" * 6 + b"\xfe", "not a video that can be read"),
        "concat.mp4": (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "not a video that can be read"),
    }
    for name, (data, message) in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=f"^{tmp_path / name}: {message}") as caught:
            open_video(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file or directory"):
        open_video(tmp_path / "absent.mp4")
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(InputError, match="not a regular file"):
        open_video(tmp_path / "pipe.mp4")
    with pytest.raises(InputError, match="this folder is no clip: it holds no numbered images"):
        open_video(tmp_path, image_fps=10.0)


def test_sound_alone_is_refused(tmp_path):
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        for _ in range(20):
            frame = av.AudioFrame.from_ndarray(
                np.zeros((2, 1024), np.float32), format="fltp", layout="stereo"
            )
            frame.sample_rate = 44100
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(InputError, match="the file has no video stream"):
        open_video(tmp_path / "sound.mp4")


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.webm", "clip.avi"])
def test_no_frames_are_refused(name, tmp_path):
    codec, pix_fmt = CODECS[name]
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream(codec, rate=24)
        stream.width, stream.height, stream.pix_fmt = 96, 64, pix_fmt
        container.start_encoding()
    with pytest.raises(
        InputError, match=r"the video has no frames|no video stream|not a video that can be read"
    ):
        open_video(tmp_path / name)


def test_folder_needs_a_frame_rate(tmp_path, make_frames, save_images):
    folder = save_images(tmp_path / "images", make_frames(3))
    with pytest.raises(InputError, match="has no frame rate of its own: give --image-fps"):
        open_video(folder)
    with pytest.raises(InputError, match=r"--image-fps must be above 0 and at most 1000, got -1"):
        open_video(folder, image_fps=-1.0)


def test_lying_screen_size_of_a_gif_is_refused(tmp_path, make_frames, encode):
    path = encode(tmp_path / "clip.gif", make_frames(3), "gif", "rgb8")
    data = bytearray(path.read_bytes())
    data[6:10] = struct.pack("<HH", 65535, 65535)
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"not a video that can be read|no frame can be decoded|larger than"):
        open_video(path)


def test_absurd_images_are_refused_before_they_are_decoded(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )
    for number in (1, 2):
        (folder / f"{number}.png").write_bytes(bomb)
    with pytest.raises(
        InputError, match=rf"the first image cannot be read: .*larger than {MAX_PIXELS} pixels"
    ):
        open_video(folder, image_fps=10.0)
