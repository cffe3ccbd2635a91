"""Named arrays in one npz file: the same arrays give the same bytes, and what is read is only what was asked for."""

import io
import math
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lawful.checklists.json_file import shown_text
from lawful.core.errors import InputError

Wanted = Mapping[str, tuple[tuple[int, ...], np.dtype]]
"""Shape and type of every array by name."""

_MAX_BYTES = 2 << 30
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '([<|][a-z]\d)', 'fortran_order': False, 'shape': \(([\d, ]*)\), \} *\n",
    re.DOTALL,
)
_HEADER_BYTES = 512
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def pack(arrays: Mapping[str, np.ndarray]) -> bytes:
    """An npz that `numpy.load` reads, without the time at which it was made."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, array in sorted(arrays.items()):
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), (1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content.getvalue())
    return out.getvalue()


def unpack(path: Path, wanted: Wanted) -> dict[str, np.ndarray]:
    """The arrays of an npz, which may come from anywhere; they cannot be written to.

    Args:
        path: The file.
        wanted: What it must hold, and nothing else.

    Raises:
        InputError: It cannot be read, holds something else, or more than 2 GiB are asked for.
    """
    total = sum(math.prod(shape) * kind.itemsize for shape, kind in wanted.values())
    if total > _MAX_BYTES:
        raise InputError(f"{path}: its facts ask for {total:,} bytes of arrays. Allowed: {_MAX_BYTES:,}.")
    try:
        with zipfile.ZipFile(path) as archive:
            found = sorted(archive.namelist())
            if found != sorted(f"{name}.npy" for name in wanted):
                raise InputError(f"{path}: {_differing(found, wanted)}")
            return {name: _array(path, archive, name, *wanted[name]) for name in wanted}
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise InputError(f"{path}: no npz that can be read: {error}") from error


def _differing(found: list[str], wanted: Wanted) -> str:
    names = {f"{name}.npy" for name in wanted}
    lacking, extra = sorted(names - {*found}), [shown_text(name) for name in found if name not in names]
    if lacking:
        return f"lacks {', '.join(lacking)}."
    return f"holds {', '.join(extra[:5])}, which has no place here." if extra else "holds an array twice."


def _array(
    path: Path, archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], kind: np.dtype
) -> np.ndarray:
    size = math.prod(shape) * kind.itemsize
    with archive.open(f"{name}.npy") as file:
        content = file.read(size + _HEADER_BYTES)
    header = _HEADER.match(content)
    if header is None:
        raise InputError(f"{path}: {name} is no plain array. Allowed: numbers, in rows.")
    told = tuple(int(part) for part in header[2].decode().split(",") if part.strip())
    if (header[1].decode(), told) != (kind.str, shape):
        raise InputError(
            f"{path}: {name} is {header[1].decode()} {list(told)}; its facts ask for {kind.str} {list(shape)}."
        )
    data = content[header.end() :]
    if len(data) != size:
        raise InputError(f"{path}: {name} has {len(data):,} bytes; its header tells {size:,}.")
    if kind == np.bool_ and max(data, default=0) > 1:
        raise InputError(f"{path}: {name} holds other values than true and false.")
    return np.frombuffer(data, kind).reshape(shape)
