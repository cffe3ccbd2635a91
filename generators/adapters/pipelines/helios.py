"""Helios: chunks of 33 frames, each after a compressed history of what came before; text or a first frame."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from lawful.generators.adapters.codec_wan import WanCodec
from lawful.generators.adapters.pipelines.decoding import ChunkCutter, frame_latents, given_chunk
from lawful.generators.adapters.pipelines.family import Family, Job
from lawful.generators.adapters.pipelines.stream import Put, pieces
from lawful.generators.protocol import Capabilities
from lawful.generators.records import Chunk

_CONTROLS = frozenset({"text", "first_frame", "size"})
LATENTS_A_CHUNK = 9
FRAMES_A_CHUNK = 4 * (LATENTS_A_CHUNK - 1) + 1
"""33: each chunk is decoded by itself, its first latent frame as one frame."""
_HISTORY = (16, 2, 1)
"""Latent frames of the history, from the most to the least compressed."""


def chunks(job: Job) -> Iterator[Chunk]:
    """The video of a job, rounded up to whole chunks and cut."""
    request, fps = job.request, FAMILY.can.fps
    codec = WanCodec(job.pipeline.vae)
    given = given_chunk(request, fps)
    # The pipeline's own frames begin after the picture that it was given.
    n_given = 0 if request.given is None else len(request.given)
    n_chunks = max(1, -(-(request.n_frames - n_given) // FRAMES_A_CHUNK))
    yield from given
    if n_given == request.n_frames:
        return
    cutter = ChunkCutter(request, fps, n_given, len(given))

    def run(put: Put[Tensor]) -> None:
        _run(job, n_chunks, put)

    for latents in pieces(run):
        with torch.no_grad():
            _, rgb = codec.decode(codec.open(), latents)
        yield from cutter.cut(rgb[0], 0.0, 0.0)


def _run(job: Job, n_chunks: int, put: Put[Tensor]) -> None:
    pipeline, request, settings = job.pipeline, job.request, job.settings
    n_steps = int(settings["steps"])
    drawn, n_drawn = pipeline.prepare_latents, 0

    def prepare_latents(*some: Any, **more: Any) -> Tensor:
        nonlocal n_drawn
        n_drawn += 1
        return frame_latents(request, drawn(*some, **more), (n_drawn - 1) * LATENTS_A_CHUNK)

    def after_step(_pipeline: Any, step: int, _t: Any, held: dict[str, Tensor]) -> dict[str, Tensor]:
        if step == n_steps - 1:  # the step counts from 0 in every chunk
            put(held["latents"].float().clone())
        return held

    height, width = job.size_px
    image = request.first_frame
    seed = (request.seed * 1_000_003 + request.branch) % 2**63
    pipeline.prepare_latents = prepare_latents
    try:
        pipeline(
            prompt_embeds=job.embedded,
            negative_prompt_embeds=job.unguided,
            height=height,
            width=width,
            num_frames=n_chunks * FRAMES_A_CHUNK,
            num_inference_steps=n_steps,
            guidance_scale=settings["guidance"],
            generator=torch.Generator(device=job.device).manual_seed(seed),
            output_type="latent",
            callback_on_step_end=after_step,
            image=None if image is None else torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255,
            history_sizes=list(_HISTORY),  # the pipeline changes the list that it is given
            num_latent_frames_per_chunk=LATENTS_A_CHUNK,
        )
    finally:
        del pipeline.prepare_latents


FAMILY = Family(
    name="helios",
    pipeline="HeliosPipeline",
    accepts=("HeliosPipeline",),
    title="Helios",
    weights="BestWishYsh/Helios-Base",
    can=Capabilities(
        _CONTROLS,  # pyright: ignore[reportArgumentType]
        width_px=640,
        height_px=384,
        fps=24.0,
        trained_frames=132,
        licence="Apache-2.0",
    ),
    defaults={"steps": 50, "guidance": 5.0},
    chunks=chunks,
    streams=True,
    note="the base checkpoint; those in three stages (mid, distilled) are not run",
)
