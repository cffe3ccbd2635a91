"""Asking a model behind a server: what is sent about a clip, one repair of an answer that is none, answers as verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lawful.checklists.suite import Question
from lawful.judge.messages import Message, Shown, Sight, Text
from lawful.judge.protocol import Given
from lawful.judge.records import RETRIED, Evidence, Reason, Unscored, Verdict, expected_value
from lawful.judge.remote.answers import Form, Read, UnusableError, read_answer
from lawful.judge.remote.desk import Desk, NoAnswerError, RefusedError, together
from lawful.judge.remote.endpoint import Reply, readable
from lawful.judge.remote.estimate import chat_size, frame_tokens
from lawful.judge.remote.settings import RemoteSettings
from lawful.judge.remote.shares import LabelShares, shares_at
from lawful.judge.remote.sights import Part, as_chat, first_frame_part, video_parts
from lawful.judge.ruler import ruler_messages
from lawful.judge.vlm.prompts import asked_text
from lawful.judge.vlm.rationale import as_evidence
from lawful.judge.vlm.shown import pictured, shown_times
from lawful.video.frames import Frames

RAW_CHARS = 2000
"""Characters of an answer that are kept as it came."""
_VIDEO = "The video, as frames in order:"


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked about a clip."""

    frames: Frames
    """The frames shown."""
    questions: tuple[Question, ...]
    """The questions, in order."""
    given: Mapping[Given, str]
    """What is known of the clip beside its pixels."""
    wording: str
    """How a question is put under our own protocol."""
    repeat: int
    """Which look this is, from 0."""
    video_sha256: str
    """Digest of the clip."""
    fingerprint: str
    """Fingerprint of the judge."""


@dataclass
class Exchange:
    """What came of asking some questions in one conversation; filled as it goes on."""

    read: Read | None = None
    """What the answer says; None where there is none that can be used."""
    reply: Reply | None = None
    """The last reply; None where none came."""
    reason: Reason = "unparsed"
    """Where there is no answer, the kind of reason."""
    detail: str = ""
    """That reason in words."""
    raw: list[str] = field(default_factory=list)
    """All that was answered, as it came."""
    tokens: int = 0
    """Tokens spent."""


@dataclass(frozen=True, eq=False)
class RemoteAsker:
    """A model behind a server, with what it is shown of one clip."""

    desk: Desk
    """Where calls are made."""
    model: str
    """The model's name on the server."""
    settings: RemoteSettings
    """How it is asked."""
    asked: Asked
    """What about."""
    sights: Mapping[Shown, Sequence[Part]]
    """What is shown, as parts of messages."""

    def outcomes(self) -> list[Verdict | Unscored]:
        """The outcome of every question, in order.

        Questions whose premise fails are not asked: whatever was answered would not stand.

        Raises:
            AbsentError: No more calls are made, and none of the questions was answered.
        """
        found: dict[str, Verdict | Unscored] = {}
        if self.settings.protocol == "ruler":
            found |= self._ask(self.asked.questions)
        else:
            self._ask_in_turn(found)
        stopped = self.desk.stopped
        if stopped is not None and all(_is_open(one) for one in found.values()):
            raise stopped
        outcomes = [found[question.id] for question in self.asked.questions]
        with_evidence = [one for one in outcomes if one.evidence]
        shown = pictured(with_evidence, self.asked.frames) if with_evidence else []
        with_pictures = {one.question_id: one for one in shown}
        return [with_pictures.get(one.question_id, one) for one in outcomes]

    def _ask_in_turn(self, found: dict[str, Verdict | Unscored]) -> None:
        by_id = {question.id: question for question in self.asked.questions}
        todo = list(self.asked.questions)
        while todo:
            waiting = {question.id for question in todo}
            ready = [question for question in todo if not waiting & set(question.depends_on)]
            todo = [question for question in todo if waiting & set(question.depends_on)]
            asked: list[Question] = []
            for question in ready:
                unmet = self._unmet(question, by_id, found)
                if unmet is None:
                    asked.append(question)
                else:
                    found[question.id] = unmet
            for one in together(lambda q: self._ask([q]), asked, self.settings.access.at_once):
                found |= one

    def _unmet(
        self, question: Question, by_id: Mapping[str, Question], found: Mapping[str, Verdict | Unscored]
    ) -> Unscored | None:
        """Why a question need not be asked; None if it is to be."""
        for name in question.depends_on:
            premise = found.get(name)
            if isinstance(premise, Verdict) and premise.label != by_id[name].scale.best:
                values = by_id[name].scale.values
                if values[premise.label] < max(values.values()):
                    detail = f"the answer to {name} is {premise.label!r}"
                    return self._unscored(question, "premise_not_met", detail)
            elif isinstance(premise, Unscored) and premise.reason in ("premise_not_met", *RETRIED):
                return self._unscored(question, premise.reason, f"{name}: {premise.detail}")
        return None

    def _ask(self, questions: Sequence[Question]) -> dict[str, Verdict | Unscored]:
        """Ask some questions in one conversation."""
        form = Form(self.settings.output, self.settings.rationale, self.settings.protocol != "own")
        exchange = self._converse(as_chat(self._messages(questions, form), self.sights), form, questions)
        n = len(questions)
        return {
            question.id: self._outcome(
                question, exchange, at, n, exchange.tokens // n + (at < exchange.tokens % n)
            )
            for at, question in enumerate(questions)
        }

    def _messages(self, questions: Sequence[Question], form: Form) -> tuple[Message, ...]:
        given = self.asked.given
        if self.settings.protocol != "own":
            pictures = ("first_frame",) if "first_frame" in self.sights else ()
            told = given.get("prompt"), given.get("expected")
            return ruler_messages(questions, *told, pictures, form.saying)
        text = asked_text(questions[0], self.asked.wording, given, self.settings.prompt_with)
        return (Message("user", (Text(_VIDEO), Sight("video"), Text(f"{text}\n{form.told}"))),)

    def _converse(self, chat: list[dict[str, Any]], form: Form, questions: Sequence[Question]) -> Exchange:
        """Ask, and ask once more where the answer is none."""
        exchange = Exchange()
        height_px, width_px = self.asked.frames.rgb.shape[1:3]
        a_frame = frame_tokens(width_px, height_px, self.settings)
        for _ in range(2):
            size = chat_size(chat, len(self.asked.frames), a_frame, self.settings.max_tokens)
            try:
                reply = self.desk.ask(self._body(chat, form, questions), size)
            except NoAnswerError as error:
                exchange.reason, exchange.detail = "no_answer", str(error)
                return exchange
            except RefusedError as error:
                exchange.reason, exchange.detail = "refused", str(error)
                continue
            exchange.reply = reply
            exchange.raw.append(readable(reply.content or reply.refusal or ""))
            exchange.tokens += (size.tokens_in if reply.tokens_in is None else reply.tokens_in) + (
                reply.tokens_out or 0
            )
            try:
                exchange.read = read_answer(reply, form, questions)
            except UnusableError as error:
                exchange.reason, exchange.detail = error.reason, f"the answer {error}"
                chat = [*chat, *_repair(exchange, form)]
            else:
                return exchange
        exchange.detail += "; asked twice"
        return exchange

    def _body(self, chat: list[dict[str, Any]], form: Form, questions: Sequence[Question]) -> dict[str, Any]:
        settings = self.settings
        body: dict[str, Any] = {
            "model": self.model, "messages": chat, settings.token_limit: settings.max_tokens
        }  # fmt: skip
        if settings.temperature is not None:
            body["temperature"] = settings.temperature
            if settings.temperature > 0:
                body["seed"] = self.asked.repeat
        if settings.output == "schema":
            schema = {"name": "answer", "strict": True, "schema": form.schema(questions)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if settings.logprobs:
            body |= {"logprobs": True, "top_logprobs": settings.top_logprobs}
        return body | dict(settings.extra)

    def _outcome(
        self, question: Question, exchange: Exchange, at: int, n: int, tokens: int
    ) -> Verdict | Unscored:
        reply = exchange.reply
        if exchange.read is None or reply is None:
            evidence = (self._said(question, exchange),) if exchange.raw else ()
            return self._unscored(question, exchange.reason, exchange.detail, None, evidence, tokens)
        placed = exchange.read.labels[at]
        shares = shares_at(reply.tokens, reply.content, placed, question.scale)
        probabilities = (
            {label: float(label == placed.label) for label in question.scale.values}
            if shares is None
            else shares.probabilities
        )
        score = expected_value(question.scale, probabilities)
        evidence = (
            self._shown(question, placed.label, shares, reply, score),
            *(self._reasons(question, exchange.read.why, score) if n == 1 else ()),
            self._said(question, exchange),
        )
        if shares is not None and shares.share < self.settings.min_label_share:
            detail = (
                f"the labels hold {shares.share:.2g} of what the model might say, less than "
                f"{self.settings.min_label_share:g}"
            )
            return self._unscored(question, "unparsed", detail, score, evidence, tokens)
        label = max(probabilities, key=lambda one: probabilities[one])
        return Verdict(
            self.asked.video_sha256, question.id, label, probabilities, score, self.asked.fingerprint, evidence,
            tokens=tokens,
        )  # fmt: skip

    def _unscored(
        self,
        question: Question,
        reason: Reason,
        detail: str,
        leaning: float | None = None,
        evidence: tuple[Evidence, ...] = (),
        tokens: int = 0,
    ) -> Unscored:
        return Unscored(
            self.asked.video_sha256, question.id, reason, detail, self.asked.fingerprint, leaning, evidence,
            tokens=tokens,
        )  # fmt: skip

    def _shown(
        self, question: Question, label: str, shares: LabelShares | None, reply: Reply, score: float
    ) -> Evidence:
        """What was looked at, how the answer came out, and which version of the model gave it."""
        if shares is None:
            told = f"{label} (the label alone: no probabilities are given)"
        else:
            each = ", ".join(f"{one} {share:.2f}" for one, share in shares.probabilities.items())
            told = f"{each} (the labels hold {shares.share:.2g} of what it might say)"
        served = reply.served_by
        times = shown_times(self._times())
        text = f"{question.text} {told}; {times}" + (f"; served by {served}" if served else "")
        return self._evidence(question, text, 1 - score)

    def _said(self, question: Question, exchange: Exchange) -> Evidence:
        """The answers as they came."""
        raw = [
            one if len(one) <= RAW_CHARS else f"{one[:RAW_CHARS]}... ({len(one):,} characters)"
            for one in exchange.raw
        ]
        return self._evidence(question, "answered: " + " | then: ".join(raw), 0.0)

    def _reasons(self, question: Question, why: str, score: float) -> tuple[Evidence, ...]:
        times = self._times()
        return as_evidence(readable(why[:RAW_CHARS]), question.law, 1 - score, (times[0], times[-1]))

    def _evidence(self, question: Question, text: str, probability: float) -> Evidence:
        times = self._times()
        return Evidence(times[0], times[-1], None, question.law, None, None, text, probability)

    def _times(self) -> list[float]:
        return [float(time_s) for time_s in self.asked.frames.times_s]


def sights_of(asked: Asked, settings: RemoteSettings) -> dict[Shown, Sequence[Part]]:
    """What is shown of a clip, and where it is given the picture that the clip began from.

    Raises:
        InputError: That picture cannot be read.
    """
    sights: dict[Shown, Sequence[Part]] = {"video": video_parts(asked.frames, settings)}
    if "first_frame" in asked.given:
        sights["first_frame"] = [first_frame_part(Path(asked.given["first_frame"]), settings)]
    return sights


def _repair(exchange: Exchange, form: Form) -> list[dict[str, Any]]:
    """The turns that ask for an answer of the right form."""
    said = exchange.raw[-1][:RAW_CHARS] or "(nothing)"
    text = f"That cannot be used: {exchange.detail}. Answer once more. {form.told}"
    return [{"role": "assistant", "content": said}, {"role": "user", "content": text}]


def _is_open(outcome: Verdict | Unscored) -> bool:
    return isinstance(outcome, Unscored) and outcome.reason in RETRIED
