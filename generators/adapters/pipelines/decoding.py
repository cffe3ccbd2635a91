"""From pieces of latents to chunks of frames with their true indices."""

import time
from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from lawful.generators.adapters.codec_wan import WanCodec
from lawful.generators.causal.noise import block_noise
from lawful.generators.records import Chunk, GenerationRequest
from lawful.video.frames import Frames

Latents = Float[Tensor, "batch channels frames height width"]


def frame_latents(request: GenerationRequest, like: Latents, first: int, step: int = 0) -> Latents:
    """Noise in the shape of some latents of one video, keyed by seed, branch and latent frame.

    Args:
        request: Whose seed and branch.
        like: Batch 1.
        first: The latent frame that the first of these is.
        step: Tells draws for the same frames apart.
    """
    frames = range(first, first + like.shape[2])
    shape = (like.shape[1], like.shape[3], like.shape[4])
    drawn = block_noise(request.seed, request.branch, frames, step, shape)
    return torch.from_numpy(drawn)[None].to(like.device, like.dtype)


def for_pipeline(
    rgb: UInt8[np.ndarray, "frames height width 3"],
) -> Float[Tensor, "frames 3 height width"]:
    """Given frames as pipelines take them, 0 to 1."""
    return torch.from_numpy(rgb).permute(0, 3, 1, 2).float() / 255


def given_chunk(request: GenerationRequest, fps: float) -> list[Chunk]:
    """The chunk of the frames that came with a request; none where none came."""
    given = request.given
    if given is None:
        return []
    indices = np.arange(len(given))
    return [Chunk(0, Frames(given, indices / fps, indices), given=True, branch=request.branch)]


class ChunkCutter:
    """Cuts frames that come in order into chunks, without those that were given and those that are too many.

    Args:
        request: What is asked.
        fps: Frames a second.
        first: Index of the first frame that comes.
        first_number: Number of the first chunk.
    """

    def __init__(self, request: GenerationRequest, fps: float, first: int = 0, first_number: int = 0) -> None:
        self._request = request
        self._fps = fps
        self._next = first
        self._number = first_number
        self._n_given = 0 if request.given is None else len(request.given)

    def cut(
        self, rgb: Float[Tensor, "3 frames height width"], model_s: float, decode_s: float
    ) -> Iterator[Chunk]:
        """The chunk of some more frames (-1 to 1); none where none of them is wanted."""
        indices = np.arange(self._next, self._next + rgb.shape[1])
        self._next += rgb.shape[1]
        wanted = (indices >= self._n_given) & (indices < self._request.n_frames)
        if not wanted.any():
            return
        frames = Frames(pixels(rgb)[wanted], indices[wanted] / self._fps, indices[wanted])
        yield Chunk(self._number, frames, branch=self._request.branch, model_s=model_s, decode_s=decode_s)
        self._number += 1


def pixels(rgb: Float[Tensor, "3 frames height width"]) -> UInt8[np.ndarray, "frames height width 3"]:
    """Frames of values -1 to 1 as pixels."""
    values = ((rgb.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(values.permute(1, 2, 3, 0).cpu().numpy())


def decoded(
    codec: WanCodec, parts: Iterator[Latents], request: GenerationRequest, fps: float, first: int = 0
) -> Iterator[Chunk]:
    """Chunks of the frames of parts of latents that come in order of time, the given ones before them.

    Args:
        codec: The decoder.
        parts: Normalised latents from the video's start, or from that of what the pipeline was shown.
        request: What is asked.
        fps: Frames a second.
        first: Index of the first frame of the first part.
    """
    given = given_chunk(request, fps)
    yield from given
    cutter = ChunkCutter(request, fps, first, len(given))
    state = codec.open()
    started_s = time.perf_counter()
    for latents in parts:
        began_s = time.perf_counter()
        with torch.no_grad():
            state, rgb = codec.decode(state, latents)
        yield from cutter.cut(rgb[0], began_s - started_s, time.perf_counter() - began_s)
        started_s = time.perf_counter()
