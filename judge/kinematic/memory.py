"""What is remembered of a shot: a bounded series for each body, and who touched it when."""

from collections import deque
from dataclasses import dataclass, field
from statistics import median

import numpy as np
from jaxtyping import Bool, Float64

from lawful.judge.kinematic import middle
from lawful.judge.kinematic.bodies import Body, Glimpse, Sight, Touch

LENGTH_S = 4.0
"""How long a body that is not known any more is remembered."""
_LENGTH = 150
_MOST_BODIES = 48
_PACE_STEPS = 31
_FLOOR_PX = 0.15
_SIGHTS: dict[Sight, float] = {"seen": 0.0, "partly": 1.0, "hidden": 2.0, "outside": 3.0}

TIME, X, Y, SD, SIGHT, RELIABLE = range(6)
XY = slice(1, 3)
BOX = slice(6, 10)
AREA, LONGER, SHORTER, FILL, ANGLE, COVERED = range(10, 16)
RGB, SPREAD = slice(16, 19), slice(19, 22)
KNOWN, ZOOM = 22, 23
_COLUMNS = 24
SEEN, PARTLY, HIDDEN, OUTSIDE = range(4)

Rows = Float64[np.ndarray, "rows columns"]


@dataclass
class Trail:
    """One body over the newest frames, one row a frame without gaps, the newest last."""

    id: int
    """The body's."""
    rows: Rows = field(default_factory=lambda: np.empty((0, _COLUMNS)))
    """Columns as named above; NaN for what is not known."""
    touches: deque[tuple[Touch, ...]] = field(default_factory=lambda: deque(maxlen=_LENGTH))
    """What may have touched it in each of the rows, the body first."""
    first_s: float = 0.0
    """When it was first seen."""
    fresh: float = float("nan")
    """How plainly it came out of nothing then (`Body.fresh`)."""

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.rows)

    @property
    def newest(self) -> Float64[np.ndarray, " columns"]:
        """The newest row."""
        return self.rows[-1]

    @property
    def in_sight(self) -> Bool[np.ndarray, " rows"]:
        """True where something of it was seen."""
        return self.rows[:, SIGHT] <= PARTLY

    def size_px(self) -> float:
        """Side of a square of its area, as it was last seen."""
        seen = self.rows[self.in_sight, AREA]
        return float(np.sqrt(seen[-1])) if len(seen) else 0.0

    def at(self, time_s: float) -> int:
        """The row nearest to a time, the first of those equally near."""
        return int(np.argmin(np.abs(self.rows[:, TIME] - time_s)))

    def touched(self, back: int) -> tuple[Touch, ...]:
        """What may have touched it so many rows before the newest; nothing where that is forgotten."""
        return self.touches[-1 - back] if back < len(self.touches) else ()


@dataclass
class Memory:
    """What is remembered of the shot that runs; bounded in its length."""

    trails: dict[int, Trail] = field(default_factory=dict)
    """By body."""
    newest: Glimpse | None = None
    """The newest frame; None before the first."""
    frames: int = 0
    """Frames of the shot so far."""
    steps_s: deque[float] = field(default_factory=lambda: deque(maxlen=_PACE_STEPS))
    """Lengths of the newest steps."""

    @property
    def usual_step_s(self) -> float:
        """The usual time between two frames, s."""
        return float(median(self.steps_s)) if self.steps_s else float("nan")

    @property
    def side_px(self) -> float:
        """Shorter side of the picture."""
        return 0.0 if self.newest is None else float(min(self.newest.width_px, self.newest.height_px))

    @property
    def now(self) -> Glimpse:
        """The newest frame."""
        assert self.newest is not None
        return self.newest


def remember(memory: Memory, glimpse: Glimpse) -> None:
    """Take a frame in; the first of a shot begins anew."""
    if not np.isfinite(glimpse.step_s):
        memory.trails, memory.frames = {}, 0
        memory.steps_s.clear()
    else:
        memory.steps_s.append(glimpse.step_s)
    memory.newest = glimpse
    memory.frames += 1
    touching: dict[int, list[Touch]] = {}
    for touch in glimpse.touches:
        touching.setdefault(touch.first, []).append(touch)
        if touch.second >= 0:
            touching.setdefault(touch.second, []).append(seen_from_second(touch))
    for body in glimpse.bodies:
        trail = memory.trails.get(body.id)
        if trail is None or trail.newest[TIME] < glimpse.time_s - 1.5 * glimpse.step_s:
            trail = memory.trails[body.id] = Trail(body.id, first_s=_first_s(body, glimpse), fresh=body.fresh)
        trail.rows = np.concatenate([trail.rows[-_LENGTH + 1 :], [_row(body, glimpse)]])
        trail.touches.append(tuple(touching.get(body.id, ())))
    _forget(memory, glimpse)


def seen_from_second(touch: Touch) -> Touch:
    """The same touch with the second body named first."""
    x, y = touch.towards
    return Touch(touch.second, touch.first, touch.gap_px, touch.overlap_px, (-x, -y), touch.chance)


def _forget(memory: Memory, glimpse: Glimpse) -> None:
    """Bodies that have not been known for long are forgotten, and the oldest where there are too many."""
    for number, trail in list(memory.trails.items()):
        if glimpse.time_s - trail.newest[TIME] > LENGTH_S:
            del memory.trails[number]
    spare = len(memory.trails) - _MOST_BODIES
    for number in sorted(memory.trails, key=lambda n: (memory.trails[n].newest[TIME], -n))[: max(spare, 0)]:
        del memory.trails[number]


def _first_s(body: Body, glimpse: Glimpse) -> float:
    return glimpse.time_s if np.isnan(body.born_s) else body.born_s


def _row(body: Body, glimpse: Glimpse) -> Float64[np.ndarray, " columns"]:
    return np.array(
        [
            glimpse.time_s,
            *body.at_px,
            body.sd_px,
            _SIGHTS[body.sight],
            float(glimpse.reliable),
            *body.box_px,
            body.area_px,
            *body.axes_px,
            body.fill,
            body.angle_rad,
            body.covered,
            *body.rgb,
            *body.spread_rgb,
            glimpse.known_px,
            float(np.hypot(glimpse.to_shot[0, 0], glimpse.to_shot[1, 0])),
        ]
    )


def noise_px(rows: Rows) -> float:
    """Standard deviation by which a body's places err in some rows, px along either axis; 0.15 px at least."""
    return float(np.hypot(_FLOOR_PX, middle.median(rows[:, SD])))
