"""Self-attention that looks back in time and nowhere else, in place of the stock processor.

Two ways of running give the same result: over all frames at once with a mask (training, likelihood), and block by
block over a cache (rollouts).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from lawful.generators.causal.cache import KVCache
from lawful.generators.causal.rope import FrameRope, Table, turned
from lawful.generators.causal.stock import WanAttention, dispatch_attention_fn

Heads = Float[Tensor, "batch _ heads channels"]


@dataclass(frozen=True, eq=False)
class View:
    """Some queries and what they look at, as indices of tokens of one pass."""

    queries: slice
    """Tokens that look."""
    keys: list[slice]
    """Tokens that are looked at, in order."""
    query_table: tuple[Table, Table]
    """Places of the queries."""
    key_table: tuple[Table, Table]
    """Places of the keys."""


@dataclass
class Plan:
    """What the processors of all layers are to do in the pass that comes next."""

    views: Sequence[View] = ()
    """Masked pass: who looks at what."""
    mask: Bool[Tensor, "queries keys"] | None = None
    """Further restriction within a view that is alone, or over the slots of a cache; True: may look."""
    cache: KVCache | None = None
    """Cached pass: where to write and read; None: a masked pass."""
    table: tuple[Table, Table] | None = None
    """Cached pass: places of the frames that pass."""
    runs: list[tuple[slice, slice]] = field(default_factory=list)
    """Cached pass: tokens and where they are written."""
    slots: list[slice] = field(default_factory=list)
    """Cached pass: stretches of the buffers that are read; none: all that are used, or what `mask` says of them."""
    unturned: list[tuple[slice, slice]] = field(default_factory=list)
    """Cached pass: tokens whose keys are kept without places too."""


class CausalProcessor:
    """The self-attention of one layer, after the plan that all layers share."""

    _attention_backend = None  # diffusers' set_attention_backend writes here
    _parallel_config = None

    def __init__(self, layer: int, plan: Plan) -> None:
        self.layer = layer
        self.plan = plan

    def __call__(
        self,
        attn: WanAttention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        rotary_emb: object = None,
    ) -> Tensor:
        """As diffusers calls it; places come from the plan, not from `rotary_emb`."""
        query, key = attn.norm_q(attn.to_q(hidden_states)), attn.norm_k(attn.to_k(hidden_states))
        value = attn.to_v(hidden_states)
        split = (attn.heads, -1)
        query, key, value = query.unflatten(2, split), key.unflatten(2, split), value.unflatten(2, split)
        if self.plan.cache is not None:
            seen = self._cached(query, key, value, self.plan.cache)
        else:
            seen = self._masked(query, key, value)
        return attn.to_out[1](attn.to_out[0](seen.flatten(2, 3)))

    def _cached(self, query: Heads, key: Heads, value: Heads, cache: KVCache) -> Heads:
        # A pass may be of the first of the videos that are held alone.
        plan, layer, rows = self.plan, self.layer, slice(len(query))
        assert plan.table is not None  # set with the cache
        query = turned(query, plan.table)
        for here, there in plan.unturned:
            cache.unturned[layer, rows, there] = key[:, here]
        key = turned(key, plan.table)
        for here, there in plan.runs:
            cache.seen[layer, rows, there] = key[:, here]
            cache.values[layer, rows, there] = value[:, here]
        used = [slice(cache.n_used * cache.shape.frame_tokens)]
        keys, values = (
            _joined([held[layer, rows, part] for part in plan.slots or used])
            for held in (cache.seen, cache.values)
        )
        return self._look(query, keys, values, plan.mask)

    def _masked(self, query: Heads, key: Heads, value: Heads) -> Heads:
        views = self.plan.views
        looked = [self._view(view, query, key, value) for view in views]
        return looked[0] if len(looked) == 1 else torch.cat(looked, dim=1)

    def _view(self, view: View, query: Heads, key: Heads, value: Heads) -> Heads:
        return self._look(
            turned(query[:, view.queries], view.query_table),
            turned(_joined([key[:, part] for part in view.keys]), view.key_table),
            _joined([value[:, part] for part in view.keys]),
            self.plan.mask,
        )

    def _look(self, query: Heads, key: Heads, value: Heads, mask: Tensor | None) -> Heads:
        return dispatch_attention_fn(
            query,
            key,
            value,
            attn_mask=None if mask is None else mask[None, None],
            backend=self._attention_backend,
            parallel_config=self._parallel_config,
        )


def _joined(parts: list[Tensor]) -> Tensor:
    """Stretches of tokens one after the other; a single one is not copied."""
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)


def put_places_in(cache: KVCache, rope: FrameRope, stop: int, height: int, width: int) -> None:
    """Turn the keys of frames that moved, for blocks that end at latent frame `stop`.

    Args:
        cache: Whose keys; frames in the making are turned when they are written.
        rope: Tells the tables.
        stop: The latent frame after the last one in the making.
        height: Tokens in a column of a frame.
        width: Tokens in a row.
    """
    size = cache.shape.frame_tokens
    n_moving = min(cache.unturned.shape[2] // size, cache.n_used)
    places = [0 if frame is None else cache.spec.place(frame, stop) for frame in cache.frames[:n_moving]]
    if not places or tuple(places) == cache.placed:
        return
    cache.placed = tuple(places)
    used = n_moving * size
    table = rope.table(places, height, width, cache.seen.device)
    for layer in range(cache.shape.layers):
        cache.seen[layer, :, :used] = turned(cache.unturned[layer, :, :used], table)
