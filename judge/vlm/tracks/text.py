"""Track evidence as compact text: paths, speeds and accelerations, beginnings, ends and meetings, with times."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from lawful.core.errors import InputError
from lawful.judge.vlm.tracks.motion import Meeting, ObjectPath, at_edge, meetings, object_paths
from lawful.judge.vlm.tracks.tracked import Tracked

VERSION = 1
"""Goes up whenever the text may change."""

_FEWEST_TIMES = 2
_LEAST_GAP_STEPS = 2


@dataclass(frozen=True)
class TextSettings:
    """How much is told; what does not fit the budget is left out, and that is said."""

    budget_tokens: int = 900
    """Tokens that the text may have."""
    most_objects: int = 8
    """Objects that are told of, those that move furthest first."""
    times_per_object: int = 7
    """Times at which a path is told, evenly spaced over the time in which it is seen."""
    most_meetings: int = 12
    """Meetings that are told, the earliest first."""

    def __post_init__(self) -> None:
        least = {"budget_tokens": 1, "most_objects": 0, "times_per_object": _FEWEST_TIMES, "most_meetings": 0}
        for name, value in asdict(self).items():
            if value < least[name]:
                raise ValueError(f"{name} must be {least[name]} or more, got {value}")

    def identity(self) -> dict[str, Any]:
        """All that may change the text, as JSON."""
        return {"version": VERSION, **asdict(self)}


def track_text(
    tracked: Tracked,
    width_px: int,
    height_px: int,
    settings: TextSettings,
    count_tokens: Callable[[str], int],
) -> str:
    """What the tracks of a clip show, as lines of text.

    Too long a text tells of fewer times, then of fewer meetings, then of fewer objects.

    Args:
        tracked: The tracks.
        width_px: Width of the frames whose pixels are meant.
        height_px: Height of the frames.
        settings: How much is told.
        count_tokens: Length of a text in tokens of the model that reads it.

    Raises:
        InputError: Not even the first lines fit the budget.
    """
    paths = object_paths(tracked, width_px, height_px)
    met = meetings(tracked, paths, width_px, height_px)
    shortest = ""
    for objects, times, most_met in _choices(settings, len(paths), len(met)):
        told = _furthest(paths, objects)
        shortest = "\n".join(
            _lines(tracked, paths, told, times, met[:most_met], len(met), width_px, height_px)
        )
        if count_tokens(shortest) <= settings.budget_tokens:
            return shortest
    raise InputError(
        f"the shortest text of the tracks has {count_tokens(shortest)} tokens, and budget_tokens is "
        f"{settings.budget_tokens}. Raise it, or leave track evidence as text out."
    )


def _choices(settings: TextSettings, n_paths: int, n_met: int) -> Iterator[tuple[int, int, int]]:
    objects, met = min(settings.most_objects, n_paths), min(settings.most_meetings, n_met)
    for times in range(settings.times_per_object, _FEWEST_TIMES - 1, -1):
        yield objects, times, met
    for most_met in range(met - 1, -1, -1):
        yield objects, _FEWEST_TIMES, most_met
    for fewer in range(objects - 1, -1, -1):
        yield fewer, _FEWEST_TIMES, 0


def _furthest(paths: Sequence[ObjectPath], count: int) -> list[ObjectPath]:
    chosen = sorted(paths, key=lambda path: (-path.length_px, path.number))[:count]
    return sorted(chosen, key=lambda path: path.number)


def _lines(
    tracked: Tracked,
    paths: Sequence[ObjectPath],
    told: Sequence[ObjectPath],
    times: int,
    met: Sequence[Meeting],
    n_met: int,
    width_px: int,
    height_px: int,
) -> Iterator[str]:
    camera = "moves, which is part of all motion here" if tracked.camera_moves else "stands still"
    yield (
        f"Tracks of what moves, measured in a {width_px} x {height_px} px frame: place (x to the right, y down), "
        f"v in px/s, a in px/s², both over 0.3 s. The camera {camera}."
    )
    if not paths:
        yield "Nothing was seen to move."
    for path in told:
        yield f"object {path.number}: " + (_rest(path) if path.rests else "; ".join(_moments(path, times)))
        yield from _ends(path, width_px, height_px)
    if len(told) < len(paths):
        yield f"{len(paths) - len(told)} more of {len(paths)} moving objects are not listed."
    for meeting in met:
        yield (
            f"objects {meeting.first} and {meeting.second} meet at {meeting.time_s:.2f} s at "
            f"{_pair((meeting.x_px, meeting.y_px))}"
        )
    if len(met) < n_met:
        yield f"{n_met - len(met)} more of {n_met} meetings are not listed."


def _rest(path: ObjectPath) -> str:
    start_s, end_s = path.times_s[path.first], path.times_s[path.last]
    return f"rests at {_pair(path.xy_px[path.last])} from {start_s:.2f} s to {end_s:.2f} s"


def _moments(path: ObjectPath, times: int) -> Iterator[str]:
    frames = np.nonzero(path.seen)[0]
    places = np.unique(np.round(np.linspace(0, len(frames) - 1, min(times, len(frames)))).astype(np.int64))
    for frame in frames[places]:
        said = f"{path.times_s[frame]:.2f} s {_pair(path.xy_px[frame])}"
        velocity, acceleration = path.velocity_px_s[frame], path.acceleration_px_s2[frame]
        if np.isfinite(velocity).all():
            said += f" v {_pair(velocity)}, speed {_whole(float(np.linalg.norm(velocity)))}"
        if np.isfinite(acceleration).all():
            said += f", a {_pair(acceleration)}"
        yield said


def _ends(path: ObjectPath, width_px: int, height_px: int) -> Iterator[str]:
    """Where an object comes into the clip or is lost, other than at the clip's ends, and where it is hidden."""
    last_frame = len(path.times_s) - 1
    if path.first > 0:
        yield _end(path, path.first, "first seen", width_px, height_px)
    frames = np.nonzero(path.seen)[0]
    for gone, back in pairwise(frames.tolist()):
        if back - gone > _LEAST_GAP_STEPS:
            yield (
                f"object {path.number} not seen from {path.times_s[gone]:.2f} s to {path.times_s[back]:.2f} s, "
                f"then at {_pair(path.xy_px[back])}"
            )
    if path.last < last_frame:
        yield _end(path, path.last, "last seen", width_px, height_px)


def _end(path: ObjectPath, frame: int, what: str, width_px: int, height_px: int) -> str:
    edge = at_edge(path.xy_px[frame], width_px, height_px)
    where = "away from the frame's edges" if edge is None else f"at the {edge} edge"
    return (
        f"object {path.number} {what} at {path.times_s[frame]:.2f} s at {_pair(path.xy_px[frame])}, {where}"
    )


def _pair(xy: Any) -> str:
    return f"({_whole(float(xy[0]))},{_whole(float(xy[1]))})"


def _whole(value: float) -> str:
    """A whole number, without a sign on 0."""
    return str(round(value))
