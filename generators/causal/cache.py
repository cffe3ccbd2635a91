"""Keys and values of earlier latent frames, in buffers that never grow."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lawful.generators.causal.spec import CausalSpec

Keys = Float[Tensor, "layers batch _ heads channels"]


@dataclass(frozen=True)
class CacheShape:
    """Sizes of a cache's buffers."""

    layers: int
    """Blocks of the transformer."""
    batch: int
    """Videos side by side."""
    frame_tokens: int
    """Tokens of a latent frame."""
    heads: int
    """Attention heads."""
    channels: int
    """Channels of a head."""


@dataclass(frozen=True, eq=False)
class CacheSnapshot:
    """A copy of what a cache holds."""

    frames: tuple[int | None, ...]
    """Latent frame in each slot."""
    seen: Keys
    """Keys as attention reads them."""
    values: Keys
    """Values."""
    unturned: Keys
    """Keys before their places are put in, of the slots whose places change."""


class KVCache:
    """Slots for the latent frames in sight: the sink's first, then a ring in which the newest replaces the oldest.

    All slots are one stretch of memory that attention reads whole; nothing is shifted. Keys are stored as they are
    read, places put in; where the policy moves frames (see `RopePolicy`), they are kept without places too, and put
    in anew once a block by `FrameRope`.

    Args:
        spec: Window, sink and policy.
        n_latents: Slots without a window; with one, it has as many as the spec says.
        shape: Sizes.
    """

    def __init__(
        self, spec: CausalSpec, n_latents: int, shape: CacheShape, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.spec = spec
        self.shape = shape
        self.n_slots = n_latents if spec.n_held is None else spec.n_held
        size = (shape.layers, shape.batch, self.n_slots * shape.frame_tokens, shape.heads, shape.channels)
        self.seen = torch.zeros(size, device=device, dtype=dtype)
        self.values = torch.zeros(size, device=device, dtype=dtype)
        moved = {"absolute": 0, "relative": self.n_slots, "sink_slides": spec.sink}[spec.rope]
        self.unturned = self.seen.new_zeros((*size[:2], moved * shape.frame_tokens, *size[3:]))
        self.frames: list[int | None] = [None] * self.n_slots
        self.placed: tuple[int | None, ...] = ()
        """The place of each slot's keys in `seen`, as far as slots move."""

    @property
    def n_used(self) -> int:
        """The slot after the last one that holds a frame."""
        return max((slot + 1 for slot, frame in enumerate(self.frames) if frame is not None), default=0)

    @property
    def bytes(self) -> int:
        """Size of all buffers."""
        return sum(part.numel() * part.element_size() for part in (self.seen, self.values, self.unturned))

    def slot(self, frame: int) -> int:
        """Where a latent frame is kept."""
        sink = self.spec.sink
        return frame if frame < sink else sink + (frame - sink) % (self.n_slots - sink)

    def clear(self) -> None:
        """Hold nothing."""
        self.frames = [None] * self.n_slots
        self.placed = ()

    def enter(self, frames: Sequence[int]) -> None:
        """Give latent frames their slots; what was there is forgotten, or mixed into the sink."""
        for frame in frames:
            slot = self.slot(frame)
            leaving = self.frames[slot]
            if leaving is not None and leaving != frame and self.spec.sink_ema is not None:
                self._mix_into_sink(slot, (leaving - self.spec.sink) % self.spec.sink, self.spec.sink_ema)
            self.frames[slot] = frame

    def _mix_into_sink(self, slot: int, sink_slot: int, kept: float) -> None:
        size = self.shape.frame_tokens
        leaving, sink = (slice(at * size, (at + 1) * size) for at in (slot, sink_slot))
        for part in (self.unturned, self.values):
            part[:, :, sink].mul_(kept).add_(part[:, :, leaving], alpha=1 - kept)
        self.placed = ()

    def runs(self, frames: Sequence[int]) -> list[tuple[slice, slice]]:
        """Stretches of tokens of these frames, and where they lie in the buffers."""
        runs: list[list[int]] = []
        for number, slot in enumerate(self.slot(frame) for frame in frames):
            if runs and runs[-1][1] + runs[-1][2] == slot:
                runs[-1][2] += 1
            else:
                runs.append([number, slot, 1])
        size = self.shape.frame_tokens
        return [(slice(a * size, (a + n) * size), slice(b * size, (b + n) * size)) for a, b, n in runs]

    def snapshot(self) -> CacheSnapshot:
        """A copy of what is held."""
        used = self.n_used * self.shape.frame_tokens
        parts = (self.seen, self.values, self.unturned)
        return CacheSnapshot(tuple(self.frames), *(part[:, :, :used].clone() for part in parts))

    def restore(self, snapshot: CacheSnapshot) -> None:
        """Hold again what a snapshot of this cache holds."""
        self.frames = list(snapshot.frames)
        self.placed = ()
        for name in ("seen", "values", "unturned"):
            held: Tensor = getattr(snapshot, name)
            getattr(self, name)[:, :, : held.shape[2]].copy_(held)
