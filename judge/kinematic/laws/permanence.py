"""Permanence: bodies do not come out of nothing, go into nothing, or change place at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lawful.judge.kinematic.bodies import Body
from lawful.judge.kinematic.events.breaks import Break
from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.laws.witness import finding
from lawful.judge.kinematic.memory import (
    AREA,
    BOX,
    COVERED,
    HIDDEN,
    RGB,
    SD,
    SEEN,
    SIGHT,
    TIME,
    XY,
    Memory,
    Trail,
)

_SETTLE = 3
_MOST = 16
_ALIKE_LEVELS = 40.0
_NEAR_SIZES = 4.0
_LEAST_PX = 3.0
_OPEN = 0.25
_OPEN_FRAMES = 3
_HID = 0.97


@dataclass(frozen=True)
class _Passing:
    """A body that came or went, and how many frames have passed since."""

    body: int
    start_s: float
    copy_of: int | None = None


@dataclass
class Passings:
    """What came and went of late, until it is sure."""

    gone: list[_Passing] = field(default_factory=list)
    """Bodies that went."""
    new: list[_Passing] = field(default_factory=list)
    """Bodies that came."""
    lost: set[int] = field(default_factory=set)
    """Bodies of which it was said that they are lost."""


class Permanence:
    """Bodies that come, go, double or jump in plain view, or never come out from behind something.

    What comes or goes must stay so for three frames. One that goes as a like one comes has jumped. What is hidden is
    missed when the place where it should be has been in plain view for more than three frames; that takes that it is
    known what covers it (`Body.covered`), which pictures alone do not tell.
    """

    @property
    def families(self) -> tuple[str, ...]:
        """What it looks for."""
        return ("vanish", "appear", "duplicate", "teleport", "lost_behind")

    def open(self) -> Passings:
        """Nothing came or went."""
        return Passings()

    def push(self, state: Passings, memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
        """What is sure with the newest frame."""
        now = memory.now
        state.lost &= memory.trails.keys()
        state.gone = [*state.gone, *(_Passing(number, now.time_s) for number in now.gone)][-_MOST:]
        for body in (now.body(number) for number in now.new):
            if body is not None:
                state.new = [*state.new, _Passing(body.id, now.time_s, _original(memory, body))][-_MOST:]
        seen = {body.id for body in now.bodies if body.area_px > 0}
        state.gone = [item for item in state.gone if item.body not in seen or item.body in now.gone]
        state.new = [item for item in state.new if item.body in seen]
        settled_s = now.time_s - (_SETTLE - 0.5) * memory.usual_step_s if memory.steps_s else now.time_s
        found: list[Finding] = []
        gone = [item for item in state.gone if item.start_s <= settled_s]
        new = [item for item in state.new if item.start_s <= settled_s]
        state.gone = [item for item in state.gone if item not in gone]
        state.new = [item for item in state.new if item not in new]
        for item in gone:
            partner = next((other for other in new if _same(memory, item, other)), None)
            if partner is not None:
                new.remove(partner)
                found += _moved(memory, item, partner)
            else:
                found += _went(memory, item)
        for item in new:
            found += _came(memory, item)
        return found + _jumped(memory, breaks) + _lost(state, memory)


def _original(memory: Memory, body: Body) -> int | None:
    """The body near by that one that has just come is like, if any."""
    for other in memory.now.bodies:
        if other.id == body.id or other.sight != "seen" or other.id in memory.now.new:
            continue
        size = np.sqrt(max(other.area_px, 1.0))
        apart = float(np.hypot(*np.subtract(other.at_px, body.at_px)))
        colours = float(np.abs(np.subtract(other.rgb, body.rgb)).max())
        if (
            colours <= _ALIKE_LEVELS
            and 0.6 <= body.area_px / max(other.area_px, 1.0) <= 1 / 0.6
            and apart <= _NEAR_SIZES * size
        ):
            return other.id
    return None


def _same(memory: Memory, gone: _Passing, new: _Passing) -> bool:
    one, two = memory.trails.get(gone.body), memory.trails.get(new.body)
    if one is None or two is None or abs(gone.start_s - new.start_s) > 1.5 * memory.usual_step_s:
        return False
    before, after = one.rows[one.in_sight], two.rows[two.in_sight]
    if not len(before) or not len(after):
        return False
    ratio = float(before[-1, AREA] / after[0, AREA])
    return 0.6 <= ratio <= 1 / 0.6 and float(np.abs(before[-1, RGB] - after[0, RGB]).max()) <= _ALIKE_LEVELS


def _plain(trail: Trail, newest: bool) -> tuple[float, float]:
    """Gates: how long it was wholly seen, and how well, just before it went or just after it came."""
    rows = trail.rows[trail.in_sight]
    rows = rows[-4:] if newest else rows[:4]
    whole = (float((rows[:, SIGHT] == SEEN).mean()) - 0.4) / 0.4
    return whole, 2.0 - float(np.median(rows[:, SD]))


def _large(trail: Trail, newest: bool) -> float:
    rows = trail.rows[trail.in_sight]
    return (float(np.sqrt(rows[-1 if newest else 0, AREA])) - _LEAST_PX) / 4.0


def _went(memory: Memory, item: _Passing) -> list[Finding]:
    trail = memory.trails.get(item.body)
    if trail is None or not trail.in_sight.any():
        return []
    wide = _wide(trail, newest=True)
    text = (
        f"a {wide:.0f} px wide body is gone from one frame to the next at {item.start_s:.2f} s, in plain view"
    )
    strength = weakest(_plain(trail, newest=True), size=_large(trail, newest=True))
    return _if_any(finding(memory, trail, "vanish", item.start_s, strength, wide, "px", text))


def _came(memory: Memory, item: _Passing) -> list[Finding]:
    trail = memory.trails[item.body]
    wide = _wide(trail, newest=False)
    strength = weakest(_plain(trail, newest=False), size=_large(trail, newest=False))
    if item.copy_of is not None:
        text = f"a second body like one beside it is there from one frame to the next at {item.start_s:.2f} s"
        said = finding(
            memory, trail, "duplicate", item.start_s, strength, wide, "px", text, others=(item.copy_of,)
        )
        return _if_any(said)
    text = f"a {wide:.0f} px wide body is there from one frame to the next at {item.start_s:.2f} s, in plain view"
    return _if_any(finding(memory, trail, "appear", item.start_s, strength, wide, "px", text))


def _moved(memory: Memory, gone: _Passing, new: _Passing) -> list[Finding]:
    one, two = memory.trails[gone.body], memory.trails[new.body]
    before, after = one.rows[one.in_sight][-1], two.rows[two.in_sight][0]
    gates = (*_plain(one, newest=True), *_plain(two, newest=False))
    margins = {"size": _large(one, newest=True), "then": _large(two, newest=False)}
    jump = float(np.hypot(*(after[XY] - before[XY])))
    return _teleport(memory, two, gone.start_s, jump, gates, margins, (gone.body,))


def _jumped(memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
    found: list[Finding] = []
    for change in breaks:
        if change.jump_miss <= 0:
            continue
        trail = memory.trails[change.body]
        jump = float(np.hypot(*change.jump_px))
        margins = {
            "clear": (change.jump_miss - 4.0) / 8.0,
            "sure": (jump / change.jump_error_px - 4.0) / 6.0,
            "beyond_speed": jump / max(change.faster_px_s * memory.usual_step_s, 1e-9) - 1.5,
            "beyond_size": jump / max(trail.size_px(), 1.0) - 0.5,
        }
        found += _teleport(memory, trail, change.frame_s, jump, (2.5 - change.fit,), margins, ())
    return found


def _teleport(
    memory: Memory,
    trail: Trail,
    start_s: float,
    jump_px: float,
    gates: Sequence[float],
    margins: dict[str, float],
    others: tuple[int, ...],
) -> list[Finding]:
    share = jump_px / memory.now.width_px
    text = f"is {share:.0%} of the picture's width away from one frame to the next at {start_s:.2f} s"
    strength = weakest(gates, **margins)
    return _if_any(
        finding(memory, trail, "teleport", start_s, strength, share, "frame widths", text, others=others)
    )


def _lost(state: Passings, memory: Memory) -> list[Finding]:
    """Bodies that should have come out from behind something."""
    found: list[Finding] = []
    for trail in memory.trails.values():
        row = trail.newest
        if row[TIME] != memory.now.time_s or row[SIGHT] != HIDDEN:
            if row[SIGHT] <= SEEN + 1:
                state.lost.discard(trail.id)
            continue
        hidden = (
            trail.rows[int(np.flatnonzero(trail.in_sight)[-1]) + 1 :] if trail.in_sight.any() else trail.rows
        )
        covered = hidden[:, COVERED]
        if trail.id in state.lost or not np.isfinite(covered).all() or covered.max() < _HID:
            continue
        inside = int(np.argmax(covered >= _HID))
        out = inside + np.flatnonzero(covered[inside:] < _HID)
        if not len(out):
            continue
        in_view = int((covered[inside:] < _OPEN).sum())
        if in_view < _OPEN_FRAMES:
            continue
        way = float(np.hypot(*(hidden[-1, XY] - hidden[out[0], XY])))
        strength = weakest(
            ((trail.size_px() - _LEAST_PX) / 4.0,),
            beyond=(way / max(trail.size_px(), 1.0) - 0.5) / 0.8,
            frames=(in_view - _OPEN_FRAMES + 1) / 2.0,
        )
        if strength < 1.0 and in_view < 4 * _OPEN_FRAMES:
            continue
        state.lost.add(trail.id)
        start_s = float(hidden[out[0], TIME])
        text = (
            f"went behind something and has not come out of it though it should have at {start_s:.2f} s: the place "
            f"where it should be has been in plain view for {in_view} frames"
        )
        seconds = float(row[TIME] - start_s)
        found += _if_any(finding(memory, trail, "lost_behind", start_s, strength, seconds, "s", text))
    return found


def _wide(trail: Trail, newest: bool) -> float:
    rows = trail.rows[trail.in_sight]
    box = rows[-1 if newest else 0, BOX]
    return float(box[2] - box[0])


def _if_any(said: Finding) -> list[Finding]:
    return [said] if said.strength > 0 else []
