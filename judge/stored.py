"""What a run holds of one clip under one suite and one judge, as reports read it."""

from collections.abc import Mapping
from dataclasses import dataclass

from lawful.judge.records import Unscored, Verdict
from lawful.judge.summary import SummaryRule
from lawful.video.drift import Drift


@dataclass(frozen=True)
class AskedQuestion:
    """A question as it was asked."""

    id: str
    """Id in its suite."""
    text: str
    """The question's text."""
    axis: str
    """What it counts towards."""
    law: str | None
    """Id of its law."""
    scale: Mapping[str, float]
    """Value in [0, 1] of every label, 1 = best."""
    tier: int | None = None
    """Tier, 1 = the ground that the others stand on; None without tiers."""


@dataclass(frozen=True)
class Way:
    """How a look was taken."""

    fps: float | None = None
    """Frames a second that the judge looked at; None where no rate chooses its frames."""
    wording: int = 0
    """Which of the judge's wordings was used, from 0."""
    rerun: int = 0
    """Which of the looks with this rate and this wording it is, from 0."""


@dataclass(frozen=True, eq=False)
class StoredClip:
    """One input of a run under one suite and one judge."""

    video: str
    """The input's path as it is shown to people."""
    path: str
    """The input's absolute path when it was scored."""
    sha256: str | None
    """Digest of its bytes; None if it could not be read at all."""
    suite: str
    """Id of the suite."""
    judge: str
    """Name of the judge."""
    fingerprint: str
    """Fingerprint of the judge; for looks at several frame rates, of the judge at one frame a second."""
    rule: SummaryRule
    """How the judge's verdicts become an answer."""
    generator: str | None
    """Who made the video, where the user said so."""
    case: str | None
    """Case of the suite, where the user said so."""
    prompt: str | None
    """The video's prompt, where the user gave it."""
    seed: int | None
    """The seed it was made with, where the user gave it."""
    error: str | None
    """Why it could not be scored; None if it was."""
    duration_s: float | None
    """Time from the first to the end of the last decoded frame."""
    width_px: int | None
    """Width as shown."""
    height_px: int | None
    """Height as shown."""
    questions: tuple[AskedQuestion, ...]
    """What was asked, in order."""
    repeats: tuple[tuple[Verdict | Unscored, ...], ...]
    """The outcomes in the order of the questions, once for each look that is done: by frame rate, then by repeat."""
    image_fps: float | None = None
    """Frames a second, for a folder of images."""
    gate_at: float | None = None
    """Mean score from which a tier of the suite bears the next; None where tiers only order. The outcomes are as they
    were given: `lawful.judge.tiers` puts the gate in place."""
    ways: tuple[Way, ...] = ()
    """How each of the looks was taken, one for each of `repeats`; empty where that is not known."""


@dataclass(frozen=True, eq=False)
class StoredPrefix:
    """One input of a run under one suite and one judge, looked at as if it ended early."""

    clip: StoredClip
    """The outcomes of that look; its facts, the duration among them, are those of the whole clip."""
    until_s: float
    """Where the look ended, seconds from the first decoded frame."""
    drift: Drift | None
    """What the clip looks like just before; None where no frame was read."""
