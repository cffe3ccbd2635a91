"""What a rollout is to follow: prompts, given frames, tracks and noise, of several videos side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from lawful.core.errors import InputError, LawfulError
from lawful.generators.causal.codec import Codec
from lawful.generators.causal.model import CausalModel
from lawful.generators.causal.noise import HISTORY_STEP, block_noise
from lawful.generators.causal.schedule import mix
from lawful.generators.causal.spec import CausalSpec
from lawful.generators.causal.tracks import TrackSignal, track_signal
from lawful.generators.records import GenerationRequest

Latents = Float[Tensor, "batch channels frames height width"]
Embed = Callable[[Sequence[str]], Float[Tensor, "texts words text"]]
"""Makes embedded prompts of prompts; the empty prompt is that of no prompt."""


@runtime_checkable
class CheckedEmbed(Protocol):
    """An `Embed` that does not take any prompt whatever, and can say so without embedding it."""

    def check(self, text: str) -> None:
        """Refuse a prompt.

        Raises:
            LawfulError: It cannot be embedded.
        """
        ...

    def __call__(self, texts: Sequence[str]) -> Float[Tensor, "texts words text"]:
        """Embedded prompts."""
        ...


@dataclass(frozen=True, eq=False)
class Engine:
    """What rollouts are made with."""

    model: CausalModel
    """The network."""
    codec: Codec
    """Pixels to latents and back."""
    embed: Embed
    """Prompts to context."""
    spec: CausalSpec
    """How the network is driven: the model's, or with other noise levels."""
    size_px: tuple[int, int]
    """Height and width of the video."""
    fps: float
    """Frames a second."""
    track_signal: TrackSignal = track_signal
    """What the network is told of point tracks."""


class Conditions:
    """All that the requests say, as the network wants it.

    Args:
        engine: What the videos are made with.
        requests: One for each video, all of one length and with as many given frames.

    Raises:
        InputError: The requests do not go together, a prompt cannot be embedded, or their given frames do not fit the
            blocks.
        LawfulError: The video needs more places in time than the checkpoint knows.
    """

    def __init__(self, engine: Engine, requests: Sequence[GenerationRequest]) -> None:
        self._engine, self._requests = engine, tuple(requests)
        self._clock = engine.codec.clock
        self.n_frames, self.n_given = _shared_lengths(self._requests)
        self.bounds = engine.spec.bounds(self._clock.n_latents(self.n_frames))
        """First latent frame, and the one after the last, of each block."""
        self._check_places()
        if engine.spec.joint and any(len(request.prompts) > 1 for request in self._requests):
            raise InputError(
                "blocks in the making see each other here, so a video follows one prompt: give one"
            )
        side = engine.codec.space_stride
        height, width = engine.size_px
        if height % side or width % side:
            raise InputError(f"{width}x{height} px is not a multiple of {side} px in width and height")
        self.shape = (engine.codec.channels, height // side, width // side)
        """Channels, rows and columns of a latent frame."""
        self.n_known = self._checked_given()
        """Latent frames that are given."""
        if isinstance(engine.embed, CheckedEmbed):
            for text in dict.fromkeys(prompt.text for request in requests for prompt in request.prompts):
                engine.embed.check(text)
        self._contexts: dict[tuple[str, ...], Tensor] = {}

    def held(self, block: int, latents: Latents) -> Latents:
        """Latents of a block with its given frames put in."""
        start, stop = self.bounds[block]
        if self.known is None or self.n_known <= start:
            return latents
        n_held = min(stop, self.n_known) - start
        return torch.cat([self.known[:, :, start : start + n_held], latents[:, :, n_held:]], dim=2)

    def noise(self, branches: Sequence[int], frames: Sequence[int], step: int) -> Latents:
        """Noise of some latent frames, for every video its own."""
        drawn = [
            block_noise(request.seed, branch, frames, step, self.shape)
            for request, branch in zip(self._requests, branches, strict=True)
        ]
        device = self._engine.model.device
        noise = torch.from_numpy(np.stack(drawn))
        # From pinned memory the copy does not wait for what the device is at.
        return noise.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else noise.to(device)

    def as_past(self, branches: Sequence[int], frames: Sequence[int], latents: Latents) -> Latents:
        """Finished latent frames as later ones are shown them."""
        level = self._engine.spec.history_sigma
        if not level:
            return latents
        noise = self.noise(branches, frames, HISTORY_STEP)
        return mix(latents, noise, latents.new_full((1, 1, 1, 1, 1), level))

    def prompts(self, latent: int) -> tuple[str, ...]:
        """The prompt of each video at a latent frame."""
        frame = min(self._clock.start(latent), self.n_frames - 1)
        return tuple(request.prompt_at(frame) for request in self._requests)

    def context(self, prompts: tuple[str, ...]) -> Float[Tensor, "batch words text"]:
        """Embedded prompts."""
        if prompts not in self._contexts:
            with torch.no_grad():
                self._contexts[prompts] = self._engine.embed(prompts).to(self._engine.model.device)
        return self._contexts[prompts]

    def tracks(
        self, frames: Sequence[int]
    ) -> Float[Tensor, "batch track_channels frames height width"] | None:
        """The signal of the tracks in some latent frames; None where no video has tracks."""
        if all(request.tracks is None for request in self._requests):
            return None
        size = (self._engine.model.track_channels, *self.shape[1:])
        nobody = np.zeros((size[0], len(frames), *size[1:]), np.float32)
        signals = [
            nobody
            if request.tracks is None
            else self._engine.track_signal(request.tracks, frames, self._clock, self._engine.fps, size)
            for request in self._requests
        ]
        return torch.from_numpy(np.stack(signals)).to(self._engine.model.device)

    def _check_places(self) -> None:
        spec, n_latents = self._engine.spec, self.bounds[-1][1]
        needed = n_latents if spec.rope != "relative" or spec.window is None else min(spec.window, n_latents)
        if spec.max_position is not None and needed > spec.max_position:
            most = self._clock.start(spec.bounds(spec.max_position + 1)[-2][1])
            message = (
                f"{self.n_frames} frames need {needed} places in time and this checkpoint knows "
                f"{spec.max_position}: ask for at most {most} frames"
            )
            raise LawfulError(message)

    @property
    def _given(self) -> list[UInt8[np.ndarray, "frames height width 3"]]:
        given = [request.given for request in self._requests]
        return [frames for frames in given if frames is not None]

    def _checked_given(self) -> int:
        """Latent frames that the given frames fill."""
        rgb = self._given
        if not rgb:
            return 0
        height, width = self._engine.size_px
        if rgb[0].shape[1:3] != (height, width):
            found = f"{rgb[0].shape[2]}x{rgb[0].shape[1]}"
            raise InputError(
                f"the given frames are {found} px, the video is {width}x{height} px: resize them"
            )
        n_latents = self._clock.check(self.n_given, "what is given")
        inside = not any(stop == n_latents for _, stop in self.bounds)
        if inside and not self._engine.spec.partial_blocks:
            fitting = [self._clock.start(stop) for _, stop in self.bounds]
            message = (
                f"{self.n_given} given frames end within a block of latent frames, which this checkpoint "
                f"cannot go on from: give one of {', '.join(map(str, fitting[:6]))} frames"
            )
            raise InputError(message)
        return n_latents

    @cached_property
    def known(self) -> Latents | None:
        """Latents of the given frames; None where none are given."""
        rgb = self._given
        if not rgb:
            return None
        values = torch.from_numpy(np.stack(rgb)).to(self._engine.model.device).permute(0, 4, 1, 2, 3)
        with torch.no_grad():
            return self._engine.codec.encode(values.float() / 127.5 - 1)


def _shared_lengths(requests: Sequence[GenerationRequest]) -> tuple[int, int]:
    """Frames of all videos, and how many of them are given."""
    lengths = {(request.n_frames, 0 if request.given is None else len(request.given)) for request in requests}
    if len(lengths) != 1:
        message = (
            f"videos are made side by side when they have one length and as many given frames, got {lengths}"
        )
        raise InputError(message)
    return lengths.pop()
