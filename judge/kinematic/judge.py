"""The embedded judge: tracks, camera, objects, a scorer's peaks, and witnesses with units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from lawful.checklists.laws import families_of
from lawful.checklists.suite import Question
from lawful.judge.kinematic.combine import Weigher, conditions_of, label_probabilities, weigher_of
from lawful.judge.kinematic.findings import Said
from lawful.judge.kinematic.gates import Tally, abstention
from lawful.judge.kinematic.intake import Intake, Taken, last_in, open_intake, take_in
from lawful.judge.kinematic.ledger import Ledger, enter, evidence_of, strengths_of
from lawful.judge.kinematic.scorer import Scorer, SpikeScorer
from lawful.judge.kinematic.settings import FAMILIES, Settings, load_settings
from lawful.judge.kinematic.shot import Instruments, Shot, close_shot, push_moment
from lawful.judge.kinematic.spine.eye import shipped_eye
from lawful.judge.kinematic.tracker import LucasKanade, PairTracker
from lawful.judge.protocol import Given, fingerprint
from lawful.judge.records import Event, Unscored, Verdict
from lawful.judge.summary import SummaryRule
from lawful.video.frames import ClipMeta, Frames
from lawful.video.sampling import Sampling

VERSION = 12
"""Goes up whenever a verdict may change."""


@dataclass
class KinematicState:
    """All that is kept of a clip; bounded in its length."""

    meta: ClipMeta
    """The clip."""
    questions: tuple[Question, ...]
    """What is asked."""
    intake: Intake
    """What is known of pace and cuts."""
    shot: Shot = field(default_factory=Shot)
    """The shot that runs."""
    tally: Tally = field(default_factory=Tally)
    """What the clip was like so far."""
    ledger: Ledger = field(default_factory=Ledger)
    """What was said so far."""


@dataclass(frozen=True)
class KinematicJudge:
    """Looks for breaks of continuity, existence, appearance and the motion of rigid bodies.

    Three answers: it found one, it found none, or it abstains and says why (see `docs/kinematic.md`).
    """

    settings: Settings
    """Thresholds and sizes."""
    tracker: PairTracker = field(default_factory=LucasKanade)
    """Follows points."""
    scorer: Scorer = field(default_factory=SpikeScorer)
    """Says where to look."""

    @cached_property
    def weigher(self) -> Weigher:
        """What findings are weighed with."""
        return weigher_of(self.settings)

    @cached_property
    def instruments(self) -> Instruments:
        """What shots are looked at with."""
        eye = shipped_eye() if self.settings.net else None
        return Instruments(self.settings.long_side_px, self.tracker, self.scorer, eye)

    @property
    def name(self) -> str:
        """The name users type."""
        return "kinematic"

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
        """All frames: repeated ones must be seen to be dropped, and the pace must be known."""
        return Sampling(long_side_px=self.settings.evidence_long_side_px)

    @property
    def rule(self) -> SummaryRule:
        """The worst question decides."""
        return SummaryRule("worst", "min", self.settings.violation_at, self.settings.clear_at)

    def identity(self) -> Mapping[str, Any]:
        """Code version, tracker, scorer, settings and frame policy."""
        return {
            "version": VERSION,
            "tracker": self.tracker.name,
            "scorer": self.scorer.name,
            "settings": self.settings.as_json(),
        }

    def answers(self, question: Question) -> bool:
        """Whether one of the families that it looks for would make the question's answer bad."""
        return bool(_asked(question))

    def open(
        self, meta: ClipMeta, questions: Sequence[Question], given: Mapping[Given, str], repeat: int = 0
    ) -> KinematicState:
        """The state before the first frame; nothing here is random."""
        return KinematicState(meta, tuple(questions), open_intake())

    def push(self, state: KinematicState, frames: Frames) -> KinematicState:
        """The state after some more frames; changes the one given."""
        for now_s, ready in take_in(state.intake, frames, self.settings.max_fps):
            for taken in ready:
                self._look(state, taken, now_s)
        return state

    def _look(self, state: KinematicState, taken: Taken, now_s: float) -> None:
        if taken.starts_shot:
            self._enter(state, close_shot(state.shot, self.instruments), now_s)
            state.tally.cuts += 1
            state.shot = Shot(next_track_id=state.shot.tracks.next_id, next_body_id=state.shot.seen.next_id)
        said = push_moment(
            state.shot,
            taken.rgb,
            taken.time_s,
            taken.differs,
            self.instruments,
            state.tally,
        )
        self._enter(state, said, now_s)

    def _enter(self, state: KinematicState, said: Sequence[Said], now_s: float) -> None:
        if said:
            so_far = conditions_of(state.tally, self.settings.exposure_s)
            enter(state.ledger, said, self.weigher, so_far, now_s)

    def events(self, state: KinematicState) -> Sequence[Event]:
        """What has been said so far."""
        return tuple(state.ledger.events)

    def close(self, state: KinematicState) -> list[Verdict | Unscored]:
        """The outcome of every question, in order."""
        if not self.settings.causal:
            now_s = state.intake.taken_s or 0.0
            for taken in last_in(state.intake):
                self._look(state, taken, now_s)
            self._enter(state, close_shot(state.shot, self.instruments), now_s)
        families = {family for question in state.questions for family in _asked(question)}
        chance = self.weigher.question_chance(
            sorted(families), strengths_of(state.ledger), conditions_of(state.tally)
        )
        found = chance <= 0.5
        reason = abstention(state.tally, self.settings.gates, found)
        judge_fingerprint = fingerprint(self)
        return [self._outcome(state, question, reason, judge_fingerprint) for question in state.questions]

    def _outcome(
        self, state: KinematicState, question: Question, reason: str | None, judge_fingerprint: str
    ) -> Verdict | Unscored:
        conditions = conditions_of(state.tally)
        chance = self.weigher.question_chance(_asked(question), strengths_of(state.ledger), conditions)
        probabilities = label_probabilities(question, 1 - chance)
        score = sum(question.scale.values[label] * share for label, share in probabilities.items())
        evidence = evidence_of(state.ledger, _asked(question), self.weigher, conditions)
        if reason is not None:
            return Unscored(
                state.meta.video_sha256, question.id, "abstained", reason, judge_fingerprint, score, evidence
            )
        label = max(probabilities, key=lambda name: probabilities[name])
        return Verdict(
            state.meta.video_sha256, question.id, label, probabilities, score, judge_fingerprint, evidence
        )


def make_kinematic(config: Mapping[str, Any]) -> KinematicJudge:
    """The judge with the shipped settings, those of `config` in their place.

    Raises:
        InputError: A setting is unknown, has the wrong type or is out of range.
    """
    return KinematicJudge(load_settings(config))


def _asked(question: Question) -> tuple[str, ...]:
    return tuple(family for family in families_of(question) if family in FAMILIES)
