"""Digests of large files, kept between runs: weights take minutes to read."""

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lawful.core.digest import digest, file_sha256
from lawful.core.errors import LawfulError
from lawful.core.files import write_atomic

_CACHE = Path("lawful") / "digests.json"
_MAX_ENTRIES = 1000


def weights_digest(paths: Iterable[Path]) -> str:
    """One digest (64 hex digits) of some files, whatever folder they lie in.

    The digest of each file is kept in the user's cache folder under its path, size and time of change.

    Raises:
        OSError: A file cannot be read.
    """
    known = _read()
    found = {path.name: known.get(_key(path)) for path in paths}
    fresh = {}
    for path in sorted(paths):
        if found[path.name] is None:
            found[path.name] = fresh[_key(path)] = file_sha256(path)
    if fresh:
        _keep(fresh)
    return digest(found)


def small_files_digest(paths: Iterable[Path]) -> str:
    """One digest of some small files, whatever folder they lie in."""
    return digest({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths})


def _key(path: Path) -> str:
    status = path.stat()
    return f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}"


def _cache_file() -> Path:
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / _CACHE


def _read() -> dict[str, str]:
    try:
        held = json.loads(_cache_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, dict) else {}


def _keep(fresh: dict[str, str]) -> None:
    entries = list({**_read(), **fresh}.items())[-_MAX_ENTRIES:]
    # Where nothing can be kept, the files are read again next time: slower, and no less right.
    with suppress(OSError, LawfulError):
        write_atomic(_cache_file(), json.dumps(dict(entries), indent=0))
