"""Rows of a manifest: what is written is read, what is damaged is said."""

import dataclasses
import errno
import json
import os
import re

import pytest

from lawful.core.errors import InputError
from lawful.generators import manifest
from lawful.generators.manifest import append_record, read_manifest, repair_manifest, told_prompt
from lawful.generators.records import PromptAt, VideoRecord

ROW = VideoRecord(
    file="painter/c0-0.mp4", video_sha256="ab" * 32, generator="painter", generator_sha256="cd" * 32,
    request_sha256="ef" * 32, prompts=(PromptAt(0, "a ball é"), PromptAt(12, "it stops")), seed=2**63 - 1, branch=0,
    suite=None, case=None, n_frames=24, n_given=1, trained_frames=None, width_px=64, height_px=48, fps=12.0,
    device="cpu", dtype="float32", licence="Apache-2.0", first_chunk_s=0.1, chunk_s=(0.1, 0.25), model_s=0.3,
    decode_s=0.05, total_s=0.4, versions={"python": "3.11.0"},
)  # fmt: skip


def body(**changes):
    return {"schema": "lawful.videos/1", **dataclasses.asdict(ROW), **changes}


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "manifest.jsonl"
    other = dataclasses.replace(ROW, file="painter/c0-1.mp4", suite="s", case="c0", trained_frames=81, seed=0)
    append_record(path, ROW)
    append_record(path, other)
    assert read_manifest(path) == {ROW.file: ROW, other.file: other}
    assert path.read_text().count("\n") == 2


def test_of_two_rows_for_a_file_the_later_one_counts(tmp_path):
    path = tmp_path / "manifest.jsonl"
    for seed in (1, 2):
        append_record(path, dataclasses.replace(ROW, seed=seed))
    assert [row.seed for row in read_manifest(path).values()] == [2]


@pytest.mark.parametrize("cut", [1, 50, -1])
def test_a_torn_last_line_is_left_out_and_cut_off(tmp_path, cut):
    path = tmp_path / "manifest.jsonl"
    append_record(path, ROW)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:cut])
    assert read_manifest(path) == {ROW.file: ROW}
    repair_manifest(path)
    assert path.read_bytes() == whole
    repair_manifest(path)
    assert path.read_bytes() == whole
    path.write_bytes(whole + b"\0" * 10)  # a machine that lost its power
    repair_manifest(path)
    assert path.read_bytes() == whole


def test_a_row_that_cannot_be_written_whole_is_taken_back(tmp_path, monkeypatch):
    path = tmp_path / "manifest.jsonl"
    append_record(path, ROW)
    before = path.read_bytes()
    write, left = os.write, 100

    def full(handle, data):
        nonlocal left
        if left == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        n = write(handle, bytes(data)[:left])
        left -= n
        return n

    monkeypatch.setattr(manifest.os, "write", full)
    with pytest.raises(OSError, match="No space left on device"):
        append_record(path, ROW)
    assert path.read_bytes() == before


def test_prompts_that_follow_each_other_are_told_with_their_times():
    assert told_prompt(ROW) == "a ball é From 1 s on: it stops"
    assert told_prompt(dataclasses.replace(ROW, prompts=(PromptAt(0, ""),))) is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{broken", "no JSON: "),
        ("[1]", "expected an object, found [1]"),
        (
            json.dumps(body(schema="lawful.videos/2")),
            "schema 'lawful.videos/2'; this lawful reads lawful.videos/1",
        ),
        (json.dumps(body(extra=1)), "unknown 'extra'; known: schema, file"),
        (json.dumps(body(seed="1")), "seed should be a whole number, found '1'"),
        (json.dumps(body(fps=0)), "fps should be above 0, found 0"),
        (json.dumps(body(total_s=0)), "total_s should be above 0, found 0"),
        (json.dumps(body(n_given=25)), "n_given should be 0 to 24, found 25"),
        (json.dumps(body(n_frames=0)), f"n_frames should be 1 to {2**63 - 1}, found 0"),
        (json.dumps(body(width_px=-1)), f"width_px should be 1 to {2**63 - 1}, found -1"),
        (json.dumps(body(seed=2**63)), f"seed should be 0 to {2**63 - 1}, found {2**63}"),
        (json.dumps(body(prompts=[])), "a row has at least one prompt, this one has none"),
        (json.dumps(body(prompts=["a"])), "prompts[0]: expected an object, found 'a'"),
        (json.dumps(body(file="../a.mp4")), "file '../a.mp4' is no path below the manifest's folder"),
        (json.dumps(body(file="/etc/passwd")), "file '/etc/passwd' is no path below"),
        (json.dumps(body(file="")), "file '' is no path below"),
        (json.dumps(body(versions={"a": 1})), "versions.a: value should be text, found 1"),
        ("[" * 100_000, "no JSON: "),
    ],
)
def test_a_damaged_row_is_told_with_its_line(tmp_path, line, message):
    path = tmp_path / "manifest.jsonl"
    append_record(path, ROW)
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(InputError, match=re.escape(f"{path}, line 2") + ".*" + re.escape(message)):
        read_manifest(path)


def test_a_file_without_lines_is_no_manifest(tmp_path, monkeypatch):
    monkeypatch.setattr(manifest, "_MAX_LINE_BYTES", 1000)
    path = tmp_path / "manifest.jsonl"
    path.write_bytes(b"x" * 2000)
    with pytest.raises(InputError, match="a line has more than 1,000 bytes, so it is no manifest"):
        read_manifest(path)
    with pytest.raises(InputError, match=r"none\.jsonl: cannot be read: No such file"):
        read_manifest(tmp_path / "none.jsonl")
