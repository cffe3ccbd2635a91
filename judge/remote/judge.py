"""The judge openai:<model>: frames are held while the clip runs and sent to a server at its end, with the questions."""

import importlib.util
import threading
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from lawful.checklists.suite import Question
from lawful.core.errors import AbsentError, InputError, LawfulError
from lawful.judge.bill import Allowance, Bill
from lawful.judge.protocol import Given, fingerprint
from lawful.judge.records import Event, Unscored, Verdict
from lawful.judge.remote.access import Address, find_address
from lawful.judge.remote.estimate import estimated_bill
from lawful.judge.remote.settings import RemoteSettings, read_settings
from lawful.judge.ruler import is_ruler_question
from lawful.judge.summary import SummaryRule
from lawful.judge.vlm.frames import FrameBuffer, chosen, hold, sampling_of
from lawful.video.frames import ClipMeta, Frames
from lawful.video.sampling import Sampling

if TYPE_CHECKING:
    from lawful.judge.remote.desk import Desk

VERSION = 1
"""Goes up whenever a verdict may change."""


@dataclass
class RemoteState:
    """What is kept of a clip."""

    meta: ClipMeta
    """The clip."""
    questions: tuple[Question, ...]
    """What is asked."""
    given: Mapping[Given, str]
    """What is known of it beside its pixels."""
    repeat: int
    """Which look this is, from 0."""
    buffer: FrameBuffer = field(default_factory=FrameBuffer)
    """The frames that are held."""


@dataclass(eq=False)
class Line:
    """The connection to the server once there is one: one for a judge at all its frame rates."""

    desk: "Desk | None" = None
    """Where calls are made; None until the first."""
    allowance: Allowance | None = None
    """What may be spent."""
    is_told: bool = False
    """Whether the user was told that frames leave the machine."""
    lock: Any = field(default_factory=threading.Lock)
    """Held while the connection is made."""


@dataclass(frozen=True, eq=False)
class RemoteJudge:
    """A judge that is a model behind a server. Its clips may be looked at from several threads."""

    model: str
    """The model's name on the server."""
    settings: RemoteSettings
    """All that may be set."""
    address: Address
    """The server and the key to it."""
    line: Line = field(default_factory=Line, repr=False)
    """The connection."""

    @property
    def name(self) -> str:
        """The name users type."""
        return f"openai:{self.model}"

    @property
    def runs_on(self) -> Literal["cpu", "device", "network"]:
        """Where its work is done."""
        return "network"

    @property
    def given(self) -> frozenset[Given]:
        """The prompt and the expected outcome, where questions are told them.

        Under RULER-Bench's protocol the first frame too, and the other questions where all are asked at once.
        """
        protocol = self.settings.protocol
        told = ("prompt", "expected") if self.settings.prompt_with != "never" else ()
        shown = ("first_frame",) if told and protocol != "own" else ()
        at_once = ("questions",) if protocol == "ruler" else ()
        return frozenset((*told, *shown, *at_once))

    @property
    def sampling(self) -> Sampling:
        """The frames that its policy chooses from."""
        return sampling_of(self.settings.policy)

    @property
    def rule(self) -> SummaryRule:
        """The worst question decides, by thresholds that are not calibrated; the mean score ranks."""
        return SummaryRule("openai-1", "mean", self.settings.violation_at, self.settings.clear_at)

    @property
    def fps(self) -> float | None:
        """Frames a second that its policy chooses from; None where it shows a fixed number."""
        return self.settings.policy.rate

    @property
    def n_wordings(self) -> int:
        """How many wordings repeated looks use in turn."""
        return len(self.settings.wordings)

    @property
    def n_at_once(self) -> int:
        """Clips that are best looked at at once."""
        return self.settings.access.at_once

    def at_fps(self, fps: float) -> "RemoteJudge":
        """The same model shown another number of frames a second.

        Raises:
            InputError: Its policy shows a fixed number of frames.
        """
        policy = self.settings.policy.at_fps(fps, self.name)
        return replace(self, settings=replace(self.settings, policy=policy))

    def identity(self) -> Mapping[str, Any]:
        """Code version, model, server (its given name, or a digest of its address), and all that is asked."""
        return {
            "version": VERSION,
            "model": self.model,
            "server": self.settings.endpoint or self.address.digest,
            "settings": self.settings.as_json(),
        }

    def answers(self, question: Question) -> bool:
        """It answers whatever has labels to choose from; under RULER-Bench's protocol, what has the protocol's."""
        return (
            len(question.scale.values) > 1 if self.settings.protocol == "own" else is_ruler_question(question)
        )

    def notices(self) -> tuple[str, ...]:
        """What the user should know before the first frame is sent."""
        self.line.is_told = True
        if self.address.is_local:
            return ()
        openly = ", unencrypted (http)" if self.address.is_plain else ""
        return (
            f"{self.name}: frames of the videos, and what is asked of them, leave this machine{openly}: they are sent "
            "to a server",
        )

    def begin(self, allowance: Allowance | None) -> None:
        """Begin anew, with no more to spend than some allowance.

        Raises:
            InputError: What calls cost is not known.
        """
        if allowance is not None and self.settings.access.prices is None:
            raise InputError(
                f"{self.name}: a budget needs prices, which are not known here. Set access.prices = {{input = ..., output = "
                "...}, for a million tokens, in the judge's settings."
            )
        self.line.allowance, self.line.desk = allowance, None

    def estimate(
        self,
        meta: ClipMeta,
        questions: Sequence[Question],
        given: Mapping[Given, str],
        until_s: float | None = None,
    ) -> Bill:
        """What a look at a clip is likely to cost."""
        return estimated_bill(self.settings, meta, questions, given, until_s)

    def spent(self) -> Bill:
        """What was answered so far, and its cost."""
        if self.line.desk is not None:
            return self.line.desk.bill
        prices = self.settings.access.prices
        return Bill() if prices is None else Bill(cost=0.0, currency=prices.currency)

    def remarks(self) -> tuple[str, ...]:
        """Says so where several versions of the model answered: one name then stands for several judges."""
        served = () if self.line.desk is None else self.line.desk.served
        if len(served) < 2:
            return ()
        return (f"{self.name}: {len(served)} versions of the model answered: {'; '.join(served)}",)

    def halt(self) -> None:
        """Begin no more calls, because the user stopped the run."""
        if self.line.desk is not None:
            self.line.desk.halt()

    @property
    def stopped(self) -> AbsentError | None:
        """Why no more calls are made; None while they are."""
        return None if self.line.desk is None else self.line.desk.stopped

    def open(
        self, meta: ClipMeta, questions: Sequence[Question], given: Mapping[Given, str], repeat: int = 0
    ) -> RemoteState:
        """The state before the first frame; `repeat` chooses the wording, and is the seed where there is a temperature.

        Raises:
            InputError: A protocol tells the video's prompt, which is not known.
        """
        if self.settings.protocol != "own" and "prompt" in self.given and "prompt" not in given:
            raise InputError(
                f'protocol = "{self.settings.protocol}" tells what the video was made for, and its prompt is not known. '
                'Name prompts or cases with --prompts, or set prompt_with = "never".'
            )
        return RemoteState(meta, tuple(questions), dict(given), repeat)

    def push(self, state: RemoteState, frames: Frames) -> RemoteState:
        """The state after some more frames; changes the one given."""
        state.buffer = hold(state.buffer, frames, self.settings.policy)
        return state

    def events(self, state: RemoteState) -> Sequence[Event]:
        """It says nothing before the end."""
        return ()

    def close(self, state: RemoteState) -> list[Verdict | Unscored]:
        """The outcome of every question, in order.

        Raises:
            AbsentError: The server cannot be asked, or what may be spent is spent.
        """
        from lawful.judge.remote.asking import Asked, RemoteAsker, sights_of

        if not state.buffer.rgb:
            raise LawfulError(f"{state.meta.name}: no frame was pushed")
        if self.desk.stopped is not None:
            raise self.desk.stopped
        asked = Asked(
            frames=chosen(state.buffer, self.settings.policy),
            questions=state.questions,
            given=state.given,
            wording=self.settings.wordings[state.repeat % len(self.settings.wordings)],
            repeat=state.repeat,
            video_sha256=state.meta.video_sha256,
            fingerprint=self.mark,
        )
        return RemoteAsker(
            self.desk, self.model, self.settings, asked, sights_of(asked, self.settings)
        ).outcomes()

    @cached_property
    def mark(self) -> str:
        """Its fingerprint, made once."""
        return fingerprint(self)

    @property
    def desk(self) -> "Desk":
        """Where its calls are made."""
        with self.line.lock:
            if self.line.desk is None:
                from lawful.judge.remote.desk import Desk

                if not self.line.is_told:
                    for notice in self.notices():
                        warnings.warn(notice, UserWarning, stacklevel=2)
                self.line.desk = Desk(self.address, self.settings.access, self.name, self.line.allowance)
            return self.line.desk


def make_remote(model: str, config: Mapping[str, Any]) -> RemoteJudge:
    """The judge of a model behind a server; nothing is sent yet.

    Args:
        model: The model's name on the server.
        config: Settings that differ from those of `RemoteSettings`.

    Raises:
        AbsentError: The client is not installed, or no key is given.
        InputError: A setting, the address or the key is not usable.
    """
    if importlib.util.find_spec("openai") is None:
        raise AbsentError(
            "openai is needed for judges openai: and is not installed. Run: pip install 'lawful[openai]'"
        )
    settings = read_settings(config, f"the settings of openai:{model}")
    return RemoteJudge(model, settings, find_address(settings.access, f"openai:{model}"))
