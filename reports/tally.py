"""Counts of a run: answers, coverage and violated laws for every suite, judge and generator."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from lawful.judge.records import Verdict
from lawful.reports.rows import JudgedClip


@dataclass(frozen=True)
class GroupKey:
    """What is counted together."""

    suite: str
    """Id of the suite."""
    judge: str
    """Name of the judge."""
    generator: str | None = None
    """Who made the videos; None for all generators together."""

    def names(self) -> tuple[str, str, str]:
        """The order in which groups are shown."""
        return (self.suite, self.judge, self.generator or "")


@dataclass
class Counts:
    """Running counts over clips. Rates and means are over answered clips and stand beside their n."""

    n: int = 0
    """Clips, failed ones included."""
    failed: int = 0
    """Clips without an answer because they could not be scored."""
    answers: Counter[str] = field(default_factory=Counter)
    """Clips by answer."""
    laws: Counter[str] = field(default_factory=Counter)
    """Clips answered "violation" by the laws that were broken in them; a clip may count for several."""
    score_sum: float = 0.0
    """Sum of the scores of answered clips."""
    n_scored_questions: int = 0
    """Questions with a verdict, over all clips."""
    n_unscored_questions: int = 0
    """Questions without one."""
    n_not_asked: int = 0
    """Of those, questions that the judge does not answer at all."""

    @property
    def answered(self) -> int:
        """Clips answered "violation" or "none_found"."""
        return self.answers["violation"] + self.answers["none_found"]

    @property
    def coverage(self) -> float:
        """Share of all clips that are answered, 0-1; NaN for no clips."""
        return self.answered / self.n if self.n else math.nan

    @property
    def mean_score(self) -> float:
        """Mean score of the answered clips; NaN for none."""
        return self.score_sum / self.answered if self.answered else math.nan

    def add(self, judged_clip: JudgedClip, broken: Sequence[str]) -> None:
        """Count one more clip, and the laws that it breaks."""
        self.n += 1
        result = judged_clip.result
        if result is None:
            self.failed += 1
            return
        self.answers[result.answer] += 1
        self.n_scored_questions += result.n_scored
        self.n_unscored_questions += result.n_unscored
        self.n_not_asked += result.n_not_asked
        if result.answer != "not_sure":
            self.score_sum += result.score
        self.laws.update(broken)


@dataclass
class Tally:
    """The counts of a run, filled clip by clip."""

    total: Counts = field(default_factory=Counts)
    """All lines of the report."""
    groups: dict[GroupKey, Counts] = field(default_factory=dict)
    """By suite and judge."""
    generators: dict[GroupKey, Counts] = field(default_factory=dict)
    """By suite, judge and generator, for clips whose generator is known."""

    def add(self, judged_clip: JudgedClip) -> None:
        """Count one more clip."""
        clip, broken = judged_clip.clip, violated_laws(judged_clip)
        self.total.add(judged_clip, broken)
        self.groups.setdefault(GroupKey(clip.suite, clip.judge), Counts()).add(judged_clip, broken)
        if clip.generator is not None:
            key = GroupKey(clip.suite, clip.judge, clip.generator)
            self.generators.setdefault(key, Counts()).add(judged_clip, broken)


def violated_laws(judged_clip: JudgedClip) -> list[str]:
    """The laws that a clip answered "violation" breaks, worst first, each once."""
    result, rule = judged_clip.result, judged_clip.clip.rule
    if result is None or result.answer != "violation" or rule.violation_at is None:
        return []
    laws: dict[str, None] = {}
    for outcome, question in judged_clip.outcomes:
        if not isinstance(outcome, Verdict) or outcome.score > rule.violation_at:
            break
        law = question.law or next((one.law for one in outcome.evidence if one.law), None)
        if law is not None:
            laws[law] = None
    return list(laws)
