"""The judge of drawn tasks: a program checks whether a video ends as its task of the suite `rules` should.

It goes by content, not by names: which task a video is of is told by the case's first frame and expected outcome, and
the one question that it answers is the task's own on its rule. It looks at every frame, keeps one of them, and answers
with the best label or the worst. Where it cannot read a video it says why and gives no verdict.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from lawful.checklists.suite import Question
from lawful.checklists.tasks.canvas import WIDTH, read_picture
from lawful.checklists.tasks.make import MAKERS, SHIPPED_EACH, SHIPPED_SEED, draw_task
from lawful.checklists.tasks.records import AnyPicture, Outcome, Picture, Task, Watched
from lawful.checklists.tasks.seen import colour_map, likeness, seen_colours
from lawful.core.errors import InputError
from lawful.core.fields import Fields
from lawful.judge.protocol import Given, fingerprint
from lawful.judge.records import Event, Evidence, EvidenceFrame, Unscored, Verdict
from lawful.judge.summary import SummaryRule
from lawful.video.frames import Box, ClipMeta, Frames
from lawful.video.sampling import Sampling

VERSION = 2
"""Goes up whenever a verdict may change."""
MIN_LIKENESS = 0.6
"""How like the task's first frame a video must begin, to be read at all (see `lawful.checklists.tasks.seen.likeness`).
Blurred, noisy and recompressed first frames have 0.8 or more; pictures of one colour and tasks of other kinds half or
less."""


@dataclass(frozen=True, eq=False)
class OutcomeState:
    """How far a video was watched, however long it is."""

    meta: ClipMeta
    """The video."""
    questions: tuple[Question, ...]
    """What is asked."""
    task: str | None
    """Key of its task; None where that is not known."""
    unread: str | None
    """Why the video cannot be read, in words; None as long as it can."""
    watched: Watched
    """What the check has seen."""
    time_s: float = 0.0
    """Time of the last frame, or of the one that decided."""


@dataclass(frozen=True)
class OutcomeJudge:
    """Checks the outcomes of drawn tasks."""

    seed: int = SHIPPED_SEED
    """Seed that the tasks were drawn with."""
    each: int = SHIPPED_EACH
    """How many of each kind were drawn."""

    @property
    def name(self) -> str:
        """The name users type."""
        return "outcome"

    @property
    def runs_on(self) -> Literal["cpu", "device", "network"]:
        """Where its work is done."""
        return "cpu"

    @property
    def given(self) -> frozenset[Given]:
        """What tells the task."""
        return frozenset({"first_frame", "expected"})

    @property
    def sampling(self) -> Sampling:
        """All frames, as large as first frames are drawn."""
        return Sampling(long_side_px=WIDTH)

    @property
    def rule(self) -> SummaryRule:
        """Its scores are 0 and 1."""
        return SummaryRule("outcome-1", "min", violation_at=0.25, clear_at=0.75)

    def identity(self) -> Mapping[str, Any]:
        """Code version, what it takes for readable, and which tasks it knows."""
        return {"version": VERSION, "min_likeness": MIN_LIKENESS, "seed": self.seed, "each": self.each}

    def answers(self, question: Question) -> bool:
        """The question on the rule of a task that it knows; nothing else can be told from a task's outcome."""
        return question.text in self._rules and len(question.scale.values) > 1

    def open(
        self, meta: ClipMeta, questions: Sequence[Question], given: Mapping[Given, str], repeat: int = 0
    ) -> OutcomeState:
        """The state before the first frame; nothing is random.

        Raises:
            InputError: The file of the first frame is no picture.
        """
        task, unread = None, None
        if "first_frame" not in given or "expected" not in given:
            unread = "the first frame and the expected outcome of its case are not known"
        else:
            path = Path(given["first_frame"])
            picture = read_picture(path)
            task = None if picture is None else _key(picture, given["expected"])
            if task not in self._tasks:
                unread = (
                    f"{path.name} with its expected outcome is of none of the {len(self._tasks)} tasks that seed "
                    f"{self.seed} draws, {self.each} of each kind: set seed and each as the tasks were drawn"
                )
        return OutcomeState(meta, tuple(questions), task, unread, Watched())

    def push(self, state: OutcomeState, frames: Frames) -> OutcomeState:
        """The state after some more frames."""
        for picture, time_s in zip(frames.rgb, frames.times_s, strict=True):
            if state.unread is not None or state.watched.outcome is not None:
                return state
            assert state.task is not None
            try:
                state = _watch(state, self._tasks[state.task], picture, float(time_s))
            except InputError as error:
                state = replace(state, unread=str(error))
        return state

    def events(self, state: OutcomeState) -> Sequence[Event]:
        """It says nothing before the end."""
        return ()

    def close(self, state: OutcomeState) -> list[Verdict | Unscored]:
        """The outcome of every question, in order."""
        return [self._answer(state, question) for question in state.questions]

    def _answer(self, state: OutcomeState, question: Question) -> Verdict | Unscored:
        if state.unread is not None:
            return self._abstained(state, question, state.unread)
        assert state.task is not None
        task = self._tasks[state.task]
        if task.rule != question.text:
            return self._abstained(state, question, f"the video is of {task.case}, which has another rule")
        outcome = task.check.outcome(state.watched)
        label = question.scale.best if outcome.right else question.scale.worst
        return Verdict(
            state.meta.video_sha256,
            question.id,
            label,
            {other: float(other == label) for other in question.scale.values},
            question.scale.values[label],
            fingerprint(self),
            (_evidence(outcome, state, question),),
        )

    def _abstained(self, state: OutcomeState, question: Question, why: str) -> Unscored:
        return Unscored(state.meta.video_sha256, question.id, "abstained", why, fingerprint(self))

    @cached_property
    def _tasks(self) -> Mapping[str, Task]:
        names = (f"{kind}/{index}" for kind in MAKERS for index in range(1, self.each + 1))
        tasks = (draw_task(name, self.seed) for name in names)
        return {_key(task.first_frame, task.expected): task for task in tasks}

    @cached_property
    def _rules(self) -> frozenset[str]:
        return frozenset(task.rule for task in self._tasks.values())


def make_outcome(config: Mapping[str, Any]) -> OutcomeJudge:
    """The judge of drawn tasks.

    Args:
        config: `seed` and `each` with which the tasks were drawn, where these are not the tasks that ship.

    Raises:
        InputError: A setting is not usable.
    """
    fields = Fields(config, "the settings of outcome")
    fields.only("seed", "each")
    seed = fields.whole("seed") if "seed" in config else SHIPPED_SEED
    each = fields.whole("each") if "each" in config else SHIPPED_EACH
    if seed < 0 or each < 1:
        raise InputError(
            f"{fields.where}: seed must be 0 or more and each 1 or more, got seed = {seed}, each = {each}"
        )
    return OutcomeJudge(seed, each)


def _key(first_frame: Picture, expected: str) -> str:
    """What tells a task from all others: two may begin alike and end differently, or the other way round."""
    return f"{hashlib.sha256(first_frame.tobytes()).hexdigest()} {expected}"


def _watch(state: OutcomeState, task: Task, picture: AnyPicture, time_s: float) -> OutcomeState:
    if state.watched.n_frames == 0:
        like = likeness(colour_map(task.first_frame), seen_colours(picture))
        if like < MIN_LIKENESS:
            return replace(
                state,
                unread=f"the video does not begin with the first frame of {task.case}: likeness {like:.2f}, needed "
                f"{MIN_LIKENESS:g}",
            )
    return replace(state, watched=task.check.watch(state.watched, picture), time_s=time_s)


def _evidence(outcome: Outcome, state: OutcomeState, question: Question) -> Evidence:
    return Evidence(
        start_s=state.time_s,
        end_s=state.time_s,
        box=None if outcome.box is None else Box(*outcome.box),
        law=question.law,
        magnitude=None,
        unit=None,
        text=f"{outcome.reason[0].upper()}{outcome.reason[1:]}.",
        probability=0.0 if outcome.right else 1.0,
        frames=(EvidenceFrame(state.time_s, state.watched.last),),
    )
