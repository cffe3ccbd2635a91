"""What tells one causal generator of the family from another: a row of settings."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from lawful.core.errors import InputError

RopePolicy = Literal["absolute", "relative", "sink_slides"]
"""Where keys and queries stand in time once the window rolls.

- "absolute": every latent frame at its index in the video.
- "relative": what is seen is numbered from 0 anew for every block, the sink first.
- "sink_slides": frames at their index, the sink moved to just before the oldest of them.

Attention knows differences of places alone, so without a sink all three are the same function, and with one
"relative" equals "sink_slides"; they differ in what is stored, in rounding, and in how far the places grow.
"""
CachePolicy = Literal["clean_pass", "noisy_last_step", "recompute_window"]
"""What later blocks see of a finished one.

- "clean_pass": keys and values of one more forward pass over the result (Self-Forcing).
- "noisy_last_step": those of the last denoising step; no further pass (DiagDistill).
- "recompute_window": before every block, all that it will see is passed anew (Krea Realtime).
"""
Sampler = Literal["renoise", "euler"]
"""From one noise level to the next: estimate the result and noise it again, or go along the velocity."""
Prediction = Literal["velocity", "x0"]
"""What the network's output means: noise minus result, or the result."""


@dataclass(frozen=True)
class CausalSpec:
    """How a checkpoint is driven; times are counted in latent frames.

    Raises:
        InputError: A value is out of its range, or two of them contradict each other.
    """

    block: int = 3
    """Latent frames that are made together and see each other."""
    first_block: int | None = None
    """Latent frames of the first block; None: as the others."""
    window: int | None = 21
    """Latent frames that a block sees, itself and the sink included; None: all before it."""
    sink: int = 0
    """Latent frames at the start of the video that stay in sight for ever."""
    sink_ema: float | None = None
    """Share of itself, above 0 to 1, that the sink keeps when frames leave the window and are mixed into it.

    None: the sink stays as it is. Keys are mixed without their places (Reward Forcing, arXiv 2512.04678, section 3.2).
    """
    rope: RopePolicy = "absolute"
    """Places in time once the window rolls."""
    max_position: int | None = None
    """Places in time that the checkpoint knows; a rollout that needs more is refused. None: any number."""
    cache: CachePolicy = "clean_pass"
    """What later blocks see of a finished one."""
    history_sigma: float = 0.0
    """Noise level, 0-1, at which finished blocks are shown to later ones."""
    sigmas: tuple[float, ...] = (1.0, 0.9375, 5 / 6, 0.625)
    """Noise level before each step, 1 = noise alone, falling; after the last one comes 0."""
    first_sigmas: tuple[float, ...] | None = None
    """The same for the first block of a video without given frames; None: as the others."""
    sampler: Sampler = "renoise"
    """How a step goes from one level to the next."""
    lag: int | None = None
    """Steps by which a block is behind the one before it; 0: all blocks together; None: one after the other.

    AR-Diffusion's s, SkyReels-V2's ar_step. With several blocks in the making, the window counts back from
    the end of the last of them.
    """
    joint: bool = False
    """Whether all blocks in the making see each other, later ones too (Rolling Forcing); False: earlier ones alone.

    The end of a video is then seen by the blocks before it, so a longer video parts from a shorter one that much earlier.
    """
    own_sight: bool = False
    """Whether a finished block is shown with a whole window that ends with itself (Rolling Forcing).

    False: with what those in the making see of its past, which is less where several are. It takes a slot of the cache
    for every latent frame that is in the making after it.
    """
    prediction: Prediction = "velocity"
    """What the network's output means."""
    guidance: float = 1.0
    """Classifier-free guidance against the empty prompt; 1: none, and half the work."""
    guided: int | None = None
    """Only blocks that begin before this latent frame are guided; None: all. Where a past that was shown says how things
    go on, guidance may do no more than push them off their way."""
    partial_blocks: bool = False
    """Whether given frames may end within a block, whose given part is then held at noise level 0."""
    recompute_on_switch: bool = False
    """Whether a new prompt makes the keys and values of what is in sight anew (LongLive's recache)."""

    def __post_init__(self) -> None:
        largest = max(self.block, self.first_block or 0)
        if self.block < 1 or (self.first_block is not None and self.first_block < 1):
            raise InputError(
                f"a block has at least one latent frame, got {self.block} and {self.first_block}"
            )
        if self.sink < 0 or (self.window is not None and self.window < self.sink + largest):
            message = f"the window must hold sink and block: {self.window} < {self.sink} + {largest}"
            raise InputError(message)
        for levels in (self.sigmas, self.first_sigmas or (1.0,)):
            falling = all(high > low for high, low in pairwise((*levels, 0.0)))
            if not levels or levels[0] > 1 or not falling:
                raise InputError(f"noise levels must fall from at most 1 to above 0, got {levels}")
        if not 0 <= self.history_sigma < 1:
            raise InputError(f"history_sigma must be 0 to below 1, got {self.history_sigma}")
        if not math.isfinite(self.guidance):
            raise InputError(f"guidance must be a finite number, got {self.guidance}")
        if self.guided is not None and self.guided < 1:
            raise InputError(f"guided must be at least 1 latent frame or left out, got {self.guided}")
        if self.max_position is not None and self.max_position < largest:
            raise InputError(f"a block of {largest} does not fit max_position {self.max_position}")
        self._check_lag()
        self._check_sink_ema()

    def _check_sink_ema(self) -> None:
        if self.sink_ema is None:
            return
        if not 0 < self.sink_ema <= 1:
            raise InputError(f"sink_ema must be above 0 and at most 1, got {self.sink_ema}")
        if self.rope != "relative" or not self.sink or self.sink % self.block:
            raise InputError("sink_ema needs rope relative and a sink of whole blocks")
        if self.cache == "recompute_window" or self.recompute_on_switch:
            raise InputError(
                "what was mixed into a sink cannot be made anew: drop sink_ema or the recomputing"
            )

    def _check_lag(self) -> None:
        remade = self.recompute_on_switch or self.cache == "recompute_window"
        if self.joint and (self.lag is None or remade):
            raise InputError(
                "joint needs a lag, and a past that is not made anew: set lag, drop the recomputing"
            )
        if self.own_sight and (self.lag is None or self.window is None or self.cache != "clean_pass"):
            raise InputError(
                "own_sight needs a lag, a window and cache clean_pass: set them, or drop own_sight"
            )
        if self.own_sight and self.rope == "relative":
            raise InputError("own_sight needs places that do not hang on what is in sight: rope is relative")
        if self.lag is None:
            return
        if self.guided is not None:
            raise InputError("guided needs blocks one after the other: drop guided or lag")
        if self.lag < 0:
            raise InputError(f"lag must be at least 0, got {self.lag}")
        if self.first_sigmas is not None:
            raise InputError("blocks that are made together take the same steps: drop first_sigmas or lag")
        if self.cache == "recompute_window" and self.lag < len(self.sigmas):
            raise InputError("recompute_window needs blocks one after the other: leave lag out")
        if self.window is not None:
            largest = max(self.block, self.first_block or 0)
            need = self.sink + largest + (self.in_flight - 1) * self.block
            if self.lag == 0 or self.window < need:
                short = "all blocks" if self.lag == 0 else f"{need} latent frames"
                raise InputError(f"lag {self.lag} has {short} in the making; window is {self.window}")

    @property
    def in_flight(self) -> int:
        """Most blocks that are in the making at once (lag 0: all of them, given as 0)."""
        if self.lag is None:
            return 1
        return -(-len(self.sigmas) // self.lag) if self.lag else 0

    @property
    def n_held(self) -> int | None:
        """Latent frames that the cache has slots for; None: all of a video."""
        if self.window is None:
            return None
        return self.window + (self.in_flight - 1) * self.block * self.own_sight

    def bounds(self, n_latents: int) -> list[tuple[int, int]]:
        """First latent frame and the one after the last of each block, to at least `n_latents` frames.

        >>> CausalSpec(block=3, first_block=1).bounds(6)
        [(0, 1), (1, 4), (4, 7)]
        """
        found = [self.block_of(0)]
        while found[-1][1] < n_latents:
            found.append(self.block_of(found[-1][1]))
        return found

    def block_of(self, frame: int) -> tuple[int, int]:
        """First latent frame, and the one after the last, of the block that a latent frame belongs to."""
        first = self.first_block or self.block
        if frame < first:
            return 0, first
        start = first + (frame - first) // self.block * self.block
        return start, start + self.block

    def bounds_of(self, number: int) -> tuple[int, int]:
        """First latent frame, and the one after the last, of a block by its number."""
        first = self.first_block or self.block
        return self.block_of(0 if number == 0 else first + (number - 1) * self.block)

    def oldest(self, stop: int) -> int:
        """The oldest latent frame outside the sink that is in sight when the last block ends at `stop`."""
        return self.sink if self.window is None else max(self.sink, stop - (self.window - self.sink))

    def in_sight(self, stop: int) -> list[int]:
        """The latent frames that a block ending at `stop` sees, in order of time."""
        return [frame for frame in range(stop) if frame < self.sink or frame >= self.oldest(stop)]

    def place(self, frame: int, stop: int) -> int:
        """Where in time a latent frame stands for a block that ends at `stop`."""
        oldest = self.oldest(stop)
        if self.rope == "relative" and frame >= self.sink:
            return self.sink + frame - oldest
        if self.rope == "sink_slides" and frame < self.sink:
            return oldest - self.sink + frame
        return frame
