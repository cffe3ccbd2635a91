"""Whether a file ends where its own headers say that it does."""

import os
import struct
from pathlib import Path
from typing import BinaryIO

_MAX_BOXES = 100_000
_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT = b"\x18\x53\x80\x67"


def missing_bytes(path: Path) -> int:
    """Bytes that the headers of a video file promise beyond its end; 0 where it is whole or nothing is promised.

    Knows mp4 and mov (boxes), matroska and webm (segment), avi and webp (RIFF); other files are not judged.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(12)
        if head[:4] == b"RIFF" and len(head) == 12:
            end = 8 + struct.unpack("<I", head[4:8])[0]
        elif head[:4] == _EBML:
            end = _segment_end(file)
        elif head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}:
            end = _boxes_end(file, size)
        else:
            end = 0
    return max(0, end - size)


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
