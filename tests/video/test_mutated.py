"""Broken files: each gives frames, an error in one line or a record of its damage, and nothing else."""

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

CODE = """
import json, sys, time
from pathlib import Path
from lawful.core.errors import InputError
from lawful.video.read import open_video
from lawful.video.sampling import Sampling

for path in sorted(Path(sys.argv[1]).iterdir()):
    start = time.process_time()
    row = {"name": path.name, "error": None, "damage": None, "frames": 0}
    try:
        with open_video(path, image_fps=8.0) as reader:
            for sampling in (Sampling(), Sampling(count=5, long_side_px=64)):
                last = -1.0
                for chunk in reader.chunks(sampling):
                    assert len(chunk) and chunk.times_s[0] > last
                    last = float(chunk.times_s[-1])
                    row["frames"] += len(chunk)
                assert last >= 0 or reader.damage
            row["damage"] = reader.damage
    except InputError as error:
        row["error"] = str(error)
    row["seconds"] = time.process_time() - start
    print(json.dumps(row))
print(json.dumps({"peak_mb": peak_mb()}))
"""


def flipped(data: bytes, rng: np.random.Generator) -> bytes:
    out = bytearray(data)
    for position in rng.integers(0, len(data), int(rng.integers(1, 40))):
        out[position] ^= 1 << int(rng.integers(8))
    return bytes(out)


def truncated(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: int(rng.integers(0, len(data)))]


def header_flipped(data: bytes, rng: np.random.Generator) -> bytes:
    head = min(600, len(data))
    return flipped(data[:head], rng) + data[head:]


def lying(data: bytes, rng: np.random.Generator) -> bytes:
    """Sizes, counts and durations overwritten with large and odd values."""
    out = bytearray(data)
    marks = (
        b"tkhd",
        b"mdhd",
        b"mvhd",
        b"stts",
        b"stsz",
        b"stco",
        b"avc1",
        b"avih",
        b"strh",
        b"idx1",
        b"ANIM",
        b"VP8X",
    )
    places = [place for mark in marks if (place := data.find(mark)) >= 0] or [6]
    for _ in range(4):
        place = int(rng.choice(places)) + int(rng.integers(0, 40))
        value = int(rng.choice([0, 1, 255, 65535, 2**24, 2**31 - 1, 2**32 - 1]))
        out[place : place + 4] = struct.pack(rng.choice(["<I", ">I"]), value)
    return bytes(out)


def shuffled(data: bytes, rng: np.random.Generator) -> bytes:
    cut = sorted(rng.integers(0, len(data), 2))
    return data[: cut[1]] + data[cut[0] :]


def mutated(originals: list[Path], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    kinds = (flipped, truncated, header_flipped, lying, shuffled)
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        original = originals[index % len(originals)]
        kind = kinds[index // len(originals) % len(kinds)]
        data = b"" if index == count - 1 else kind(original.read_bytes(), rng)
        yield f"{index:04d}_{kind.__name__}{original.suffix}", data


@pytest.fixture
def originals(tmp_path, make_frames, encode, save_webp) -> list[Path]:
    folder = tmp_path / "originals"
    folder.mkdir()
    made = make_frames(12)
    return [
        encode(folder / "a.mp4", made, container_options={"movflags": "faststart"}),
        encode(folder / "b.mp4", made),
        encode(folder / "c.mov", made, "qtrle", "argb"),
        encode(folder / "d.mkv", made),
        encode(folder / "e.webm", made, "libvpx-vp9"),
        encode(folder / "f.avi", made, "mpeg4"),
        encode(folder / "g.gif", made, "gif", "rgb8"),
        save_webp(folder / "h.webp", made),
    ]


def check(folder: Path, files: Iterator[tuple[str, bytes]], limit_s: float, peak_code: str) -> None:
    folder.mkdir()
    names = []
    for name, data in files:
        (folder / name).write_bytes(data)
        names.append(name)
    command = [sys.executable, "-c", peak_code + CODE, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    *rows, usage = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["name"] for row in rows] == names
    for row in rows:
        assert row["frames"] or row["error"]
        assert "\n" not in (row["error"] or row["damage"] or "")
        assert row["seconds"] < 20, row
    assert sum(row["error"] is not None for row in rows) > len(rows) / 10
    assert sum(row["damage"] is not None for row in rows) > len(rows) / 25
    assert usage["peak_mb"] < 1200


def test_a_hundred_mutated_files(tmp_path, originals, peak_code):
    check(tmp_path / "mutated", mutated(originals, 100, seed=1), limit_s=120, peak_code=peak_code)


@pytest.mark.long
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_thousands_of_mutated_files(seed, tmp_path, originals, peak_code):
    check(tmp_path / "mutated", mutated(originals, 1500, seed), limit_s=1200, peak_code=peak_code)
