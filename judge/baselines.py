"""Trivial baselines: one number a clip that knows nothing of physics. They stand beside every accuracy.

They rank clips and answer nothing: every question gets `Unscored("abstained")` with the clip's score as its
leaning. A score is 1 / (1 + x / unit), 1 where nothing sticks out:

- ``frame-difference``: x is the largest mean difference of successive frames; unit 1 grey level of 0-255.
- ``frame-difference-ratio``: x is that over the median of the clip's differences, less 1; unit 1.
- ``flow-peak``: x is the largest 99th percentile of the optical flow between successive frames; unit 1 % of
  the longer side.
- ``mean-motion``: x is the mean optical flow over the frame and over the clip; unit 1 % of the longer side.

Frames are looked at in grey at a longer side of 160 px. Repeated frames are dropped first, and no statistic
grows with the length of a clip. A cut sticks out like a violation. A clip that shows one picture only, however
long, scores 1.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Int64, UInt8

from lawful.checklists.suite import Question
from lawful.core.errors import AbsentError, InputError
from lawful.judge.duplicates import (
    DUPLICATES_VERSION,
    LONG_SIDE_PX,
    DuplicateState,
    keep_distinct,
    open_duplicates,
    small_grey,
)
from lawful.judge.motion import flow_mean, flow_quantile, mean_difference
from lawful.judge.protocol import Given, Judge, fingerprint
from lawful.judge.records import Event, Unscored, Verdict
from lawful.judge.summary import SummaryRule
from lawful.video.frames import ClipMeta, Frames
from lawful.video.sampling import Sampling

_VERSION = 1
_BINS = np.geomspace(1e-4, 256.0, 2049)
"""Edges of the histogram from which a median is read, to 0.7 %."""
_QUANTILE = 0.99

Grey = UInt8[np.ndarray, "height width"]
PairNumber = Callable[[Grey, Grey], float]


@dataclass(frozen=True, eq=False)
class PairStatistics:
    """What is kept of the differences between successive distinct frames, whatever the clip's length."""

    n_pairs: int = 0
    """How many."""
    peak: float = 0.0
    """The largest."""
    total: float = 0.0
    """Their sum."""
    histogram: Int64[np.ndarray, " bins"] = field(default_factory=lambda: np.zeros(len(_BINS) + 1, np.int64))
    """How many lie between the edges of a fixed logarithmic scale."""

    def added(self, number: float) -> "PairStatistics":
        """With one more."""
        histogram = self.histogram.copy()
        histogram[np.searchsorted(_BINS, number)] += 1
        return PairStatistics(self.n_pairs + 1, max(self.peak, number), self.total + number, histogram)

    @property
    def median(self) -> float:
        """The (lower) median to the width of a bin; NaN without any."""
        if not self.n_pairs:
            return math.nan
        place = int(np.searchsorted(np.cumsum(self.histogram), (self.n_pairs + 1) // 2))
        return float(_BINS[min(place, len(_BINS) - 1)])


@dataclass(frozen=True, eq=False)
class BaselineState:
    """How far a baseline has come in a clip."""

    meta: ClipMeta
    """The clip."""
    questions: tuple[Question, ...]
    """What is asked."""
    duplicates: DuplicateState
    """Memory of the last distinct frame."""
    last: Grey | None = None
    """The last distinct frame, small and grey."""
    pairs: PairStatistics = field(default_factory=PairStatistics)
    """What was seen so far."""


@dataclass(frozen=True)
class Statistic:
    """What makes a baseline."""

    of_pair: PairNumber
    """The number for two successive frames."""
    of_clip: Callable[[PairStatistics], float]
    """x, 0 or more, of a clip with at least one pair."""
    unit: str
    """Unit of x in words."""


def _flow_quantile(one: Grey, two: Grey) -> float:
    return 100 * flow_quantile(one, two, _QUANTILE)


def _flow_mean(one: Grey, two: Grey) -> float:
    return 100 * flow_mean(one, two)


def _peak(pairs: PairStatistics) -> float:
    return pairs.peak


def _peak_over_median(pairs: PairStatistics) -> float:
    # The median is known to the width of a bin only, so it may come out above the peak.
    return max(pairs.peak / pairs.median, 1.0) - 1.0


def _mean(pairs: PairStatistics) -> float:
    return pairs.total / pairs.n_pairs


STATISTICS: Mapping[str, Statistic] = {
    "frame-difference": Statistic(mean_difference, _peak, "grey levels at the peak"),
    "frame-difference-ratio": Statistic(mean_difference, _peak_over_median, "medians above the median"),
    "flow-peak": Statistic(_flow_quantile, _peak, "% of the longer side at the peak"),
    "mean-motion": Statistic(_flow_mean, _mean, "% of the longer side on average"),
}
"""Every baseline by name."""


@dataclass(frozen=True)
class Baseline:
    """A judge that ranks clips by one number (see `lawful.judge.protocol.Judge`)."""

    name: str
    """A name of `STATISTICS`."""

    @property
    def runs_on(self) -> Literal["cpu", "device", "network"]:
        """Where its work is done."""
        return "cpu"

    @property
    def given(self) -> frozenset[Given]:
        """It looks at pixels alone."""
        return frozenset()

    @property
    def sampling(self) -> Sampling:
        """All frames, small."""
        return Sampling(long_side_px=LONG_SIDE_PX)

    @property
    def rule(self) -> SummaryRule:
        """It ranks and has no thresholds."""
        return SummaryRule(name="ranks-only-1", aggregate="min")

    def identity(self) -> Mapping[str, Any]:
        """All that may change its scores."""
        return {
            "version": _VERSION,
            "duplicates": DUPLICATES_VERSION,
            "long_side_px": LONG_SIDE_PX,
            "statistic": self.name,
        }

    def answers(self, question: Question) -> bool:
        """It ranks clips under any question."""
        return True

    def open(
        self, meta: ClipMeta, questions: Sequence[Question], given: Mapping[Given, str], repeat: int = 0
    ) -> BaselineState:
        """The state before the first frame; nothing is random."""
        return BaselineState(meta, tuple(questions), open_duplicates())

    def push(self, state: BaselineState, frames: Frames) -> BaselineState:
        """The state after some more frames."""
        of_pair = STATISTICS[self.name].of_pair
        duplicates, distinct = keep_distinct(state.duplicates, frames)
        last, pairs = state.last, state.pairs
        for rgb in distinct.rgb:
            small = small_grey(rgb)
            if last is not None:
                pairs = pairs.added(of_pair(last, small))
            last = small
        return replace(state, duplicates=duplicates, last=last, pairs=pairs)

    def events(self, state: BaselineState) -> Sequence[Event]:
        """It says nothing on the way."""
        return ()

    def close(self, state: BaselineState) -> list[Verdict | Unscored]:
        """An abstention for every question, leaning to the clip's score."""
        statistic = STATISTICS[self.name]
        leaning: float | None = None
        detail = "no frame was seen"
        if state.last is not None:
            x = statistic.of_clip(state.pairs) if state.pairs.n_pairs else 0.0
            leaning = 1 / (1 + x)
            detail = f"this baseline ranks clips only: {x:.3g} {statistic.unit}"
        mark = fingerprint(self)
        return [
            Unscored(state.meta.video_sha256, question.id, "abstained", detail, mark, leaning)
            for question in state.questions
        ]


def make_baseline(name: str, config: Mapping[str, Any]) -> Judge:
    """A baseline by name.

    Args:
        name: A name of `STATISTICS`.
        config: Settings; a baseline has none.

    Raises:
        AbsentError: No baseline has that name.
        InputError: A setting was given.
    """
    if name not in STATISTICS:
        raise AbsentError(f"no baseline is called {name!r}. Known: {', '.join(STATISTICS)}.")
    if config:
        raise InputError(
            f"{name} has no settings, but was given: {', '.join(sorted(config))}. Leave them out."
        )
    return Baseline(name)
