"""The scores of runs: what every judge says of every video, without the evidence, and the measures made of it."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from lawful.judge.reading import read_run
from lawful.judge.records import Answer, Reason, Unscored, Verdict
from lawful.judge.stored import AskedQuestion, StoredClip
from lawful.judge.summary import AXES_WITHOUT_SAY
from lawful.reports.repeats import combine
from lawful.reports.rows import judged

MeasureKind = Literal["answer", "clip", "axis", "law", "question"]


@dataclass(frozen=True, slots=True)
class Answered:
    """The outcome of one question."""

    question: AskedQuestion
    """What was asked."""
    score: float
    """Expected value of the label, 0-1, 1 = best; NaN if unscored."""
    label: str | None
    """The most probable label; None if unscored."""
    reason: Reason | None
    """Why there is no score; None if there is one."""

    @property
    def value(self) -> float:
        """Value of the label alone, as suites without probabilities count it; NaN if unscored."""
        return math.nan if self.label is None else self.question.scale[self.label]


@dataclass(frozen=True, slots=True)
class ScoredClip:
    """What one judge says of one video under one suite."""

    run: str
    """Name of the run's folder."""
    video: str
    """The input's name within its run."""
    sha256: str | None
    """Digest of its bytes; None if it could not be read at all."""
    suite: str
    """Id of the suite."""
    judge: str
    """Name of the judge."""
    fingerprint: str
    """Fingerprint of the judge."""
    generator: str | None
    """Who made the video, where that is known."""
    case: str | None
    """Id of its case in the suite; where it has groups, as in "science/physics/3", they come first."""
    prompt: str | None
    """Its prompt, where that is known."""
    seed: int | None
    """Its seed, where that is known."""
    answer: Answer | None
    """The clip's answer; None if it could not be scored."""
    score: float
    """The clip's plausibility, 0-1; NaN where nothing leans either way."""
    answers: tuple[Answered, ...]
    """All questions in the order in which they were asked, looks combined, whatever a gate of the suite makes of them;
    empty if it could not be scored."""
    repeats: tuple[tuple[Answered, ...], ...]
    """The same for each repeated look; of looks at several frame rates, those at the lowest, so that they are repeats."""
    gate_at: float | None = None
    """Mean score from which a tier of the suite bears the next; None where tiers only order."""

    @property
    def subject(self) -> str:
        """What was asked of the generator: the case, else the prompt, else the file's name without its ending."""
        return self.case or self.prompt or PurePosixPath(self.video).stem


@dataclass(frozen=True, order=True)
class Measure:
    """A number that can be read off a clip."""

    kind: MeasureKind
    """`answer`: 1 where no violation was found, 0 where one was; `clip`: the clip's score; or the mean over
    the questions of an axis or a law, or one question's score."""
    name: str = ""
    """Name of the axis or law, id of the question; empty for the others."""

    def __str__(self) -> str:
        whole = {"answer": "no violation", "clip": "clip score"}
        return whole.get(self.kind, f"{self.kind} {self.name}")

    def of(self, clip: ScoredClip) -> float:
        """The clip's value, 0-1, 1 = best; NaN where no question that counts has a score.

        Answer and clip score are those of answered clips alone: "not sure" is NaN.
        """
        if self.kind == "answer":
            return {"none_found": 1.0, "violation": 0.0}.get(clip.answer or "", math.nan)
        if self.kind == "clip":
            return clip.score if clip.answer in ("none_found", "violation") else math.nan
        scores = [one.score for one in self.asked(clip.answers) if one.reason is None]
        return math.fsum(scores) / len(scores) if scores else math.nan

    def asked(self, answers: Iterable[Answered]) -> Iterator[Answered]:
        """The questions that count towards it; all of them for answer and clip score, none of fact for a law."""
        for one in answers:
            if _name(one.question, self.kind) == self.name:
                yield one


WHOLE = (Measure("answer"), Measure("clip"))
"""The measures of a whole clip, which come before those of axes, laws and questions."""


def read_scores(runs: Sequence[Path]) -> tuple[ScoredClip, ...]:
    """All clips of some runs, in the order of the runs; runs of one name are told apart by a number.

    Raises:
        InputError: A folder holds no run, or a damaged one.
    """
    names = run_names(runs)
    return tuple(scored(clip, name) for run, name in zip(runs, names, strict=True) for clip in read_run(run))


def run_names(runs: Sequence[Path]) -> tuple[str, ...]:
    """A name for each run: that of its folder; the second of a name gets " (2)"."""
    names: list[str] = []
    for run in runs:
        name = run.resolve().name
        times = sum(one == name or one.startswith(f"{name} (") for one in names)
        names.append(f"{name} ({times + 1})" if times else name)
    return tuple(names)


def scored(clip: StoredClip, run: str) -> ScoredClip:
    """The scores of a clip.

    Raises:
        InputError: A verdict answers a question that was not asked.
    """
    found = judged(clip)
    asked = {question.id: question for question in clip.questions}
    return ScoredClip(
        run=run,
        video=clip.video,
        sha256=clip.sha256,
        suite=clip.suite,
        judge=clip.judge,
        fingerprint=clip.fingerprint,
        generator=clip.generator,
        case=clip.case,
        prompt=clip.prompt,
        seed=clip.seed,
        answer=None if found.result is None else found.result.answer,
        score=math.nan if found.result is None else found.result.score,
        answers=_answers(combine(clip.repeats), asked),
        repeats=tuple(_answers(outcomes, asked) for outcomes in _reruns(clip)),
        gate_at=clip.gate_at,
    )


def _reruns(clip: StoredClip) -> tuple[tuple[Verdict | Unscored, ...], ...]:
    if not clip.ways:
        return clip.repeats
    return tuple(
        outcomes for way, outcomes in zip(clip.ways, clip.repeats, strict=True) if way.fps == clip.ways[0].fps
    )


def measures(
    clips: Iterable[ScoredClip], kinds: Sequence[MeasureKind], *, facts: bool = True
) -> tuple[Measure, ...]:
    """The measures of some kinds that any clip has questions for, in the order of the kinds, then by name.

    Args:
        clips: The clips.
        kinds: The kinds.
        facts: Whether questions of fact have measures too: right there is what is so, not what is best.
    """
    found: dict[MeasureKind, set[str]] = {kind: set() for kind in kinds}
    for clip in clips:
        for one in clip.answers:
            if not facts and one.question.axis in AXES_WITHOUT_SAY:
                continue
            for kind in kinds:
                name = _name(one.question, kind)
                if name is not None:
                    found[kind].add(name)
    return tuple(Measure(kind, name) for kind in kinds for name in sorted(found[kind]))


def _name(question: AskedQuestion, kind: MeasureKind) -> str | None:
    """The name of the measure of a kind that a question counts towards; None where it counts towards none."""
    if kind == "axis":
        return question.axis
    if kind == "law":
        return None if question.axis in AXES_WITHOUT_SAY else question.law
    return question.id if kind == "question" else ""


def _answers(outcomes: Iterable[Verdict | Unscored], asked: dict[str, AskedQuestion]) -> tuple[Answered, ...]:
    return tuple(
        [
            Answered(asked[one.question_id], one.score, one.label, None)
            if isinstance(one, Verdict)
            else Answered(asked[one.question_id], math.nan, None, one.reason)
            for one in outcomes
        ]
    )
