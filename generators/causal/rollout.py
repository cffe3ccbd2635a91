"""Rollouts: blocks of latent frames through the network, round by round, and out as frames."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from lawful.core.errors import LawfulError
from lawful.generators.causal.cache import CacheSnapshot
from lawful.generators.causal.conditions import Conditions, Engine
from lawful.generators.causal.schedule import next_latents, next_round, result_of
from lawful.generators.records import Chunk, GenerationRequest
from lawful.video.frames import Frames

Latents = Float[Tensor, "batch channels frames height width"]


@dataclass
class _State:
    """All that changes during a rollout; tensors in it are replaced, never written to."""

    index: int = 0
    """Chunks given so far."""
    done: int = 0
    """Blocks that are finished."""
    live: list[int] = field(default_factory=list)
    """Steps behind each block in the making."""
    noisy: list[Tensor] = field(default_factory=list)
    """Latents of each block in the making."""
    past: dict[int, Tensor] = field(default_factory=dict)
    """Finished latent frames that are still in sight."""
    prompts: tuple[str, ...] = ()
    """Prompts of the newest block that the cache was made with."""
    decoder: Any = None
    """State of the codec's decoder."""
    branches: tuple[int, ...] = ()
    """Branch of each video."""
    begun: bool = False
    """Whether given frames are in the cache."""
    ready: tuple[list[Chunk], ...] = ()
    """Chunks that are made and not given yet."""


Snapshot = tuple[_State, CacheSnapshot]


class BatchRollout(Iterator[list[Chunk]]):
    """Videos of one length and size, made side by side; each step gives a chunk of every one.

    Args:
        engine: What they are made with.
        requests: One for each video; they differ in prompts, seeds, branches, tracks and pictures.

    Raises:
        InputError: The requests do not go together, or their given frames do not fit the blocks.
        LawfulError: The video needs more places in time than the checkpoint knows. From `next`: frames came out as
            NaN or infinite.
    """

    def __init__(self, engine: Engine, requests: Sequence[GenerationRequest]) -> None:
        self._engine, self._requests, self._spec = engine, tuple(requests), engine.spec
        self._told = Conditions(engine, self._requests)
        self._bounds = self._told.bounds
        self._n_blocks = len(self._bounds)
        batch = len(self._requests) * (2 if self._spec.guidance != 1 else 1)
        self._cache = engine.model.new_cache(self._bounds[-1][1], batch, *self._told.shape[1:])
        self._state = _State(
            decoder=engine.codec.open(), branches=tuple(request.branch for request in self._requests)
        )

    @torch.no_grad()
    def __next__(self) -> list[Chunk]:
        state = self._state
        if not state.begun:
            self._begin()
        started = time.perf_counter()
        while not state.ready:
            if state.done == self._n_blocks:
                raise StopIteration
            self._round(started)
        chunks, *rest = state.ready
        state.ready = tuple(rest)
        state.index += 1
        return chunks

    def snapshot(self) -> Snapshot:
        """All of the state: what the network sees, the blocks in the making, the decoder."""
        return _copied(self._state), self._cache.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this rollout."""
        self._state = _copied(snapshot[0])
        self._cache.restore(snapshot[1])

    def branch(self, number: int) -> None:
        """Draw all noise from now on from another branch, for all videos."""
        self._state.branches = (number,) * len(self._requests)

    @property
    def cache_bytes(self) -> int:
        """Size of the buffers of keys and values."""
        return self._cache.bytes

    def _begin(self) -> None:
        """Show the given frames to network and decoder; they are the first chunk."""
        state = self._state
        state.begun = True
        known, n_given = self._told.known, self._told.n_given
        if known is None:
            return
        whole = [block for block in self._bounds if block[1] <= known.shape[2]]
        for start, stop in whole:
            self._show(range(start, stop), known[:, :, start:stop], self._told.prompts(start))
        state.done = self._n_blocks if n_given == self._told.n_frames else len(whole)
        state.decoder, _ = self._engine.codec.decode(state.decoder, known)
        times = np.arange(n_given) / self._engine.fps
        state.ready = (
            [
                Chunk(0, Frames(given, times, np.arange(n_given)), given=True, branch=branch)
                for request, branch in zip(self._requests, state.branches, strict=True)
                if (given := request.given) is not None
            ],
        )

    def _round(self, started: float) -> None:
        """One round of the network for all blocks in the making; what is finished becomes chunks."""
        state, spec = self._state, self._spec
        levels = self._levels(state.done)
        lag = len(levels) if spec.lag is None else spec.lag
        # Blocks after the last one are counted, and not made: what is in sight does not tell where the video ends.
        n_after = 0 if spec.joint else max(spec.in_flight - 1, 0)
        n_left = self._n_blocks + n_after - state.done - len(state.live)
        after = next_round(state.live, len(levels), lag, n_left)
        before = state.live + [0] * (len(after) - len(state.live))
        end = spec.bounds_of(state.done + len(after) - 1)[1]
        n_begun = len(state.noisy)
        for at in range(n_begun, min(len(after), self._n_blocks - state.done)):
            noise = self._drawn(state.done + at, 0)
            state.noisy = [*state.noisy, self._told.held(state.done + at, noise * levels[0])]
        if len(state.noisy) > n_begun:
            self._look_back(state.done + len(state.noisy) - 1, end)
        results = self._results(before[: len(state.noisy)], levels, end)
        stepped = []
        for at, (result, noisy) in enumerate(zip(results, state.noisy, strict=True)):
            stepped.append(self._stepped(state.done + at, noisy, result, before[at], levels))
        state.live, state.noisy = after, stepped
        while state.noisy and state.live[0] == len(levels):
            self._finish(end, started)
            started = time.perf_counter()

    def _levels(self, block: int) -> tuple[float, ...]:
        first = block == 0 and self._told.known is None and self._spec.first_sigmas
        return first or self._spec.sigmas

    def _drawn(self, block: int, step: int) -> Tensor:
        return self._told.noise(self._state.branches, range(*self._bounds[block]), step)

    def _stepped(
        self, block: int, noisy: Tensor, result: Tensor, step: int, levels: tuple[float, ...]
    ) -> Tensor:
        if step + 1 == len(levels):
            return self._told.held(block, result)
        level, following = (noisy.new_full((1, 1, 1, 1, 1), levels[step + more]) for more in (0, 1))
        noise = self._drawn(block, step + 1) if self._spec.sampler == "renoise" else noisy
        made = next_latents(noisy, result, level, following, noise, self._spec.sampler)
        return self._told.held(block, made)

    def _results(self, steps: list[int], levels: tuple[float, ...], end: int) -> list[Tensor]:
        """Estimated results of all blocks in the making; those of one prompt pass together.

        Later blocks are not seen by earlier ones, so passing them one group after the other changes nothing. Where they
        are seen (`joint`), there is one prompt.
        """
        state = self._state
        self._cache.enter(range(self._bounds[state.done][0], min(end, self._bounds[-1][1])))
        prompts = [self._told.prompts(self._bounds[state.done + at][0]) for at in range(len(steps))]
        results: list[Tensor] = []
        while len(results) < len(steps):
            first = len(results)
            last = first + 1
            while last < len(steps) and prompts[last] == prompts[first]:
                last += 1
            results += self._group(first, last, steps, levels, prompts[first], end)
        return results

    def _group(
        self,
        first: int,
        last: int,
        steps: list[int],
        levels: tuple[float, ...],
        prompts: tuple[str, ...],
        end: int,
    ) -> list[Tensor]:
        state = self._state
        bounds = self._bounds[state.done + first : state.done + last]
        noisy = torch.cat(state.noisy[first:last], dim=2)
        by_frame = [
            0.0 if frame < self._told.n_known else levels[steps[first + at]]
            for at, (start, stop) in enumerate(bounds)
            for frame in range(start, stop)
        ]
        alike = len(set(by_frame)) == 1
        if alike:  # filled on the device: a list would be copied there, and waited for
            sigmas = noisy.new_full((len(noisy),), by_frame[0])
            level = noisy.new_full((1, 1, 1, 1, 1), by_frame[0])
        else:
            sigmas = noisy.new_tensor([by_frame]).expand(len(noisy), -1)
            level = noisy.new_tensor(by_frame)[None, None, :, None, None]
        frames = range(bounds[0][0], bounds[-1][1])
        output = self._passed(frames, noisy, sigmas, prompts, end)
        result = result_of(output, noisy, level, self._spec.prediction)
        return list(result.split([stop - start for start, stop in bounds], dim=2))

    def _passed(
        self,
        frames: Sequence[int],
        latents: Tensor,
        sigmas: Tensor,
        prompts: tuple[str, ...],
        end: int | None,
    ) -> Tensor:
        """The network's output, guided away from that without a prompt where the settings say so."""
        model, guidance, guided = self._engine.model, self._spec.guidance, self._spec.guided
        context, tracks = self._told.context(prompts), self._told.tracks(frames)
        if guidance == 1 or (guided is not None and frames[0] >= guided):
            # What is kept of passes without prompt is the cache's second half, and no more needed from here on.
            return model.step(self._cache, latents, sigmas, context, frames, end, tracks)
        both = torch.cat([context, self._told.context(("",) * len(prompts))])
        twice = None if tracks is None else torch.cat([tracks, tracks])
        output = model.step(
            self._cache, torch.cat([latents] * 2), torch.cat([sigmas] * 2), both, frames, end, twice
        )
        with_prompt, without = output.chunk(2)
        return without + guidance * (with_prompt - without)

    def _show(
        self, frames: Sequence[int], latents: Tensor, prompts: tuple[str, ...], end: int | None = None
    ) -> None:
        """Put finished latent frames into the cache, at the level at which the past is shown."""
        self._remember(frames, latents, prompts)
        latents = self._told.as_past(self._state.branches, frames, latents)
        sigmas = latents.new_full((len(latents),), self._spec.history_sigma)
        self._passed(frames, latents, sigmas, prompts, end)

    def _remember(self, frames: Sequence[int], latents: Tensor, prompts: tuple[str, ...]) -> None:
        """Keep finished latent frames as long as they are in sight."""
        state, spec = self._state, self._spec
        past = state.past | {frame: latents[:, :, at : at + 1] for at, frame in enumerate(frames)}
        oldest = spec.oldest(frames[-1] + 1)
        state.past = {frame: kept for frame, kept in past.items() if frame < spec.sink or frame >= oldest}
        state.prompts = prompts

    def _look_back(self, block: int, end: int) -> None:
        """Before a block begins: make keys and values of the past anew where policy or a new prompt ask for it."""
        state, spec = self._state, self._spec
        prompts = self._told.prompts(self._bounds[block][0])
        switched = bool(state.past) and spec.recompute_on_switch and prompts != state.prompts
        seen = [frame for frame in spec.in_sight(end) if frame in state.past]
        if seen and (switched or spec.cache == "recompute_window"):
            self._cache.clear()
            self._show(seen, torch.cat([state.past[frame] for frame in seen], dim=2), prompts, end)

    def _finish(self, end: int, started: float) -> None:
        """The oldest block in the making is done: cache, decode, hand out."""
        state = self._state
        result, *state.noisy = state.noisy
        del state.live[0]
        start, stop = self._bounds[state.done]
        state.done += 1
        prompts = self._told.prompts(start)
        if self._spec.cache == "clean_pass" and state.done < self._n_blocks:
            self._show(range(start, stop), result, prompts, None if self._spec.own_sight else end)
        else:
            self._remember(range(start, stop), result, prompts)
        if result.is_cuda:
            torch.cuda.synchronize(result.device)
        model_s = time.perf_counter() - started
        self._hand_out(result, start, stop, model_s)

    def _hand_out(self, result: Tensor, start: int, stop: int, model_s: float) -> None:
        state, began = self._state, time.perf_counter()
        n_known = min(max(self._told.n_known - start, 0), stop - start)
        state.decoder, rgb = self._engine.codec.decode(state.decoder, result[:, :, n_known:])
        if not torch.isfinite(rgb).all():
            raise LawfulError(
                f"latent frames {start} to {stop - 1} came out as numbers that are none (NaN or infinite), in "
                f"{str(self._engine.model.dtype).removeprefix('torch.')}: if it is float16, take bfloat16 or float32"
            )
        pixels = (
            ((rgb + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 4, 1).cpu().numpy()
        )
        first = self._engine.codec.clock.start(start + n_known)
        indices = np.arange(first, min(self._engine.codec.clock.start(stop), self._told.n_frames))
        times = indices / self._engine.fps
        decode_s = time.perf_counter() - began
        number = state.index + len(state.ready)
        state.ready = (
            *state.ready,
            [
                Chunk(
                    number,
                    Frames(np.ascontiguousarray(video[: len(indices)]), times, indices),
                    branch=branch,
                    model_s=model_s,
                    decode_s=decode_s,
                )
                for video, branch in zip(pixels, state.branches, strict=True)
            ],
        )


class CausalRollout(Iterator[Chunk]):
    """One video, chunk by chunk: a `Rollout`. Arguments and errors are those of `BatchRollout`."""

    def __init__(self, engine: Engine, request: GenerationRequest) -> None:
        self._batch = BatchRollout(engine, [request])

    def __next__(self) -> Chunk:
        return next(self._batch)[0]

    def snapshot(self) -> Snapshot:
        """See `BatchRollout.snapshot`."""
        return self._batch.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """See `BatchRollout.restore`."""
        self._batch.restore(snapshot)

    def branch(self, number: int) -> None:
        """See `BatchRollout.branch`."""
        self._batch.branch(number)

    @property
    def cache_bytes(self) -> int:
        """Size of the buffers of keys and values."""
        return self._batch.cache_bytes


def _copied(state: _State) -> _State:
    return replace(state, live=list(state.live), noisy=list(state.noisy), past=dict(state.past))
