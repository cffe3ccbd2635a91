"""How far the making of videos is, on stderr: a bar for people, a line every few seconds for logs."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from lawful.cli.progress import LINE_EVERY_S, duration_text
from lawful.generators.generate.progress import (
    ChunkMade,
    Listener,
    Progress,
    Remarked,
    Started,
    VideoDone,
)


class Frames:
    """Counts of what was heard so far."""

    def __init__(self) -> None:
        self.n_videos = 0
        self.n_frames = 0
        self.videos = 0
        self.frames = 0
        self.kept = 0
        self.failed = 0
        self._made = 0
        self._of: dict[str, int] = {}
        self._started_s = time.monotonic()

    def hear(self, event: Progress) -> None:
        """Take in an event."""
        if isinstance(event, Started):
            self.n_videos, self.n_frames = event.n_videos, event.n_frames
            self._started_s = time.monotonic()
        elif isinstance(event, ChunkMade):
            if event.final:
                self._of[event.file] = self._of.get(event.file, 0) + event.n_frames
                self.frames += event.n_frames
                self._made += 0 if event.given else event.n_frames
        elif isinstance(event, VideoDone):
            self.videos += 1
            self.kept += event.source == "kept"
            self.failed += event.source == "failed"
            of_this = self._of.pop(event.file, 0)
            if event.source == "failed":
                # Its frames are not to be waited for.
                self.n_frames -= event.n_frames - of_this

    def text(self) -> str:
        """The counts as one line."""
        elapsed_s = time.monotonic() - self._started_s
        rate = self._made / elapsed_s if elapsed_s > 0 else 0.0
        parts = [f"{self.videos}/{self.n_videos} videos", f"{rate:.1f} frames/s"]
        if rate > 0 and self.frames < self.n_frames:
            parts.append(f"{duration_text((self.n_frames - self.frames) / rate)} left")
        counts = (("there before", self.kept), ("failed", self.failed))
        return ", ".join(parts + [f"{n} {name}" for name, n in counts if n])


@contextmanager
def filming(quiet: bool) -> Iterator[Listener]:
    """A listener that shows how far it is; quiet, it passes on the remarks alone."""
    if quiet:
        yield _remark
    elif sys.stderr.isatty():
        with _bar() as listener:
            yield listener
    else:
        yield _lines()


def _remark(event: Progress) -> None:
    if isinstance(event, Remarked):
        click.echo(f"Note: {event.text}", err=True)


def _lines() -> Listener:
    counts = Frames()
    last_s = time.monotonic()

    def listen(event: Progress) -> None:
        nonlocal last_s
        counts.hear(event)
        _remark(event)
        if isinstance(event, Started):
            click.echo(
                f"{event.n_videos} videos, {event.n_frames} frames to make, into {event.folder}", err=True
            )
        now_s = time.monotonic()
        is_last = counts.videos == counts.n_videos and isinstance(event, VideoDone)
        if counts.n_videos and (now_s - last_s >= LINE_EVERY_S or is_last):
            click.echo(counts.text(), err=True)
            last_s = now_s

    return listen


@contextmanager
def _bar() -> Iterator[Listener]:
    from rich import progress
    from rich.console import Console

    counts = Frames()
    columns = (progress.BarColumn(), progress.TextColumn("{task.description}", markup=False))
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading the suite", total=None)

        def listen(event: Progress) -> None:
            counts.hear(event)
            if isinstance(event, Remarked):
                bar.console.print(f"Note: {event.text}", markup=False, highlight=False)
            bar.update(task, total=counts.n_frames, completed=counts.frames, description=counts.text())

        yield listen
