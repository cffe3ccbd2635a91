"""What a generator is, what a rollout can do, and what a critic beside it looks like from here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args, runtime_checkable

import numpy as np

from lawful.core.digest import digest
from lawful.core.errors import InputError, LawfulError
from lawful.generators.records import Chunk, GenerationRequest, Remark
from lawful.video.frames import Frames

Control = Literal["text", "first_frame", "prefix", "prompt_switch", "tracks", "size", "fps", "branch"]
"""What a request may steer; "branch": its rollouts are `Rollout`s, which can be saved and sent back."""
CONTROLS: tuple[Control, ...] = get_args(Control)
UNKNOWN_LICENCE = "unknown"
_RATE_TOLERANCE = 0.05


class RefusedError(InputError):
    """A generator cannot follow a request.

    Args:
        why: What of this request it cannot follow, without a full stop.
        instead: What could be asked, the same for all requests that are refused for such a reason.
    """

    def __init__(self, why: str, instead: str) -> None:
        super().__init__(f"{why}. {instead}")
        self.why = why
        self.instead = instead


@dataclass(frozen=True)
class Capabilities:
    """What a generator can be asked for."""

    controls: frozenset[Control]
    """The controls that it follows; a request that uses another one is refused."""
    width_px: int
    """Width of its own."""
    height_px: int
    """Height of its own."""
    fps: float
    """Frames a second of its own."""
    max_frames: int | None = None
    """Longest video that it can make; None: any length."""
    trained_frames: int | None = None
    """Frames of the longest clips that it was trained on; None where it is not known."""
    licence: str = UNKNOWN_LICENCE
    """Licence of the weights, SPDX id where there is one."""


@runtime_checkable
class Generator(Protocol):
    """Makes videos from requests, chunk by chunk."""

    @property
    def name(self) -> str:
        """The name users type."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can be asked for."""
        ...

    def identity(self) -> Mapping[str, Any]:
        """All that may change its videos, as JSON; no library versions, device or batch size."""
        ...

    def rollout(self, request: GenerationRequest) -> Iterator[Chunk]:
        """The chunks of a video, made as they are taken; frames that the request gave come first.

        Raises:
            LawfulError: It cannot do what is asked (see `check_request`).
        """
        ...


@runtime_checkable
class Placed(Generator, Protocol):
    """A generator that says where it runs; `device` and `dtype` are then settings of it, too."""

    @property
    def device(self) -> str:
        """Where the model runs, such as "cpu" or "cuda:0 NVIDIA H200"."""
        ...

    @property
    def dtype(self) -> str:
        """Number format of the weights, such as "float32"."""
        ...


@runtime_checkable
class Measured(Generator, Protocol):
    """A generator that can say beforehand how much memory a video takes."""

    def memory_bytes(self, request: GenerationRequest) -> int:
        """Memory of the device that the rollout takes at its peak, weights included."""
        ...


@runtime_checkable
class Checked(Generator, Protocol):
    """A generator that says beforehand which requests it cannot follow, where `capabilities` does not tell."""

    def check(self, request: GenerationRequest) -> None:
        """Refuse what cannot be followed, by what the request says alone: nothing heavy is loaded for it.

        Raises:
            LawfulError: It cannot do what is asked; a `RefusedError` says what could be asked instead.
        """
        ...


@runtime_checkable
class Prepared(Generator, Protocol):
    """A generator that does at once what all videos need of their prompts, before the first is begun."""

    def prepare(self, prompts: Sequence[str]) -> None:
        """Embed the prompts of the videos that come next, or whatever is better done for all than one by one."""
        ...


@runtime_checkable
class Threaded(Generator, Protocol):
    """A generator that says how many threads of the processor it runs best with."""

    @property
    def cpu_threads(self) -> int | None:
        """Threads of torch; None leaves the number to torch."""
        ...


@runtime_checkable
class Rollout(Protocol):
    """A rollout that can be saved, taken up again, and made to go on in another way."""

    def __iter__(self) -> Iterator[Chunk]: ...

    def __next__(self) -> Chunk: ...

    def snapshot(self) -> Any:
        """All of the state, the decoder's too: a value that later chunks do not change."""
        ...

    def restore(self, snapshot: Any) -> None:
        """Go back to a state of this rollout; a snapshot may be restored any number of times."""
        ...

    def branch(self, number: int) -> None:
        """Make what follows with the noise of another branch."""
        ...


@runtime_checkable
class Critic(Protocol):
    """Watches a rollout; `lawful.judge` makes critics of judges."""

    def push(self, frames: Frames) -> Remark:
        """Look at the next frames of the video and say what is wrong with it so far."""
        ...

    def snapshot(self) -> Any:
        """All that it knows, as a value that later frames do not change."""
        ...

    def restore(self, snapshot: Any) -> None:
        """Forget what came after a snapshot."""
        ...


def fingerprint(generator: Generator) -> str:
    """The digest (64 hex digits) that says which generator made a video."""
    return digest({"generator": generator.name, **generator.identity()})


def used_controls(request: GenerationRequest) -> list[Control]:
    """What a request steers, in the order of `CONTROLS`."""
    used: dict[Control, bool] = {
        "text": any(prompt.text for prompt in request.prompts),
        "first_frame": request.first_frame is not None,
        "prefix": request.prefix is not None,
        "prompt_switch": len(request.prompts) > 1,
        "tracks": request.tracks is not None,
        "size": request.width_px is not None or request.height_px is not None,
        "fps": request.fps is not None,
        "branch": request.branch != 0,
    }
    return [control for control in CONTROLS if used[control]]


def check_request(name: str, can: Capabilities, request: GenerationRequest) -> None:
    """Refuse a request that a generator cannot follow; its own size and rate may be asked for by name.

    Raises:
        LawfulError: A control is not supported, or the video is too long; the message names generators that can. Or the
            prefix has another rate than the video.
    """
    own = {
        "size": request.width_px in (None, can.width_px) and request.height_px in (None, can.height_px),
        "fps": request.fps in (None, can.fps),
    }
    lacking: list[Control] = [
        c for c in used_controls(request) if c not in can.controls and not own.get(c, False)
    ]
    if lacking:
        from lawful.generators.known import followers

        native = f"{can.width_px}x{can.height_px} px at {can.fps:g} frames a second"
        message = (
            f"{name}: the request uses {', '.join(lacking)}; this generator follows "
            f"{', '.join(c for c in CONTROLS if c in can.controls) or 'none'} and makes {native}"
        )
        for control in lacking:
            others = ", ".join(followers(control)) or "none of the generators that ship"
            message += f". {control} is followed by {others}"
        raise LawfulError(message)
    if can.max_frames is not None and request.n_frames > can.max_frames:
        from lawful.generators.known import makers

        others = ", ".join(makers(request.n_frames))
        message = (
            f"{name}: {request.n_frames} frames are asked for and at most {can.max_frames} can be made; "
            f"ask for {can.max_frames}{others and f', or another generator: {others}'}"
        )
        raise LawfulError(message)
    if request.prefix is not None:
        check_rate(f"{name}: the prefix", request.prefix, can.fps if request.fps is None else request.fps)


def check_rate(what: str, frames: Frames, fps: float) -> None:
    """Refuse frames that would be seen faster or slower than they are.

    Raises:
        InputError: They have another rate than `fps`; the message begins with `what`.
    """
    if len(frames) < 2:
        return
    rate = 1 / float(np.median(np.diff(frames.times_s)))
    if abs(rate / fps - 1) > _RATE_TOLERANCE:
        raise InputError(f"{what} has {rate:.4g} frames a second where {fps:g} are wanted: resample it")
