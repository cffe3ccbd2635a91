"""The VLM judge: frames are held while the clip runs, shown once at its end, and every question is asked of them."""

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from lawful.checklists.suite import Question
from lawful.core.errors import AbsentError, LawfulError
from lawful.judge.protocol import Given, fingerprint
from lawful.judge.records import Event, Unscored, Verdict
from lawful.judge.summary import SummaryRule
from lawful.judge.vlm.families.protocol import Family
from lawful.judge.vlm.families.table import family_of
from lawful.judge.vlm.files import ModelFiles, find_model
from lawful.judge.vlm.frames import FrameBuffer, chosen, hold, sampling_of
from lawful.judge.vlm.settings import VlmSettings, read_settings
from lawful.video.frames import ClipMeta, Frames
from lawful.video.sampling import Sampling

if TYPE_CHECKING:
    from lawful.judge.vlm.asking import Asker

VERSION = 1
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
        """The prompt and the expected outcome, unless no question is to be asked with them."""
        return frozenset() if self.settings.prompt_with == "never" else frozenset({"prompt", "expected"})

    @property
    def sampling(self) -> Sampling:
        """The frames that its policy chooses from."""
        return sampling_of(self.settings.policy)

    @property
    def rule(self) -> SummaryRule:
        """The worst question decides, by thresholds that are not calibrated; the mean score ranks."""
        return SummaryRule("vlm-1", "mean", self.settings.violation_at, self.settings.clear_at)

    def identity(self) -> Mapping[str, Any]:
        """Code version, digests of the model's files, how frames are packed, and all settings."""
        packing = asdict(self.family)  # pyright: ignore[reportArgumentType] - every family is a dataclass
        return {
            "version": VERSION,
            "model": dict(self.digests),
            "packing": packing,
            "settings": self.settings.as_json(),
        }

    def answers(self, question: Question) -> bool:
        """It answers whatever has labels to choose from."""
        return len(question.scale.values) > 1

    def open(
        self, meta: ClipMeta, questions: Sequence[Question], given: Mapping[Given, str], repeat: int = 0
    ) -> VlmState:
        """The state before the first frame. Nothing is random; `repeat` chooses the wording."""
        return VlmState(meta, tuple(questions), dict(given), repeat)

    def push(self, state: VlmState, frames: Frames) -> VlmState:
        """The state after some more frames; changes the one given."""
        state.buffer = hold(state.buffer, frames, self.settings.policy)
        return state

    def events(self, state: VlmState) -> Sequence[Event]:
        """It says nothing before the end."""
        return ()

    def close(self, state: VlmState) -> list[Verdict | Unscored]:
        """The outcome of every question, in order."""
        if not state.buffer.rgb:
            raise LawfulError(f"{state.meta.name}: no frame was pushed")
        frames = chosen(state.buffer, self.settings.policy)
        wording = self.settings.wordings[state.repeat % len(self.settings.wordings)]
        return self.asker.ask(
            frames, state.questions, state.given, wording, state.meta.video_sha256, fingerprint(self)
        )

    @cached_property
    def asker(self) -> "Asker":
        """The model in memory."""
        from lawful.judge.vlm.asking import make_asker

        return make_asker(self.files, self.family, self.settings)


def make_vlm(name: str, config: Mapping[str, Any]) -> VlmJudge:
    """The judge of a model; its weights are looked for, and read later.

    Args:
        name: Folder or hub id.
        config: Settings that differ from those of `VlmSettings`.

    Raises:
        AbsentError: The model, its weights, a package or the device is not here.
        InputError: The model cannot judge here, or a setting is not usable.
    """
    settings = read_settings(config, f"the settings of vlm:{name}")
    for module in ("torch", "transformers", "safetensors"):
        if importlib.util.find_spec(module) is None:
            raise AbsentError(
                f"{module} is needed for {_PURPOSE} and is not installed. Run: pip install 'lawful[vlm]'"
            )
    files = find_model(name, settings.revision)
    family = family_of(files.config, files.preprocessing, name)
    if settings.device != "cpu":
        from lawful.judge.vlm.model import check_device

        check_device(settings.device)
    return VlmJudge(files, family, settings, files.identity())
