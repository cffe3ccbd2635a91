"""The VLM judge: frames are held while the clip runs, shown once at its end, and every question is asked of them."""

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from lawful.checklists.suite import Question
from lawful.core.errors import AbsentError, InputError, LawfulError
from lawful.judge.protocol import Given, fingerprint
from lawful.judge.records import Event, Unscored, Verdict
from lawful.judge.ruler import is_ruler_question
from lawful.judge.summary import SummaryRule
from lawful.judge.vlm.families.protocol import Family
from lawful.judge.vlm.families.table import family_of
from lawful.judge.vlm.files import ModelFiles, find_model
from lawful.judge.vlm.frames import FrameBuffer, chosen, hold, sampling_of
from lawful.judge.vlm.own_settings import with_own_settings
from lawful.judge.vlm.settings import VlmSettings, read_settings
from lawful.judge.vlm.ticks import Ticks, last_picked, picked, ticks_at
from lawful.video.frames import ClipMeta, Frames
from lawful.video.sampling import Sampling

if TYPE_CHECKING:
    from lawful.judge.vlm.asking import Asker
    from lawful.judge.vlm.tracks.tracked import Tracked
    from lawful.judge.vlm.tracks.use import TrackUses

VERSION = 2
"""Goes up whenever a verdict may change."""
_PURPOSE = "vision-language models"


@dataclass
class VlmState:
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
    ticks: Ticks | None = None
    """Where all frames are pushed: which of them the policy chooses from."""
    tracking: Any = None
    """State of the source of tracks; None where tracks are not used."""


@dataclass(eq=False)
class InMemory:
    """Where the model is kept once it is loaded: one for a judge at all its frame rates."""

    asker: "Asker | None" = None
    """The model; None until it is first asked."""


@dataclass(frozen=True, eq=False)
class VlmJudge:
    """A judge that is a vision-language model. Its weights are read when it first has to answer."""

    files: ModelFiles
    """Where the model is."""
    family: Family
    """How it wants its frames."""
    settings: VlmSettings
    """All that may be set."""
    digests: Mapping[str, str]
    """Digests of the model's files."""
    uses: "TrackUses | None" = None
    """What is done with tracks; None for nothing."""
    in_memory: InMemory = field(default_factory=InMemory, repr=False)
    """The model, when it is loaded."""

    @property
    def name(self) -> str:
        """The name users type."""
        return f"vlm:{self.files.name}"

    @property
    def runs_on(self) -> Literal["cpu", "device", "network"]:
        """Where its work is done."""
        return "cpu" if self.settings.device == "cpu" else "device"

    @property
    def given(self) -> frozenset[Given]:
        """The prompt and the expected outcome, where questions are asked with them; RULER-Bench's are asked at once."""
        told = ("prompt", "expected") if self.settings.prompt_with != "never" else ()
        at_once = ("questions",) if self.settings.protocol == "ruler" else ()
        return frozenset((*told, *at_once))

    @property
    def sampling(self) -> Sampling:
        """The frames that its policy chooses from; all frames where they have to be tracked."""
        if self.uses is not None:
            return Sampling(long_side_px=self.settings.policy.long_side_px)
        return sampling_of(self.settings.policy)

    @property
    def rule(self) -> SummaryRule:
        """The worst question decides, by thresholds that are not calibrated; the mean score ranks."""
        return SummaryRule("vlm-1", "mean", self.settings.violation_at, self.settings.clear_at)

    @property
    def fps(self) -> float | None:
        """Frames a second that its policy chooses from; None where it shows a fixed number."""
        return self.settings.policy.rate

    @property
    def n_wordings(self) -> int:
        """How many wordings repeated looks use in turn."""
        return len(self.settings.wordings)

    def at_fps(self, fps: float) -> "VlmJudge":
        """The same model shown another number of frames a second.

        Raises:
            InputError: Its policy shows a fixed number of frames.
        """
        policy = self.settings.policy.at_fps(fps, self.name)
        return replace(self, settings=replace(self.settings, policy=policy))

    def identity(self) -> Mapping[str, Any]:
        """Code version, digests of the model's files, how frames are packed, and all settings."""
        packing = asdict(self.family)  # pyright: ignore[reportArgumentType] - every family is a dataclass
        return {
            "version": VERSION,
            "model": dict(self.digests),
            "packing": packing,
            "settings": self.settings.as_json(),
            "tracks": None if self.uses is None else self.uses.identity(),
        }

    def answers(self, question: Question) -> bool:
        """It answers whatever has labels to choose from; under RULER-Bench's protocol, what has the protocol's."""
        return is_ruler_question(question) if self._is_rulers else len(question.scale.values) > 1

    @property
    def _is_rulers(self) -> bool:
        return self.settings.protocol in ("ruler", "ruler_each")

    def open(
        self, meta: ClipMeta, questions: Sequence[Question], given: Mapping[Given, str], repeat: int = 0
    ) -> VlmState:
        """The state before the first frame. Nothing is random; `repeat` chooses the wording.

        Raises:
            InputError: A protocol tells the video's prompt, which is not known.
        """
        if self._is_rulers and "prompt" in self.given and "prompt" not in given:
            raise InputError(
                f'protocol = "{self.settings.protocol}" tells what the video was made for, and its prompt is not known. '
                'Name prompts or cases with --prompts, or set prompt_with = "never".'
            )
        state = VlmState(meta, tuple(questions), dict(given), repeat)
        if self.uses is not None:
            state.ticks = ticks_at(self.settings.policy.fps)
            state.tracking = self.uses.source.open(meta)
        return state

    def push(self, state: VlmState, frames: Frames) -> VlmState:
        """The state after some more frames; changes the one given."""
        if self.uses is not None and state.ticks is not None:
            state.tracking = self.uses.source.push(state.tracking, frames)
            frames = picked(state.ticks, frames)
        state.buffer = hold(state.buffer, frames, self.settings.policy)
        return state

    def events(self, state: VlmState) -> Sequence[Event]:
        """It says nothing before the end."""
        return ()

    def close(self, state: VlmState) -> list[Verdict | Unscored]:
        """The outcome of every question, in order."""
        frames, tracked = self.shown(state)
        wording = self.settings.wordings[state.repeat % len(self.settings.wordings)]
        return self.asker.ask(
            frames, state.questions, state.given, wording, state.meta.video_sha256, self.mark, tracked
        )

    def shown(self, state: VlmState) -> "tuple[Frames, Tracked | None]":
        """What the model is shown at the end of a clip: frames, and tracks where those are used.

        Raises:
            LawfulError: No frame was pushed.
        """
        tracked = None
        if self.uses is not None and state.ticks is not None:
            last = last_picked(state.ticks)
            if last is not None:
                state.buffer = hold(state.buffer, last, self.settings.policy)
            tracked = self.uses.source.close(state.tracking)
        if not state.buffer.rgb:
            raise LawfulError(f"{state.meta.name}: no frame was pushed")
        return chosen(state.buffer, self.settings.policy), tracked

    @cached_property
    def mark(self) -> str:
        """Its fingerprint, made once: files that are large enter it."""
        return fingerprint(self)

    @property
    def asker(self) -> "Asker":
        """The model in memory. Nothing in it depends on the frame rate.

        Raises:
            AbsentError: There is none that can be asked. No clip would fare better.
        """
        if self.in_memory.asker is None:
            from lawful.judge.vlm.asking import make_asker

            try:
                self.in_memory.asker = make_asker(self.files, self.family, self.settings, self.uses)
            except InputError as error:
                raise AbsentError(str(error)) from error
        return self.in_memory.asker


def make_vlm(name: str, config: Mapping[str, Any]) -> VlmJudge:
    """The judge of a model; its weights are looked for, and read later.

    Args:
        name: Folder or hub id.
        config: Settings that differ from those of `VlmSettings` and from those that lie beside the model (see
            `lawful.judge.vlm.own_settings`), and `tracks`, a table of the uses of tracks (see
            `lawful.judge.vlm.tracks.settings`).

    Raises:
        AbsentError: The model, its weights, a package or the device is not here.
        InputError: The model cannot judge here, or a setting is not usable.
    """
    where = f"the settings of vlm:{name}"
    settings = read_settings(config, where)
    for module in ("torch", "transformers", "safetensors"):
        if importlib.util.find_spec(module) is None:
            raise AbsentError(
                f"{module} is needed for {_PURPOSE} and is not installed. Run: pip install 'lawful[vlm]'"
            )
    files = find_model(name, settings.revision)
    config = with_own_settings(files.folder, config)
    settings = read_settings(config, where)
    family = family_of(files.config, files.preprocessing, name)
    if settings.device != "cpu":
        from lawful.judge.vlm.model import check_device

        check_device(settings.device)
    uses = _uses(config["tracks"], settings, where) if "tracks" in config else None
    _check_sizes(family, settings, uses, where)
    return VlmJudge(files, family, settings, files.identity(), uses)


def _check_sizes(family: Family, settings: VlmSettings, uses: "TrackUses | None", where: str) -> None:
    if settings.policy.still_scale == 1:
        return
    if not family.two_sizes:
        raise InputError(
            f"{where}: policy.still_scale asks for frames of two sizes, and a video of {family.model_type} has frames of "
            "one size. Leave still_scale out, or take a model of Qwen3-VL or Qwen3.5."
        )
    if uses is not None and uses.attention is not None:
        raise InputError(
            f"{where}: policy.still_scale asks for frames of two sizes, and trajectory attention follows tracks through "
            "frames of one size. Leave one of them out."
        )


def _uses(table: Any, settings: VlmSettings, where: str) -> "TrackUses":
    from lawful.judge.vlm.tracks.settings import read_uses

    if settings.policy.kind == "count":
        raise InputError(
            f'{where}: with tracks, frames are chosen while the clip runs, which policy.kind = "count" cannot. '
            "Set it to fps, slow_fast or key_clips."
        )
    return read_uses(table, f"{where}.tracks")
