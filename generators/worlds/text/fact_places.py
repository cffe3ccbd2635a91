"""Facts about where things are seen, which way they go, whether they are in view and whether they rest."""

from collections.abc import Iterator
from functools import partial
from itertools import permutations

import numpy as np

from lawful.generators.worlds.camera import View
from lawful.generators.worlds.records import ObjectTruth
from lawful.generators.worlds.text.fact import Fact, opposite
from lawful.generators.worlds.text.seen import IN_VIEW, Seen
from lawful.generators.worlds.text.words import seconds

_THIRDS = {"left": 0, "middle": 1, "right": 2}
_HALVES = {"upper": 0, "lower": 1}
_MARGIN = 0.05
_AROUND_S = 0.2
_APART = 0.08
_TRAVEL = 0.1
_REST_S = 0.3
_MOVING, _RESTING = 0.08, 0.004
_TURNING = 0.05
_PARTLY = 0.3


def places(lawful: Seen) -> Iterator[Fact]:
    """In which part of the picture a thing is at the end and on the way."""
    length_s = lawful.last / lawful.fps
    on_the_way = [float(time_s) for time_s in np.arange(0.5, length_s - 0.45, 0.5)]
    for name in lawful.named:
        for time_s in (None, *on_the_way):
            kind, when = "where_end", "at the end"
            if time_s is not None:
                kind, when = "where_time", f"{seconds(time_s)} after the start"
            for third in _THIRDS:
                text = f"Is the {name} in the {third} third of the picture {when}?"
                yield Fact(kind, text, partial(_in_third, name=name, third=third, time_s=time_s))
            for half in _HALVES:
                text = f"Is the {name} in the {half} half of the picture {when}?"
                yield Fact(kind, text, partial(_in_half, name=name, half=half, time_s=time_s))


def neighbours(lawful: Seen) -> Iterator[Fact]:
    """Which of two things is farther to a side, or higher up, at the end."""
    for one, other in permutations(lawful.named, 2):
        for side in ("to the left", "to the right", "up", "down"):
            text = f"Is the {one} farther {side} in the picture than the {other} at the end?"
            yield Fact("beside_end", text, partial(_beside, one=one, other=other, side=side))


def directions(lawful: Seen) -> Iterator[Fact]:
    """Whether a thing ends farther to a side than it began; where the camera moves, nobody could say."""
    for name in lawful.named:
        for side in ("left", "right"):
            text = f"Is the {name} farther to the {side} at the end than at the start?"
            yield Fact("direction", text, partial(_went, name=name, side=side))


def sights(lawful: Seen) -> Iterator[Fact]:
    """Whether a thing is in view at the end, and whether it was hidden on the way, where one ever is."""
    if not any(lawful.out_of_view(truth).any() for truth in lawful.truths):
        return
    for name in lawful.named:
        end = partial(_in_view_at_end, name=name)
        yield Fact("view_end", f"Can the {name} be seen at the end?", end)
        yield Fact("view_end", f"Is the {name} out of sight at the end?", partial(_not, end))
        back = partial(_comes_back, name=name)
        yield Fact("view_all", f"Does the {name} go out of sight and come back into sight?", back)
        always = partial(_always_in_view, name=name)
        yield Fact("view_all", f"Is some of the {name} in sight all the time?", always)


def rests(lawful: Seen) -> Iterator[Fact]:
    """Whether a thing still moves at the end."""
    for name in lawful.named:
        moves = partial(_moves_at_end, name=name)
        yield Fact("rest_end", f"Is the {name} still moving at the end?", moves)
        yield Fact("rest_end", f"Is the {name} at rest at the end?", partial(_not, moves))


def _not(holds: partial, seen: Seen) -> bool | None:
    return opposite(holds(seen))


def _frames_around(seen: Seen, time_s: float | None) -> list[int]:
    if time_s is None:
        return [seen.last]
    return list(range(seen.frame_at(time_s - _AROUND_S), seen.frame_at(time_s + _AROUND_S) + 1))


def _in_third(seen: Seen, name: str, third: str, time_s: float | None) -> bool | None:
    return _in_part(seen, name, 0, (1 / 3, 2 / 3), _THIRDS[third], time_s)


def _in_half(seen: Seen, name: str, half: str, time_s: float | None) -> bool | None:
    return _in_part(seen, name, 1, (0.5,), _HALVES[half], time_s)


def _in_part(
    seen: Seen, name: str, axis: int, borders: tuple[float, ...], part: int, time_s: float | None
) -> bool | None:
    """Whether a thing is in one part of the picture and clear of the borders between the parts."""
    truth = seen.named.get(name)
    if truth is None:
        return None
    parts = set()
    for frame in _frames_around(seen, time_s):
        at = float(truth.centre[frame, axis])
        if not seen.in_view(truth, frame) or min(abs(at - border) for border in borders) < _MARGIN:
            return None
        parts.add(sum(at > border for border in borders))
    return parts.pop() == part if len(parts) == 1 else None


def _beside(seen: Seen, one: str, other: str, side: str) -> bool | None:
    pair = seen.all_named(one, other)
    if pair is None or not all(seen.in_view(truth, seen.last) for truth in pair):
        return None
    across, down = pair[0].centre[seen.last] - pair[1].centre[seen.last]
    by = {"to the left": -across, "to the right": across, "up": -down, "down": down}[side]
    return None if abs(by) < _APART else bool(by > 0)


def _went(seen: Seen, name: str, side: str) -> bool | None:
    truth = seen.named.get(name)
    if truth is None or not _still(seen.simulated.view):
        return None
    if not all(seen.in_view(truth, frame) for frame in (0, seen.last)):
        return None
    across = truth.centre[seen.last, 0] - truth.centre[0, 0]
    return None if abs(across) < _TRAVEL else bool((across < 0) == (side == "left"))


def _still(view: View) -> bool:
    return all(np.ptp(rows, axis=0).max() < 1e-9 for rows in (view.position_m, view.axes, view.scale))


def _in_view_at_end(seen: Seen, name: str) -> bool | None:
    truth = seen.named.get(name)
    if truth is None:
        return None
    if seen.in_view(truth, seen.last):
        return True
    return False if seen.out_of_view(truth)[seen.last] else None


def _comes_back(seen: Seen, name: str) -> bool | None:
    truth = seen.named.get(name)
    if truth is None:
        return None
    shown = np.flatnonzero(truth.visible >= IN_VIEW)
    between = slice(shown[0], shown[-1] + 1)
    if (np.diff(np.flatnonzero(~seen.out_of_view(truth)[between])) > 2).any():
        return True
    return False if truth.visible[between].min() >= _PARTLY else None


def _always_in_view(seen: Seen, name: str) -> bool | None:
    truth = seen.named.get(name)
    if truth is None:
        return None
    if truth.visible.min() >= _PARTLY:
        return True
    return False if seen.out_of_view(truth).sum() >= 3 else None


def _moves_at_end(seen: Seen, name: str) -> bool | None:
    truth = seen.named.get(name)
    n_frames = max(3, round(_REST_S * seen.fps) + 1)
    if truth is None or truth.visible[-n_frames:].min() < IN_VIEW:
        return None
    speed = np.linalg.norm(truth.velocity_m_s[-n_frames:], axis=1) / seen.scene.view_height_m
    if speed.min() >= _MOVING and _shift(truth, n_frames) > 0.02:
        return True
    still = speed.max() <= _RESTING and np.linalg.norm(truth.spin_rad_s[-n_frames:], axis=1).max() <= _TURNING
    return False if still else None


def _shift(truth: ObjectTruth, n_frames: int) -> float:
    """How far a thing is seen to go within the last frames, as a share of the picture."""
    way = truth.centre[-n_frames:]
    return float(np.linalg.norm(way[-1] - way[0]))
