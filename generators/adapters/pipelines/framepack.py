"""FramePack: sections of 36 frames about a first frame, the last section first; or forward, for F1 checkpoints.

Neighbouring sections are decoded over a stretch that they share and mixed there. A frame is given when nothing will be
mixed into it any more, with its true index.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lawful.core.errors import InputError
from lawful.generators.adapters.pipelines.decoding import for_pipeline, frame_latents, given_chunk, pixels
from lawful.generators.adapters.pipelines.family import Family, Job
from lawful.generators.adapters.pipelines.need import Pass, Planned
from lawful.generators.adapters.pipelines.stream import Put, pieces
from lawful.generators.protocol import Capabilities
from lawful.generators.records import Chunk
from lawful.video.frames import Frames

_CONTROLS = frozenset({"text", "first_frame", "size"})
WINDOW = 9
"""Latent frames of a section."""
SHARED = 4 * (WINDOW - 1) + 1
"""Frames over which neighbouring sections are mixed; the pipeline counts sections by it, too."""
_PROMPT_TOKENS = 1024
"""Tokens of the prompt (256) and the picture (729) at the most."""
STEP = 4 * WINDOW
"""Frames that a section adds."""


def n_sections(n_frames: int) -> int:
    """Sections for at least so many frames, the given one included.

    >>> [n_sections(n_frames) for n_frames in (1, 37, 38)]
    [1, 1, 2]
    """
    return max(1, -(-(n_frames - 1) // STEP))


class Joined:
    """Frames of sections, decoded and mixed as they come.

    Args:
        decode: Latents to frames (both batch x channels x frames x height x width).
        mix: Joins an earlier and a later stretch of frames over so many that they share.
        picture: Latent frame of the given picture.
        count: Sections in all.
        forward: Whether the first section comes first.
    """

    def __init__(
        self,
        decode: Callable[[Tensor], Tensor],
        mix: Callable[[Tensor, Tensor, int], Tensor],
        picture: Tensor,
        count: int,
        forward: bool,
    ) -> None:
        self._decode = decode
        self._mix = mix
        self._picture = picture
        self._count = count
        self._forward = forward
        self._n_taken = 0
        self._n_given = 0
        self._latents: Tensor | None = None
        self._frames: Tensor | None = None

    def take(self, section: Tensor) -> tuple[int, Tensor]:
        """Index of the first frame that is settled with one more section, and all frames that are."""
        self._n_taken += 1
        first, last = self._n_taken == 1, self._n_taken == self._count
        if (first and self._forward) or (last and not self._forward):
            section = torch.cat([self._picture, section], dim=2)
        if self._latents is None or self._frames is None:
            self._latents = section
            frames = self._decode(section)
        else:
            pair = (self._latents, section) if self._forward else (section, self._latents)
            self._latents = torch.cat(pair, dim=2)
            seen = 2 * WINDOW + (last and not self._forward)
            part = self._latents[:, :, -2 * WINDOW :] if self._forward else self._latents[:, :, :seen]
            new = self._decode(part)
            pair = (self._frames, new) if self._forward else (new, self._frames)
            frames = self._mix(*pair, SHARED)
        self._frames = frames
        total, length = STEP * self._count + 1, frames.shape[2]
        open_frames = 0 if last else SHARED
        start, stop = (
            (self._n_given, length - open_frames) if self._forward else (open_frames, length - self._n_given)
        )
        self._n_given += stop - start
        return start if self._forward else total - length + start, frames[:, :, start:stop]


def largest(planned: Planned) -> Pass:
    """A section with its history and the prompt, which are joined to it."""
    history = sum(planned.coarse_tokens(*part) for part in ((16, 4), (2, 2), (2, 1)))
    n_latents = WINDOW * n_sections(planned.request.n_frames) + 1
    return Pass(
        tokens=WINDOW * planned.frame_tokens + history + _PROMPT_TOKENS,
        own_levels=False,
        n_latents=n_latents + 19,
        decoded_latents=min(2 * WINDOW + 1, n_latents),
    )


def check_first_frame(planned: Planned) -> None:
    """Refuse a video without a first frame.

    Raises:
        InputError: None is given.
    """
    if planned.request.first_frame is None:
        raise InputError("this family makes videos of a first frame: give one")


def chunks(job: Job) -> Iterator[Chunk]:
    """The video of a job."""
    request, fps, pipeline = job.request, FAMILY.can.fps, job.pipeline
    given = given_chunk(request, fps)
    yield from given
    count, forward = n_sections(request.n_frames), bool(job.settings["forward"])

    def run(put: Put[Tensor]) -> None:
        _run(job, count, forward, put)

    @torch.no_grad()
    def decode(latents: Tensor) -> Tensor:
        return pipeline.vae.decode(latents.to(pipeline.vae.dtype) / pipeline.vae.config.scaling_factor).sample

    parts = pieces(run)
    joined = Joined(decode, pipeline._soft_append, next(parts), count, forward)
    number = len(given)
    for section in parts:
        start, rgb = joined.take(section)
        indices = np.arange(start, start + rgb.shape[2])
        wanted = (indices >= 1) & (indices < request.n_frames)  # the first frame is the given one
        if wanted.any():
            frames = Frames(pixels(rgb[0])[wanted], indices[wanted] / fps, indices[wanted])
            yield Chunk(number, frames, branch=request.branch)
            number += 1


def _run(job: Job, count: int, forward: bool, put: Put[Tensor]) -> None:
    """Put the latent frame of the picture, then the latents of each section."""
    from diffusers.pipelines.hunyuan_video.pipeline_hunyuan_video_framepack import FramepackSamplingType

    pipeline, request, settings = job.pipeline, job.request, job.settings
    n_steps, n_drawn = int(settings["steps"]), 0
    drawn, encoded = pipeline.prepare_latents, pipeline.prepare_image_latents

    def prepare_latents(*some: Any, **more: Any) -> Tensor:
        nonlocal n_drawn
        section = n_drawn if forward else count - 1 - n_drawn
        n_drawn += 1
        return frame_latents(request, drawn(*some, **more), 1 + section * WINDOW)

    def prepare_image_latents(*some: Any, **more: Any) -> Tensor:
        picture = encoded(*some, **more)
        put(picture.float())
        return picture

    def after_step(_pipeline: Any, step: int, _t: Any, held: dict[str, Tensor]) -> dict[str, Tensor]:
        if step == n_steps - 1:  # the step counts from 0 in every section
            put(held["latents"].float().clone())
        return held

    assert request.first_frame is not None  # the generator refuses requests without one
    height, width = job.size_px
    seed = (request.seed * 1_000_003 + request.branch) % 2**63
    pipeline.prepare_latents = prepare_latents
    pipeline.prepare_image_latents = prepare_image_latents
    try:
        pipeline(
            image=for_pipeline(request.first_frame[None]),
            prompt=request.prompt_at(0),
            height=height,
            width=width,
            num_frames=count * SHARED,
            latent_window_size=WINDOW,
            num_inference_steps=n_steps,
            guidance_scale=settings["guidance"],
            generator=torch.Generator(device=job.device).manual_seed(seed),
            output_type="latent",
            callback_on_step_end=after_step,
            sampling_type=FramepackSamplingType.VANILLA
            if forward
            else FramepackSamplingType.INVERTED_ANTI_DRIFTING,
        )
    finally:
        del pipeline.prepare_latents, pipeline.prepare_image_latents


FAMILY = Family(
    name="framepack",
    pipeline="HunyuanVideoFramepackPipeline",
    accepts=("HunyuanVideoFramepackPipeline",),
    title="FramePack",
    weights="lllyasviel/FramePackI2V_HY",
    can=Capabilities(
        _CONTROLS,  # pyright: ignore[reportArgumentType]
        width_px=832,
        height_px=480,
        fps=30.0,
        licence="Apache-2.0 (its HunyuanVideo parts have terms of their own)",
    ),
    defaults={"steps": 25, "guidance": 9.0, "forward": 0},
    chunks=chunks,
    largest=largest,
    decoder="tiled",
    streams=True,
    note="a first frame is needed; the last frames come first, unless forward is 1, for F1 checkpoints",
    own_text=("text_encoder", "text_encoder_2", "image_encoder"),
    check=check_first_frame,
)
