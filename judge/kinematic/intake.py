"""Which frames are looked at, shot by shot.

Repeated frames are dropped, so that nothing depends on how often a frame is shown; a picture that stands for
long is taken again now and then, so that what it shows is known to have stood still. Of the others, at
most so many a second are taken. Frames wait while it is open whether they start a new shot.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8

from lawful.judge.duplicates import DuplicateState, keep_distinct, open_duplicates
from lawful.video.cuts import CutState, close_cuts, open_cuts, push_cuts
from lawful.video.frames import Frames

HELD_S = 0.2
"""A picture that stands for this long is taken again."""
_TOLERANCE_S = 2e-3


@dataclass
class Intake:
    """What is remembered of the frames before."""

    duplicates: DuplicateState = field(default_factory=open_duplicates)
    """The last frame that was taken and differed."""
    cuts: CutState = field(default_factory=open_cuts)
    """Where cuts may be."""
    waiting: list["Taken"] = field(default_factory=list)
    """Frames of what may be a new shot."""
    taken_s: float | None = None
    """Time of the last frame that was taken; None before the first."""


@dataclass(eq=False)
class Taken:
    """A frame to look at."""

    rgb: UInt8[np.ndarray, "height width 3"]
    """The frame."""
    time_s: float
    """Its time."""
    differs: bool
    """False for a picture that stands and is taken again."""
    starts_shot: bool = False
    """True for the first frame of a shot, but for the clip's first."""


def open_intake() -> Intake:
    """Before the first frame."""
    return Intake()


def take_in(intake: Intake, frames: Frames, max_fps: float) -> Iterator[tuple[float, list[Taken]]]:
    """The frames to look at; changes the intake.

    Yields:
        For each frame given its time and the frames that can be looked at now, maybe none.
    """
    for k in range(len(frames)):
        time_s = float(frames.times_s[k])
        duplicates, distinct = keep_distinct(intake.duplicates, frames[k : k + 1])
        since = np.inf if intake.taken_s is None else time_s - intake.taken_s
        least = 1 / max_fps if len(distinct) else HELD_S
        if since < least - _TOLERANCE_S:
            continue
        intake.taken_s, intake.duplicates = time_s, duplicates
        intake.waiting.append(Taken(frames.rgb[k].copy(), time_s, bool(len(distinct))))
        intake.cuts, starts = push_cuts(intake.cuts, frames[k : k + 1])
        yield time_s, _settled(intake, starts)


def last_in(intake: Intake) -> list[Taken]:
    """The frames that still wait at the end of the clip."""
    starts = close_cuts(intake.cuts)
    intake.cuts = open_cuts()
    return _settled(intake, starts)


def _settled(intake: Intake, starts: list[float]) -> list[Taken]:
    for taken in intake.waiting:
        taken.starts_shot |= taken.time_s in starts
    open_from = intake.cuts.waiting[0].time_s if intake.cuts.waiting else np.inf
    settled = [taken for taken in intake.waiting if taken.time_s < open_from]
    intake.waiting = intake.waiting[len(settled) :]
    return settled
