"""What learns: a model in memory, all of it or adapters, trajectory attention beside it, and its optimizer."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from lawful.core.errors import InputError
from lawful.core.extras import require
from lawful.core.files import replacing
from lawful.judge.vlm.asking import Asker, make_asker
from lawful.judge.vlm.judge import VlmJudge
from lawful.judge.vlm.tracks.attach import attach
from lawful.judge.vlm.tracks.form import AttentionSettings
from lawful.judge.vlm.tracks.weights import TrajectoryModule, new_trajectory_module
from lawful.judge.vlm.train.config import AttentionConfig, TrainConfig

CHECKPOINT = "checkpoint.pt"
_ALONG_TRACKS = ("temporal", "relative")


@dataclass(eq=False)
class Learner:
    """Changed by every step; what has learnt is written and read whole."""

    asker: Asker
    """The model with all that belongs to it, as the judge asks it."""
    weights: dict[str, Tensor]
    """What learns, by name: of the model, and of the attention under "trajectory."."""
    optimizer: torch.optim.Optimizer
    """AdamW."""
    adapted: Any
    """The model with adapters, of peft; None where all weights learn."""
    trajectory: TrajectoryModule | None
    """Trajectory attention; None for none."""
    step: int = 0
    """Steps done."""
    best: dict[str, Tensor] = field(default_factory=dict)
    """The weights that were best on the data that decides; empty before the first measurement."""
    best_step: int = 0
    """The step that they are of."""
    measured: list[dict[str, Any]] = field(default_factory=list)
    """What was measured on it, in order."""

    def save(self, folder: Path) -> None:
        """Write `checkpoint.pt` at once."""
        saved = {
            "weights": {name: weight.detach() for name, weight in self.weights.items()},
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "best": self.best,
            "best_step": self.best_step,
            "measured": self.measured,
        }
        with replacing(folder / CHECKPOINT) as path:
            torch.save(saved, path)

    def load(self, folder: Path) -> None:
        """Become what was saved there.

        Raises:
            InputError: The checkpoint is of a model of other sizes, or cannot be read.
        """
        path = folder / CHECKPOINT
        try:
            saved: dict[str, Any] = torch.load(path, weights_only=True, map_location=self.asker.loaded.device)
        except (OSError, RuntimeError, EOFError, UnpicklingError) as error:
            raise InputError(
                f"{path}: cannot be read. Delete it, and the same command begins this training anew."
            ) from error
        self.put(saved["weights"], path)
        self.optimizer.load_state_dict(saved["optimizer"])
        self.step, self.measured = saved["step"], saved["measured"]
        self.best, self.best_step = saved["best"], saved["best_step"]

    def put(self, weights: Mapping[str, Tensor], where: Path | str = "weights") -> None:
        """Put other weights in the place of those that learn.

        Raises:
            InputError: They are of other names or sizes.
        """
        shapes = {name: tuple(weight.shape) for name, weight in weights.items()}
        if shapes != {name: tuple(weight.shape) for name, weight in self.weights.items()}:
            raise InputError(f"{where}: is of a model of other sizes. Name another folder with --out.")
        with torch.no_grad():
            for name, weight in weights.items():
                self.weights[name].copy_(weight)

    def copied(self) -> dict[str, Tensor]:
        """A copy of the weights that learn."""
        return {name: weight.detach().clone() for name, weight in self.weights.items()}

    def training(self, on: bool) -> None:
        """Whether dropout is on."""
        self.asker.loaded.model.train(on)
        if self.trajectory is not None:
            self.trajectory.train(on)

    def merged(self) -> Any:
        """The model, adapters merged into its weights; nothing learns after that."""
        return self.asker.loaded.model if self.adapted is None else self.adapted.merge_and_unload()


def new_learner(judge: VlmJudge, config: TrainConfig) -> Learner:
    """A learner at its beginning; the judge asks it from then on.

    Args:
        judge: The judge, whose model is not in memory yet. Attention among its uses is made anew, and not read.
        config: How it learns.

    Raises:
        AbsentError: Something that is needed is not here.
        InputError: The adapters find no place, or the model has none for the attention.
    """
    torch.manual_seed(config.seed)
    asker = make_asker(judge.files, judge.family, judge.settings)
    model, adapted = asker.loaded.model, None
    if config.full:
        model.requires_grad_(True)
        if not config.train_vision:
            for tower in vision_towers(model):
                tower.requires_grad_(False)
    else:
        adapted = _with_adapters(model, config)
    if config.recompute:
        with warnings.catch_warnings():
            # The new name of this is not in every release that is allowed here.
            warnings.filterwarnings("ignore", "`gradient_checkpointing_enable` is deprecated", FutureWarning)
            model.gradient_checkpointing_enable({"use_reentrant": False})
    trajectory, attached = None, None
    if config.attention.parts != "none":
        form = AttentionSettings(heads=config.attention.heads, head_width=config.attention.head_width)
        trajectory = new_trajectory_module(model, form, config.seed)
        attached = attach(model, trajectory, torch.float32)
    judge.in_memory.asker = asker = replace(asker, uses=judge.uses, attached=attached)
    learnt = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    own = dict(_attention_weights(trajectory, config.attention))
    optimizer = torch.optim.AdamW(
        [
            *_groups(learnt, config.learning_rate, config.weight_decay),
            *_groups(own, config.attention.learning_rate, config.weight_decay),
        ],
        betas=(0.9, 0.98),
    )
    return Learner(asker, {**learnt, **own}, optimizer, adapted, trajectory)


def vision_towers(model: Any) -> list[nn.Module]:
    """The parts of a model that turn pixels into tokens: those that are made from its `vision_config`.

    Raises:
        InputError: There is none.
    """
    kind = type(model.config.vision_config)
    found = [part for part in model.modules() if isinstance(getattr(part, "config", None), kind)]
    if not found:
        raise InputError(
            f"train_vision = false cannot be kept to: no part of {type(model).__name__} has a {kind.__name__}. Leave it out."
        )
    return found


def set_rate(optimizer: torch.optim.Optimizer, share: float) -> None:
    """Have every group learn at a share of its highest rate."""
    for group in optimizer.param_groups:
        group["lr"] = group["highest"] * share


def _groups(weights: Mapping[str, Tensor], rate: float, decay: float) -> Iterator[dict[str, Any]]:
    for matrices in (True, False):
        chosen = [weight for weight in weights.values() if (weight.ndim > 1) == matrices]
        if chosen:
            yield {"params": chosen, "lr": rate, "highest": rate, "weight_decay": decay if matrices else 0.0}


def _with_adapters(model: nn.Module, config: TrainConfig) -> Any:
    peft = require("peft", "train", "training with adapters")
    lora = config.lora
    form = peft.LoraConfig(
        r=lora.rank, lora_alpha=lora.alpha, lora_dropout=lora.dropout, target_modules=lora.modules
    )
    try:
        with warnings.catch_warnings():
            # A name that transformers is giving up, which peft still asks for.
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
            return peft.get_peft_model(model, form)
    except ValueError as error:
        raise InputError(
            f"adapters find no place in this model: no linear layer has a name that fits lora.modules = {lora.modules!r}. "
            "Give another regular expression, or set full = true."
        ) from error


def _attention_weights(
    module: TrajectoryModule | None, config: AttentionConfig
) -> Sequence[tuple[str, Tensor]]:
    """The weights of the parts that learn; the gate of what does not stays 0, so that it changes nothing."""
    if module is None:
        return ()
    spatial_alone = config.parts == "spatial"
    found = []
    for name, weight in module.named_parameters():
        part = name.split(".")[2]
        learns = not (spatial_alone and part.startswith(_ALONG_TRACKS))
        weight.requires_grad_(learns)
        if learns:
            found.append((f"trajectory.{name}", weight))
    return found
