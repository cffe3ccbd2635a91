"""All that decides what comes out of a training of the embedded generator."""

from dataclasses import dataclass, field

from lawful.core.errors import InputError
from lawful.generators.tiny.batches import FROM_START
from lawful.generators.tiny.model import TinyConfig
from lawful.generators.tiny.rollouts import HISTORY, TARGET


@dataclass(frozen=True)
class RolloutConfig:
    """How the model's own rollouts take part in a training (see `lawful.generators.tiny.rollouts`)."""

    share: float = 0.5
    """Share of a batch that are continuations of rollouts."""
    every: int = 25
    """Steps between new rollouts."""
    count: int = 24
    """Rollouts that are made at once, by the mean of the weights."""
    kept: int = 12
    """How many times back rollouts are used."""


@dataclass(frozen=True)
class TrainConfig:
    """All that decides what comes out of a training."""

    steps: int
    """How many steps."""
    seed: int = 0
    """Of the weights at the start, and of the batches."""
    clip_seed: int = 7
    """Of the clips."""
    clips: int = 16_000
    """Clips that are simulated."""
    clip_frames: int = 64
    """Frames of each."""
    crop_frames: int = 16
    """Frames of a clip of a batch."""
    batch: int = 16
    """Clips of a batch."""
    workers: int = 1
    """Processes that share a batch."""
    learning_rate: float = 3e-3
    """Highest rate."""
    warmup: int = 50
    """Steps over which the rate grows."""
    decay: float = 0.5
    """Share of the steps, at the end, over which the rate falls to nothing; 0: it stays."""
    average: float = 0.998
    """Weights are averaged with this share of the average before; rollouts use the average."""
    bfloat16: bool = True
    """Whether products are made in bfloat16."""
    from_start: float = FROM_START
    """Share of crops that begin where their clip begins."""
    from_noise: float = 0.0
    """Share of those whose first latent frame is nearly all noise, so that the prompt must say what is in it."""
    start: str | None = None
    """The stage whose state is where this one begins; None: random weights."""
    rollouts: RolloutConfig | None = None
    """Rollout training; None: true history alone."""
    model: TinyConfig = field(default_factory=TinyConfig)
    """Sizes of the network; those of `start`, where there is one."""

    def __post_init__(self) -> None:
        least = {"steps": 1, "clips": 1, "workers": 1, "batch": 1, "warmup": 0, "crop_frames": 4}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise InputError(f"{name} must be at least {low}, got {getattr(self, name)}")
        if self.crop_frames % 2 or self.crop_frames > self.clip_frames:
            message = f"crop_frames must be even and at most clip_frames, got {self.crop_frames} of {self.clip_frames}"
            raise InputError(message)
        if self.rollouts is not None and self.crop_frames != HISTORY + TARGET:
            raise InputError(f"rollout training has crop_frames {HISTORY + TARGET}, got {self.crop_frames}")
        if self.batch % self.workers:
            raise InputError(f"workers must divide batch, got {self.workers} for {self.batch}")
        for name in ("from_start", "from_noise"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name} must be from 0 to 1, got {getattr(self, name)}")
        if not (0 <= self.decay <= 1 and 0 <= self.average < 1 and self.learning_rate > 0):
            raise InputError("decay must be 0-1, average 0 to below 1, learning_rate above 0")

    def rate(self, step: int) -> float:
        """Learning rate of a step, from 0."""
        grown = min(1.0, (step + 1) / max(1, self.warmup))
        left = (self.steps - step) / max(1.0, self.decay * self.steps)
        return self.learning_rate * grown * (min(1.0, left) if self.decay else 1.0)
