"""People's mean and what somebody says of the same videos, as the figures want them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float64

from lawful.reports.agree.records import Compared
from lawful.reports.agree.scale import AxisScale
from lawful.reports.stats.raters import most_frequent


@dataclass(frozen=True, eq=False)
class Sides:
    """Two values a video: the target, and what is held against it."""

    human: Float64[np.ndarray, " videos"]
    """People's mean on their scale; NaN is missing."""
    said: Float64[np.ndarray, " videos"]
    """A judge's score, or another rater's answer, on the same scale."""
    scale: AxisScale
    """The scale."""
    subject: np.ndarray
    """What was asked of the generator: clusters, and groups of videos to compare."""
    most: Float64[np.ndarray, " videos"]
    """People's most frequent answer; NaN where there is no single one."""
    label: Float64[np.ndarray, " videos"]
    """The judge's label, or another rater's answer, on the scale; NaN is missing."""

    @cached_property
    def steps(self) -> tuple[Float64[np.ndarray, " videos"], Float64[np.ndarray, " videos"]]:
        """Both at the nearest step of the scale."""
        return self.scale.to_steps(self.human), self.scale.to_steps(self.said)

    @cached_property
    def yes(self) -> tuple[Float64[np.ndarray, " videos"], Float64[np.ndarray, " videos"]]:
        """Both as yes (1) and no (0)."""
        return self.scale.to_yes(self.human), self.scale.to_yes(self.said)


def sides_of(one: Compared, which: Bool[np.ndarray, " videos"]) -> Sides:
    """The judge and people's mean on some videos."""
    return Sides(
        human=one.human[which],
        said=one.said[which],
        scale=one.scale,
        subject=one.subject[which],
        most=most_frequent(one.ratings[which]),
        label=one.scale.from_judge(one.label[which]),
    )


def rated_videos(one: Compared, generator: str | None = None) -> Bool[np.ndarray, " videos"]:
    """The rated videos that the judge was given, of one generator or of all."""
    rated = one.seen & ~np.isnan(one.human)
    return rated if generator is None else rated & (one.generator == generator)
