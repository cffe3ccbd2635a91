"""Did all motion stop at once and go on at the same place? Seen in the changed pixels, whatever their tracks do."""

from collections import deque
from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Float32

from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.window import Moment

_PACE = 24
_LEAST_S = 0.2
_LEAST_INTERVALS = 3.0
_LEAST_PX = 40.0
# At ten frames a second the top of a throw is reached by steps of 3, 2, 1, 0 parts: what fades so is no stop.
_FADES = 0.7


@dataclass(frozen=True, eq=False)
class Activity:
    """How much changed in one step."""

    time_s: float
    """Time of the frame after the step."""
    step_s: float
    """Length of the step."""
    changed_px: float
    """Changed pixels beyond the camera's motion."""
    cells: Float32[np.ndarray, "8 8"]
    """The same by cell."""


@dataclass
class Pulse:
    """The activity of the last steps of a shot."""

    steps: deque[Activity] = field(default_factory=lambda: deque(maxlen=_PACE))
    """Newest last."""


def note(pulse: Pulse, moment: Moment, step_s: float) -> None:
    """Take one step in."""
    assert moment.cells is not None
    pulse.steps.append(Activity(moment.time_s, step_s, float(moment.cells.sum()), moment.cells))


def examine_stop(pulse: Pulse, usual_step_s: float) -> list[Finding]:
    """A stop of all motion that ended two steps ago.

    Motion that slows down, turns and speeds up again (a throw, a swing) fades out and in; a stop does not.
    """
    steps = list(pulse.steps)
    if len(steps) < 6:
        return []
    after = steps[-2:]
    level = _rate(after)
    first = len(steps) - 2
    while first > 0 and steps[first - 1].changed_px / steps[first - 1].step_s <= 0.45 * level:
        first -= 1
    run, before = steps[first:-2], steps[max(0, first - 3) : first]
    if not run or len(before) < 2:
        return []
    start, end = run[0].time_s - run[0].step_s, run[-1].time_s
    length = (end - start) / max(_LEAST_S, _LEAST_INTERVALS * usual_step_s)
    quiet = float(np.mean([step.changed_px for step in run[:-1]])) if len(run) > 1 else 0.0
    per_step = [step.changed_px / step.step_s * usual_step_s for step in (*before, *after)]
    if length < 0.85 or min(per_step) < _LEAST_PX:
        return []
    last, earlier = before[-1].changed_px / before[-1].step_s, _rate(before[:-1])
    rates = sorted((_rate(before[-2:]), level))
    same_place = _overlap(before[-1].cells, after[0].cells)
    margins = {
        "length": (length - 0.85) / 0.3,
        "quiet": (0.15 - quiet / min(per_step)) / 0.15,
        "alike": (rates[0] / rates[1] - 0.4) / 0.3,
        "abrupt": (last / earlier - _FADES) / 0.3,
        "place": (same_place - 0.5) / 0.4,
        "amount": (min(per_step) - _LEAST_PX) / _LEAST_PX,
    }
    if min(margins.values()) <= 0:
        return []
    text = (
        f"all that moved stood still for {end - start:.2f} s from {start:.2f} s on and then went on at the same "
        "place and pace"
    )
    return [Finding("freeze", start, end, None, weakest(**margins), end - start, "s", text)]


def _rate(steps: list[Activity]) -> float:
    """Changed pixels a second."""
    return sum(step.changed_px for step in steps) / sum(step.step_s for step in steps)


def _overlap(before: Float32[np.ndarray, "8 8"], after: Float32[np.ndarray, "8 8"]) -> float:
    """Share of the later change that lies in or beside cells of the earlier change."""
    near = cv2.dilate((before >= 4).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return float(after[near].sum() / max(after.sum(), 1e-6))
