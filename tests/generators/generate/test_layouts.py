"""Names and folders as the tools of benchmarks want them."""

import csv
import dataclasses
import os
import re

import numpy as np
import pytest

from lawful.core.digest import file_sha256
from lawful.core.errors import InputError, LawfulError
from lawful.generators.generate.lay_out import lay_out
from lawful.generators.generate.layouts import LAYOUTS, arranged
from lawful.generators.manifest import MANIFEST, append_record
from lawful.generators.records import PromptAt, VideoRecord, always
from lawful.video.frames import Frames
from lawful.video.read import open_video, read_frames
from lawful.video.write import write_video


def row(case, seed=0, prompt="a ball falls", generator="wan", **changes):
    record = VideoRecord(
        file=f"{generator}/{case}-{seed}.mp4", video_sha256="00" * 32, generator=generator,
        generator_sha256="cd" * 32, request_sha256="ef" * 32, prompts=always(prompt), seed=seed, branch=0,
        suite="s", case=case, n_frames=40, n_given=0, trained_frames=None, width_px=32, height_px=32, fps=8.0,
        device="cpu", dtype="float32", licence="MIT", first_chunk_s=0.1, chunk_s=(0.1,), model_s=0.3,
        decode_s=0.05, total_s=0.4, versions={},
    )  # fmt: skip
    return dataclasses.replace(record, **changes)


def targets(layout, *rows):
    return {placement.record.file: placement.target for placement in arranged(layout, rows).placements}


def test_vbench_names_by_prompt_in_folders_by_dimension():
    rows = [row("color/0001", seed, "a red bicycle") for seed in (7, 3)]
    rows += [
        row("temporal_flickering/0001", 0, "a lamp, still."),
        row("color/0001", 3, "a red bicycle", "ltx"),
    ]
    assert targets("vbench", *rows) == {
        "wan/color/0001-3.mp4": "wan/color/a red bicycle-0.mp4",
        "wan/color/0001-7.mp4": "wan/color/a red bicycle-1.mp4",
        "ltx/color/0001-3.mp4": "ltx/color/a red bicycle-0.mp4",
        "wan/temporal_flickering/0001-0.mp4": "wan/temporal_flickering/a lamp, still.-0.mp4",
    }
    assert arranged("vbench", rows).notes == (
        "ltx/color: 1 prompts do not have the 5 videos that the benchmark wants",
        "wan/color: 1 prompts do not have the 5 videos that the benchmark wants",
        "wan/temporal_flickering: 1 prompts do not have the 25 videos that the benchmark wants",
    )
    assert arranged("vbench", [row("color/0001", seed) for seed in range(5)]).notes == ()


def test_vbench2_names_by_the_first_180_characters():
    long = "x" * 178 + "yz and more"
    rows = [row("Diversity/0001", seed, long) for seed in range(20)] + [
        row("Mechanics/0001", seed, "a ball") for seed in range(3)
    ]
    found = targets("vbench2", *rows)
    assert found["wan/Diversity/0001-19.mp4"] == f"wan/Diversity/{'x' * 178}yz-19.mp4"
    assert found["wan/Mechanics/0001-2.mp4"] == "wan/Mechanics/a ball-2.mp4"
    assert arranged("vbench2", rows).notes == ()
    with pytest.raises(InputError, match="their prompts begin with the same 180 characters"):
        arranged("vbench2", [row("a/1", prompt=long), row("a/2", prompt=long + "!")])


def test_a_case_without_groups_has_no_dimension():
    assert targets("vbench", row("c1", prompt="a ball")) == {"wan/c1-0.mp4": "wan/a ball-0.mp4"}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (
            row("a/1", prompt="x" * 300),
            "its prompt has 300 bytes and would name its file, which has room for 255",
        ),
        (row("a/1", prompt="up/down"), "its prompt has a slash or a line break"),
        (row("a/1", prompt="up\ndown"), "its prompt has a slash or a line break"),
        (row("a/1", prompt=""), "this video has none, or several in turn"),
        (row("a/1", prompts=(PromptAt(0, "a"), PromptAt(3, "b"))), "has none, or several in turn"),
    ],
)
def test_prompts_that_cannot_name_files_are_refused(record, message):
    with pytest.raises(InputError, match=r"wan/a/1-0\.mp4: .*" + re.escape(message)):
        arranged("vbench", [record])


def test_physics_iq_names_by_id_with_a_folder_for_each_seed():
    rows = [row("Solid Mechanics/0003", 5), row("Solid Mechanics/0003", 2), row("Optics/0198", 2)]
    found = arranged("physics-iq", rows)
    assert {p.record.file: p.target for p in found.placements} == {
        "wan/Solid Mechanics/0003-2.mp4": "wan-run_01/0003_Solid_Mechanics.mp4",
        "wan/Solid Mechanics/0003-5.mp4": "wan-run_02/0003_Solid_Mechanics.mp4",
        "wan/Optics/0198-2.mp4": "wan-run_01/0198_Optics.mp4",
    }
    assert found.notes == (
        "wan-run_01: 2 of the 198 videos that Physics-IQ wants of a run",
        "wan-run_02: 1 of the 198 videos that Physics-IQ wants of a run",
    )


@pytest.mark.parametrize(
    ("record", "part"),
    [
        (row("a/0001"), None),
        (row("a/0001", n_frames=41, n_given=1), (1, 41)),
        (row("a/0001", n_frames=50), (0, 40)),
        (row("a/0001", n_frames=120, fps=24.0), None),
    ],
)
def test_physics_iq_takes_five_seconds_after_the_given_frames(record, part):
    (placement,) = arranged("physics-iq", [record]).placements
    assert placement.part == part


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (
            row("a/0001", n_frames=40, n_given=1),
            "has 39 generated frames, 4.88 s; Physics-IQ wants exactly 5 s",
        ),
        (row("a/0001", n_frames=40, n_given=1), "generate with --frames 41"),
        (
            row("a/0001", fps=12.0),
            "has 12 frames a second; Physics-IQ takes 8, 16, 24, 30: generate with --fps",
        ),
        (row("a/12"), "case 'a/12' does not end in a Physics-IQ id of four digits"),
    ],
)
def test_what_physics_iq_cannot_take_is_refused(record, message):
    with pytest.raises(InputError, match=re.escape(message)):
        arranged("physics-iq", [record])


def test_phygenbench_names_by_number():
    rows = [row("phygenbench/007"), row("phygenbench/160", 1), row("phygenbench/160", 4)]
    assert list(targets("phygenbench", *rows).values()) == [
        "wan/output_video_7.mp4", "wan/output_video_160.mp4", "wan-run_02/output_video_160.mp4",
    ]  # fmt: skip
    with pytest.raises(InputError, match="case 'c' does not end in a number"):
        arranged("phygenbench", [row("c")])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_order_of_rows_changes_nothing(layout):
    rows = [row(f"color/000{n}", seed, f"a ball {n}") for n in (1, 2, 3) for seed in (0, 1, 2)]
    assert targets(layout, *rows) == targets(layout, *reversed(rows))


def test_two_videos_at_one_place_are_refused():
    with pytest.raises(InputError, match=r"would both be wan/output_video_1\.mp4"):
        arranged("phygenbench", [row("a/1"), row("b/1")])


@pytest.fixture
def folder(tmp_path):
    """A folder with a manifest and two videos of 41 frames, the first given."""
    made = tmp_path / "made"
    for number in (1, 2):
        record = row(f"Optics/000{number}", n_frames=41, n_given=1)
        rgb = np.repeat(np.arange(41, dtype=np.uint8)[:, None, None, None] * 5, 32, 1)
        frames = Frames(np.tile(rgb, (1, 1, 32, 3)), np.arange(41) / 8.0, np.arange(41))
        write_video(made / record.file, frames, qp=0)
        append_record(made / MANIFEST, record)
    return made


def test_files_are_links_that_move_with_their_folders_or_copies(folder, tmp_path):
    source = folder / "wan/Optics/0001-0.mp4"
    done = lay_out(folder, "phygenbench", tmp_path / "links", copy=False)
    assert (done.n_videos, done.n_cut) == (2, 0)
    link = tmp_path / "links/wan/output_video_1.mp4"
    assert link.is_symlink()
    assert link.resolve() == source.resolve()
    assert not os.path.isabs(os.readlink(link))
    lay_out(folder, "phygenbench", tmp_path / "copies", copy=True)
    copy = tmp_path / "copies/wan/output_video_1.mp4"
    assert not copy.is_symlink()
    assert file_sha256(copy) == file_sha256(source)


def test_five_seconds_are_cut_from_behind_the_given_frame(folder, tmp_path):
    done = lay_out(folder, "physics-iq", tmp_path / "cut", copy=False)
    assert done.n_cut == 2
    path = tmp_path / "cut/wan-run_01/0001_Optics.mp4"
    assert not path.is_symlink()
    with open_video(path) as reader:
        frames = read_frames(reader)
        assert reader.meta.duration_s == pytest.approx(5.0, abs=0.001)
    assert frames.times_s.tolist() == pytest.approx([n / 8 for n in range(40)])
    assert np.abs(frames.rgb.mean((1, 2, 3)) - np.arange(1, 41) * 5).max() < 3


def test_videophy_gets_a_table_for_each_generator(folder, tmp_path):
    done = lay_out(folder, "videophy", tmp_path / "phy", copy=False)
    assert done.tables == (tmp_path / "phy" / "wan.csv",)
    with done.tables[0].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [list(one) for one in rows] == [["videopath", "caption"]] * 2
    assert [one["caption"] for one in rows] == ["a ball falls"] * 2
    assert all(os.path.isabs(one["videopath"]) and os.path.exists(one["videopath"]) for one in rows)


def test_nothing_is_left_of_a_layout_that_fails(folder, tmp_path):
    (folder / "wan/Optics/0002-0.mp4").write_bytes(b"no video")
    with pytest.raises(InputError, match="0002-0"):
        lay_out(folder, "physics-iq", tmp_path / "out", copy=False)
    (folder / "wan/Optics/0002-0.mp4").unlink()
    with pytest.raises(
        InputError, match=r"1 videos of its manifest are not there, such as wan/Optics/0002-0\.mp4"
    ):
        lay_out(folder, "videophy", tmp_path / "out", copy=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made"]


def test_a_video_that_is_shorter_than_its_row_says_is_not_cut(folder, tmp_path):
    path = folder / "wan/Optics/0001-0.mp4"
    with open_video(path) as reader:
        frames = read_frames(reader)
    write_video(path, frames[:20])
    with pytest.raises(InputError, match=r"0001-0\.mp4: has 19 of the frames 1 to 40, which its row"):
        lay_out(folder, "physics-iq", tmp_path / "out", copy=False)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_not_empty_is_refused(folder, tmp_path):
    (tmp_path / "out").mkdir()
    assert lay_out(folder, "videophy", tmp_path / "out", copy=False).n_videos == 2
    with pytest.raises(LawfulError, match=r"out: is not an empty folder\. Name a new one with --out"):
        lay_out(folder, "videophy", tmp_path / "out", copy=False)


def test_a_folder_without_videos_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"manifest\.jsonl: cannot be read: No such file"):
        lay_out(tmp_path, "vbench", tmp_path / "out", copy=False)
    (tmp_path / MANIFEST).touch()
    with pytest.raises(InputError, match=r"manifest\.jsonl: has no videos; generate some first"):
        lay_out(tmp_path, "vbench", tmp_path / "out", copy=False)
