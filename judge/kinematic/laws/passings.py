"""Bodies that are followed well and are lost at once: gone, or somewhere else, though nothing can have hidden them.

A source that tells outright what left in plain view (`Glimpse.gone`) is believed by `Permanence`. Here the trails alone
are looked at: a body that hides does so a piece at a time, and one that was merely lost is found again near by.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lawful.judge.kinematic.events.breaks import Break
from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.laws.witness import by_themselves, finding
from lawful.judge.kinematic.memory import (
    AREA,
    BOX,
    PARTLY,
    RELIABLE,
    RGB,
    SIGHT,
    TIME,
    XY,
    Memory,
    Rows,
    Trail,
)

_WAIT_FRAMES = 4
_BEFORE = 4
_ALIKE_LEVELS, _ALIKE_SIZE = 45.0, 2.0
_LEAST_PX = 4.0
_MOST = 32
_MEMORY, _MOSTLY = 12, 0.5
_LOST_FRAMES = 8
_NEAR_SIZES = 4.0


@dataclass
class Looked:
    """Losses that were looked at."""

    done: list[tuple[int, float]] = field(default_factory=list)
    """Body, and when it was last seen."""
    settled: list[int] = field(default_factory=list)
    """Bodies that have become part of the scene: they are still there."""


class Departures:
    """Bodies lost from one frame to the next that were wholly and steadily seen before."""

    @property
    def families(self) -> tuple[str, ...]:
        """What it looks for."""
        return ("vanish", "teleport")

    def open(self) -> Looked:
        """Nothing was lost."""
        return Looked()

    def push(self, state: Looked, memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
        """What was lost four frames ago and has not come back."""
        found: list[Finding] = []
        state.settled = [*state.settled, *memory.now.settled][-_MOST:]
        if not memory.steps_s or memory.now.passings_told:
            return found
        now_s, step_s = memory.now.time_s, memory.usual_step_s
        for trail in memory.trails.values():
            if trail.newest[TIME] == now_s and _is_whole_now(trail):
                continue
            seen = _whole(trail)
            if len(seen) < _BEFORE or now_s - seen[-1, TIME] < (_WAIT_FRAMES - 0.5) * step_s:
                continue
            key = (trail.id, float(seen[-1, TIME]))
            if (
                key in state.done
                or trail.id in state.settled
                or now_s - seen[-1, TIME] > 2 * _WAIT_FRAMES * step_s
            ):
                continue
            state.done = [*state.done, key][-_MOST:]
            said = _lost(memory, trail, seen)
            if said is not None and said.strength > 0:
                found.append(said)
        return by_themselves(found)


class Arrivals:
    """Bodies that are there from one frame to the next, whole and in plain view, and are no lost ones found again."""

    @property
    def families(self) -> tuple[str, ...]:
        """What it looks for."""
        return ("appear", "duplicate")

    def open(self) -> Looked:
        """Nothing came."""
        return Looked()

    def push(self, state: Looked, memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
        """What was there four frames ago for the first time and has stayed."""
        found: list[Finding] = []
        if memory.now.passings_told:
            return found
        for trail in memory.trails.values():
            key = (trail.id, trail.first_s)
            if len(trail) != _BEFORE or not trail.fresh > 0 or key in state.done:
                continue
            state.done = [*state.done, key][-_MOST:]
            said = _came(memory, trail)
            if said is not None and said.strength > 0:
                found.append(said)
        return by_themselves(found)


def _came(memory: Memory, trail: Trail) -> Finding | None:
    rows = trail.rows[:_BEFORE]
    if not (rows[:, AREA] > 0).all() or _was_lost(memory, trail, rows[0]):
        return None
    size = float(np.sqrt(np.median(rows[:, AREA])))
    stride = float(np.hypot(*(rows[-1, XY] - rows[0, XY]))) / (_BEFORE - 1)
    box = rows[0, BOX]
    gates = [*_plain(memory, rows, box, size, stride), _readable(rows)]
    margins = {"fresh": trail.fresh, "unhidden": _unhidden(size, stride)}
    start_s = trail.first_s
    wide = float(box[2] - box[0])
    like = _like(memory, trail, rows[-1], size)
    if like is not None:
        text = f"a second body like one beside it is there from one frame to the next at {start_s:.2f} s"
        return finding(
            memory, trail, "duplicate", start_s, weakest(gates, **margins), wide, "px", text, others=(like,)
        )
    text = f"a {wide:.0f} px wide body is there from one frame to the next at {start_s:.2f} s, in plain view"
    return finding(memory, trail, "appear", start_s, weakest(gates, **margins), wide, "px", text)


def _was_lost(memory: Memory, trail: Trail, first: np.ndarray) -> bool:
    """True if a body that looks the same was lost not long before."""
    for other in memory.trails.values():
        seen = _shown(other)
        if other.id == trail.id or not len(seen):
            continue
        since = (trail.first_s - float(seen[-1, TIME])) / memory.usual_step_s
        if -2 <= since <= _LOST_FRAMES and _looks_same(seen[-1], first):
            return True
    return False


def _looks_same(one: np.ndarray, two: np.ndarray) -> bool:
    ratio = float(one[AREA] / max(two[AREA], 1.0))
    alike = float(np.abs(one[RGB] - two[RGB]).max()) <= _ALIKE_LEVELS
    return alike and 1 / _ALIKE_SIZE <= ratio <= _ALIKE_SIZE


def _like(memory: Memory, trail: Trail, row: np.ndarray, size: float) -> int | None:
    """A body near by that looks the same, was there before and goes on."""
    for other in memory.trails.values():
        newest = other.newest
        there = newest[TIME] == memory.now.time_s and newest[AREA] > 0 and other.first_s < trail.first_s
        near = float(np.hypot(*(newest[XY] - row[XY]))) <= _NEAR_SIZES * size
        if other.id != trail.id and there and near and _looks_same(newest, row):
            return other.id
    return None


def _readable(rows: Rows) -> float:
    return (float(rows[:, RELIABLE].mean()) - 0.8) / 0.2


def _plain(
    memory: Memory, rows: Rows, box: np.ndarray, size: float, stride: float
) -> tuple[float, float, float]:
    """Gates: of a steady size over some rows, large enough, and farther from the edges of the picture than it moves."""
    steady = (0.4 - float(np.ptp(rows[:, AREA]) / np.median(rows[:, AREA]))) / 0.3
    edge = float(min(box[0], box[1], memory.now.width_px - box[2], memory.now.height_px - box[3]))
    return steady, (size - _LEAST_PX) / 4.0, (edge - stride - 1.0) / (0.3 * size)


def _unhidden(size: float, stride: float) -> float:
    """Margin by which it would take more than a frame and a half to hide a body."""
    return (size / max(stride, 0.1 * size) - 1.5) / 1.5


def _shown(trail: Trail) -> Rows:
    """The rows in which something of it was seen."""
    return trail.rows[trail.in_sight & (trail.rows[:, AREA] > 0)]


def _is_whole_now(trail: Trail) -> bool:
    """True if the newest row is the last of `_whole` for sure: told without looking at what is usual."""
    newest = trail.newest
    return bool(
        newest[SIGHT] <= PARTLY
        and newest[AREA] > 0
        and newest[AREA] >= _MOSTLY * np.nanmax(trail.rows[:, AREA])
    )


def _whole(trail: Trail) -> Rows:
    """The rows up to the last in which about as much of it was seen as before."""
    rows = _shown(trail)
    if not len(rows):
        return rows
    full = (
        float(np.median(rows[-_MEMORY:, AREA]))
        if len(rows) <= _MEMORY
        else float(np.quantile(rows[-_MEMORY:, AREA], 0.7))
    )
    large = np.flatnonzero(rows[:, AREA] >= _MOSTLY * full)
    return rows[: int(large[-1]) + 1] if len(large) else rows[:0]


def _lost(memory: Memory, trail: Trail, seen: Rows) -> Finding | None:
    rows = seen[-_BEFORE:]
    last = rows[-1]
    step_s = memory.usual_step_s
    size = float(np.sqrt(np.median(rows[:, AREA])))
    stride = float(np.hypot(*(last[XY] - rows[0, XY]))) / (_BEFORE - 1)
    box = last[BOX]
    gates = [
        (float(last[AREA] / np.median(seen[:, AREA])) - 0.6) / 0.25,
        *_plain(memory, rows, box, size, stride),
        (len(seen) - _BEFORE + 1) / 4.0,
        _readable(trail.rows[trail.rows[:, TIME] >= rows[0, TIME]]),
    ]
    margins = {
        "unhidden": _unhidden(size, stride),
        "alone": (_room(memory, trail, last, size) - 0.1) / 0.4,
    }
    start_s = float(last[TIME]) + step_s
    again = _alike(memory, trail, last)
    if again is not None:
        other, away, waited = again
        reach = 2.5 * stride * waited + 1.5 * size
        if away <= reach:
            return None
        margins["beyond"] = (away - reach) / (1.5 * size)
        share = away / memory.now.width_px
        text = f"is {share:.0%} of the picture's width away from one frame to the next at {start_s:.2f} s"
        return finding(
            memory, trail, "teleport", start_s, weakest(gates, **margins), share, "frame widths", text, others=(other,)
        )  # fmt: skip
    wide = float(box[2] - box[0])
    text = f"a {wide:.0f} px wide body is gone from one frame to the next at {start_s:.2f} s, in plain view"
    return finding(memory, trail, "vanish", start_s, weakest(gates, **margins), wide, "px", text)


def _room(memory: Memory, trail: Trail, last: np.ndarray, size: float) -> float:
    """Distance to the nearest other body that can have come before it, in its own sizes."""
    best = 9.0
    for other in memory.trails.values():
        if other.id == trail.id:
            continue
        near = np.abs(other.rows[:, TIME] - last[TIME]) <= 1.5 * memory.usual_step_s
        rows = other.rows[near & other.in_sight]
        for row in rows:
            gap = np.maximum(np.maximum(row[BOX][:2] - last[BOX][2:], last[BOX][:2] - row[BOX][2:]), 0.0)
            best = min(best, float(np.hypot(*gap)) / size)
    return best


def _alike(memory: Memory, trail: Trail, last: np.ndarray) -> tuple[int, float, float] | None:
    """A body that was first seen since and looks the same: which, how far away, and so many frames later."""
    best = None
    for other in memory.trails.values():
        if other.id == trail.id or other.first_s <= last[TIME]:
            continue
        rows = _shown(other)
        if not len(rows) or not _looks_same(rows[0], last):
            continue
        away = float(np.hypot(*(rows[0, XY] - last[XY])))
        waited = float(rows[0, TIME] - last[TIME]) / memory.usual_step_s
        if best is None or away < best[1]:
            best = (other.id, away, waited)
    return best
