"""What a witness of a law is, and how it says what it found."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from lawful.judge.kinematic.events.breaks import Break
from lawful.judge.kinematic.findings import Finding
from lawful.judge.kinematic.memory import BOX, TIME, Memory, Trail
from lawful.video.frames import Box

_ALONE = 2.0


@runtime_checkable
class Witness(Protocol):
    """Examines what is remembered of a shot for some families of violations.

    It is causal: what it finds with a frame rests on frames up to that one.
    """

    @property
    def families(self) -> tuple[str, ...]:
        """Ids of the families that it looks for."""
        ...

    def open(self) -> Any:
        """Its state before the first frame of a shot: a value, bounded in the shot's length."""
        ...

    def push(self, state: Any, memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
        """What the newest frame shows; the state is changed.

        Args:
            state: Its own.
            memory: With the newest frame in it.
            breaks: Sudden changes of motion that are due with this frame.
        """
        ...


def finding(
    memory: Memory,
    trail: Trail,
    family: str,
    start_s: float,
    strength: float,
    magnitude: float,
    unit: str,
    text: str,
    *,
    end_s: float | None = None,
    others: tuple[int, ...] = (),
) -> Finding:
    """A finding on one body, and others that have a part in it; its box is the body's at the start."""
    return Finding(
        family=family,
        start_s=start_s,
        end_s=start_s + memory.usual_step_s if end_s is None else end_s,
        box=box_at(memory, trail, start_s),
        strength=strength,
        magnitude=magnitude,
        unit=unit,
        text=text,
        bodies=(trail.id, *others),
    )


def by_themselves(found: Sequence[Finding]) -> list[Finding]:
    """Those of bodies to which something happens alone: what befalls several about as much at once is of the picture."""

    def beside(said: Finding) -> float:
        others = (other for other in found if other.start_s == said.start_s and other.bodies != said.bodies)
        return max((other.strength for other in others), default=0.0)

    return [said for said in found if said.strength > _ALONE * beside(said)]


def box_at(memory: Memory, trail: Trail, time_s: float) -> Box | None:
    """Where a body was seen nearest to a time, as shares of the frame; where it should be if it was not seen."""
    glimpse = memory.now
    order = np.argsort(np.abs(trail.rows[:, TIME] - time_s), kind="stable")
    for at in order[:12].tolist():
        box = trail.rows[at, BOX]
        if np.isfinite(box).all():
            size = np.array([glimpse.width_px, glimpse.height_px] * 2)
            return Box(*(float(edge) for edge in np.clip(box / size, 0.0, 1.0)))
    return None


def lengths_per_s(memory: Memory, speed_px_s: float) -> float:
    """A speed in shorter sides of the picture a second."""
    return speed_px_s / memory.side_px
