"""Counts of a run: answers, coverage and violated laws for every suite, judge and generator."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from lawful.judge.records import Verdict
from lawful.reports.rows import JudgedClip
from lawful.reports.spread import Spread


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
class Spreads:
    """The spreads of many clips, pooled."""

    squares: dict[str, float] = field(default_factory=dict)
    """Sum of the variances over clips, by what varied."""
    n: dict[str, int] = field(default_factory=dict)
    """Clips in which it varied."""
    n_compared: int = 0
    """Questions with a label at two frame rates or more, over all clips."""
    n_flipped: int = 0
    """Of those, questions whose label is not the same at all of them."""

    def add(self, spread: Spread) -> None:
        """Take one more clip."""
        for name, value in (
            ("re-runs", spread.rerun),
            ("wordings", spread.wording),
            ("frame rates", spread.rate),
        ):
            if not math.isnan(value):
                self.squares[name] = self.squares.get(name, 0.0) + value**2
                self.n[name] = self.n.get(name, 0) + 1
        self.n_compared += spread.n_compared
        self.n_flipped += spread.n_flipped

    def sentence(self) -> str:
        """All of it for people; empty if nothing varied."""
        parts = [
            f"{math.sqrt(self.squares[name] / n):.3f} over {name} ({n} clip{'s' if n > 1 else ''})"
            for name, n in self.n.items()
        ]
        told = [f"standard deviation of a clip's score: {', '.join(parts)}"] if parts else []
        if self.n_compared:
            told.append(
                f"{self.n_flipped} of {self.n_compared} questions change their label with the frame rate"
            )
        return "; ".join(told)


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
    spreads: Spreads = field(default_factory=Spreads)
    """How far scores and labels hang on how the judge looked."""

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
        self.spreads.add(judged_clip.spread)


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


def spread_sentences(tally: Tally) -> list[tuple[str, str]]:
    """For each suite and judge that looked in several ways: its name, and how far that mattered."""
    told = [(key, tally.groups[key].spreads.sentence()) for key in sorted(tally.groups, key=GroupKey.names)]
    return [(f"{key.suite}, {key.judge}", sentence) for key, sentence in told if sentence]


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
