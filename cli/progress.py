"""How far a run is, on stderr: a bar for people, a line every few seconds for logs."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from lawful.judge.progress import Listener, Looked, Note, Progress, Started

LINE_EVERY_S = 5.0


class Tallied:
    """Counts of what was heard so far."""

    def __init__(self) -> None:
        self.total = 0
        self.done = 0
        self.judged = 0
        self.stored = 0
        self.not_sure = 0
        self.failed = 0
        self.too_short = 0
        self._started_s = time.monotonic()

    def hear(self, event: Progress) -> None:
        """Take in an event."""
        if isinstance(event, Started):
            self.total = event.n_looks
            self._started_s = time.monotonic()
        elif isinstance(event, Looked):
            self.done += 1
            self.judged += event.source == "judged"
            self.stored += event.source == "stored"
            self.failed += event.source == "failed"
            self.too_short += event.source == "too_short"
            self.not_sure += event.answer == "not_sure"

    def text(self) -> str:
        """The counts as one line."""
        elapsed_s = time.monotonic() - self._started_s
        rate = (self.judged + self.failed) / elapsed_s if elapsed_s > 0 else 0.0
        parts = [f"{self.done}/{self.total}", f"{rate:.2f} clips/s"]
        if rate > 0 and self.done < self.total:
            parts.append(f"{duration_text((self.total - self.done) / rate)} left")
        counts = (
            ("from store", self.stored),
            ("not sure", self.not_sure),
            ("too short", self.too_short),
            ("failed", self.failed),
        )
        return ", ".join(parts + [f"{n} {name}" for name, n in counts if n])


@contextmanager
def shown(quiet: bool) -> Iterator[Listener]:
    """A listener that shows how far a run is; quiet, it passes on the notes alone."""
    if quiet:
        yield _note
    elif sys.stderr.isatty():
        with _bar() as listener:
            yield listener
    else:
        yield _lines()


@contextmanager
def counted(quiet: bool, what: str) -> Iterator[Callable[[int, int], None]]:
    """Something to be told how many of how many things are done, which shows it."""
    if quiet:
        yield lambda done, total: None
    elif sys.stderr.isatty():
        from rich import progress
        from rich.console import Console

        columns = (
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.description}", markup=False),
            progress.TimeRemainingColumn(),
        )
        with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        yield _counting_lines(what)


def _counting_lines(what: str) -> Callable[[int, int], None]:
    last_s = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last_s
        now_s = time.monotonic()
        if now_s - last_s >= LINE_EVERY_S or done == total:
            click.echo(f"{done}/{total} {what}", err=True)
            last_s = now_s

    return tell


def _note(event: Progress) -> None:
    if isinstance(event, Note):
        click.echo(f"Note: {event.text}", err=True)


def _lines() -> Listener:
    counts = Tallied()
    last_s = time.monotonic()

    def listen(event: Progress) -> None:
        nonlocal last_s
        counts.hear(event)
        _note(event)
        if isinstance(event, Started):
            click.echo(f"{event.n_inputs} videos, {event.n_looks} looks, into {event.folder}", err=True)
        now_s = time.monotonic()
        if now_s - last_s >= LINE_EVERY_S or (counts.done == counts.total and isinstance(event, Looked)):
            click.echo(counts.text(), err=True)
            last_s = now_s

    return listen


@contextmanager
def _bar() -> Iterator[Listener]:
    from rich import progress
    from rich.console import Console

    counts = Tallied()
    columns = (progress.BarColumn(), progress.TextColumn("{task.description}", markup=False))
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("looking for videos", total=None)

        def listen(event: Progress) -> None:
            counts.hear(event)
            if isinstance(event, Note):
                bar.console.print(f"Note: {event.text}", markup=False, highlight=False)
            bar.update(task, total=counts.total, completed=counts.done, description=counts.text())

        yield listen


def duration_text(seconds: float) -> str:
    """A time as people say it.

    >>> duration_text(7270), duration_text(75), duration_text(4.2)
    ('2 h 1 min', '1 min 15 s', '4 s')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
