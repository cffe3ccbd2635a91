"""The state of a training: the network, the mean of its weights, optimizers, the latest rollouts."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lawful.core.errors import AbsentError, InputError
from lawful.core.files import replacing
from lawful.generators.tiny.model import TinyModel
from lawful.generators.tiny.rollouts import Corrected
from lawful.generators.tiny.train_config import TrainConfig

CHECKPOINT = "checkpoint.pt"
_YOUNG_STEPS = 10
"""The mean of the weights forgets the first ones within about so many steps."""


@dataclass(eq=False)
class Training:
    """Changed by every step, written and read whole."""

    model: TinyModel
    """The network."""
    average: dict[str, Tensor]
    """Running mean of its weights."""
    optimizers: list[torch.optim.Optimizer]
    """Muon for the matrices of the blocks, AdamW for the rest."""
    step: int = 0
    """Steps done."""
    pool: list[Corrected] = field(default_factory=list)
    """The latest rollouts, corrected."""

    def average_with(self, keep: float, from_scratch: bool) -> None:
        """Take the weights into their mean, of which the share `keep` stays; less of the first weights of all."""
        if from_scratch:
            keep = min(keep, self.step / (self.step + _YOUNG_STEPS))
        for name, weight in self.model.state_dict().items():
            self.average[name].lerp_(weight, 1 - keep)

    def save(self, folder: Path) -> None:
        """Write `checkpoint.pt` at once."""
        saved = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "pool": [
                (torch.from_numpy(part.pictures), torch.from_numpy(part.tokens), part.drawn)
                for part in self.pool
            ],
        }
        with replacing(folder / CHECKPOINT) as path:
            torch.save(saved, path)

    def load(self, folder: Path) -> None:
        """Become what was saved there.

        Raises:
            InputError: The checkpoint is of another network.
        """
        saved: dict[str, Any] = torch.load(folder / CHECKPOINT, weights_only=True)
        try:
            self.model.load_state_dict(saved["model"])
        except RuntimeError as error:
            raise InputError(f"{folder / CHECKPOINT}: is of a network of other sizes: {error}") from error
        self.average = saved["average"]
        for optimizer, state in zip(self.optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self.step = saved["step"]
        self.pool = [
            Corrected(frames.numpy(), tokens.numpy(), drawn) for frames, tokens, drawn in saved["pool"]
        ]


def begun(config: TrainConfig, folder: Path) -> Training:
    """The state that a training goes on from: its own checkpoint, that of the stage it starts from, or the beginning.

    Raises:
        AbsentError: The stage it starts from has not been trained.
    """
    torch.manual_seed(config.seed)
    model = TinyModel(config.model)
    average = {name: weight.clone() for name, weight in model.state_dict().items()}
    state = Training(model, average, _optimizers(model))
    if (folder / CHECKPOINT).exists():
        state.load(folder)
    elif config.start is not None:
        first = folder.parent / config.start
        if not (first / CHECKPOINT).exists():
            raise AbsentError(
                f"{folder}: goes on from {first}, where there is no checkpoint: train that stage first"
            )
        state.load(first)
        state.step, state.pool = 0, []
    return state


def _optimizers(model: TinyModel) -> list[torch.optim.Optimizer]:
    matrices = [weight for weight in model.causal.transformer.blocks.parameters() if weight.ndim == 2]
    chosen = {id(weight) for weight in matrices}
    others = [weight for weight in model.parameters() if id(weight) not in chosen]
    muon = torch.optim.Muon(matrices, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    return [muon, torch.optim.AdamW(others, betas=(0.9, 0.98), weight_decay=0.0)]
