"""Settings of the VLM judge: what may be set, checked, all of it part of the fingerprint."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, get_args

from lawful.core.errors import InputError
from lawful.core.fields import Fields, as_text
from lawful.judge.vlm.protocols import Protocol

PolicyKind = Literal["fps", "count", "slow_fast", "key_clips"]
Attention = Literal["sdpa", "eager"]
Dtype = Literal["float32", "bfloat16", "float16"]
PromptWith = Literal["never", "no_law", "always"]

_DEVICE = re.compile(r"cpu|cuda(:\d+)?")
WORDING = "{question}\nAnswer with one of these and nothing else: {labels}."
"""How a question is put: the text after the video, without the prompt and the expected outcome."""


@dataclass(frozen=True)
class FramePolicy:
    """Which frames a model is shown (see `lawful.judge.vlm.frames`)."""

    kind: PolicyKind = "fps"
    """fps: evenly by time; count: a fixed number, evenly; slow_fast: all that change, few of those that do not;
    key_clips: runs of frames about the moments that change most."""
    fps: float = 2.0
    """Frames a second to choose from (all kinds but count)."""
    count: int = 16
    """Number of frames (kinds count and key_clips)."""
    long_side_px: int = 512
    """Longer side of the frames, before the model's own resizing."""
    max_frames: int = 64
    """Frames kept at most. A clip with more is thinned evenly, as often by two as it takes."""
    change_levels: float = 12.0
    """slow_fast: a frame is new if one of its regions differs by so many levels of 255 from the last one shown."""
    still_every: int = 8
    """slow_fast: of frames that are not new, one in so many is shown, where `still_scale` is 1."""
    still_scale: float = 1.0
    """slow_fast: sides of the frames that are not new as a share of those of the new ones. Below 1 all are shown."""
    clip_frames: int = 4
    """key_clips: frames of one run."""

    @property
    def rate(self) -> float | None:
        """Frames a second that it chooses from; None where it shows a fixed number."""
        return None if self.kind == "count" else self.fps

    def at_fps(self, fps: float, name: str) -> "FramePolicy":
        """The same policy with another number of frames a second.

        Args:
            fps: Frames a second to choose from.
            name: Whose policy it is, as the start of an error message.

        Raises:
            InputError: It shows a fixed number of frames.
        """
        if self.kind == "count":
            raise InputError(f'{name}: policy.kind = "count" shows {self.count} frames at any rate')
        return replace(self, fps=float(fps))


@dataclass(frozen=True)
class VlmSettings:
    """All that may be set."""

    policy: FramePolicy = field(default_factory=FramePolicy)
    """Which frames are shown."""
    device: str = "cpu"
    """Where the model runs: cpu, cuda or cuda:N."""
    dtype: Dtype | None = None
    """Numbers it calculates in; None for float32 on the CPU and bfloat16 on a GPU."""
    attention: Attention = "sdpa"
    """Attention of the model; eager is slower, and keeps a number for every pair of tokens."""
    batch_size: int = 1
    """Questions read at once after the shared prefix."""
    chat: Literal["model", "family"] = "model"
    """Dialogue form: the model's own chat template, or the plain one of its family."""
    wordings: tuple[str, ...] = (WORDING,)
    """How a question is put; with --repeat, look r uses the wording r modulo their number."""
    prompt_with: PromptWith = "no_law"
    """Which questions are preceded by the video's prompt and expected outcome: those that name no law, all, none."""
    protocol: Protocol = "own"
    """Whose prompt it is: ours, ours with an answer in JSON (one_key), or RULER-Bench's with all questions of a clip at
    once or with one at a time (see `lawful.judge.ruler`). Under RULER-Bench's the prompt and the expected outcome are told, unless `prompt_with` is
    "never". `wordings` belong to the protocol "own" alone."""
    min_label_share: float = 0.0
    """A question is Unscored(unparsed) if its labels hold less than this share of all the model might say next."""
    rationale: bool = False
    """Also have the model say why, in words that are kept as evidence and change no verdict."""
    rationale_tokens: int = 128
    """Longest rationale."""
    revision: str | None = None
    """Revision of a model on the hub."""
    violation_at: float = 0.2
    """A question with this score or less is answered "violation". Not calibrated."""
    clear_at: float = 0.5
    """All questions must have this score or more for "none found". Not calibrated."""

    @property
    def dtype_in_effect(self) -> Dtype:
        """The numbers that it calculates in."""
        return self.dtype or ("float32" if self.device == "cpu" else "bfloat16")

    def as_json(self) -> dict[str, Any]:
        """All that may change a verdict, as JSON."""
        body = asdict(self) | {"dtype": self.dtype_in_effect, "wordings": list(self.wordings)}
        del body["revision"]  # the digest of the files says more
        return body


def read_settings(config: Mapping[str, Any], where: str) -> VlmSettings:
    """Settings from a table.

    Args:
        config: Those that differ from the defaults; a table `tracks` among them is read elsewhere.
        where: Who they are for, as the start of an error message.

    Raises:
        InputError: A setting is unknown, has the wrong type or is out of range.
    """
    source = Fields(config, where)
    source.only(*(one.name for one in fields(VlmSettings)), "tracks")
    given: dict[str, Any] = {}
    for name, read in {
        "device": source.text,
        "dtype": lambda name: source.choice(name, get_args(Dtype)),
        "attention": lambda name: source.choice(name, get_args(Attention)),
        "batch_size": source.whole,
        "chat": lambda name: source.choice(name, ("model", "family")),
        "wordings": lambda name: source.many(name, as_text),
        "prompt_with": lambda name: source.choice(name, get_args(PromptWith)),
        "protocol": lambda name: source.choice(name, get_args(Protocol)),
        "min_label_share": source.share,
        "rationale": source.flag,
        "rationale_tokens": source.whole,
        "revision": source.text,
        "violation_at": source.share,
        "clear_at": source.share,
    }.items():
        if name in config:
            given[name] = read(name)
    if "policy" in config:
        given["policy"] = read_policy(source.inner("policy"))
    settings = VlmSettings(**given)
    _check(settings, where)
    return settings


def read_policy(source: Fields) -> FramePolicy:
    """A frame policy from a table.

    Raises:
        InputError: As `read_settings`.
    """
    source.only(*(one.name for one in fields(FramePolicy)))
    given: dict[str, Any] = {}
    for one in fields(FramePolicy):
        if one.name not in source.body:
            continue
        if one.name == "kind":
            given["kind"] = source.choice("kind", get_args(PolicyKind))
        elif isinstance(one.default, float):
            given[one.name] = source.number(one.name)
        else:
            given[one.name] = source.whole(one.name)
    policy = FramePolicy(**given)
    for name, value in asdict(policy).items():
        if name != "kind" and not value > 0:
            raise InputError(f"{source.where}: {name} must be above 0, got {value}")
    if policy.still_scale > 1:
        raise InputError(f"{source.where}: still_scale must be at most 1, got {policy.still_scale:g}")
    if policy.still_scale < 1 and policy.kind != "slow_fast":
        raise InputError(
            f'{source.where}: still_scale is for kind = "slow_fast", which tells new frames from others; kind is '
            f"{policy.kind!r}"
        )
    if policy.max_frames < 2:
        raise InputError(f"{source.where}: max_frames must be 2 or more, got {policy.max_frames}")
    if policy.kind in ("count", "key_clips") and policy.count > policy.max_frames:
        raise InputError(
            f"{source.where}: count is {policy.count}, and no more than max_frames = {policy.max_frames} are ever shown. "
            "Lower the one or raise the other."
        )
    return policy


def _check(settings: VlmSettings, where: str) -> None:
    device = settings.device
    if not _DEVICE.fullmatch(device):
        raise InputError(f"{where}: device should be cpu, cuda or cuda:N, found {device!r}")
    if settings.batch_size < 1:
        raise InputError(f"{where}: batch_size must be 1 or more, got {settings.batch_size}")
    if settings.rationale_tokens < 1:
        raise InputError(f"{where}: rationale_tokens must be 1 or more, got {settings.rationale_tokens}")
    if settings.protocol != "own" and settings.wordings != (WORDING,):
        raise InputError(
            f'{where}: protocol = "{settings.protocol}" has words of its own. Leave out wordings, or the protocol.'
        )
    if not settings.wordings:
        raise InputError(f"{where}: wordings is empty. Needed: at least one text with {{question}} in it.")
    for wording in settings.wordings:
        if "{question}" not in wording:
            raise InputError(f"{where}: the wording {wording!r} has no {{question}} in it")
    if len(set(settings.wordings)) < len(settings.wordings):
        raise InputError(
            f"{where}: a wording is given twice. More looks with one wording are taken with --repeat."
        )
    if settings.violation_at >= settings.clear_at:
        raise InputError(
            f"{where}: violation_at must be below clear_at, got {settings.violation_at} and {settings.clear_at}"
        )
