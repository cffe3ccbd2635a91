"""Identity while hidden: what comes out from behind something is what went behind it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64

from lawful.judge.kinematic.events.breaks import Break
from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.laws.identity import colours_apart
from lawful.judge.kinematic.laws.witness import finding
from lawful.judge.kinematic.memory import (
    AREA,
    HIDDEN,
    LONGER,
    RELIABLE,
    RGB,
    SEEN,
    SHORTER,
    SIGHT,
    TIME,
    XY,
    ZOOM,
    Memory,
    Rows,
    Trail,
)

_AROUND = 3
_LEAST_LEVELS = 27.0
_MOST_FORM = 0.28
_STEADY_ROWS, _STEADY = 5, 0.08
_WHOLE, _LARGE = 0.9, 0.8
_YOUNG_S = 2.0
_KNOWN = 8
_MOST_UNLIKE = 0.6
_MOST_TURNED = 0.6
_MISS_OF_WAY, _MISS_OF_RADIUS = 0.2, 0.6


@dataclass
class Weighed:
    """Newcomers of which it was looked at what they come from."""

    bodies: set[int] = field(default_factory=set)
    """Their names."""


class Behind:
    """Bodies that come out from behind something in another colour.

    What comes out under the name of what went in is compared with it. A newcomer under another name is compared with
    what is hidden and would be there by now: it must come the way of that one, about as fast, as large and of the same
    form, so that nothing but its colour says that it is another; and no other body that is out of sight may look like
    it.
    """

    @property
    def families(self) -> tuple[str, ...]:
        """What it looks for."""
        return ("changed_behind",)

    def open(self) -> Weighed:
        """None was looked at."""
        return Weighed()

    def push(self, state: Weighed, memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
        """What the newest frame shows of bodies that are wholly in view again."""
        state.bodies &= memory.trails.keys()
        found: list[Finding] = []
        for trail in memory.trails.values():
            if trail.newest[TIME] != memory.now.time_s or trail.newest[SIGHT] > SEEN:
                continue
            found += _come_back(memory, trail)
            young = memory.now.time_s - trail.first_s < _YOUNG_S
            if young and trail.id not in state.bodies and _wholly_out(trail):
                said = _exchanged(memory, trail)
                if said is not None:
                    state.bodies.add(trail.id)
                    found += said
        return [said for said in found if said.strength > 0]


def _come_back(memory: Memory, trail: Trail) -> list[Finding]:
    """One that was hidden and is wholly seen for the third frame."""
    if len(trail) < 2 * _AROUND + 2 or trail.rows[-_AROUND:, SIGHT].max() > SEEN:
        return []
    if trail.rows[-_AROUND - 1, SIGHT] <= SEEN:
        return []
    rows = trail.rows[:-_AROUND]
    whole = np.flatnonzero(rows[:, SIGHT] <= SEEN)
    if not len(whole) or not (rows[whole[-1] :, SIGHT] == HIDDEN).any():
        return []
    hidden = np.flatnonzero(rows[:, SIGHT] == HIDDEN)
    start_s = float(trail.rows[hidden[-1] + 1, TIME])
    known, again = rows[whole[-2 * _AROUND :]], trail.rows[-_AROUND:]
    gates = ((len(whole) - _AROUND) / _AROUND, (_MOST_FORM - _unlike(_form(known), _form(again))) / 0.1)
    return _recoloured(memory, trail, known[:, RGB], again[:, RGB], start_s, gates, ())


def _wholly_out(trail: Trail) -> bool:
    """True once no more of it comes to light."""
    rows = trail.rows[-_STEADY_ROWS:]
    if len(rows) < _STEADY_ROWS or rows[:, SIGHT].max() > SEEN or rows[:, RELIABLE].min() == 0:
        return False
    least = float(rows[:, AREA].min())
    return least > 0 and float(np.ptp(np.log(rows[:, AREA]))) < _STEADY + 1 / math.sqrt(least)


def _unseen(memory: Memory, new: Trail) -> list[Trail]:
    """Other bodies that were seen and of which nothing is seen now."""
    return [
        trail
        for trail in memory.trails.values()
        if trail.id != new.id
        and trail.in_sight.any()
        and (trail.newest[TIME] < memory.now.time_s or trail.newest[SIGHT] >= HIDDEN)
    ]


def _exchanged(memory: Memory, new: Trail) -> list[Finding] | None:
    """One that came in the place of one that was hidden; None where none is hidden that it can have come from."""
    again = new.rows[-_AROUND:]
    unseen = _unseen(memory, new)
    olds = [old for old in unseen if old.newest[TIME] == memory.now.time_s and old.newest[SIGHT] == HIDDEN]
    pairs = [(old, known) for old in olds if len(known := _known(old)) > _AROUND]
    if not pairs:
        return None
    colour = np.median(again[:, RGB], axis=0)
    if any(_like(trail, colour) for trail in unseen):
        return []
    found: list[Finding] = []
    course, form = _course(new.rows[-_STEADY_ROWS:]), _form(again)
    for old, known in pairs:
        before = _form(known)
        gates = (
            (int((old.rows[:, SIGHT] <= SEEN).sum()) - _AROUND) / _AROUND,
            (_MOST_UNLIKE - _unlike(before, form)) / 0.3,
            *_bit_by_bit(old, new, before.area_px, form.area_px),
            *_same_way(_course(known), course, _radius_px(new)),
        )
        found += _recoloured(memory, new, known[:, RGB], again[:, RGB], new.first_s, gates, (old.id,))
    return sorted(found, key=lambda said: -said.strength)[:1]


def _known(trail: Trail) -> Rows:
    """The last rows in which all of a body was seen."""
    rows = trail.rows[(trail.rows[:, SIGHT] <= SEEN) & (trail.rows[:, RELIABLE] > 0)]
    if not len(rows):
        return rows
    # What goes behind something is taken for whole a little too long.
    return rows[rows[:, AREA] >= _WHOLE * np.quantile(rows[:, AREA], _LARGE)][-_KNOWN:]


def _bit_by_bit(old: Trail, new: Trail, old_px: float, new_px: float) -> tuple[float, float, float]:
    """Whether something hid the one and let the other out: margins of how little was seen last and first, and of frames.

    What is lost at once may be lost by the tracking alone.
    """
    last = float(old.rows[old.in_sight][-2:, AREA].min()) / old_px
    first = float(new.rows[0, AREA]) / new_px
    between = (old.rows[:, SIGHT] == HIDDEN) & (old.rows[:, TIME] < new.first_s - 1e-6)
    return (0.7 - last) / 0.3, (0.8 - first) / 0.3, float(between.sum()) - 1.0


def _radius_px(trail: Trail) -> float:
    """In shot coordinates, as last seen."""
    return trail.size_px() / 2 * float(trail.newest[ZOOM])


def _like(trail: Trail, colour: Float64[np.ndarray, " 3"]) -> bool:
    """True if a body of which nothing is seen may be of a colour."""
    last = trail.rows[trail.in_sight][-_AROUND:, RGB]
    return colours_apart(np.median(last, axis=0), colour) < _LEAST_LEVELS


@dataclass(frozen=True, eq=False)
class _Course:
    """Evenly on."""

    time_s: float
    at_px: Float64[np.ndarray, " 2"]
    px_s: Float64[np.ndarray, " 2"]


def _same_way(before: _Course, after: _Course, radius_px: float) -> tuple[float, float]:
    """Whether one goes on as another did, evenly faster or slower: margins of its velocity and of its place."""
    way = (before.px_s + after.px_s) / 2 * (after.time_s - before.time_s)
    faster = max(float(np.hypot(*before.px_s)), float(np.hypot(*after.px_s)), 1e-9)
    turned = float(np.hypot(*(after.px_s - before.px_s))) / faster
    miss = float(np.hypot(*(after.at_px - before.at_px - way)))
    # Less than a diameter: what was hit behind something sends another out so far ahead.
    room = min(_MISS_OF_WAY * float(np.hypot(*way)), radius_px) + _MISS_OF_RADIUS * radius_px
    return (_MOST_TURNED - turned) / 0.3, (1 - miss / max(room, 1e-9)) / 0.4


def _course(rows: Rows) -> _Course:
    """At the last of some rows, by least squares."""
    since = rows[:, TIME] - rows[-1, TIME]
    middle = since.mean()
    away = since - middle
    velocity = away @ rows[:, XY] / max(float(away @ away), 1e-12)
    return _Course(float(rows[-1, TIME]), rows[:, XY].mean(axis=0) - middle * velocity, velocity)


def _recoloured(
    memory: Memory,
    trail: Trail,
    known: Float64[np.ndarray, "_ 3"],
    again: Float64[np.ndarray, "_ 3"],
    start_s: float,
    gates: Sequence[float],
    others: tuple[int, ...],
) -> list[Finding]:
    """What is said of colours before and after; gates are what else speaks for it."""
    if not np.isfinite(gates).all():
        return []
    apart = colours_apart(np.median(known[-_AROUND:], axis=0), np.median(again, axis=0))
    least, most = np.quantile(known[-2 * _AROUND :], (0.2, 0.8), axis=0)
    within = float((most - least).max())
    strength = weakest(
        ((trail.size_px() - 4.0) / 4.0, (0.6 - within / max(apart, 1.0)) / 0.3, *gates),
        levels=(apart - _LEAST_LEVELS) / 30.0,
    )
    text = f"comes out from behind something at {start_s:.2f} s in another colour: {apart:.0f} levels of 255"
    said = finding(
        memory, trail, "changed_behind", start_s, strength, apart, "levels of 255", text, others=others
    )
    return [said]


@dataclass(frozen=True)
class _Form:
    """What some rows show of a body's form: area in the frame, ratio of its half axes, and the zoom."""

    area_px: float
    ratio: float
    zoom: float


def _form(rows: Rows) -> _Form:
    """NaN where nothing was seen."""
    ratio = float(np.median(rows[:, LONGER] / np.maximum(rows[:, SHORTER], 0.5)))
    return _Form(max(float(np.median(rows[:, AREA])), 1.0), ratio, float(np.median(rows[:, ZOOM])))


def _unlike(one: _Form, two: _Form) -> float:
    """The larger of the differences of the logarithms of area and ratio.

    Areas are compared in the frame, or with the camera's zoom taken out: a misjudged zoom makes no other body.
    """
    area, zoom = math.log(two.area_px / one.area_px), math.log(two.zoom / one.zoom)
    return max(min(abs(area), abs(area + 2 * zoom)), abs(math.log(two.ratio / one.ratio)))
