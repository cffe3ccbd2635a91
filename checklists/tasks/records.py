"""A drawn task: what is told, what is shown, and what counts as done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8

from lawful.core.errors import InputError

Picture = UInt8[np.ndarray, "360 640 3"]
"""A drawn frame."""
Video = UInt8[np.ndarray, "_ 360 640 3"]
"""Some drawn frames."""
AnyVideo = UInt8[np.ndarray, "frames height width 3"]
"""Frames of any size."""
AnyPicture = UInt8[np.ndarray, "height width 3"]
"""A frame of any size."""
Shares = tuple[float, float, float, float]
"""A box: left, top, right and bottom in shares of the frame's width and height."""
Pixels = int | float
"""A place or a length in a drawn frame."""


@dataclass(frozen=True)
class Outcome:
    """What a program says of how a task went."""

    right: bool
    """Whether it was done, and nothing else."""
    reason: str
    """What decided, in words."""
    box: Shares | None = None
    """Where it was decided; None for the whole frame."""
    frame: int | None = None
    """Number of the frame that decided, from 0; None while it is not known."""


@dataclass(frozen=True, eq=False)
class Watched:
    """How far a check has come in a video, however long that is."""

    n_frames: int = 0
    """Frames seen."""
    last: AnyPicture | None = None
    """The last of them; where the outcome is decided, the one that decided."""
    kept: Any = None
    """What the check remembers."""
    outcome: Outcome | None = None
    """The outcome, if the rest of the video cannot change it."""


@dataclass(frozen=True, eq=False)
class Check:
    """Decides whether a task was done, frame by frame."""

    end: Callable[[Any, AnyPicture], Outcome]
    """The outcome, from what is remembered and the last frame."""
    step: Callable[[Any, AnyPicture, int], Any] | None = None
    """What is remembered after a frame, from what was before (None at first), the frame and its number; an outcome
    decides. None for tasks of which the last frame alone tells."""

    def watch(self, watched: Watched, picture: AnyPicture) -> Watched:
        """With one more frame, of any size and the first frame's form."""
        if watched.outcome is not None:
            return replace(watched, n_frames=watched.n_frames + 1)
        number = watched.n_frames
        kept = None if self.step is None else self.step(watched.kept, picture, number)
        outcome = replace(kept, frame=number) if isinstance(kept, Outcome) else None
        return Watched(number + 1, picture, kept, outcome)

    def outcome(self, watched: Watched) -> Outcome:
        """The outcome of a video that ends here.

        Raises:
            InputError: It has no frame.
        """
        if watched.last is None:
            raise InputError("a task is checked on one frame or more, found none")
        if watched.outcome is not None:
            return watched.outcome
        return replace(self.end(watched.kept, watched.last), frame=watched.n_frames - 1)

    def __call__(self, clip: AnyVideo) -> Outcome:
        """The outcome of a whole video.

        Raises:
            InputError: It has no frame, or another form than the first frame.
        """
        watched = Watched()
        for picture in clip:
            watched = self.watch(watched, picture)
        return self.outcome(watched)


@dataclass(frozen=True, eq=False)
class Task:
    """One task with its first frame."""

    category: str
    """Such as "game"."""
    task: str
    """Such as "maze"."""
    index: int
    """Number among the tasks of its kind, from 1."""
    prompt: str
    """What the generator is told beside the first frame."""
    expected: str
    """The right outcome in words."""
    seen: str
    """Question of fact on whether what the task is about can be seen at all."""
    asked: str | None
    """Question on whether the video does what was told; None for categories without it."""
    rule: str
    """Question on whether the rule was kept and the right end reached."""
    first_frame: Picture
    """The first frame."""
    check: Check
    """Decides of a video whether the task was done."""
    draw_done: Callable[[], Video]
    """Draws `done`."""
    draw_undone: Callable[[], Mapping[str, Video]]
    """Draws `undone`."""

    @property
    def done(self) -> Video:
        """A short video in which it is done, as an example; drawn when it is asked for."""
        return self.draw_done()

    @property
    def undone(self) -> Mapping[str, Video]:
        """Short videos in which it is not, by what is wrong in them; drawn when they are asked for."""
        return self.draw_undone()

    @property
    def case(self) -> str:
        """Id of its case, "<category>/<task>/<index>"."""
        return f"{self.category}/{self.task}/{self.index}"

    @property
    def file(self) -> str:
        """Path of the first frame beside the suite's file."""
        return f"rules/{self.task}_{self.index}.png"


def video(*pictures: Picture) -> Video:
    """Some pictures as a video."""
    return np.stack(pictures)
