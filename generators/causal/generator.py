"""A causal generator behind the one protocol: capabilities, identity, rollouts, likelihood.

>>> generator = CausalGenerator(...)                                        # doctest: +SKIP
>>> for chunk in generator.rollout(GenerationRequest(always("A ball falls."), n_frames=48)):  # doctest: +SKIP
...     show(chunk.frames)
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32

from lawful.core.errors import InputError
from lawful.core.fields import Fields
from lawful.generators.causal.codec import Codec
from lawful.generators.causal.conditions import Conditions, Embed, Engine
from lawful.generators.causal.loss import LossMode, denoise_loss
from lawful.generators.causal.model import CausalModel
from lawful.generators.causal.rollout import BatchRollout, CausalRollout
from lawful.generators.causal.spec import CausalSpec, Sampler
from lawful.generators.causal.tracks import TrackSignal, track_signal
from lawful.generators.protocol import Capabilities, check_rate, check_request
from lawful.generators.records import Chunk, GenerationRequest
from lawful.video.frames import Frames, PointTracks

ENGINE_VERSION = 1
"""Raised when the same weights and settings give other videos."""
_SETTINGS = ("sigmas", "first_sigmas", "sampler", "history_sigma", "guidance", "recompute_on_switch")


@dataclass(frozen=True, eq=False)
class CausalGenerator:
    """A checkpoint, how it is driven, and what it is asked with.

    A request's `settings` may change how one video is made: sigmas, first_sigmas, sampler, history_sigma, guidance
    and recompute_on_switch of `CausalSpec`.
    """

    name: str
    """The name users type."""
    model: CausalModel
    """The network and how it is driven."""
    codec: Codec
    """Pixels to latents and back."""
    embed: Embed
    """Prompts to context; the empty prompt is that of no prompt."""
    capabilities: Capabilities
    """What it can be asked for."""
    weights_sha256: str
    """Digest of all weights: the network's, the codec's, those that embed prompts."""
    track_signal: TrackSignal = track_signal
    """What the network is told of point tracks."""
    cpu_threads: int | None = None
    """Threads of the processor that it runs best with; None leaves the number to torch."""

    @property
    def device(self) -> str:
        """Where the network runs, such as "cpu" or "cuda:0 NVIDIA H200"."""
        device = self.model.device
        return f"{device} {torch.cuda.get_device_name(device)}" if device.type == "cuda" else str(device)

    @property
    def dtype(self) -> str:
        """Number format of the weights, such as "float32"."""
        return str(self.model.dtype).removeprefix("torch.")

    def identity(self) -> Mapping[str, Any]:
        """Weights, settings, codec, number format and version of the engine."""
        return {
            "engine": ENGINE_VERSION,
            "weights_sha256": self.weights_sha256,
            "spec": asdict(self.model.spec),
            "codec": dict(self.codec.identity()),
            "dtype": self.dtype,
        }

    def check(self, request: GenerationRequest) -> None:
        """Refuse what cannot be followed; nothing is encoded or embedded for it.

        Raises:
            LawfulError: It cannot do what is asked.
        """
        Conditions(self._engine([request]), [request])

    def rollout(self, request: GenerationRequest) -> CausalRollout:
        """The chunks of a video: a `Rollout`, which can be saved and sent along another branch.

        Raises:
            LawfulError: It cannot do what is asked.
        """
        return CausalRollout(self._engine([request]), request)

    def rollout_batch(self, requests: Sequence[GenerationRequest]) -> Iterator[list[Chunk]]:
        """The chunks of several videos of one length and size, side by side; noise is that of each video alone.

        Raises:
            LawfulError: It cannot do what is asked, or the requests do not go together.
        """
        return BatchRollout(self._engine(requests), requests)

    def memory_bytes(self, request: GenerationRequest) -> int:
        """Weights and cache; what a pass needs beside them is small, and not counted."""
        engine = self._engine([request])
        side, (height, width) = self.codec.space_stride, engine.size_px
        n_latents = engine.spec.block_of(self.codec.clock.n_latents(request.n_frames) - 1)[1]
        batch = 2 if engine.spec.guidance != 1 else 1
        cache = self.model.new_cache(n_latents, batch, height // side, width // side, torch.device("meta"))
        return cache.bytes + sum(part.numel() * part.element_size() for part in self.model.parameters())

    def denoise_loss(
        self,
        video: Frames,
        prompt: str,
        sigmas: Sequence[float] | None = None,
        seeds: Sequence[int] = (0,),
        mode: LossMode = "causal_chunk",
        tracks: PointTracks | None = None,
    ) -> Float32[np.ndarray, "chunks levels seeds"]:
        """How badly a video is denoised, for each chunk, noise level and seed (see `lawful.generators.causal.loss`).

        Args:
            video: Of the generator's size and rate, from its start; a number of frames that fills latent frames.
            prompt: What it is said to show.
            sigmas: Noise levels; None: those of the generator's steps.
            seeds: Of the noise; compare clips under the same ones.
            mode: What is noisy.
            tracks: Point tracks; None: none is seen.

        Raises:
            InputError: The video does not fit.
        """
        can = self.capabilities
        if "fps" not in can.controls:
            check_rate(f"{self.name}: the video", video, can.fps)
        if "size" not in can.controls and video.rgb.shape[1:3] != (can.height_px, can.width_px):
            found = f"{video.rgb.shape[2]}x{video.rgb.shape[1]}"
            raise InputError(
                f"{self.name}: the video is {found} px, this generator knows {can.width_px}x{can.height_px} px"
            )
        device = self.model.device
        rgb = torch.from_numpy(video.rgb).to(device).permute(3, 0, 1, 2)[None]
        with torch.no_grad():
            latents = self.codec.encode(rgb.float() / 127.5 - 1)
            context = self.embed([prompt]).to(device)
        signal = None
        if tracks is not None:
            size = (self.model.track_channels, latents.shape[3], latents.shape[4])
            frames = range(latents.shape[2])
            told = self.track_signal(tracks, frames, self.codec.clock, can.fps, size)
            signal = torch.from_numpy(told)[None].to(device)
        levels = self.model.spec.sigmas if sigmas is None else sigmas
        return denoise_loss(self.model, latents, context, levels, seeds, mode, signal)

    def _engine(self, requests: Sequence[GenerationRequest]) -> Engine:
        asked = set()
        for request in requests:
            check_request(self.name, self.capabilities, request)
            given, can = request.given, self.capabilities
            height, width = can.height_px, can.width_px
            if given is not None and "size" in can.controls:
                height, width = given.shape[1:3]
            asked.add((request.height_px or height, request.width_px or width, request.fps or can.fps))
        settings = [dict(request.settings) for request in requests]
        if len(asked) != 1 or any(other != settings[0] for other in settings):
            raise InputError(f"{self.name}: videos are made side by side with one size, rate and settings")
        height, width, fps = asked.pop()
        spec = changed_spec(self.model.spec, settings[0], f"{self.name}: settings")
        return Engine(self.model, self.codec, self.embed, spec, (height, width), fps, self.track_signal)


def changed_spec(spec: CausalSpec, settings: Mapping[str, Any], where: str) -> CausalSpec:
    """How a checkpoint is driven, with what a request changes of it.

    Args:
        spec: As it is driven otherwise.
        settings: From a request.
        where: Start of an error message.

    Raises:
        InputError: A setting is unknown, of another type or out of range.
    """
    fields = Fields(settings, where)
    fields.only(*_SETTINGS)
    changes: dict[str, Any] = {}
    for name in settings:
        if name in ("sigmas", "first_sigmas"):
            changes[name] = fields.many(name, lambda value, at: Fields({"level": value}, at).number("level"))
        elif name == "sampler":
            changes[name] = fields.choice(name, Sampler.__args__)
        elif name == "recompute_on_switch":
            changes[name] = fields.flag(name)
        else:
            changes[name] = fields.number(name)
    return replace(spec, **changes)
