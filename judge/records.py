"""What a judge says: events, evidence, verdicts, and the answer for a clip."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from lawful.checklists.suite import Scale
from lawful.video.frames import Box, PointTracks

Answer = Literal["violation", "none_found", "not_sure"]

Reason = Literal[
    "abstained",
    "damaged",
    "no_answer",
    "not_asked",
    "premise_not_met",
    "refused",
    "unparsed",
    "worker_died",
]
"""Why a question has no verdict: the judge looked and abstained; the file is damaged; a server gave no answer; the
judge does not answer such questions; the premise is not met; a model refused to answer; its answer could not be parsed;
its process died."""
RETRIED: frozenset[Reason] = frozenset({"no_answer", "worker_died"})
"""Outcomes that say nothing about the clip: the next run asks again."""


@dataclass(frozen=True)
class Event:
    """Something a judge noticed, as it is said while the clip runs."""

    family: str
    """Id of the violation family, such as "vanish"."""
    law: str
    """Id of the law that is broken."""
    start_s: float
    """When it starts, seconds from the first decoded frame."""
    end_s: float
    """When it ends."""
    said_s: float
    """Time of the frame with which the judge said it; in causal mode later frames do not change it."""
    box: Box | None
    """Where, at `start_s`; None for the whole frame."""
    probability: float
    """Probability that this is a violation, 0-1."""
    magnitude: float
    """How strong, in `unit`."""
    unit: str
    """Unit of the magnitude, such as "px", "ratio" or "s"."""
    text: str
    """One sentence for people."""
    track_ids: tuple[int, ...] = ()
    """The tracks it was seen on."""


@dataclass(frozen=True, eq=False)
class EvidenceFrame:
    """A frame kept as evidence: in memory until it is saved, a file afterwards."""

    time_s: float
    """Presentation time."""
    rgb: UInt8[np.ndarray, "height width 3"] | None = None
    """The picture, before it is saved."""
    file: str | None = None
    """Path of the saved webp, relative to the run folder."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """When, where and which law: what a verdict rests on."""

    start_s: float
    """When it starts, seconds from the first decoded frame."""
    end_s: float
    """When it ends."""
    box: Box | None
    """Where; None for the whole frame."""
    law: str | None
    """Id of the law it speaks of."""
    magnitude: float | None
    """How strong, in `unit`."""
    unit: str | None
    """Unit of the magnitude."""
    text: str
    """One sentence for people."""
    probability: float = 1.0
    """How strongly it speaks for a violation, 0-1; evidence is listed strongest first."""
    track_ids: tuple[int, ...] = ()
    """The tracks it was seen on."""
    frames: tuple[EvidenceFrame, ...] = ()
    """At most three frames to look at."""
    tracks: PointTracks | None = None
    """The cited tracks, before they are saved."""
    tracks_file: str | None = None
    """Path of the saved tracks (JSON), relative to the run folder."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """The answer to one question about one video."""

    video_sha256: str
    """Digest of the video."""
    question_id: str
    """Id of the question in its suite."""
    label: str
    """The most probable label of the question's scale."""
    probabilities: Mapping[str, float]
    """Probability of every label; they sum to 1."""
    score: float
    """Expected value of the label on its scale, 0-1, 1 = best."""
    fingerprint: str
    """Fingerprint of the judge."""
    evidence: tuple[Evidence, ...] = ()
    """What it rests on, strongest first."""
    seconds: float = 0.0
    """Time spent on it; a clip's time is shared out over its questions."""
    tokens: int = 0
    """Tokens spent on it."""


@dataclass(frozen=True, eq=False)
class Unscored:
    """No verdict on one question, and why. A type of its own: it has no score to average by mistake."""

    video_sha256: str
    """Digest of the video."""
    question_id: str
    """Id of the question in its suite."""
    reason: Reason
    """Kind of reason."""
    detail: str
    """The reason in words."""
    fingerprint: str
    """Fingerprint of the judge."""
    leaning: float | None = None
    """The score it would have been, 0-1: used to rank clips and for nothing else."""
    evidence: tuple[Evidence, ...] = ()
    """What was seen all the same."""
    seconds: float = 0.0
    """Time spent on it."""
    tokens: int = 0
    """Tokens spent on it."""


@dataclass(frozen=True, eq=False)
class ClipResult:
    """What the verdicts on one clip come to (see `lawful.judge.summary.summarise`)."""

    answer: Answer
    """The clip's answer."""
    reason: str
    """The answer's reason in a sentence."""
    score: float
    """Plausibility, 0-1, 1 = best; for ranking clips only. NaN where nothing leans either way."""
    rule: str
    """Name of the rule that made it."""
    n_scored: int
    """Questions with a verdict."""
    n_unscored: int
    """Questions without one."""
    n_not_asked: int
    """Of those, questions that the judge does not answer at all."""
    verdicts: tuple[Verdict | Unscored, ...]
    """Worst first, then those without a say in the answer, unscored last."""


def expected_value(scale: Scale, probabilities: Mapping[str, float]) -> float:
    """The expected value of a label on its scale."""
    value = sum(scale.values[label] * probability for label, probability in probabilities.items())
    return min(max(value, 0.0), 1.0)
