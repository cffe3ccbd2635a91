"""What comes into touch and out of it, into sight and out of it: events as they happen, frame by frame."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from lawful.judge.kinematic.bodies import SCENE, Glimpse, Sight, Touch

Kind = Literal["contact", "separation", "support", "occlusion_in", "occlusion_out", "entry", "exit"]
KINDS: tuple[Kind, ...] = (
    "contact",
    "separation",
    "support",
    "occlusion_in",
    "occlusion_out",
    "entry",
    "exit",
)

MEETS_PX = 1.2
"""Two whose gap is this or less meet."""
_PARTS_PX = 2.5
_LEAST_CHANCE = 0.4
_SUPPORT_FRAMES = 3
_MOST_PAIRS = 256

Pair = tuple[int, int]


@dataclass(frozen=True)
class Happening:
    """One event."""

    kind: Kind
    """What."""
    time_s: float
    """When, between the frame before it was seen and that frame for contacts and separations."""
    body: int
    """Which body."""
    other: int | None
    """The other body, or `SCENE`; None where there is none."""
    chance: float
    """Chance that it is so, 0-1: in the picture alone passing before something cannot be told from touching it."""


@dataclass(frozen=True)
class _Nearness:
    """A pair in the frame before."""

    gap_px: float
    closing_px: float
    meets: bool
    frames: int


@dataclass
class Watch:
    """What is remembered between frames."""

    pairs: dict[Pair, _Nearness] = field(default_factory=dict)
    """Pairs that were near in the frame before."""
    sights: dict[int, Sight] = field(default_factory=dict)
    """How much of each body was seen in the frame before."""
    time_s: float = float("nan")
    """Time of that frame."""


def push_watch(watch: Watch, glimpse: Glimpse) -> list[Happening]:
    """The events that a frame shows; the watch is changed. The first frame of a shot shows none.

    Two meet in the first frame without a gap, or between two frames if they closed so fast that they would have met
    before the second and are going apart in it: a bounce is faster than frames are. A body is supported when it has
    met the scene below it, or the top of another, for three frames.
    """
    starts = not glimpse.step_s > 0
    found: list[Happening] = []
    near: dict[Pair, Touch] = {}
    for touch in glimpse.touches:
        pair = (touch.first, touch.second)
        if pair not in near or (touch.gap_px, -touch.chance) < (near[pair].gap_px, -near[pair].chance):
            near[pair] = touch
    pairs: dict[Pair, _Nearness] = {}
    for pair, touch in near.items():
        pairs[pair], events = _followed(watch, glimpse, pair, touch, starts)
        found += events
    for pair, held in watch.pairs.items():
        if pair not in near and held.meets and not starts and _both_known(glimpse, pair):
            found.append(Happening("separation", _middle(watch, glimpse), pair[0], pair[1], 1.0))
    watch.pairs = dict(list(pairs.items())[:_MOST_PAIRS])
    if not starts:
        found += _sights(watch, glimpse)
    watch.sights = {body.id: body.sight for body in glimpse.bodies}
    watch.time_s = glimpse.time_s
    return found


def _followed(
    watch: Watch, glimpse: Glimpse, pair: Pair, touch: Touch, starts: bool
) -> tuple[_Nearness, list[Happening]]:
    held = None if starts else watch.pairs.get(pair)
    first, second = pair
    surely = touch.chance if touch.gap_px <= MEETS_PX else 1.0
    meets = touch.gap_px <= (_PARTS_PX if held is not None and held.meets else MEETS_PX)
    meets = meets and (surely >= _LEAST_CHANCE)
    closing = 0.0 if held is None else held.gap_px - touch.gap_px
    events: list[Happening] = []
    if starts or held is None:
        if meets and not starts:
            events.append(Happening("contact", _middle(watch, glimpse), first, second, surely))
    elif meets and not held.meets:
        events.append(Happening("contact", _middle(watch, glimpse), first, second, surely))
    elif held.meets and not meets:
        events.append(Happening("separation", _middle(watch, glimpse), first, second, surely))
    elif not meets and held.closing_px > MEETS_PX and closing < 0 and held.gap_px < 1.1 * held.closing_px:
        # It would have met before this frame and is going away: it met between the two.
        events.append(Happening("contact", _middle(watch, glimpse), first, second, 0.8))
        events.append(Happening("separation", _middle(watch, glimpse), first, second, 0.8))
    frames = 1 if held is None or not held.meets else held.frames + 1
    if meets and frames == _SUPPORT_FRAMES and touch.towards[1] > 0.7:
        events.append(Happening("support", glimpse.time_s, first, second, surely))
    if meets and frames == _SUPPORT_FRAMES and second != SCENE and touch.towards[1] < -0.7:
        events.append(Happening("support", glimpse.time_s, second, first, surely))
    return _Nearness(touch.gap_px, closing, meets, frames if meets else 0), events


def _sights(watch: Watch, glimpse: Glimpse) -> list[Happening]:
    found: list[Happening] = []
    for body in glimpse.bodies:
        was = watch.sights.get(body.id)
        kind: Kind | None = None
        if body.sight == "outside" and was not in (None, "outside"):
            kind = "exit"
        elif body.sight == "hidden" and was in ("seen", "partly"):
            kind = "occlusion_in"
        elif body.sight in ("seen", "partly") and was == "hidden":
            kind = "occlusion_out"
        elif body.sight in ("seen", "partly") and (
            was == "outside"
            or (was is None and body.id not in glimpse.new and _at_edge(body.box_px, glimpse))
        ):
            kind = "entry"
        if kind is not None:
            found.append(Happening(kind, glimpse.time_s, body.id, None, 1.0))
    return found


def _at_edge(box: tuple[float, float, float, float], glimpse: Glimpse) -> bool:
    edges = (box[0], box[1], glimpse.width_px - box[2], glimpse.height_px - box[3])
    return bool(np.isfinite(box).all()) and min(edges) < 2.0


def _middle(watch: Watch, glimpse: Glimpse) -> float:
    return (watch.time_s + glimpse.time_s) / 2


def _both_known(glimpse: Glimpse, pair: Pair) -> bool:
    known = {body.id for body in glimpse.bodies if body.area_px > 0}
    return pair[0] in known and (pair[1] in known or pair[1] == SCENE)
