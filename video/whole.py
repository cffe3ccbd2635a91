"""Whether a file ends where its own headers say that it does."""

import os
import struct
from pathlib import Path
from typing import BinaryIO

_MAX_BOXES = 100_000
_EBML = b"\x1a\x45\xdf\xa3"
_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"})
_GIF_EXTENSION, _GIF_IMAGE, _GIF_TRAILER = b"!", b",", b";"
_SEGMENT = b"\x18\x53\x80\x67"


def cut_off(path: Path) -> str | None:
    """A line that says that a file ends before its headers do; None where it is whole or they do not say.

    Knows mp4 and mov (boxes), matroska and webm (segment), avi and webp (RIFF) and gif (trailer).

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(13)
        if head[:3] == b"GIF":
            return None if _has_trailer(file, head) else "the file is cut off"
        if head[:4] == b"RIFF" and len(head) > 8:
            end = 8 + struct.unpack("<I", head[4:8])[0]
        elif head[:4] == _EBML:
            end = _segment_end(file)
        elif head[4:8] in _BOXES:
            end = _boxes_end(file, size)
        else:
            end = 0
    return f"the file is cut off: at least {end - size} bytes are missing" if end > size else None


def _boxes_end(file: BinaryIO, size: int) -> int:
    position = 0
    for _ in range(_MAX_BOXES):
        if position >= size:
            break
        file.seek(position)
        head = file.read(16)
        if len(head) < 8:
            return position + 8
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length < 8:  # 0: to the end of the file; less: not a box
            break
        position += length
    return position


def _segment_end(file: BinaryIO) -> int:
    file.seek(4)
    header = _ebml_size(file)
    if header is None:
        return 0
    file.seek(header, os.SEEK_CUR)
    if file.read(4) != _SEGMENT:
        return 0
    length = _ebml_size(file)
    return 0 if length is None else file.tell() + length


def _ebml_size(file: BinaryIO) -> int | None:
    """A size as EBML writes it; None if it is unknown."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    width = 9 - first[0].bit_length()
    rest = file.read(width - 1)
    value = int.from_bytes(bytes([first[0] & (0xFF >> width)]) + rest, "big")
    return None if len(rest) < width - 1 or value == (1 << (7 * width)) - 1 else value


def _has_trailer(file: BinaryIO, head: bytes) -> bool:
    """Whether the blocks of a gif lead to its trailer."""
    _skip_colours(file, head[10:11])
    while True:
        kind = file.read(1)
        if kind == _GIF_EXTENSION:
            file.read(1)
        elif kind == _GIF_IMAGE:
            _skip_colours(file, file.read(9)[8:9])
            file.read(1)
        elif kind in {_GIF_TRAILER, b""}:
            return kind == _GIF_TRAILER
        else:
            return True  # not cut off, but damaged in another way
        while length := file.read(1):
            if length == b"\0":
                break
            file.seek(length[0], os.SEEK_CUR)


def _skip_colours(file: BinaryIO, flags: bytes) -> None:
    """Go past the colour table that a gif's flags announce."""
    if flags and flags[0] & 0x80:
        file.seek(3 << ((flags[0] & 7) + 1), os.SEEK_CUR)
