"""What a judge is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal, Protocol, runtime_checkable

from lawful.checklists.suite import Question
from lawful.core.digest import digest
from lawful.core.errors import AbsentError
from lawful.judge.bill import Allowance, Bill
from lawful.judge.records import Event, Unscored, Verdict
from lawful.judge.summary import SummaryRule
from lawful.video.frames import ClipMeta, Frames
from lawful.video.sampling import Sampling

Given = Literal["prompt", "expected", "first_frame", "questions"]
"""What a judge may be given beside the pixels and the question: the prompt, the expected outcome, the path of the given
first frame; and all other questions that it answers of the clip, at once. That last hands over nothing more, but the
verdict on a question then stands under all of them, in order, and no part of them is asked alone."""


@runtime_checkable
class Judge(Protocol):
    """Looks at a clip chunk by chunk and answers questions at its end.

    The state is a value, bounded in the clip's length: `copy.deepcopy` saves it and a saved state may be
    pushed to again. Chunks of any size give the same verdicts. `push` may reuse the memory of the state
    that it is given, so only the returned one may be used afterwards.
    """

    @property
    def name(self) -> str:
        """The name users type."""
        ...

    @property
    def runs_on(self) -> Literal["cpu", "device", "network"]:
        """Where its work is done."""
        ...

    @property
    def given(self) -> frozenset[Given]:
        """What it wants to be given beside pixels and questions; nothing else enters its request key."""
        ...

    @property
    def sampling(self) -> Sampling:
        """The frames that it wants to be pushed."""
        ...

    @property
    def rule(self) -> SummaryRule:
        """How its verdicts become a clip's answer."""
        ...

    def identity(self) -> Mapping[str, Any]:
        """All that may change its verdicts, as JSON; its digest is the fingerprint.

        Code version, weights digest, template, frame policy, thresholds, dtype; no library versions.
        """
        ...

    def answers(self, question: Question) -> bool:
        """Whether it answers such a question; the others become `Unscored("not_asked")`."""
        ...

    def open(
        self, meta: ClipMeta, questions: Sequence[Question], given: Mapping[Given, str], repeat: int = 0
    ) -> Any:
        """The state before the first frame; `repeat`, from 0, is the seed of whatever is random."""
        ...

    def push(self, state: Any, frames: Frames) -> Any:
        """The state after some more frames."""
        ...

    def events(self, state: Any) -> Sequence[Event]:
        """What has been said so far."""
        ...

    def close(self, state: Any) -> list[Verdict | Unscored]:
        """The outcome of every question that it was opened with, in their order."""
        ...


@runtime_checkable
class Varied(Judge, Protocol):
    """A judge that can look at a clip in several ways, so that it can be told how far its verdicts hang on them."""

    @property
    def fps(self) -> float | None:
        """Frames a second that it looks at; None where something else chooses them."""
        ...

    @property
    def n_wordings(self) -> int:
        """Wordings of a question: look r uses number r modulo so many."""
        ...

    def at_fps(self, fps: float) -> "Varied":
        """The same judge at another rate; what takes memory, such as a model, is shared with this one.

        Raises:
            InputError: No rate chooses its frames.
        """
        ...


@runtime_checkable
class Remote(Judge, Protocol):
    """A judge that asks a server: what it is asked costs money, and leaves the machine. Used from several threads."""

    @property
    def n_at_once(self) -> int:
        """Clips that are best looked at at once."""
        ...

    def notices(self) -> tuple[str, ...]:
        """What the user should know before the first frame is sent, as sentences."""
        ...

    def begin(self, allowance: Allowance | None) -> None:
        """Begin anew, with no more to spend than some allowance.

        When it is spent, `close` raises `lawful.judge.bill.SpentError`, or returns what was answered before.

        Raises:
            InputError: What calls cost is not known.
        """
        ...

    def estimate(
        self,
        meta: ClipMeta,
        questions: Sequence[Question],
        given: Mapping[Given, str],
        until_s: float | None = None,
    ) -> Bill:
        """What a look at a clip, as far as some time of it, is likely to cost."""
        ...

    def spent(self) -> Bill:
        """What was answered since it began, and its cost."""
        ...

    def remarks(self) -> tuple[str, ...]:
        """What the user should know once all is asked, as sentences."""
        ...

    def halt(self) -> None:
        """Begin no more calls, because the user stopped the run."""
        ...

    @property
    def stopped(self) -> AbsentError | None:
        """Why it asks no more since it began, which leaves something unasked; None while it asks."""
        ...


def fingerprint(judge: Judge) -> str:
    """The digest (64 hex digits) under which a judge's verdicts are stored."""
    return digest({"judge": judge.name, "rule": asdict(judge.rule), **judge.identity()})


def series(judge: Judge) -> str:
    """A digest (64 hex digits) that a judge has in common with itself at other frame rates."""
    return fingerprint(judge.at_fps(1.0) if isinstance(judge, Varied) and judge.fps is not None else judge)
