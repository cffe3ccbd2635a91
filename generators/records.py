"""What a generator is asked for and what it gives: requests, chunks of frames, rows of a manifest."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Shaped, UInt8

from lawful.core.digest import digest
from lawful.core.errors import InputError
from lawful.video.frames import Frames, PointTracks

MAX_SEED = 2**63 - 1


@dataclass(frozen=True)
class PromptAt:
    """A prompt and the frame from which on it holds."""

    frame: int
    """First frame, from 0, that the prompt is for."""
    text: str
    """What is to be seen from there on."""


def always(text: str) -> tuple[PromptAt, ...]:
    """The prompts of a video that has one prompt from beginning to end."""
    return (PromptAt(0, text),)


@dataclass(frozen=True, eq=False)
class GenerationRequest:
    """One video that is asked for.

    >>> GenerationRequest(always("A red ball falls."), n_frames=24, seed=3).prompt_at(10)
    'A red ball falls.'

    Raises:
        InputError: A value is out of its range, or two of them contradict each other.
    """

    prompts: tuple[PromptAt, ...]
    """Prompts that follow each other, frames increasing, the first at frame 0 (see `always`; Phenaki)."""
    n_frames: int
    """Frames of the whole video, given ones included; generators round up to what they can and cut."""
    seed: int = 0
    """0 to 2**63 - 1; the same seed gives the same video at any batch size."""
    branch: int = 0
    """Which of the possible futures of a seed; 0 for plain rollouts."""
    width_px: int | None = None
    """Width; None: the generator's own."""
    height_px: int | None = None
    """Height; None: the generator's own."""
    fps: float | None = None
    """Frames a second; None: the generator's own."""
    first_frame: UInt8[np.ndarray, "height width 3"] | None = None
    """Picture (sRGB 0-255) that the video starts with."""
    prefix: Frames | None = None
    """Frames that the video goes on from; they are its first frames."""
    tracks: PointTracks | None = None
    """Where points are to be; times are those of the video, whose first frame is at 0 s."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of one generator alone, as JSON, such as {"steps": 2}; an unknown one is an error."""

    def __post_init__(self) -> None:
        starts = [prompt.frame for prompt in self.prompts]
        if starts[:1] != [0] or any(a >= b for a, b in pairwise(starts)):
            message = f"prompts must start at frame 0 and at increasing frames, got frames {starts}"
            raise InputError(message)
        if self.n_frames < 1:
            raise InputError(f"a video has at least one frame, asked for n_frames={self.n_frames}")
        if not (0 <= self.seed <= MAX_SEED and 0 <= self.branch <= MAX_SEED):
            message = f"seed and branch must be 0 to 2**63 - 1, got seed={self.seed}, branch={self.branch}"
            raise InputError(message)
        for name in ("width_px", "height_px", "fps"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise InputError(f"{name} must be above 0, got {value}")
        self._check_given()

    def _check_given(self) -> None:
        picture = self.first_frame
        if picture is not None and (
            picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size
        ):
            message = (
                "the first frame must be uint8 (0-255) of height x width x 3, got "
                f"{picture.dtype} of {' x '.join(map(str, picture.shape))}"
            )
            raise InputError(message)
        if self.first_frame is not None and self.prefix is not None:
            raise InputError("a request has a first frame or a prefix of frames, not both; drop one of them")
        if self.prefix is not None and not 0 < len(self.prefix) <= self.n_frames:
            message = (
                f"the prefix has {len(self.prefix)} frames, the whole video n_frames={self.n_frames}: "
                "give 1 to n_frames frames"
            )
            raise InputError(message)
        given = self.given
        size = (self.height_px, self.width_px)
        if given is not None and None not in size and given.shape[1:3] != size:
            message = (
                f"the given frames are {given.shape[2]}x{given.shape[1]} px, the request asks for "
                f"{self.width_px}x{self.height_px}: resize them or leave the size out"
            )
            raise InputError(message)

    @property
    def given(self) -> UInt8[np.ndarray, "frames height width 3"] | None:
        """The frames that the video starts with: the prefix, or the first frame; None where there are none."""
        if self.prefix is not None:
            return self.prefix.rgb
        return None if self.first_frame is None else self.first_frame[None]

    def prompt_at(self, frame: int) -> str:
        """The prompt that holds at a frame (from 0)."""
        return [prompt.text for prompt in self.prompts if prompt.frame <= frame][-1]

    def identity(self) -> dict[str, Any]:
        """All of the request as JSON, arrays as SHA-256 of their shape, type and bytes."""
        tracks = self.tracks
        plain = ("n_frames", "seed", "branch", "width_px", "height_px", "fps")
        return {
            **{name: getattr(self, name) for name in plain},
            "prompts": [asdict(prompt) for prompt in self.prompts],
            "first_frame": None if self.first_frame is None else _array_sha256(self.first_frame),
            "prefix": None if self.prefix is None else _array_sha256(self.prefix.rgb),
            "tracks": None
            if tracks is None
            else [_array_sha256(getattr(tracks, part.name)) for part in fields(tracks)],
            "settings": dict(self.settings),
        }

    @property
    def sha256(self) -> str:
        """Digest (64 hex digits) of `identity`."""
        return digest(self.identity())


def _array_sha256(array: Shaped[np.ndarray, "..."]) -> str:
    head = f"{array.dtype.str}{array.shape}"
    return hashlib.sha256(head.encode() + np.ascontiguousarray(array).tobytes()).hexdigest()


@dataclass(frozen=True)
class Remark:
    """What a critic says of the video so far."""

    score: float
    """Plausibility, 0-1, 1 = nothing wrong; ranks attempts at the same chunk."""
    send_back: bool = False
    """True where the chunk should be made again."""
    at_s: float | None = None
    """When what is objected to happens, seconds of the video; None where nothing is."""
    law: str | None = None
    """Id of the law that is broken (see `lawful.checklists.laws`)."""
    note: str = ""
    """One sentence for people."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some frames of a rollout, given as soon as they are made."""

    index: int
    """Number of the chunk in the order of making, from 0."""
    frames: Frames
    """The frames with their true indices and times; not always after those of the chunk before."""
    final: bool = True
    """False where later chunks may bring these frames again, changed (asynchronous schedules)."""
    given: bool = False
    """True for frames that came with the request and were not generated."""
    branch: int = 0
    """The branch whose noise the chunk was made with."""
    remark: Remark | None = None
    """What a critic said, where one was asked."""
    model_s: float = 0.0
    """Seconds spent in the model."""
    decode_s: float = 0.0
    """Seconds spent in making pixels of latents."""


@dataclass(frozen=True)
class VideoRecord:
    """One row of a manifest: a video that was generated, and how."""

    file: str
    """Path of the video, relative to the manifest."""
    video_sha256: str
    """Digest of the file's bytes."""
    generator: str
    """The generator's name as users type it."""
    generator_sha256: str
    """Digest of the generator's identity: weights, engine settings, code version."""
    request_sha256: str
    """Digest of the request."""
    prompts: tuple[PromptAt, ...]
    """The prompts of the request."""
    seed: int
    """Seed of the noise."""
    branch: int
    """Branch of the noise."""
    suite: str | None
    """Id of the suite whose case it is; None for a request without a suite."""
    case: str | None
    """Id of the case within the suite."""
    n_frames: int
    """Frames in the file."""
    n_given: int
    """How many of them, at the start, came with the request."""
    trained_frames: int | None
    """Frames of the longest clips that the generator was trained on; None where it is not known."""
    width_px: int
    """Width of the file's frames."""
    height_px: int
    """Height of the file's frames."""
    fps: float
    """Frames a second."""
    device: str
    """Where the model ran, such as "cpu" or "cuda:0 NVIDIA H200"."""
    dtype: str
    """Number format of the weights, such as "float32"."""
    licence: str
    """Licence of the weights, SPDX id where there is one."""
    first_chunk_s: float
    """Seconds from the request to the first chunk that was generated."""
    chunk_s: tuple[float, ...]
    """Seconds a chunk took, model and decoding, in the order of making."""
    model_s: float
    """Seconds spent in the model."""
    decode_s: float
    """Seconds spent in making pixels of latents."""
    total_s: float
    """Seconds from the request to the whole file."""
    versions: Mapping[str, str]
    """Versions of the libraries that took part."""
