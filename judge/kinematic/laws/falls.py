"""How things fall: one flight by itself, and those of a clip beside each other."""

from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from jaxtyping import Float64

from lawful.judge.kinematic.events.breaks import TICK_S, ticks_of
from lawful.judge.kinematic.memory import TIME, XY, Rows, noise_px

LEAST_FRAMES = 4
"""Frames on a side of a change, at least; one more make a flight, two more tell whether its fall was steady."""
_MOST_FALLS = 16
_AGREE = 0.3
_STEADY = 3.0
_BRAKES = -0.96
_EASED, _HASTENED = 0.4, 1.6
MOST_LEFT = 1.7
"""Standard deviations a number that a motion which explains all may leave."""


@dataclass(frozen=True, eq=False)
class Fall:
    """A parabola through some rows of a body."""

    rate: Float64[np.ndarray, " 2"]
    """Its acceleration, px/s^2."""
    error: float
    """Standard deviation of the error of that, px/s^2 along either axis."""
    fits: float
    """What it leaves of the places, standard deviations a number: about 1 or less where it explains all."""
    moves: bool
    """Whether the body moves at all."""
    steady: bool
    """Whether the acceleration is clearly constant, and not friction."""

    @property
    def size(self) -> float:
        """Size of the acceleration, px/s^2."""
        return float(np.hypot(*self.rate))


@dataclass
class Falls:
    """How things fell so far in a shot."""

    rates: dict[tuple[int, float], tuple[float, float, bool]] = field(default_factory=dict)
    """By body and beginning of a flight: acceleration, px/s^2 along x and y, and whether it was clearly constant."""
    broken_s: dict[int, float] = field(default_factory=dict)
    """By body: the last sudden change of its motion that was well seen on both sides."""
    loose_s: dict[int, float] = field(default_factory=dict)
    """By body: the first frame from which on nothing was near it and its motion did not change suddenly."""
    strange: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=_MOST_FALLS))
    """Flights of which it was said that they do not fall as they should."""

    def rate(self, but: tuple[int, float]) -> tuple[float, float] | None:
        """The clip's own gravity, px/s^2, by flights other than one.

        Two must agree on it, or the same body fell before at a rate that was clearly constant; else None.
        """
        rows = np.array([rate for flight, rate in self.rates.items() if flight != but])
        own = self.fell(but)
        if len(rows) < 2:
            return own[-1] if own else None
        middle = np.median(rows[:, :2], axis=0)
        size = float(np.hypot(*middle))
        agree = np.hypot(*(rows[:, :2] - middle).T) < _AGREE * size
        if agree.sum() >= max(2, 0.7 * len(rows)):
            return float(middle[0]), float(middle[1])
        return own[-1] if own else None

    def fell(self, but: tuple[int, float]) -> list[tuple[float, float]]:
        """The rates at which a body fell in its earlier flights, where they were clearly constant."""
        return [
            rate[:2]
            for flight, rate in self.rates.items()
            if flight[0] == but[0] and flight < but and rate[2]
        ]

    def remember(self, flight: tuple[int, float], fall: Fall) -> None:
        """Keep how a flight falls: what was clearly constant is not given up for what was not."""
        if fall.steady or not self.rates.get(flight, (0.0, 0.0, False))[2]:
            self.rates[flight] = (float(fall.rate[0]), float(fall.rate[1]), fall.steady)
            self.rates = dict(list(self.rates.items())[-_MOST_FALLS:])

    def forget(self, flight: tuple[int, float]) -> None:
        """Give up how a flight falls: it was none."""
        self.rates.pop(flight, None)


def fall_of(rows: Rows) -> Fall:
    """How a body falls in some rows of its memory; there are at least four."""
    places, noise = rows[:, XY], noise_px(rows)
    parabola, cubic = _polynomials(ticks_of(rows[:, TIME]))
    numbers = parabola.solve @ places
    left = float(((parabola.design @ numbers - places) ** 2).sum())
    fits = float(np.sqrt(left / max(2 * len(rows) - 6, 1))) / noise
    rate = 2 * numbers[0]
    bent = float(np.hypot(*(cubic.solve[0] @ places)))
    steady = len(rows) > LEAST_FRAMES + 1 and bent < _STEADY * noise * cubic.spread
    return Fall(
        rate=rate,
        error=2 * noise * parabola.spread,
        fits=fits,
        moves=float(np.hypot(*np.ptp(places, axis=0))) > 2.0,
        steady=bool(steady) and not _rubs(rate, numbers[1] + rate * parabola.last_s),
    )


@dataclass(frozen=True, eq=False)
class _Polynomial:
    """The least squares of a polynomial; the highest power comes first."""

    design: Float64[np.ndarray, "rows numbers"]
    """Powers of the times since the middle of all, s."""
    solve: Float64[np.ndarray, "numbers rows"]
    """Takes places to numbers."""
    spread: float
    """Standard deviation of the first number for places that err by 1."""
    last_s: float
    """Time of the last row since the middle of all, s."""


@lru_cache(maxsize=512)
def _polynomials(ticks: tuple[int, ...]) -> tuple[_Polynomial, _Polynomial]:
    """Of second and of third degree, for rows at some times in ticks."""
    time = np.array(ticks, float) * TICK_S
    time -= time.mean()
    both = []
    for numbers in (3, 4):
        design = np.vander(time, numbers)
        solve = np.linalg.pinv(design)
        both.append(_Polynomial(design, solve, float(np.sqrt((solve[0] ** 2).sum())), float(time[-1])))
    return both[0], both[1]


def _rubs(rate: Float64[np.ndarray, " 2"], last: Float64[np.ndarray, " 2"]) -> bool:
    """True for what only gets slower along its way: friction does that too."""
    along = float(rate @ last) / max(float(np.hypot(*rate)) * float(np.hypot(*last)), 1e-9)
    return along < _BRAKES


def may_have_bounced(rows: Rows, usual: Float64[np.ndarray, " 2"]) -> bool:
    """True if a fall like the clip's others, thrown back once on the way, explains a motion.

    What stops a fall may be out of sight: a floor in depth, the rim of a hole. In depth a fall looks slower or faster.

    Args:
        rows: A body's memory, at least five rows.
        usual: The clip's own gravity, px/s^2.
    """
    size = float(np.hypot(*usual))
    down = usual / size
    time = rows[:, TIME] - rows[0, TIME]
    along, across = rows[:, XY] @ down, rows[:, XY] @ np.array([-down[1], down[0]])
    noise, free = noise_px(rows), max(2 * len(rows) - 8, 1)
    step = float(np.median(np.diff(time)))
    for at in range(1, len(rows) - 2):
        when = _turning_s(time, at, size * time**2 / 2, along)
        turned = np.stack([np.ones_like(time), time, np.maximum(time - when, 0.0)], axis=1)
        arrives, leaves, left = _thrown_back(turned, size * time**2 / 2, along, size * when)
        left += least_squares(turned, across)[1]
        slack = 2 * noise / max(when, step)
        if (
            float(np.sqrt(left / free)) <= MOST_LEFT * noise
            and arrives > -slack
            and -arrives < leaves <= arrives + 2 * slack
        ):
            return True
    return False


def _turning_s(
    time: Float64[np.ndarray, " rows"],
    at: int,
    fallen: Float64[np.ndarray, " rows"],
    along: Float64[np.ndarray, " rows"],
) -> float:
    """When a kick between a row and the next one came: where the ways before and after it meet, or nearest to that."""
    later = (time > time[at]).astype(float)
    ways = np.column_stack([np.ones_like(time), time, later, later * time, fallen])
    _, _, offset, kick, _ = least_squares(ways, along)[0]
    return float(np.clip(-offset / kick if kick else time[at], time[at], time[at + 1]))


def _thrown_back(
    turned: Float64[np.ndarray, "rows 3"],
    fallen: Float64[np.ndarray, " rows"],
    along: Float64[np.ndarray, " rows"],
    gained: float,
) -> tuple[float, float, float]:
    """Speed down just before a kick, speed up just after it, and what is left; the pull is the clip's, more or less."""
    numbers, left = least_squares(np.column_stack([turned, fallen]), along)
    pull = float(np.clip(numbers[3], _EASED, _HASTENED))
    if pull != numbers[3]:
        numbers, left = least_squares(turned, along - pull * fallen)
    arrives = float(numbers[1]) + pull * gained
    return arrives, -(arrives + float(numbers[2])), left


def least_squares(
    design: Float64[np.ndarray, "rows numbers"], places: Float64[np.ndarray, "rows *axes"]
) -> tuple[Float64[np.ndarray, "numbers *axes"], float]:
    """The numbers of a motion that fit some places best, and the sum of the squares that they leave, px^2.

    Args:
        design: What each number adds to each place.
        places: Px.

    Raises:
        numpy.linalg.LinAlgError: Something is not finite.
    """
    numbers = np.linalg.lstsq(design, places, rcond=None)[0]
    return numbers, float(((design @ numbers - places) ** 2).sum())
