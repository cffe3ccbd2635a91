"""Asking a loaded model: one look at the frames, every question after it, answers as verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lawful.checklists.suite import Question
from lawful.judge.protocol import Given
from lawful.judge.records import Evidence, Unscored, Verdict, expected_value
from lawful.judge.vlm.families.protocol import Family, PackedVideo, Still
from lawful.judge.vlm.files import ModelFiles
from lawful.judge.vlm.frames import still_frames
from lawful.judge.vlm.labels import (
    LabelShares,
    LabelTokens,
    label_tokens,
    shares_of_next,
    shares_of_whole,
)
from lawful.judge.vlm.model import LoadedModel, load_model
from lawful.judge.vlm.prefix import VisualPrefix, continued, next_logits, read_prefix
from lawful.judge.vlm.prompts import (
    Dialogue,
    asked_text,
    check_text,
    model_dialogue,
    own_dialogue,
    prefix_tokens,
    suffix_tokens,
    why_text,
)
from lawful.judge.vlm.protocols import CLOSE, ONE_KEY, ONE_KEY_WORDING, begun, ruler_framing
from lawful.judge.vlm.rationale import as_evidence
from lawful.judge.vlm.settings import FramePolicy, VlmSettings
from lawful.judge.vlm.shown import pictured, shown_times
from lawful.judge.vlm.tracks.attach import Attached, SentClip
from lawful.judge.vlm.tracks.tracked import Tracked
from lawful.judge.vlm.tracks.use import TrackUses
from lawful.video.frames import Frames


@dataclass(frozen=True, eq=False)
class Answer:
    """What a model says to one question."""

    shares: LabelShares
    """What it holds of the labels."""
    n_tokens: int
    """Tokens read for it after the shared prefix."""

    @property
    def label(self) -> str:
        """The most probable label."""
        return max(self.shares.probabilities, key=lambda one: self.shares.probabilities[one])


@dataclass(frozen=True, eq=False)
class Prepared:
    """The start of every prompt about some frames, before a model reads it."""

    tokens: list[int]
    """Tokens up to the video's end."""
    packed: PackedVideo
    """The video."""
    clips: tuple[SentClip, ...]
    """The tracks through it, for attention along them; empty where tracks are not used."""


@dataclass(frozen=True)
class Asked:
    """How questions are put to a model, each for itself."""

    opening: str | None
    """What is said right before the frames; None for nothing."""
    texts: tuple[str, ...]
    """What follows the frames, for each question."""
    start: str | None
    """How the answer begins, up to a label in quotation marks; None where the label is all of it."""


@dataclass(frozen=True, eq=False)
class Row:
    """What a model reads of one question after the video, and what it may answer."""

    tokens: list[int]
    """Tokens up to where the label begins."""
    labels: LabelTokens
    """How the labels are written."""


@dataclass(frozen=True, eq=False)
class Asker:
    """A model in memory that answers questions."""

    loaded: LoadedModel
    """The model."""
    settings: VlmSettings
    """How it is asked."""
    dialogue: Dialogue
    """The words around the video and the question."""
    uses: TrackUses | None = None
    """What is done with tracks; None where there are none."""
    attached: Attached | None = None
    """Trajectory attention in the model; None where it has none."""

    def look(
        self, frames: Frames, tracked: Tracked | None = None, opening: str | None = None
    ) -> VisualPrefix:
        """Read frames, as the start of every prompt about them: see `prepared`.

        Raises:
            InputError: The frames do not fit the model, or the opening holds special tokens.
            LawfulError: There is not enough memory.
        """
        start = self.prepared(frames, tracked, opening)
        with TrackUses.showing(self.attached, start.clips):
            return read_prefix(self.loaded, start.tokens, start.packed)

    def prepared(
        self, frames: Frames, tracked: Tracked | None = None, opening: str | None = None
    ) -> Prepared:
        """The start of every prompt about some frames.

        Args:
            frames: The frames that are sent.
            tracked: Tracks through them, for the uses of this asker.
            opening: What is said right before them; None for nothing.

        Raises:
            InputError: The frames do not fit the model, or the opening holds special tokens.
        """
        family, notes = self.loaded.family, opening
        if opening is not None:
            check_text(self.loaded.tokenizer, opening)
        clips: tuple[SentClip, ...] = ()
        policy = self.settings.policy
        marked = still_frames(frames, policy)
        still = None if marked is None else Still(marked, policy.still_scale)
        if self.uses is not None and tracked is not None:
            height, width = frames.rgb.shape[1:3]
            told = self.uses.text_for(tracked, width, height, self._count)
            notes = "\n".join(one for one in (told, opening) if one) or None
            clips = (SentClip(tracked.points, frames.times_s, family.seen(frames)),)
        packed = family.pack(self._sent(frames, tracked), still)
        tokens = prefix_tokens(self.loaded.tokenizer, self.dialogue, packed.text, notes)
        return Prepared(tokens, packed, clips)

    def _sent(self, frames: Frames, tracked: Tracked | None) -> Frames:
        """The frames as the model gets them: with trails, where those are drawn."""
        return frames if self.uses is None or tracked is None else self.uses.frames_for(frames, tracked)

    def _count(self, text: str) -> int:
        return len(self.loaded.tokenizer(text, add_special_tokens=False)["input_ids"])

    def tokens_of(self, text: str) -> list[int]:
        """Tokens of a text as they follow the video, to where the answer begins."""
        family = self.loaded.family
        return suffix_tokens(self.loaded.tokenizer, self.dialogue, family.closing_token, text)

    def ask(
        self,
        frames: Frames,
        questions: Sequence[Question],
        given: Mapping[Given, str],
        wording: str,
        video_sha256: str,
        fingerprint: str,
        tracked: Tracked | None = None,
    ) -> list[Verdict | Unscored]:
        """The outcome of every question about some frames, in order.

        Args:
            frames: The frames shown.
            questions: What is asked.
            given: What is known of the video beside its pixels.
            wording: How a question is put.
            video_sha256: Digest of the video.
            fingerprint: Fingerprint of the judge.
            tracked: Tracks through the frames.

        Raises:
            InputError: The frames or a scale do not fit the model.
            LawfulError: There is not enough memory.
        """
        if self.settings.protocol == "ruler":
            framed = ruler_framing(questions, given)
            prefix = self.look(frames, tracked, framed.before)
            answers = self._all_at_once(prefix, questions, framed.after)
        else:
            asked = self.asked(questions, given, wording)
            prefix = self.look(frames, tracked, asked.opening)
            answers = self.answers(prefix, questions, asked.texts, asked.start)
        outcomes: list[Verdict | Unscored] = []
        for number, (question, answer) in enumerate(zip(questions, answers, strict=True)):
            shared = prefix.n_tokens // len(questions) + (number < prefix.n_tokens % len(questions))
            outcome = self._outcome(question, answer, frames, video_sha256, fingerprint)
            outcome = replace(outcome, tokens=answer.n_tokens + shared)
            outcomes.append(self._with_reasons(outcome, question, answer, prefix, frames))
        sized = _sized(outcomes, frames, self.settings.policy)
        return pictured(sized, self._sent(frames, tracked))

    def asked(self, questions: Sequence[Question], given: Mapping[Given, str], wording: str) -> Asked:
        """How questions are put one by one, by the protocol of the settings.

        Raises:
            ValueError: The protocol asks all questions at once.
        """
        protocol, told_with = self.settings.protocol, self.settings.prompt_with
        if protocol == "ruler":
            raise ValueError("all questions of the protocol ruler are asked at once")
        if protocol == "ruler_each":
            alone = tuple(ruler_framing([one], {}).after for one in questions)
            return Asked(ruler_framing(questions, given).before, alone, begun([]))
        worded = ONE_KEY_WORDING if protocol == "one_key" else wording
        texts = tuple(asked_text(one, worded, given, told_with) for one in questions)
        return Asked(None, texts, ONE_KEY if protocol == "one_key" else None)

    def _all_at_once(
        self, prefix: VisualPrefix, questions: Sequence[Question], checklist: str
    ) -> list[Answer]:
        found: list[Answer] = []
        for question in questions:
            start = begun([answer.label for answer in found])
            found += self.answers(prefix, [question], [checklist], start)
        return found

    def rows(
        self, questions: Sequence[Question], texts: Sequence[str], start: str | None = None
    ) -> list[Row]:
        """What is read of questions put as some texts, in order: see `answers`."""
        tokenizer = self.loaded.tokenizer
        opened = [] if start is None else list(tokenizer(start, add_special_tokens=False)["input_ids"])
        closing = None if start is None else CLOSE
        return [
            Row([*self.tokens_of(text), *opened], label_tokens(tokenizer, question.scale, closing))
            for question, text in zip(questions, texts, strict=True)
        ]

    def answers(
        self,
        prefix: VisualPrefix,
        questions: Sequence[Question],
        texts: Sequence[str],
        start: str | None = None,
    ) -> list[Answer]:
        """What the model says to questions put as some texts, in order.

        Args:
            prefix: The start of every prompt.
            questions: The questions.
            texts: How each is put.
            start: How the answer begins, up to a label in quotation marks; None where the label is all of it.
        """
        read = self.rows(questions, texts, start)
        rows, written = [row.tokens for row in read], [row.labels for row in read]
        singles = [at for at, tokens in enumerate(written) if tokens.single]
        logits = next_logits(
            self.loaded, prefix, [rows[at] for at in singles], [1] * len(singles), self.settings.batch_size
        )
        found = {
            at: Answer(shares_of_next(written[at], one[0]), len(rows[at]))
            for at, one in zip(singles, logits, strict=True)
        }
        for at, tokens in enumerate(written):
            if not tokens.single:
                found[at] = self._in_full(prefix, rows[at], tokens)
        return [found[at] for at in range(len(rows))]

    def _in_full(self, prefix: VisualPrefix, row: list[int], tokens: LabelTokens) -> Answer:
        rows = [[*row, *ids[:-1]] for ids in tokens.whole.values()]
        kept = [len(ids) for ids in tokens.whole.values()]
        logits = next_logits(self.loaded, prefix, rows, kept, self.settings.batch_size)
        return Answer(shares_of_whole(tokens, logits), sum(map(len, rows)))

    def _outcome(
        self, question: Question, answer: Answer, frames: Frames, video_sha256: str, fingerprint: str
    ) -> Verdict | Unscored:
        probabilities, share = answer.shares.probabilities, answer.shares.share
        score = expected_value(question.scale, probabilities)
        evidence = (_shown(question, answer, frames, score),)
        if share < self.settings.min_label_share:
            detail = f"the labels hold {share:.2g} of what the model might say, less than "
            detail += f"{self.settings.min_label_share:g}"
            return Unscored(video_sha256, question.id, "unparsed", detail, fingerprint, score, evidence)
        return Verdict(video_sha256, question.id, answer.label, probabilities, score, fingerprint, evidence)

    def _with_reasons(
        self,
        outcome: Verdict | Unscored,
        question: Question,
        answer: Answer,
        prefix: VisualPrefix,
        frames: Frames,
    ) -> Verdict | Unscored:
        if not self.settings.rationale:
            return outcome
        tokenizer = self.loaded.tokenizer
        row = self.tokens_of(why_text(question))
        stop = [] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]
        said = continued(self.loaded, prefix, row, stop, self.settings.rationale_tokens)
        text = tokenizer.decode(said, skip_special_tokens=True)
        span_s = (float(frames.times_s[0]), float(frames.times_s[-1]))
        against = 1 - expected_value(question.scale, answer.shares.probabilities)
        reasons = as_evidence(text, question.law, against, span_s, self.loaded.family.box_unit(frames))
        return replace(
            outcome,
            evidence=outcome.evidence + reasons,
            tokens=outcome.tokens + len(row) + len(said),
        )


def make_asker(
    files: ModelFiles, family: Family, settings: VlmSettings, uses: TrackUses | None = None
) -> Asker:
    """A model, loaded, with trajectory attention where that is used.

    Raises:
        AbsentError: Memory, the device or a part of the model is not here.
        InputError: Its files do not fit each other.
    """
    loaded = load_model(files, family, settings)
    if settings.chat == "family":
        dialogue = own_dialogue(family)
    else:
        dialogue = model_dialogue(family, loaded.tokenizer, files.name)
    attached = None if uses is None else uses.attached_to(loaded.model)
    return Asker(loaded, settings, dialogue, uses, attached)


def _shown(question: Question, answer: Answer, frames: Frames, score: float) -> Evidence:
    """What was looked at, and how the answer came out: the model points at no place unless it is asked for reasons."""
    times = [float(time_s) for time_s in frames.times_s]
    shares = ", ".join(f"{label} {share:.2f}" for label, share in answer.shares.probabilities.items())
    text = (
        f"{question.text} {shares} (the labels hold {answer.shares.share:.2g} of what it might say); "
        f"{shown_times(times)}"
    )
    return Evidence(
        start_s=times[0],
        end_s=times[-1],
        box=None,
        law=question.law,
        magnitude=None,
        unit=None,
        text=text,
        probability=1 - score,
    )


def _sized(
    outcomes: list[Verdict | Unscored], frames: Frames, policy: FramePolicy
) -> list[Verdict | Unscored]:
    """The outcomes; where frames are shown in two sizes, their evidence says how many may be small."""
    still = still_frames(frames, policy)
    if still is None:
        return outcomes
    told = f"; {still.sum()} of {len(frames)} frames count as still (still_scale {policy.still_scale:g})"
    return [
        replace(one, evidence=(replace(first, text=first.text + told), *rest))
        for one in outcomes
        for first, *rest in [one.evidence]
    ]
