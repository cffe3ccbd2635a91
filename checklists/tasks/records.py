"""A drawn task: what is told, what is shown, and what counts as done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

Picture = UInt8[np.ndarray, "360 640 3"]
"""A drawn frame."""
Video = UInt8[np.ndarray, "_ 360 640 3"]
"""Some drawn frames."""
AnyVideo = UInt8[np.ndarray, "frames height width 3"]
"""Frames of any size."""
Pixels = int | float
"""A place or a length in a drawn frame."""


@dataclass(frozen=True)
class Outcome:
    """What a program says of how a task went."""

    right: bool
    """Whether it was done, and nothing else."""
    reason: str
    """What decided, in words."""


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
    check: Callable[[AnyVideo], Outcome]
    """Decides of a video, of any size and the first frame's form, whether the task was done."""
    done: Video
    """A short video in which it is done, as an example."""
    undone: Mapping[str, Video]
    """Short videos in which it is not, by what is wrong in them."""

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
