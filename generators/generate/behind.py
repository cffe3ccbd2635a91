"""Writing a video while its next chunk is made."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, runtime_checkable

from lawful.video.frames import Frames
from lawful.video.write import VideoWriter


@runtime_checkable
class Writer(Protocol):
    """Takes frames of a video in their order."""

    def write(self, frames: Frames) -> None:
        """Take some more."""
        ...


class _Behind:
    """Hands frames to a thread, which has at most one chunk to write."""

    def __init__(self, writer: Writer, pool: ThreadPoolExecutor) -> None:
        self._writer = writer
        self._pool = pool
        self._pending: Future[None] | None = None

    def write(self, frames: Frames) -> None:
        """Have frames written when those before them are; an error of those is raised here."""
        self.wait()
        self._pending = self._pool.submit(self._writer.write, frames)

    def wait(self) -> None:
        """Come back when all is written.

        Raises:
            LawfulError: It cannot be.
        """
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()


@contextmanager
def writing_behind(path: Path) -> Iterator[Writer]:
    """A writer that encodes beside whoever makes the frames; the file appears whole when the block ends without error.

    Raises:
        LawfulError: The file cannot be written; told at the next frames or at the end.
    """
    with VideoWriter(path) as writer, ThreadPoolExecutor(1) as pool:
        behind = _Behind(writer, pool)
        yield behind
        behind.wait()
