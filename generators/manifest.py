"""The manifest of a folder of generated videos: one JSON line a video, whole or absent."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path, PurePosixPath
from typing import Any

from lawful.core.digest import canonical_json
from lawful.core.errors import InputError
from lawful.core.fields import Fields, as_number, as_text
from lawful.generators.records import MAX_SEED, PromptAt, VideoRecord

MANIFEST = "manifest.jsonl"
"""Name of the manifest in its folder."""
SCHEMA = "lawful.videos/1"
_MAX_LINE_BYTES = 8 << 20
_BEGINNING = f'{{"{min("schema", *(field.name for field in fields(VideoRecord)))}":'.encode()
"""How a row begins: names are in the order of the alphabet."""


def read_manifest(path: Path) -> dict[str, VideoRecord]:
    """The rows of a manifest by file, in their order; of two rows for one file the later one counts.

    A last line without an end was being written when its writer died, and is left out.

    Raises:
        InputError: It cannot be read, or a row is no row.
    """
    rows: dict[str, VideoRecord] = {}
    try:
        with path.open("rb") as file:
            for number, line in enumerate(_whole_lines(file, path), start=1):
                record = _record(line, f"{path}, line {number}")
                rows.pop(record.file, None)
                rows[record.file] = record
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    return rows


def is_manifest(path: Path) -> bool:
    """Whether a file of that name is one of ours, by its first line; other programs write files of this name too."""
    try:
        with path.open("rb") as file:
            body = json.loads(file.readline(_MAX_LINE_BYTES))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(body, dict) and str(body.get("schema", "")).startswith(SCHEMA.partition("/")[0] + "/")


def repair_manifest(path: Path) -> None:
    """Cut off a last line that is not whole; only for who owns the folder.

    Raises:
        InputError: It is no manifest of ours, and stays as it is.
        OSError: It cannot be written.
    """
    read_manifest(path)
    with path.open("r+b") as file:
        whole, torn = 0, b""
        for line in file:
            if line.endswith(b"\n"):
                whole += len(line)
            else:
                torn = line.strip(b"\0")  # which a machine that lost power may leave
        if not (torn.startswith(_BEGINNING) or _BEGINNING.startswith(torn)):
            raise InputError(
                f"{path}: its last line has no end and is no row of a manifest, so the file is another program's. "
                "Choose another folder with --out."
            )
        file.truncate(whole)


def append_record(path: Path, record: VideoRecord) -> None:
    """Add a row, and come back when it is on the disk.

    Raises:
        OSError: It cannot be written; what was written of the row is taken back.
    """
    line = row_line(record)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        before = os.fstat(handle).st_size
        try:
            written = 0
            while written < len(line):
                written += os.write(handle, line[written:])
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, before)
            raise
    finally:
        os.close(handle)


def row_line(record: VideoRecord) -> bytes:
    """A row as its line of a manifest."""
    return canonical_json({"schema": SCHEMA, **asdict(record)}).encode() + b"\n"


def read_row(line: bytes | str, where: str) -> VideoRecord:
    """The row of a line.

    Raises:
        InputError: It is none; the message begins with `where`.
    """
    return _record(line, where)


def told_prompt(record: VideoRecord) -> str | None:
    """What the video was asked to show, as one text; None where nothing was said.

    Prompts that follow each other are told with their times.
    """
    first, *later = record.prompts
    told = [first.text, *(f"From {prompt.frame / record.fps:g} s on: {prompt.text}" for prompt in later)]
    return " ".join(text for text in told if text) or None


def _whole_lines(file: Any, path: Path) -> Iterator[bytes]:
    while line := file.readline(_MAX_LINE_BYTES + 1):
        if len(line) > _MAX_LINE_BYTES:
            raise InputError(f"{path}: a line has more than {_MAX_LINE_BYTES:,} bytes, so it is no manifest")
        if line.endswith(b"\n"):
            yield line


def _record(line: bytes | str, where: str) -> VideoRecord:
    try:
        body = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: no JSON: {error}") from error
    row = Fields(body, where)
    row.only("schema", *(field.name for field in fields(VideoRecord)))
    if row.text("schema") != SCHEMA:
        raise InputError(f"{where}: schema {row.text('schema')!r}; this lawful reads {SCHEMA}")
    prompts = row.many("prompts", _prompt)
    if not prompts:
        raise InputError(f"{where}: a row has at least one prompt, this one has none")
    n_frames = _whole(row, "n_frames", 1)
    return VideoRecord(
        file=_below(row.text("file"), where),
        video_sha256=row.text("video_sha256"),
        generator=row.text("generator"),
        generator_sha256=row.text("generator_sha256"),
        request_sha256=row.text("request_sha256"),
        prompts=prompts,
        seed=_whole(row, "seed", 0),
        branch=_whole(row, "branch", 0),
        suite=row.optional("suite", row.text),
        case=row.optional("case", row.text),
        n_frames=n_frames,
        n_given=_whole(row, "n_given", 0, n_frames),
        trained_frames=row.optional("trained_frames", lambda name: _whole(row, name, 1)),
        width_px=_whole(row, "width_px", 1),
        height_px=_whole(row, "height_px", 1),
        fps=_above_0(row, "fps"),
        device=row.text("device"),
        dtype=row.text("dtype"),
        licence=row.text("licence"),
        first_chunk_s=row.number("first_chunk_s"),
        chunk_s=row.many("chunk_s", as_number),
        model_s=row.number("model_s"),
        decode_s=row.number("decode_s"),
        total_s=_above_0(row, "total_s"),
        versions=row.table("versions", as_text),
    )


def _whole(row: Fields, name: str, least: int, most: int = MAX_SEED) -> int:
    value = row.whole(name)
    if not least <= value <= most:
        raise InputError(f"{row.where}: {name} should be {least} to {most}, found {value}")
    return value


def _above_0(row: Fields, name: str) -> float:
    value = row.number(name)
    if value <= 0:
        raise InputError(f"{row.where}: {name} should be above 0, found {value:g}")
    return value


def _prompt(value: Any, where: str) -> PromptAt:
    row = Fields(value, where)
    row.only("frame", "text")
    return PromptAt(_whole(row, "frame", 0), row.text("text"))


def _below(file: str, where: str) -> str:
    """A path below the manifest's folder; a manifest may come from anywhere."""
    parts = PurePosixPath(file).parts
    if not parts or file.startswith("/") or ".." in parts or "\0" in file:
        raise InputError(f"{where}: file {file!r} is no path below the manifest's folder")
    return file
