"""One piece of judging as plain data, and what comes back."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from lawful.checklists.suite import Question
from lawful.judge.protocol import Given
from lawful.judge.records import Unscored, Verdict
from lawful.video.drift import Drift


@dataclass(frozen=True)
class JudgeSpec:
    """A judge as plain data."""

    name: str
    """The name users type."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """Settings that differ from the judge's defaults; JSON."""
    fps: float | None = None
    """Frames a second that it looks at, in the place of those of its settings; None for those."""


@dataclass(frozen=True)
class Task:
    """One look of one judge at one clip."""

    key: int
    """The caller's number for it; comes back with the outcome."""
    path: str
    """Absolute path of the video file or of the folder of images."""
    name: str
    """How the clip is shown to people."""
    video_sha256: str
    """Digest of its bytes."""
    judge: JudgeSpec
    """Who looks."""
    questions: tuple[Question, ...]
    """What is asked, in order."""
    image_fps: float | None = None
    """Frames a second of a folder of images."""
    given: Mapping[Given, str] = field(default_factory=dict)
    """What the judge is given beside the pixels and the questions."""
    repeat: int = 0
    """Which of the repeated looks this is, from 0."""
    run_folder: str | None = None
    """Run folder under which evidence is saved; None keeps it in memory."""
    until_s: float | None = None
    """Look at the clip as if it ended here, seconds from the first decoded frame; None for the whole clip."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of a task."""

    key: int
    """The task's key."""
    verdicts: tuple[Verdict | Unscored, ...] = ()
    """One for each question, in order; empty if the clip could not be read."""
    error: str | None = None
    """Why the clip failed: unreadable, or its worker died. One line."""
    duration_s: float | None = None
    """Time from the first to the end of the last decoded frame."""
    width_px: int | None = None
    """Width as shown."""
    height_px: int | None = None
    """Height as shown."""
    n_frames: int | None = None
    """Frames decoded."""
    seconds: float = 0.0
    """Time it took."""
    drift: Drift | None = None
    """What the clip looks like just before the task's `until_s`; None without one, and where no frame was read."""
    too_short: bool = False
    """Whether the clip ends before the task's `until_s`: then there are no verdicts, and the facts above are those
    of the whole clip."""


@runtime_checkable
class Engine(Protocol):
    """A way to run tasks. Engines differ in where tasks run and in nothing that can be read off a verdict."""

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Run tasks, pulling them as there is room; outcomes come in the order in which they finish.

        Closing the iterator early stops the work in flight.
        """
        ...
