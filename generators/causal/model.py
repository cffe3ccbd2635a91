"""The network of a causal generator: the stock Wan transformer, run with a mask or over a cache.

For training::

    model = CausalModel.random(spec, **wan_config)           # or CausalModel(spec, transformer)
    output = model(latents, sigmas, context)                 # all frames at once, block-causal mask
    output = model(noisy, sigmas, context, clean=latents)    # teacher forcing: noisy blocks look at clean ones

and for rollouts::

    cache = model.new_cache(n_latents, batch, height, width)
    output = model.step(cache, latents, sigmas, context, frames)

What the output means is `spec.prediction`; `lawful.generators.causal.schedule` turns it into result and velocity,
`lawful.generators.causal.loss` into a loss. Weights are those of the transformer: `model.state_dict()`.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from lawful.core.errors import LawfulError
from lawful.generators.causal.attention import CausalProcessor, Plan, View, put_places_in
from lawful.generators.causal.cache import CacheShape, KVCache
from lawful.generators.causal.rope import FrameRope, Table
from lawful.generators.causal.spec import CausalSpec
from lawful.generators.causal.stock import WanAttention, WanTransformer3DModel

Latents = Float[Tensor, "batch channels frames height width"]
Sigmas = Float[Tensor, "batch"] | Float[Tensor, "batch frames"]
Context = Float[Tensor, "batch words text"]
Tracks = Float[Tensor, "batch track_channels frames height width"]
TIMESTEPS = 1000.0
"""Timestep of noise alone; timestep = 1000 sigma."""


class CausalModel(nn.Module):
    """A stock transformer that looks back in time.

    It is changed in place: its table of places and the processors of its self-attention are the engine's.

    Args:
        spec: How the checkpoint is driven.
        transformer: `WanTransformer3DModel`. One with more input than output channels takes point tracks in the rest.

    Raises:
        LawfulError: Its patches span several latent frames.
    """

    def __init__(self, spec: CausalSpec, transformer: WanTransformer3DModel) -> None:
        super().__init__()
        config = transformer.config
        if config["patch_size"][0] != 1:
            message = f"patches of one latent frame are needed, this transformer has {config['patch_size']}"
            raise LawfulError(message)
        self.spec = spec
        self.transformer = transformer
        self.runs_on: torch.device | None = None
        """Where passes are made when the weights rest elsewhere (offloading); None: where the weights are."""
        self.channels: int = config["out_channels"]
        self.track_channels: int = config["in_channels"] - config["out_channels"]
        self.patch: tuple[int, int] = tuple(config["patch_size"][1:])
        self.text_dim: int = config["text_dim"]
        self.rope = FrameRope(transformer.rope)
        self.transformer.add_module("rope", self.rope)
        self.plan = Plan()
        for layer, block in enumerate(transformer.blocks):
            attention = block.get_submodule("attn1")
            assert isinstance(attention, WanAttention)  # no other is in the stock blocks
            processor: Any = CausalProcessor(layer, self.plan)  # diffusers lists its own classes alone
            attention.set_processor(processor)

    @classmethod
    def random(cls, spec: CausalSpec, **config: Any) -> "CausalModel":
        """With random weights; `config` are the arguments of `WanTransformer3DModel`."""
        return cls(spec, WanTransformer3DModel(**config))

    @property
    def device(self) -> torch.device:
        """Where passes are made."""
        return self.runs_on or self.transformer.proj_out.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """Number format of the weights."""
        return self.transformer.proj_out.weight.dtype

    def tokens(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of tokens of a latent frame.

        Raises:
            LawfulError: The latent frame cannot be cut into patches.
        """
        if height % self.patch[0] or width % self.patch[1]:
            message = f"latent frames of {width}x{height} cannot be cut into patches of {self.patch[::-1]}"
            raise LawfulError(message)
        return height // self.patch[0], width // self.patch[1]

    def forward(
        self,
        latents: Latents,
        sigmas: Sigmas,
        context: Context,
        tracks: Tracks | None = None,
        clean: Latents | None = None,
    ) -> Latents:
        """Pass all frames at once; each block sees itself and what `spec` lets it see of earlier blocks.

        Args:
            latents: Noisy latents of a video from its start; the last block may be cut short.
            sigmas: Noise level of each video, or of each latent frame.
            context: Embedded prompts.
            tracks: See `lawful.generators.causal.tracks`; None: no track is seen.
            clean: What blocks see of earlier ones instead of `latents`, at level `spec.history_sigma` (as they are:
                noise, if any, is yours to add). Twice as many tokens.

        Returns:
            The network's output for `latents`, in float32.

        Raises:
            LawfulError: There are more frames than the window has, and `spec.sink_ema` mixes those that leave it.
        """
        n_frames, (rows, columns) = latents.shape[2], self.tokens(*latents.shape[3:])
        if self.spec.sink_ema is not None and n_frames > (self.spec.window or n_frames):
            message = (
                f"{n_frames} latent frames at once are more than the window of {self.spec.window}, and frames that "
                "leave it are mixed into the sink, which only a rollout does: give fewer frames"
            )
            raise LawfulError(message)
        self.plan.cache = None
        self.plan.views, self.plan.mask = self._masked(n_frames, rows, columns, clean is not None)
        if clean is None:
            return self._run(latents, sigmas, context, tracks)
        if sigmas.ndim == 1:
            sigmas = sigmas[:, None].expand(-1, n_frames)
        levels = torch.cat([torch.full_like(sigmas, self.spec.history_sigma), sigmas], dim=1)
        both = None if tracks is None else torch.cat([tracks, tracks], dim=2)
        return self._run(torch.cat([clean, latents], dim=2), levels, context, both)[:, :, n_frames:]

    def new_cache(
        self, n_latents: int, batch: int, height: int, width: int, device: torch.device | None = None
    ) -> KVCache:
        """An empty cache for rollouts of latent frames of that size; `n_latents` counts without a window only."""
        rows, columns = self.tokens(height, width)
        config = self.transformer.config
        heads, channels = config["num_attention_heads"], config["attention_head_dim"]
        shape = CacheShape(len(self.transformer.blocks), batch, rows * columns, heads, channels)
        return KVCache(self.spec, n_latents, shape, device or self.device, self.dtype)

    @torch.no_grad()
    def step(
        self,
        cache: KVCache,
        latents: Latents,
        sigmas: Sigmas,
        context: Context,
        frames: Sequence[int],
        stop: int | None = None,
        tracks: Tracks | None = None,
    ) -> Latents:
        """Pass some latent frames over the cache, and leave their keys and values in it.

        Args:
            cache: Holds what came before.
            latents: Of `frames`.
            sigmas: Noise level of each video, or of each latent frame.
            context: Embedded prompts.
            frames: Which latent frames these are, in order.
            stop: The latent frame after the last one in the making; None: after the block of the last of `frames`.
            tracks: Of `frames`; None: no track is seen.

        Returns:
            The network's output, in float32.
        """
        rows, columns = self.tokens(*latents.shape[3:])
        end = self.spec.block_of(frames[-1])[1] if stop is None else stop
        cache.enter(frames)
        put_places_in(cache, self.rope, end, rows, columns)
        plan = self.plan
        plan.cache = cache
        plan.table = self._table([self.spec.place(frame, end) for frame in frames], rows, columns)
        plan.runs = cache.runs(frames)
        kept = {
            "absolute": 0,
            "relative": len(frames),
            "sink_slides": sum(f < self.spec.sink for f in frames),
        }
        plan.unturned = cache.runs(frames[: kept[self.spec.rope]])
        plan.mask, plan.slots = self._slots_seen(cache, frames, end)
        try:
            return self._run(latents, sigmas, context, tracks)
        finally:
            plan.cache = None  # the model outlives the rollout, whose buffers it must not hold

    def _run(self, latents: Latents, sigmas: Sigmas, context: Context, tracks: Tracks | None) -> Latents:
        if self.track_channels:
            shape = (latents.shape[0], self.track_channels, *latents.shape[2:])
            tracks = latents.new_zeros(shape) if tracks is None else tracks.to(latents.dtype)
            latents = torch.cat([latents, tracks], dim=1)
        elif tracks is not None:
            raise LawfulError("this model takes no point tracks: it has no input channels for them")
        steps = sigmas * TIMESTEPS
        if steps.ndim == 2:
            rows, columns = self.tokens(*latents.shape[3:])
            steps = steps.repeat_interleave(rows * columns, dim=1)
        made: Tensor = self.transformer(
            latents.to(self.dtype), steps, context.to(self.dtype), return_dict=False
        )[0]
        return made.float()

    def _slots_seen(
        self, cache: KVCache, frames: Sequence[int], stop: int
    ) -> tuple[Bool[Tensor, "queries keys"] | None, list[slice]]:
        """Which tokens of the cache each token of the frames may look at (None: all of them), or which all look at."""
        held = cache.frames[: cache.n_used]
        sink, oldest = self.spec.sink, self.spec.oldest(stop)
        held = [frame if frame is not None and (frame < sink or frame >= oldest) else stop for frame in held]
        ends = [self.spec.block_of(frames[-1] if self.spec.joint else frame)[1] for frame in frames]
        seen = [[other < end for other in held] for end in ends]
        if all(all(row) for row in seen):
            return None, []
        if self.spec.own_sight and all(row == seen[0] for row in seen):
            return None, _stretches(
                seen[0], cache.shape.frame_tokens
            )  # a mask would be as large as the scores
        return self._by_token(torch.tensor(seen), cache.shape.frame_tokens), []

    def _table(self, places: Sequence[int], rows: int, columns: int) -> tuple[Table, Table]:
        return self.rope.table(places, rows, columns, self.device)

    def _by_token(self, seen: Bool[Tensor, "_ _"], size: int) -> Bool[Tensor, "_ _"]:
        return seen.repeat_interleave(size, 0).repeat_interleave(size, 1).to(self.device)

    def _masked(
        self, n_frames: int, rows: int, columns: int, taught: bool
    ) -> tuple[list[View], Bool[Tensor, "queries keys"] | None]:
        """Who looks at what in a pass over all frames: one view with a mask, or a view for each block."""
        spec, size = self.spec, rows * columns
        bounds = [(start, min(stop, n_frames)) for start, stop in spec.bounds(n_frames)]
        # A last block that is cut short counts whole, as in a rollout.
        whole = spec.window is None or spec.block_of(n_frames - 1)[1] <= spec.window
        if spec.rope == "absolute" or whole:
            places = list(range(n_frames)) * (2 if taught else 1)
            table = self._table(places, rows, columns)
            tokens = slice(0, len(places) * size)
            view = View(tokens, [tokens], table, table)
            seen = torch.zeros(len(places), len(places), dtype=torch.bool)
            for queries, keys in self._looks(bounds, n_frames, taught):
                seen[queries[0] : queries[-1] + 1, keys] = True
            return [view], None if bool(seen.all()) else self._by_token(seen, size)
        views = []
        for queries, keys in self._looks(bounds, n_frames, taught):
            end = spec.block_of(queries[0] % n_frames)[1]
            tables = [
                self._table([spec.place(frame % n_frames, end) for frame in some], rows, columns)
                for some in (queries, keys)
            ]
            parts = [slice(frame * size, (frame + 1) * size) for frame in keys]
            views.append(View(slice(queries[0] * size, (queries[-1] + 1) * size), parts, *tables))
        return views, None

    def _looks(
        self, bounds: list[tuple[int, int]], n_frames: int, taught: bool
    ) -> list[tuple[list[int], list[int]]]:
        """Frames of a pass that look, and at which; with teacher forcing, noisy frames come after clean ones."""
        looks = []
        for shift in (0, n_frames) if taught else (0,):
            for start, stop in bounds:
                seen = [frame for frame in self.spec.in_sight(self.spec.block_of(start)[1]) if frame < stop]
                keys = [frame if frame < start else frame + shift for frame in seen]
                looks.append((list(range(start + shift, stop + shift)), keys))
        return looks


def _stretches(seen: list[bool], size: int) -> list[slice]:
    """Stretches of tokens of the frames that are seen."""
    edges = [at for at, (one, other) in enumerate(pairwise([False, *seen, False])) if one != other]
    return [slice(start * size, stop * size) for start, stop in zip(edges[::2], edges[1::2], strict=True)]
