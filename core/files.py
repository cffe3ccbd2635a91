"""Files that are whole or absent, and folders that one process owns at a time."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lawful.core.errors import InputError, LawfulError

_STEM_CHARACTERS = 32


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends without an error.

    The folder is made if it is missing. A reader never sees a half-written file, and an error or a
    kill leaves the old file as it was.

    Raises:
        LawfulError: At the path is something else than a file, such as a device, or above it is no folder.
    """
    if path.exists() and not path.is_file():
        message = f"{path}: is no regular file, and nothing else is written over. Name another file."
        raise LawfulError(message)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        message = f"{path}: cannot be written: {error.filename} is no folder. Name another place."
        raise LawfulError(message) from error
    # A name of full length has no room for what mkstemp adds to it.
    prefix = f".{path.stem[:_STEM_CHARACTERS]}."
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write a whole file at once (UTF-8 for text): see `replacing`."""
    with replacing(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def bounded_text(path: Path, max_bytes: int, instead: str) -> str:
    """The text of a file that somebody else wrote.

    Args:
        path: The file.
        max_bytes: A larger file is not read.
        instead: What to do with a larger one, as a sentence.

    Raises:
        InputError: It cannot be read, is too large or no UTF-8.
    """
    check_size(path, max_bytes, instead)
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: no UTF-8 text: byte {error.start} does not fit") from error


def check_size(path: Path, max_bytes: int, instead: str) -> None:
    """Refuse what is no file, or too large a one; see `bounded_text`.

    Raises:
        InputError: It is absent, no file, or too large.
    """
    try:
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path}: cannot be read: {reason}") from error
    if not path.is_file():
        raise InputError(f"{path}: a file is wanted, and this is none")
    if size > max_bytes:
        raise InputError(f"{path}: {size:,} bytes. Allowed: {max_bytes:,}. {instead}")


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path` that takes its place when the block ends without an error.

    A reader never sees a half-filled folder, and an error leaves nothing.

    Raises:
        LawfulError: At the path is something already that is not an empty folder.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise LawfulError(f"{path}: is not an empty folder. Name a new one with --out.")
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{path.name[:_STEM_CHARACTERS]}."
    with tempfile.TemporaryDirectory(prefix=prefix, dir=path.parent) as name:
        # The temporary one is for its owner alone to read; this one is as any new folder.
        inside = Path(name) / "inside"
        inside.mkdir()
        yield inside
        inside.rename(path)


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Own a folder until the block ends; the lock dies with the process, however it ends.

    Raises:
        LawfulError: Another process owns the folder, or its file system has no locks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ".lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            message = (
                f"{folder}: in use by another process (pid {owner}). "
                "Wait until it ends, or choose another folder with --out."
            )
            raise LawfulError(message) from error
        except OSError as error:
            message = (
                f"{folder}: cannot be locked ({error.strerror}); two processes could write it at once. "
                "Choose a folder on another file system with --out."
            )
            raise LawfulError(message) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
