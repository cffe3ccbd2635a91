"""Facts about what touches what, what is hit first, in which order things happen, and what moves at all."""

from collections.abc import Iterator
from functools import partial
from itertools import combinations, permutations

import numpy as np

from lawful.generators.worlds.records import ObjectTruth
from lawful.generators.worlds.text.fact import Fact, opposite
from lawful.generators.worlds.text.seen import Seen
from lawful.generators.worlds.text.touching import (
    FLOOR,
    clear_touches,
    clearly_before,
    keep_clear,
)

_UNMOVED, _SET_OFF, _MOVED = 0.004, 0.015, 0.06
_LEAST_REST_S = 0.15


def touches(lawful: Seen) -> Iterator[Fact]:
    """Whether two things touch at any time."""
    for one, other in combinations(lawful.named, 2):
        if _joined(lawful, one, other):
            continue
        meet = partial(_touch, one=one, other=other)
        yield Fact("touch", f"Does the {one} touch the {other} at any time?", meet)
        text = f"Do the {one} and the {other} keep clear of each other all the time?"
        yield Fact("touch", text, lambda seen, meet=meet: opposite(meet(seen)))


def first_hits(lawful: Seen) -> Iterator[Fact]:
    """Which of the other things a thing touches first."""
    for one, other in permutations(lawful.named, 2):
        text = f"Floors, walls and edges aside, is the {other} the first thing that the {one} touches?"
        yield Fact("first_hit", text, partial(_first, one=one, other=other))


def orders(lawful: Seen) -> Iterator[Fact]:
    """Which of two things happens first: touches of the floor, hits, or starts."""
    for one, other in permutations(lawful.named, 2):
        text = f"Does the {one} touch the floor before the {other} does?"
        yield Fact("order_floor", text, partial(_floor_first, one=one, other=other))
        text = f"Does the {one} start to move before the {other} does?"
        yield Fact("order_start", text, partial(_starts_first, one=one, other=other))
    for one, early, late in permutations(lawful.named, 3):
        text = f"Does the {one} touch the {early} before it touches the {late}?"
        yield Fact("order_hits", text, partial(_hits_first, one=one, early=early, late=late))


def starts(lawful: Seen) -> Iterator[Fact]:
    """Whether a thing that is at rest at the start moves at any time."""
    for name in at_rest(lawful):
        moves = partial(_moves, name=name)
        yield Fact("moves", f"Does the {name} move at any time?", moves)
        text = f"Does the {name} stay where it is all the time?"
        yield Fact("moves", text, lambda seen, moves=moves: opposite(moves(seen)))


def at_rest(seen: Seen) -> list[str]:
    """Names of the things that are in view and at rest at the start."""
    return [
        name
        for name, truth in seen.named.items()
        if seen.in_view(truth, 0) and way(seen, truth.position_m)[_rest_frames(seen)].max() <= _UNMOVED
    ]


def way(seen: Seen, position_m: np.ndarray) -> np.ndarray:
    """How far a thing is from where it was at the start, in heights of the picture."""
    return np.linalg.norm(position_m - position_m[0], axis=1) / seen.scene.view_height_m


def clearly_moves(seen: Seen, position_m: np.ndarray) -> bool | None:
    """Whether a thing leaves its place; None where it is hardly to be seen, or where it does not exist throughout."""
    far = way(seen, position_m)
    if np.isnan(far).any():
        return None
    if far.max() >= _MOVED:
        return True
    return False if far.max() <= _UNMOVED else None


def _rest_frames(seen: Seen) -> slice:
    return slice(0, max(2, round(_LEAST_REST_S * seen.fps)) + 1)


def _joined(seen: Seen, *names: str) -> bool:
    """True where a rod or a spring holds things together."""
    inner = {seen.named[name].name for name in names}
    return any({tie.body, tie.other} == inner for tie in (*seen.scene.pivots, *seen.scene.springs))


def _touch(seen: Seen, one: str, other: str) -> bool | None:
    pair = seen.all_named(one, other)
    if pair is None:
        return None
    contacts = clear_touches(seen, *pair)
    if contacts:
        return True
    return False if contacts is not None and keep_clear(seen, *pair) else None


def _first(seen: Seen, one: str, other: str) -> bool | None:
    """Whether the first thing that one touches is the other, or clearly is not."""
    pair = seen.all_named(one, other)
    if pair is None or any(_joined(seen, one, name) for name in seen.named if name != one):
        return None
    actors = {truth.name: truth for _, truth in seen.actors()}
    firsts: dict[str, float] = {}
    for contact in seen.simulated.contacts:
        met = {contact.first, contact.second} - {pair[0].name}
        if len(met) == 1 and met <= actors.keys():
            firsts.setdefault(met.pop(), contact.time_s)
    if not firsts:
        return None
    order = sorted(firsts, key=lambda name: firsts[name])
    if not clear_touches(seen, pair[0], actors[order[0]]):
        return None
    if len(order) > 1 and not clearly_before(seen, firsts[order[0]], firsts[order[1]]):
        return None
    return order[0] == pair[1].name


def _hits_first(seen: Seen, one: str, early: str, late: str) -> bool | None:
    three = seen.all_named(one, early, late)
    if three is None:
        return None
    times = [clear_touches(seen, three[0], other) for other in three[1:]]
    if not times[0] or not times[1]:
        return None
    return clearly_before(seen, times[0][0].time_s, times[1][0].time_s)


def _floor_first(seen: Seen, one: str, other: str) -> bool | None:
    pair = seen.all_named(one, other)
    if pair is None:
        return None
    times = [clear_touches(seen, truth, FLOOR) for truth in pair]
    if not times[0] or not times[1]:
        return None
    return clearly_before(seen, times[0][0].time_s, times[1][0].time_s)


def _starts_first(seen: Seen, one: str, other: str) -> bool | None:
    pair = seen.all_named(one, other)
    if pair is None:
        return None
    times = [_start_s(seen, truth) for truth in pair]
    if times[0] is None or times[1] is None:
        return None
    return clearly_before(seen, times[0], times[1])


def _start_s(seen: Seen, truth: ObjectTruth) -> float | None:
    """When a thing leaves its place, if it rests at the start and is seen while it sets off."""
    far = way(seen, truth.position_m)
    if clearly_moves(seen, truth.position_m) is not True or far[_rest_frames(seen)].max() > _UNMOVED:
        return None
    frame = int(np.argmax(far > _SET_OFF))
    shown = all(seen.in_view(truth, k) for k in (0, max(0, frame - 1), frame))
    return frame / seen.fps if shown else None


def _moves(seen: Seen, name: str) -> bool | None:
    truth = seen.named.get(name)
    if truth is None or not seen.in_view(truth, 0):
        return None
    answer = clearly_moves(seen, truth.position_m)
    if answer:
        # That it moves must be seen, not only where it was before it went.
        gone = way(seen, truth.position_m) >= _MOVED / 2
        return True if any(seen.in_view(truth, int(k)) for k in np.flatnonzero(gone)) else None
    return answer
