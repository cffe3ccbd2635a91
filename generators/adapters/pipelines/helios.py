"""Helios: chunks of 33 frames, each after a compressed history of what came before; text, a first frame or a prefix.

Helios-Base takes its steps at full size; Helios-Mid and Helios-Distilled in stages, from a quarter of the width and
height up to the whole. The pipelines decode every chunk themselves: its frames are taken there, and not decoded again.
"""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from lawful.core.errors import InputError
from lawful.generators.adapters.pipelines.decoding import (
    ChunkCutter,
    for_pipeline,
    frame_latents,
    given_chunk,
)
from lawful.generators.adapters.pipelines.family import Family, Job
from lawful.generators.adapters.pipelines.need import Pass, Planned
from lawful.generators.adapters.pipelines.stream import Put, pieces
from lawful.generators.protocol import Capabilities
from lawful.generators.records import Chunk

_CONTROLS = frozenset({"text", "first_frame", "prefix", "size"})
LATENTS_A_CHUNK = 9
FRAMES_A_CHUNK = 4 * (LATENTS_A_CHUNK - 1) + 1
"""33: each chunk is decoded by itself, its first latent frame as one frame."""
_HISTORY = (16, 2, 1)
"""Latent frames of the history, from the most to the least compressed."""
_CHUNKS_SEEN = -(-sum(_HISTORY) // LATENTS_A_CHUNK)
"""Whole chunks that fill the history."""
_NOTE = f"a prefix has {FRAMES_A_CHUNK} frames or more, of which the first and the last {_CHUNKS_SEEN * FRAMES_A_CHUNK} are looked at"
_CELL_PX = 16
"""Pixels in the side of a token."""


@dataclass(frozen=True, eq=False)
class _Made:
    """A chunk as the pipeline decoded it."""

    rgb: Tensor
    """Frames (1 x 3 x frames x height x width), -1 to 1."""
    model_s: float
    """Seconds in the network."""
    decode_s: float
    """Seconds in the decoder."""


def base_chunks(job: Job) -> Iterator[Chunk]:
    """The video of a job by Helios-Base."""
    settings = job.settings
    return _chunks(
        job, {"num_inference_steps": int(settings["steps"]), "guidance_scale": settings["guidance"]}
    )


def mid_chunks(job: Job) -> Iterator[Chunk]:
    """The video of a job by Helios-Mid."""
    return _chunks(job, {**_stages(job), "guidance_scale": job.settings["guidance"]})


def distilled_chunks(job: Job) -> Iterator[Chunk]:
    """The video of a job by Helios-Distilled, which is not guided and takes twice the steps for its first chunk."""
    return _chunks(job, {**_stages(job), "guidance_scale": 1.0, "is_amplify_first_chunk": True})


def _stages(job: Job) -> dict[str, Any]:
    """The same number of steps for every stage.

    Raises:
        InputError: The size cannot be halved from stage to stage.
    """
    n_stages = int(job.pipeline.scheduler.config.stages)
    side_px = _CELL_PX * 2 ** (n_stages - 1)
    height, width = job.size_px
    if height % side_px or width % side_px:
        raise InputError(
            f"{width}x{height} px are made in {n_stages} stages, each twice as wide as the one before: width and height "
            f"must be multiples of {side_px} px"
        )
    return {"pyramid_num_inference_steps_list": [int(job.settings["steps"])] * n_stages}


def _chunks(job: Job, asked: Mapping[str, Any]) -> Iterator[Chunk]:
    """The video of a job, rounded up to whole chunks and cut."""
    request, fps = job.request, FAMILY.can.fps
    given = given_chunk(request, fps)
    # The pipeline's own frames begin after those that it was given.
    n_given = 0 if request.given is None else len(request.given)
    n_chunks = _n_chunks(request.n_frames - n_given)
    yield from given
    if n_given == request.n_frames:
        return
    cutter = ChunkCutter(request, fps, n_given, len(given))

    def run(put: Put[_Made]) -> None:
        _run(job, n_chunks, asked, put)

    for made in pieces(run):
        yield from cutter.cut(made.rgb[0], made.model_s, made.decode_s)


def largest(planned: Planned) -> Pass:
    """A chunk at full size with its history, which is at noise level 0."""
    far, middle, near = _HISTORY
    # The nearest history has the video's first latent frame, too.
    history = sum(planned.coarse_tokens(*part) for part in ((far, 4), (middle, 2), (near + 1, 1)))
    n_given = 0 if planned.request.given is None else len(planned.request.given)
    n_chunks = _n_chunks(planned.request.n_frames - n_given)
    return Pass(
        tokens=LATENTS_A_CHUNK * planned.frame_tokens + history,
        own_levels=True,
        n_latents=(n_chunks + _CHUNKS_SEEN) * LATENTS_A_CHUNK,
        decoded_latents=LATENTS_A_CHUNK,
    )


def _n_chunks(n_frames: int) -> int:
    return max(1, -(-n_frames // FRAMES_A_CHUNK))


def check_prefix(planned: Planned) -> None:
    """Refuse a prefix that fills no chunk: the pipeline encodes given frames chunk by chunk, from the last one back.

    Raises:
        InputError: It is too short.
    """
    prefix = planned.request.prefix
    if prefix is not None and len(prefix) < FRAMES_A_CHUNK:
        raise InputError(
            f"{len(prefix)} given frames fill no chunk of Helios: give {FRAMES_A_CHUNK} or more, or a first frame"
        )


def seen_of(
    rgb: UInt8[np.ndarray, "frames height width 3"],
) -> UInt8[np.ndarray, "seen height width 3"]:
    """What the pipeline looks at of given frames: the first, and the last whole chunks that fill its history.

    It would encode all others, too, and then leave them out.
    """
    n_last = _CHUNKS_SEEN * FRAMES_A_CHUNK
    return rgb if len(rgb) <= n_last else np.concatenate([rgb[:1], rgb[-n_last:]])


def _run(job: Job, n_chunks: int, asked: Mapping[str, Any], put: Put[_Made]) -> None:
    pipeline, request = job.pipeline, job.request
    drawn, decoded = pipeline.prepare_latents, pipeline.vae.decode
    first, stage, began_s = -LATENTS_A_CHUNK, 0, time.perf_counter()

    def prepare_latents(*some: Any, **more: Any) -> Tensor:
        nonlocal first, stage
        first, stage = first + LATENTS_A_CHUNK, 0
        return frame_latents(request, drawn(*some, **more), first)

    def sample_block_noise(
        batch: int, channels: int, n_frames: int, height: int, width: int, patch: Sequence[int],
        device: torch.device, _generator: Any,
    ) -> Tensor:  # fmt: skip
        nonlocal stage
        stage += 1
        like = torch.empty(batch, channels, n_frames, height, width, device=device)
        return opposed(frame_latents(request, like, first, stage), patch[1:], pipeline.scheduler.config.gamma)

    def decode(latents: Tensor, **more: Any) -> tuple[Tensor]:
        nonlocal began_s
        _wait(latents.device)
        decoding_s = time.perf_counter()
        (rgb,) = decoded(latents, **more)
        _wait(latents.device)
        put(_Made(rgb, decoding_s - began_s, time.perf_counter() - decoding_s))
        began_s = time.perf_counter()
        return (rgb[:, :, :0],)  # the pipeline would keep all frames of the video

    height, width = job.size_px
    shown: dict[str, Tensor] = {}
    if request.first_frame is not None:
        shown = {"image": for_pipeline(request.first_frame[None])}
    elif request.prefix is not None:
        shown = {"video": for_pipeline(seen_of(request.prefix.rgb))[None]}
    seed = (request.seed * 1_000_003 + request.branch) % 2**63
    pipeline.prepare_latents, pipeline.vae.decode = prepare_latents, decode
    # The pipeline's own fails where gamma is what Helios was trained with: its covariance has no inverse.
    pipeline.sample_block_noise = sample_block_noise
    # The guidance of Helios-Mid (CFG-Zero*) looks at outputs as flat, and fails where they do not lie so in memory.
    flat = pipeline.transformer.register_forward_hook(
        lambda _module, _inputs, output: tuple(part.contiguous() for part in output)
    )
    try:
        pipeline(
            prompt_embeds=job.embedded,
            negative_prompt_embeds=job.unguided,
            height=height,
            width=width,
            num_frames=n_chunks * FRAMES_A_CHUNK,
            generator=torch.Generator(device=job.device).manual_seed(seed),
            output_type="latent",
            history_sizes=list(_HISTORY),  # the pipeline changes the list that it is given
            num_latent_frames_per_chunk=LATENTS_A_CHUNK,
            **shown,
            **asked,
        )
    finally:
        flat.remove()
        del pipeline.prepare_latents, pipeline.vae.decode, pipeline.sample_block_noise


def opposed(noise: Tensor, patch: Sequence[int], gamma: float) -> Tensor:
    """Noise of unit variance whose values within a patch have the correlation -gamma, from white noise.

    It takes away the blocks that enlarging leaves. Source: Jin et al., Pyramidal flow matching (2024), section 3.2.

    Args:
        noise: White, as ... x height x width.
        patch: Rows and columns of a patch.
        gamma: 0 to 1 / (values of a patch - 1).
    """
    rows, columns = patch
    cells = noise.unflatten(-1, (-1, columns)).unflatten(-3, (-1, rows))
    mean = cells.mean((-3, -1), keepdim=True)
    shared = math.sqrt(max(1 - gamma * (rows * columns - 1), 0.0))
    return (math.sqrt(1 + gamma) * (cells - mean) + shared * mean).flatten(-2).flatten(-3, -2)


def _wait(device: torch.device) -> None:
    """Until a device has done what it was told, so that times are those of the work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


FAMILY = Family(
    name="helios",
    pipeline="HeliosPipeline",
    accepts=("HeliosPipeline",),
    title="Helios-Base",
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
    chunks=base_chunks,
    largest=largest,
    streams=True,
    check=check_prefix,
    note=_NOTE,
)
MID = replace(
    FAMILY,
    name="helios-mid",
    pipeline="HeliosPyramidPipeline",
    accepts=("HeliosPyramidPipeline",),
    marks={"is_distilled": False},
    title="Helios-Mid",
    weights="BestWishYsh/Helios-Mid",
    defaults={"steps": 20, "guidance": 5.0},
    chunks=mid_chunks,
    note=f"steps are those of each stage; {_NOTE}",
)
DISTILLED = replace(
    MID,
    name="helios-distilled",
    marks={"is_distilled": True},
    title="Helios-Distilled",
    weights="BestWishYsh/Helios-Distilled",
    defaults={"steps": 2},
    chunks=distilled_chunks,
    note=f"steps are those of each stage, twice as many for the first chunk; it is not guided; {_NOTE}",
)
