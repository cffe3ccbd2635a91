"""SkyReels-V2 diffusion forcing: text, a first frame or a prefix; one window, or windows that overlap.

With `ar_step` above 0 the blocks of a window are at different noise levels and are finished one after the other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import diffusers
import torch
from torch import Tensor

from lawful.core.errors import InputError
from lawful.generators.adapters.codec_wan import WanCodec
from lawful.generators.adapters.pipelines.decoding import decoded, for_pipeline, frame_latents
from lawful.generators.adapters.pipelines.family import Family, Job, Setting
from lawful.generators.adapters.pipelines.need import Pass, Planned
from lawful.generators.adapters.pipelines.stream import Put, pieces
from lawful.generators.protocol import Capabilities
from lawful.generators.records import Chunk, GenerationRequest

_CONTROLS = frozenset({"text", "first_frame", "prefix", "size"})


_KINDS = {
    "text": "SkyReelsV2DiffusionForcingPipeline",
    "picture": "SkyReelsV2DiffusionForcingImageToVideoPipeline",
    "frames": "SkyReelsV2DiffusionForcingVideoToVideoPipeline",
}
"""Pipelines over the same parts, by what a video starts from."""


@dataclass(frozen=True)
class Windows:
    """How a video is made of windows; frames are counted as the pipeline is asked for them."""

    n_frames: int
    """Frames that the pipeline makes, those that it is shown included."""
    base: int
    """Frames of a window."""
    overlap: int
    """Frames of a window that the one before it has made."""


@dataclass
class _Watch:
    """Puts noise of its own into the pipeline, and takes out latent frames as they are finished."""

    job: Job
    put: Put[Tensor]
    first: int
    """The latent frame that the pipeline's first one is."""
    stride: int
    """Latent frames from the start of a window to that of the next."""
    window: int = -1
    n_taken: int = 0
    """Latent frames of this window that were put."""
    last_update: list[int] = field(default_factory=list)
    """After which step each latent frame of this window is finished; -1: it was given."""

    def prepare_latents(self, made: Any) -> Any:
        """What the pipeline draws, with the noise of each latent frame in its place."""
        latents, n_latents, prefix, n_prefix = made
        self.window += 1
        self.n_taken = 0
        if self.window > 0:
            self.n_taken = n_prefix
        start = self.first + self.window * self.stride
        return frame_latents(self.job.request, latents, start), n_latents, prefix, n_prefix

    def matrix(self, made: Any) -> Any:
        """The pipeline's schedule, kept to tell what is finished when."""
        updates = made[2]
        self.last_update = [
            max((step for step, row in enumerate(updates) if bool(row[at])), default=-1)
            for at in range(len(updates[0]))
        ]
        return made

    def after_step(self, _pipeline: Any, step: int, _t: Any, held: dict[str, Tensor]) -> dict[str, Tensor]:
        done = self.n_taken
        while done < len(self.last_update) and self.last_update[done] <= step:
            done += 1
        if done > self.n_taken:
            self.put(held["latents"][:, :, self.n_taken : done].float().clone())
            self.n_taken = done
        return held


def windows(n_frames: int, base: int, overlap: int, block: int) -> Windows:
    """Windows for at least so many frames, each of whole blocks.

    Args:
        n_frames: Frames that are wanted, those that the pipeline is shown included.
        base: Frames of a window at most.
        overlap: Frames that windows share.
        block: Latent frames of a block.

    Raises:
        InputError: Windows or what they share hold no whole blocks.
    """
    n_base, n_shared = _latents(base), _latents(overlap)
    for name, frames, n_latents in (("base_frames", base, n_base), ("overlap", overlap, n_shared)):
        if _frames(n_latents) != frames or n_latents % block:
            raise InputError(
                f"{name} = {frames} is no whole number of blocks of {block} latent frames: write "
                f"{_frames(max(block, n_latents // block * block))}"
            )
    if n_shared >= n_base:
        raise InputError(
            f"windows of {base} frames cannot share {overlap}: make overlap less than base_frames"
        )
    n_latents = -(-_latents(n_frames) // block) * block
    if n_latents <= n_base:
        return Windows(_frames(n_latents), _frames(n_latents), overlap)
    if block > 1:  # the last window, too, must hold whole blocks
        n_more = -(-(n_latents - n_base) // (n_base - n_shared))
        n_latents = n_base + n_more * (n_base - n_shared)
    return Windows(_frames(n_latents), base, overlap)


def chunks(job: Job) -> Iterator[Chunk]:
    """The video of a job."""
    settings, request = job.settings, job.request
    block = int(settings["block"])
    cut, first = _cut(settings, request)
    prefix = request.prefix
    codec = WanCodec(job.pipeline.vae)

    def run(put: Put[Tensor]) -> None:
        _run(job, cut, put, block, first, None if prefix is None else prefix.rgb[first:])

    return decoded(codec, pieces(run), request, FAMILY.can.fps, first)


def check_windows(planned: Planned) -> None:
    """Refuse windows and a schedule that cannot be.

    Raises:
        InputError: They cannot.
    """
    cut, _first = _cut(planned.settings, planned.request)
    settings = planned.settings
    _check_lag(int(settings["steps"]), int(settings["ar_step"]), _latents(cut.base) // int(settings["block"]))


def largest(planned: Planned) -> Pass:
    """A window of the video; each of its latent frames has a noise level of its own."""
    cut, _first = _cut(planned.settings, planned.request)
    return Pass(
        tokens=_latents(cut.base) * planned.frame_tokens, own_levels=True, n_latents=_latents(cut.n_frames)
    )


def _cut(settings: Mapping[str, Setting], request: GenerationRequest) -> tuple[Windows, int]:
    """The windows of a video, and the first of its frames that the pipeline has to do with."""
    overlap, first, prefix = int(settings["overlap"]), 0, request.prefix
    if prefix is not None:
        # The pipeline is shown the last of the given frames, as many as windows share.
        overlap = _frames((min(overlap, len(prefix)) - 1) // 4 + 1)
        first = len(prefix) - overlap
    block = int(settings["block"])
    return windows(request.n_frames - first, int(settings["base_frames"]), overlap, block), first


def _run(job: Job, cut: Windows, put: Put[Tensor], block: int, first: int, shown: Any) -> None:
    settings = job.settings
    kind, given = "text", {}
    height, width = job.size_px
    if job.request.first_frame is not None:
        kind = "picture"
        given = {"image": for_pipeline(job.request.first_frame[None])}
    elif shown is not None:
        kind = "frames"
        given = {"video": for_pipeline(shown)[None]}
    pipeline: Any = getattr(diffusers, _KINDS[kind])(**job.pipeline.components)
    pipeline.set_progress_bar_config(disable=True)
    watch = _Watch(job, put, _latents(first) if first else 0, _latents(cut.base) - _latents(cut.overlap))
    drawn, matrix = pipeline.prepare_latents, pipeline.generate_timestep_matrix
    pipeline.prepare_latents = lambda *some, **more: watch.prepare_latents(drawn(*some, **more))
    pipeline.generate_timestep_matrix = lambda *some, **more: watch.matrix(matrix(*some, **more))
    # Noise on frames that are shown again is drawn from the one generator of the process.
    devices = [job.device] if job.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed((job.request.seed * 1_000_003 + job.request.branch) % 2**63)
        pipeline(
            prompt=None,
            prompt_embeds=job.embedded,
            negative_prompt_embeds=job.unguided,
            height=height,
            width=width,
            num_frames=cut.n_frames,
            num_inference_steps=int(settings["steps"]),
            guidance_scale=settings["guidance"],
            generator=torch.Generator(device=job.device).manual_seed(0),
            output_type="latent",
            callback_on_step_end=watch.after_step,
            overlap_history=cut.overlap,
            addnoise_condition=settings["addnoise"],
            base_num_frames=cut.base,
            ar_step=int(settings["ar_step"]),
            causal_block_size=block if settings["ar_step"] else None,
            fps=int(FAMILY.can.fps),
            **given,
        )


def _check_lag(steps: int, ar_step: int, n_blocks: int) -> None:
    if ar_step < 0 or ar_step > steps:
        raise InputError(f"ar_step must be 0 to the number of steps ({steps}), got {ar_step}")
    if n_blocks < 1:
        raise InputError("a window has at least one block: make base_frames larger or block smaller")


def _latents(n_frames: int) -> int:
    return (n_frames - 2) // 4 + 2 if n_frames > 1 else 1


def _frames(n_latents: int) -> int:
    return 4 * (n_latents - 1) + 1


FAMILY = Family(
    name="skyreels-v2",
    pipeline="SkyReelsV2DiffusionForcingPipeline",
    accepts=tuple(_KINDS.values()),
    title="SkyReels-V2 diffusion forcing",
    weights="Skywork/SkyReels-V2-DF-1.3B-540P-Diffusers",
    can=Capabilities(
        _CONTROLS,  # pyright: ignore[reportArgumentType]
        width_px=960,
        height_px=544,
        fps=24.0,
        trained_frames=97,
        licence="LicenseRef-SkyReels (read it before use)",
    ),
    defaults={
        "steps": 30, "guidance": 6.0, "ar_step": 0, "block": 1, "base_frames": 97, "overlap": 17, "addnoise": 20.0,
    },
    chunks=chunks,
    largest=largest,
    check=check_windows,
    streams=True,
    note="all frames of a window come at its end unless ar_step is above 0 (5, with block 5, as its authors advise)",
)  # fmt: skip
