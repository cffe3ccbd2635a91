"""All that decides what comes out of the training of a judge: a TOML file with one table for each part."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lawful.core.errors import InputError
from lawful.core.toml_file import read_shipped
from lawful.core.typed_table import typed
from lawful.judge.vlm.train.tiny_config import TinyVlmConfig

Sight = Literal["video", "no_video", "one_frame", "shuffled"]
"""What is shown of a clip: all that the frame policy picks; as many grey frames; the middle one in the place of all; all of
them in another order, at the same times."""
Parts = Literal["none", "spatial", "trajectory"]
"""What of trajectory attention is trained: nothing; attention within each step; that and attention along tracks."""
Metric = Literal["loss", "error", "accuracy", "balanced", "paired", "ranked"]
"""What early stopping goes by: see `lawful.judge.vlm.train.measure`."""
LEAST_IS_BEST: tuple[Metric, ...] = ("loss", "error")


@dataclass(frozen=True)
class WorldsSource:
    """Simulated clips that are made for the training, where they are not there yet."""

    count: int
    """Pairs of a lawful clip and its broken twin."""
    split: str = "train"
    """The named split from which they are drawn."""
    seed: int = 0
    """Chooses them."""
    scenes: tuple[str, ...] = ()
    """Scene families; empty for all of the split."""
    violations: tuple[str, ...] = ()
    """Ways to break a law; empty for all of the split."""
    plain: bool = False
    """Even light, cloudy surfaces, no camera moves but the scene's own."""
    duration_s: float | None = None
    """Length of a clip; None: by the seed."""
    fps: float | None = None
    """Frames a second; None: by the seed."""
    width_px: int | None = None
    """Width; None: by the seed."""
    height_px: int | None = None
    """Height; None: by the seed."""
    noise: float | None = None
    """Sensor noise in grey levels; None: by the seed."""


@dataclass(frozen=True)
class PartConfig:
    """Where the examples of one part come from: one of these."""

    folder: str | None = None
    """A folder that `lawful worlds make` wrote."""
    labels: str | None = None
    """A file of labels, .csv or .jsonl: see `lawful.judge.vlm.train.examples`."""
    worlds: WorldsSource | None = None
    """Simulated clips that are made in the output folder."""

    def __post_init__(self) -> None:
        given = [name for name in ("folder", "labels", "worlds") if getattr(self, name) is not None]
        if len(given) != 1:
            raise InputError(
                f"data comes from one of folder, labels and worlds; given: {', '.join(given) or 'none'}"
            )


@dataclass(frozen=True)
class DataConfig:
    """What is learnt from, what stops the training, what the result is measured on."""

    train: PartConfig
    """Learnt from."""
    dev: PartConfig | None = None
    """Decides when to stop and which weights are kept; None: groups held out of `train`."""
    test: PartConfig | None = None
    """Measured at the end, and by the ablation; None for nothing."""
    dev_share: float = 0.1
    """Without `dev`, the share of the groups of `train` that are held out."""
    suite: str = "worlds"
    """Suite whose questions a file of labels names, by its name or its file."""
    questions: tuple[str, ...] = ("law.", "way.")
    """Questions of simulated clips that are asked: those whose ids begin with one of these."""
    other_laws: float = 0.25
    """Of clips that come as twins, the share of draws that ask about any clip instead of a broken one and its lawful
    twin: what is free of this law's breach may then break another."""
    true_tracks: bool = False
    """Of simulated clips, whether the true tracks stand in the place of measured ones, where tracks are used."""
    memory_mb: int = 1024
    """Frames that are kept in memory between steps, so that they are decoded once."""

    def __post_init__(self) -> None:
        if not (0 < self.dev_share < 1 and 0 <= self.other_laws <= 1 and self.memory_mb >= 0):
            raise InputError("dev_share must be between 0 and 1, other_laws 0-1, memory_mb 0 or more")


@dataclass(frozen=True)
class LoraConfig:
    """Low-rank adapters in the place of a full training; they are merged into the model at the end."""

    rank: int = 16
    """Rank."""
    alpha: float = 32.0
    """What an adapter adds counts alpha / rank."""
    dropout: float = 0.05
    """Dropout before an adapter."""
    modules: str = (
        r".*(language_model|text_model).*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)"
    )
    """Names of the linear layers that get one, as a regular expression of their whole names."""

    def __post_init__(self) -> None:
        if not (self.rank >= 1 and self.alpha > 0 and 0 <= self.dropout < 1):
            raise InputError(
                "lora.rank must be at least 1, lora.alpha above 0, lora.dropout 0 or more and below 1"
            )
        try:
            re.compile(self.modules)
        except re.error as error:
            raise InputError(
                f"lora.modules is no regular expression: {error}, got {self.modules!r}"
            ) from error


@dataclass(frozen=True)
class AttentionConfig:
    """Trajectory attention that is trained beside the model."""

    parts: Parts = "none"
    """What of it."""
    heads: int = 8
    """Heads of either part."""
    head_width: int = 64
    """Width of a head."""
    learning_rate: float = 1e-3
    """Highest rate of its weights."""

    def __post_init__(self) -> None:
        if self.heads < 1 or self.head_width < 1:
            raise InputError(
                f"attention.heads and attention.head_width must be at least 1, got {self.heads} and {self.head_width}"
            )


@dataclass(frozen=True)
class TrainConfig:
    """How it is learnt."""

    steps: int
    """Most steps; 0 leaves the model as it is."""
    seed: int = 0
    """Of fresh weights, of dropout and of what each step sees."""
    batch: int = 16
    """Examples of a step, over all processes."""
    micro_batch: int = 16
    """Examples that a process reads at once; the gradients of a step add up over them."""
    learning_rate: float = 1e-4
    """Highest rate."""
    warmup: int = 20
    """Steps over which the rate grows."""
    decay: float = 0.3
    """Share of the steps, at the end, over which the rate falls to nothing; 0: it stays."""
    weight_decay: float = 0.0
    """AdamW's, of matrices."""
    score_weight: float = 0.0
    """Weight of the square of (expected score - the true one), beside the loss of the label's tokens."""
    bfloat16: bool = False
    """Whether products are made in bfloat16, with weights in float32."""
    recompute: bool = False
    """Whether activations are made anew on the way back, which takes less memory and more time."""
    train_vision: bool = True
    """In a full training, whether the vision tower learns too."""
    full: bool = False
    """Train all weights; otherwise adapters: see `lora`."""
    lora: LoraConfig = field(default_factory=LoraConfig)
    """The adapters."""
    attention: AttentionConfig = field(default_factory=AttentionConfig)
    """Trajectory attention."""
    sight: Sight = "video"
    """What is shown of the clips."""
    metric: Metric = "loss"
    """What decides which weights are kept, measured on `dev`."""
    evaluate_every: int = 100
    """Steps between measurements on `dev`, each followed by a checkpoint."""
    patience: int = 5
    """Stop after so many measurements without a better one; 0: never."""
    licence: str = "other"
    """SPDX id of the licence of the weights that come out, for the model card."""

    def __post_init__(self) -> None:
        least = {"steps": 0, "batch": 1, "micro_batch": 1, "warmup": 0, "evaluate_every": 1, "patience": 0}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise InputError(f"{name} must be at least {low}, got {getattr(self, name)}")
        if not (0 <= self.decay <= 1 and self.learning_rate > 0 and self.attention.learning_rate > 0):
            raise InputError("decay must be 0-1, every learning_rate above 0")
        if self.score_weight < 0 or self.weight_decay < 0:
            raise InputError("score_weight and weight_decay must be 0 or more")

    def share_of_rate(self, step: int) -> float:
        """Which share of the highest rate a step has, steps from 0."""
        grown = min(1.0, (step + 1) / max(1, self.warmup))
        left = (self.steps - step) / max(1.0, self.decay * self.steps)
        return grown * (min(1.0, left) if self.decay else 1.0)


Arm = Literal[
    "base",
    "sft",
    "sft_spatial",
    "sft_trajectory",
    "sft_text",
    "sft_no_video",
    "sft_one_frame",
    "sft_shuffled",
]
ARMS: tuple[Arm, ...] = (
    "base", "sft", "sft_spatial", "sft_trajectory", "sft_text", "sft_no_video", "sft_one_frame", "sft_shuffled",
)  # fmt: skip
"""The model as it is; trained on the labels; with attention within steps; with that and along tracks; with track text;
and the same training where nothing, one frame, or all frames in another order are shown."""


@dataclass(frozen=True)
class AblationConfig:
    """Which trainings stand beside each other."""

    arms: tuple[Arm, ...] = ARMS
    """The arms."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Seeds of the trainings."""

    def __post_init__(self) -> None:
        for listed in (self.arms, self.seeds):
            if not listed or len(set(listed)) < len(listed):
                raise InputError("an ablation needs arms that differ, and seeds that differ")


@dataclass(frozen=True)
class JudgeConfig:
    """A whole training."""

    data: DataConfig
    """The examples."""
    train: TrainConfig
    """The steps."""
    judge: dict[str, Any] = field(default_factory=dict)
    """Settings of the judge, as for `vlm:`; it is trained as it will be asked."""
    model: TinyVlmConfig = field(default_factory=TinyVlmConfig)
    """Sizes of the model that is made from configuration (`--from-config`)."""
    ablation: AblationConfig = field(default_factory=AblationConfig)
    """The trainings of the ablation."""


def read_judge_config(config: str) -> JudgeConfig:
    """A training from a file; paths in it are relative to where the command runs.

    Args:
        config: Path of a TOML file, or the name of one that ships, such as "tiny_judge".

    Raises:
        InputError: A setting is unknown, of another type or out of range.
        AbsentError: No such file, and none of that name ships.
    """
    return typed(JudgeConfig, read_shipped(config, "tables", "tiny_judge"), Path(config).name)
