"""AnyFlow-FAR: chunks one after the other, older ones kept small; text, a first frame or a prefix to go on from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from lawful.core.errors import InputError
from lawful.generators.adapters.codec_wan import WanCodec
from lawful.generators.adapters.pipelines.decoding import decoded, frame_latents
from lawful.generators.adapters.pipelines.family import Family, Job
from lawful.generators.adapters.pipelines.need import Pass, Planned
from lawful.generators.adapters.pipelines.stream import Put, pieces
from lawful.generators.causal.codec import Clock
from lawful.generators.protocol import Capabilities
from lawful.generators.records import Chunk

_CLOCK = Clock(4, True)
_FLEX_BLOCK = 128
"""Tokens of a block of the mask of flex attention, to which tokens are filled up."""
_CONTROLS = frozenset({"text", "first_frame", "prefix", "size"})


def partition(n_latents: int, trained: Sequence[int]) -> list[int]:
    """Latent frames of each chunk: the first and the full ones as in training, the rest in the last.

    >>> partition(21, [1, 3, 3, 3, 3, 3, 3, 2]), partition(6, [1, 3, 3, 3, 3, 3, 3, 2])
    ([1, 3, 3, 3, 3, 3, 3, 2], [1, 3, 2])
    """
    full = max(trained)
    chunks = [min(trained[0], n_latents)]
    while (left := n_latents - sum(chunks)) > 0:
        chunks.append(min(full, left))
    return chunks


def latents_made(n_frames: int, network: Mapping[str, Any]) -> int:
    """Latent frames for at least so many frames, in chunks enough for the pipeline: it fails where all would be whole."""
    first, full = network["chunk_partition"][0], max(network["chunk_partition"])
    least = network["full_chunk_limit"] - 1
    return max(_CLOCK.n_latents(n_frames), first + (least - 2) * full + 1 if least > 1 else 1)


def chunks(job: Job) -> Iterator[Chunk]:
    """The video of a job; the noise of each latent frame is its own, so a longer video begins like a shorter one."""
    codec = WanCodec(job.pipeline.vae)
    network = job.pipeline.transformer.config
    n_latents = latents_made(job.request.n_frames, network)
    parts = partition(n_latents, network["chunk_partition"])
    known = _known(codec, job)
    height, width = job.size_px
    size = (1, codec.channels, n_latents, height // codec.space_stride, width // codec.space_stride)
    noise = frame_latents(job.request, torch.empty(size, device=job.device), 0)
    n_steps = int(job.settings["steps"])

    def run(put: Put[Tensor]) -> None:
        if known is not None:
            put(known)

        def after_step(pipeline: Any, step: int, timestep: Any, held: dict[str, Tensor]) -> dict[str, Tensor]:
            # The step counts from 0 in every chunk, and only the chunk's own latents come.
            if step == n_steps - 1:
                put(held["latents"].permute(0, 2, 1, 3, 4).float())
            return held

        job.pipeline(
            prompt_embeds=job.embedded,
            negative_prompt_embeds=job.unguided if job.settings["guidance"] > 1 else None,
            height=height,
            width=width,
            num_frames=codec.clock.start(n_latents),
            num_inference_steps=n_steps,
            guidance_scale=job.settings["guidance"],
            latents=noise,
            video_latents=None if known is None else known.permute(0, 2, 1, 3, 4),
            chunk_partition=parts,
            output_type="latent",
            callback_on_step_end=after_step,
        )

    return decoded(codec, pieces(run), job.request, FAMILY.can.fps)


def largest(planned: Planned) -> Pass:
    """The pass in which a chunk and those before it become keys and values, or the steps of the last chunk over these.

    The last chunks are there whole, older ones in larger patches. flex attention that is not compiled keeps all scores.
    """
    network, full = planned.network, planned.frame_tokens
    patch = network["compressed_patch_size"]
    small = (planned.size[0] // patch[1]) * (planned.size[1] // patch[2])
    parts = partition(latents_made(planned.request.n_frames, network), network["chunk_partition"])
    before, n_whole = parts[:-1], network["full_chunk_limit"] - 1
    older, newer = before[: len(before) - n_whole], before[-n_whole:]
    cached = sum(newer) * full + sum(older) * small
    stepped = max(parts) * full
    tokens, looked_at = max((cached, cached), (stepped, cached + stepped), key=lambda pair: pair[0] * pair[1])
    wide = max(parts) * (network["full_chunk_limit"] * full + max(len(parts) - n_whole, 0) * small)
    return Pass(
        tokens=_padded(tokens),
        own_levels=True,
        n_latents=sum(parts),
        batch=2 if planned.settings["guidance"] > 1 else 1,
        looked_at=_padded(looked_at),
        kept_tokens=wide,
    )


def _padded(n_tokens: int) -> int:
    return -(-n_tokens // _FLEX_BLOCK) * _FLEX_BLOCK


def check_given(planned: Planned) -> None:
    """Refuse given frames that do not end where a chunk does: the pipeline fills up a chunk with zeros.

    Raises:
        InputError: They end within one, or fill the whole video.
    """
    given = planned.request.given
    if given is None:
        return
    parts = partition(
        latents_made(planned.request.n_frames, planned.network), planned.network["chunk_partition"]
    )
    n_known = _CLOCK.check(len(given), "what is given")
    ends = [sum(parts[: number + 1]) for number in range(len(parts) - 1)]
    if n_known not in ends:
        fitting = ", ".join(str(_CLOCK.start(end)) for end in ends)
        raise InputError(
            f"{len(given)} given frames do not end where a chunk of this checkpoint does: give one of {fitting} frames"
        )


def _known(codec: WanCodec, job: Job) -> Tensor | None:
    """Latents of the given frames; none where none are given."""
    given = job.request.given
    if given is None:
        return None
    rgb = torch.from_numpy(given).to(job.device).permute(3, 0, 1, 2)[None]
    with torch.no_grad():
        return codec.encode(rgb.float() / 127.5 - 1)


FAMILY = Family(
    name="anyflow-far",
    pipeline="AnyFlowFARPipeline",
    accepts=("AnyFlowFARPipeline",),
    title="AnyFlow-FAR",
    weights="nvidia/AnyFlow-FAR-Wan2.1-1.3B-Diffusers",
    can=Capabilities(
        _CONTROLS,  # pyright: ignore[reportArgumentType]
        width_px=832,
        height_px=480,
        fps=16.0,
        trained_frames=81,
        licence="LicenseRef-NVIDIA (read it before use)",
    ),
    defaults={"steps": 4, "guidance": 1.0},
    chunks=chunks,
    largest=largest,
    check=check_given,
    streams=True,
    attention=("flex",),  # its causal mask is built for no other
)
