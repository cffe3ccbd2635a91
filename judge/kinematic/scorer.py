"""Where to look: a probability per moment, cell and law, whose peaks the witnesses examine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
from jaxtyping import Float32

from lawful.judge.kinematic.window import Step

Cells = Float32[np.ndarray, "8 8"]


@runtime_checkable
class Scorer(Protocol):
    """Says where in a step a law may be broken. It proposes; the witnesses decide."""

    @property
    def name(self) -> str:
        """Part of the judge's identity: code version and weights digest."""
        ...

    def score(self, step: Step) -> Mapping[str, Cells]:
        """Probability 0-1 by law id, for each cell (row, column) of the frame after the step."""
        ...


@dataclass(frozen=True)
class SpikeScorer:
    """Change that is large at one step and small in the steps just before or just after it, near by.

    Lawful motion changes about as many pixels from step to step; impacts and sudden starts go on. What comes
    out of nothing, goes into nothing or takes another colour is a spike on at least one side.
    """

    least_px: float = 20.0
    """Changed pixels in a cell below which nothing is proposed."""
    least_ratio: float = 1.3
    """Times the quieter neighbouring step at which the probability is one half."""

    @property
    def name(self) -> str:
        """Part of the judge's identity."""
        return f"spike 1 least {self.least_px} ratio {self.least_ratio}"

    def score(self, step: Step) -> Mapping[str, Cells]:
        """The same spikes for permanence and identity."""
        now = step.cells[2]
        assert now is not None
        quiet = np.minimum(_near(step.cells[1], now), _near(step.cells[3], now))
        spread = cv2.dilate(now, np.ones((3, 3), np.uint8))
        ratio = spread / (self.least_ratio * quiet + self.least_px)
        probability = ratio**3 / (1 + ratio**3)
        spikes = np.where(now >= 1, probability, 0.0).astype(np.float32)
        return {"permanence": spikes, "identity": spikes}


def _near(cells: Cells | None, like: Cells) -> Cells:
    if cells is None:
        return np.zeros_like(like)
    return cv2.dilate(cells, np.ones((3, 3), np.uint8))
