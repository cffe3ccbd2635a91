"""Whether a file is what its own headers say: as long, and with as many samples as it can hold."""

import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

MAX_SAMPLES = 4_000_000
"""More samples (18 hours at 60 frames a second) are not believed where the file's bytes do not bear them out."""
_MAX_BOXES = 100_000
_MAX_HEADER_BYTES = 64 << 20
_TRUN_SAMPLE_FLAGS = 0xF00
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


def too_many_samples(path: Path) -> str | None:
    """A line that says that an mp4 or mov declares more samples than it can hold; None for all other files.

    FFmpeg makes room for all that a header declares: a few bytes could take gigabytes. Counts of up to
    `MAX_SAMPLES` are let through.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if file.read(8)[4:] not in _BOXES:
            return None
        for kind, start, length in _boxes(file, size):
            if kind not in {b"moov", b"moof"}:
                continue
            file.seek(start)
            header = file.read(min(length, _MAX_HEADER_BYTES))
            for count in _declared_samples(header, size):
                if count > MAX_SAMPLES:
                    return f"the file declares {count} samples and has {size} bytes"
    return None


def _declared_samples(header: bytes, size: int) -> Iterator[int]:
    """The sample counts in a movie's header that its bytes do not bear out."""
    for match in re.finditer(rb"stsz|trun", header):
        fields = header[match.end() : match.end() + 12]
        if len(fields) < 12:
            continue
        flags, first, second = struct.unpack(">III", fields)
        if match.group() == b"trun" and not flags & _TRUN_SAMPLE_FLAGS:
            yield first
        elif match.group() == b"stsz" and first and first * second > size:
            yield second


def _boxes_end(file: BinaryIO, size: int) -> int:
    end = 0
    for _, start, length in _boxes(file, size):
        end = start + length
    return end


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, position and length of the outermost boxes of an mp4; the last may reach beyond the end."""
    position = 0
    for _ in range(_MAX_BOXES):
        if position >= size:
            return
        file.seek(position)
        head = file.read(16)
        if len(head) < 8:
            yield b"", position, 8
            return
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length == 0:
            length = size - position
        if length < 8:  # not a box
            return
        yield head[4:8], position, length
        position += length


def _segment_end(file: BinaryIO) -> int:
    file.seek(4)
    header = _ebml_size(file)
    if header is None or header > _MAX_HEADER_BYTES:  # no file system seeks as far as a header can lie
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
