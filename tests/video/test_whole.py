import struct

import pytest

from lawful.core.errors import InputError
from lawful.video.read import open_video
from lawful.video.whole import MAX_SAMPLES, cut_off, too_many_samples


def test_whole_files_are_whole(tmp_path, make_frames, encode, save_webp):
    made = make_frames(6)
    paths = [
        encode(tmp_path / "a.mp4", made),
        encode(tmp_path / "b.mkv", made),
        encode(tmp_path / "c.avi", made, "mpeg4"),
        encode(tmp_path / "d.gif", made, "gif", "rgb8"),
        save_webp(tmp_path / "e.webp", made),
    ]
    for path in paths:
        data = path.read_bytes()
        assert cut_off(path) is None
        for missing in (1, 10, len(data) // 2):
            path.write_bytes(data[:-missing])
            assert (cut_off(path) or "").startswith("the file is cut off")
        path.write_bytes(b"")
        assert cut_off(path) is None


def test_a_count_that_the_bytes_do_not_bear_out_is_refused(tmp_path, make_frames, encode):
    path = encode(tmp_path / "a.mp4", make_frames(6))
    assert too_many_samples(path) is None
    data = bytearray(path.read_bytes())
    start = data.index(b"stsz") + 8
    data[start : start + 8] = struct.pack(">II", 1, 2**31)
    path.write_bytes(data)
    with pytest.raises(
        InputError, match=r"not a video that can be read: the file declares 2147483648 samples and has"
    ):
        open_video(path)
    data[start : start + 8] = struct.pack(">II", 1, MAX_SAMPLES)
    path.write_bytes(data)
    assert too_many_samples(path) is None


def test_a_count_in_a_fragment_is_checked(tmp_path, make_frames, encode):
    path = encode(
        tmp_path / "a.mp4", make_frames(6), container_options={"movflags": "frag_keyframe+empty_moov"}
    )
    assert too_many_samples(path) is None
    data = bytearray(path.read_bytes())
    start = data.index(b"trun") + 4
    data[start : start + 8] = struct.pack(">II", 1, 2**30)
    path.write_bytes(data)
    assert too_many_samples(path) == f"the file declares {2**30} samples and has {len(data)} bytes"
