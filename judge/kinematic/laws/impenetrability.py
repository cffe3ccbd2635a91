"""Impenetrability: two solid bodies never fill the same place."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lawful.judge.kinematic.bodies import SCENE, Touch
from lawful.judge.kinematic.events.breaks import Break
from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.laws.witness import finding, lengths_per_s
from lawful.judge.kinematic.memory import AREA, COVERED, HIDDEN, PARTLY, SIGHT, TIME, XY, Memory, Trail

_SHALLOW = 0.12
_DEEP = 0.3
_THROUGH = 1.6
_STILL = 0.06
_KNOWN = 0.99
_SETTLE_FRAMES = 3
_WAIT_S = 0.4
_MOST = 64
_SUNK_FRAMES, _SUNK_ROWS = 2, 8
_OPEN = 0.25

Pair = tuple[int, int]


@dataclass(frozen=True)
class _Sinking:
    """Two that lie over each other: since when, and how deep."""

    start_s: float
    deepest_px: float
    frames: int
    was_apart: bool
    said: bool


@dataclass
class Overlaps:
    """Pairs that lie over each other."""

    sinking: dict[Pair, _Sinking] = field(default_factory=dict)
    """By pair."""


class Impenetrability:
    """Bodies that sink into one another or into the scene.

    Only where it is known that the two are in one plane (a touch whose chance is 1, which pictures alone do not give):
    elsewhere one may pass in front of the other. A body that sinks into what it meets bit by bit until it is out of
    sight, with nothing before it, passes through that too. If they stop in
    each other it is an overlap, else one passes through.
    """

    @property
    def families(self) -> tuple[str, ...]:
        """What it looks for."""
        return ("pass_through", "overlap")

    def open(self) -> Overlaps:
        """Nothing lies over anything."""
        return Overlaps()

    def push(self, state: Overlaps, memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
        """What is deep enough, and known to stop or to go on, with the newest frame."""
        now_s = memory.now.time_s
        deep: dict[Pair, Touch] = {}
        for touch in memory.now.touches:
            pair = (touch.first, touch.second)
            if touch.chance >= _KNOWN and touch.overlap_px > deep.get(pair, touch).overlap_px - 1e-9:
                deep[pair] = touch
        found: list[Finding] = []
        for pair, touch in deep.items():
            trail = memory.trails.get(touch.first)
            size = _smaller_px(memory, touch)
            if trail is None or touch.overlap_px < _SHALLOW * size:
                state.sinking.pop(pair, None)
                continue
            held = state.sinking.get(pair)
            if held is None:
                was_apart = trail.first_s < now_s - 2.5 * memory.usual_step_s
                held = _Sinking(now_s, 0.0, 0, was_apart, said=False)
            held = _Sinking(
                held.start_s,
                max(held.deepest_px, touch.overlap_px),
                held.frames + 1,
                held.was_apart,
                held.said,
            )
            said = None if held.said or not held.was_apart else _said(memory, trail, touch, held, size)
            if said is not None:
                found.append(said)
                held = _Sinking(held.start_s, held.deepest_px, held.frames, held.was_apart, said=True)
            state.sinking[pair] = held
        found += _sunk(memory)
        state.sinking = {pair: held for pair, held in list(state.sinking.items())[-_MOST:] if pair in deep}
        return found


def _sunk(memory: Memory) -> list[Finding]:
    """Bodies that went out of sight bit by bit, towards something of the scene, where nothing is before them."""
    found: list[Finding] = []
    for trail in memory.trails.values():
        rows = trail.rows[-_SUNK_ROWS:]
        if len(rows) < _SUNK_ROWS or trail.newest[TIME] != memory.now.time_s:
            continue
        hidden = rows[-_SUNK_FRAMES:]
        if (hidden[:, SIGHT] != HIDDEN).any() or (rows[:-_SUNK_FRAMES, SIGHT] == HIDDEN).any():
            continue
        if not (hidden[:, COVERED] < _OPEN).all():
            continue
        partly = np.flatnonzero(rows[:-_SUNK_FRAMES, SIGHT] == PARTLY)
        way = rows[-_SUNK_FRAMES - 1, XY] - rows[-_SUNK_FRAMES - 2, XY]
        pace = max(float(np.hypot(*way)), 1e-9)
        into = max(
            (
                float(np.dot(touch.towards, way)) / pace
                for touch in trail.touched(_SUNK_FRAMES)
                if touch.second == SCENE and touch.chance > 0
            ),
            default=0.0,
        )
        if not len(partly):
            continue
        start_s = float(rows[partly[0], TIME])
        strength = weakest(
            ((into - 0.5) / 0.3, (pace - 0.5) / 1.0),
            size=(float(np.sqrt(np.nanmax(rows[:, AREA]))) - 4.0) / 4.0,
        )
        if strength > 0:
            text = (
                f"sinks out of sight into what it meets from {start_s:.2f} s on, though nothing is before it"
            )
            said = finding(memory, trail, "pass_through", start_s, strength, 2.0, "half widths", text)
            found.append(said)
    return found


def _said(memory: Memory, trail: Trail, touch: Touch, held: _Sinking, size: float) -> Finding | None:
    share = held.deepest_px / size
    if held.frames < _SETTLE_FRAMES and memory.now.time_s - held.start_s < _WAIT_S / 2:
        return None
    other = memory.trails.get(touch.second)
    pace = _relative(memory, trail, other)
    if pace is None:
        return None
    stops = lengths_per_s(memory, pace) < _STILL
    if not stops and share < _THROUGH and memory.now.time_s - held.start_s < _WAIT_S:
        return None
    others = () if other is None else (other.id,)
    what = "what it meets" if other is None else "another body"
    strength = weakest((held.frames / 2 - 0.5, (size - 2.0) / 2.0), deep=(share - _DEEP) / 0.4)
    if strength <= 0:
        return None
    if stops:
        family, text = (
            "overlap",
            f"sticks {held.deepest_px:.0f} px deep in {what} from {held.start_s:.2f} s on",
        )
    else:
        family, text = "pass_through", f"goes into {what} at {held.start_s:.2f} s and on through it"
    return finding(memory, trail, family, held.start_s, strength, share, "half widths", text, others=others)


def _smaller_px(memory: Memory, touch: Touch) -> float:
    """Half width of the smaller of two; of the body where the other is the scene."""
    sizes = [
        0.5 * _width(memory.trails[number])
        for number in (touch.first, touch.second)
        if number != SCENE and number in memory.trails
    ]
    return max(min(sizes, default=1.0), 1.0)


def _width(trail: Trail) -> float:
    return trail.size_px()


def _relative(memory: Memory, one: Trail, two: Trail | None) -> float | None:
    """Speed of two bodies relative to each other over the newest frames, px/s."""
    ways = []
    for trail in (one, two):
        if trail is None:
            ways.append(np.zeros(2))
            continue
        rows = trail.rows[-3:]
        if len(rows) < 2:
            return None
        ways.append((rows[-1, XY] - rows[0, XY]) / float(rows[-1, TIME] - rows[0, TIME]))
    return float(np.hypot(*(ways[0] - ways[1])))
