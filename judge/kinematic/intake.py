"""Which frames are looked at: those that differ from the one before, at most so many a second, shot by shot."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8

from lawful.judge.duplicates import DuplicateState, keep_distinct, open_duplicates
from lawful.video.frames import Frames

_TOLERANCE_S = 2e-3


@dataclass
class Intake:
    """What is remembered of the frames before."""

    duplicates: DuplicateState = field(default_factory=open_duplicates)
    """The last frame that differed."""
    last_taken_s: float | None = None
    """Time of the last frame that was taken; None before the first."""


@dataclass(frozen=True, eq=False)
class Taken:
    """A frame to look at."""

    rgb: UInt8[np.ndarray, "height width 3"]
    """The frame."""
    time_s: float
    """Its time."""
    starts_shot: bool
    """True for the first frame of a shot."""


def open_intake() -> Intake:
    """Before the first frame."""
    return Intake()


def take_in(intake: Intake, frames: Frames, max_fps: float) -> Iterator[Taken]:
    """The frames to look at among some more frames; changes the intake."""
    intake.duplicates, distinct = keep_distinct(intake.duplicates, frames)
    for k in range(len(distinct)):
        time_s = float(distinct.times_s[k])
        first = intake.last_taken_s is None
        if intake.last_taken_s is not None and time_s - intake.last_taken_s < 1 / max_fps - _TOLERANCE_S:
            continue
        intake.last_taken_s = time_s
        yield Taken(distinct.rgb[k], time_s, first)
