"""Which statistics tell rigid things from fluid, cloth, smoke and people, and the linear rule that weighs them.

The rule is a logistic regression (`configs/kinematic_scope.json`, made by `benchmarks/kinematic_scope.py`).
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from jaxtyping import Float64

from lawful.core.digest import digest
from lawful.core.errors import InputError

SCHEMA = "lawful.kinematic.scope/1"
"""Name and version of the file's layout."""
FEATURES = (
    "lost",
    "stretch",
    "stretch_most",
    "turn",
    "incoherence",
    "repaint",
    "moving_points",
    "changed",
    "spread",
)
"""The statistics, in the order of the weights; see `features_of`."""


@dataclass
class ScopeTally:
    """Sums over the steps of a clip."""

    steps: int = 0
    """Steps with a known camera and no change of the whole picture."""
    measured: int = 0
    """Those with enough moving points to measure on."""
    points: float = 0.0
    """Moving points."""
    lost: float = 0.0
    """Points on what moved that were lost, as if each step took a tenth of a second."""
    asked: float = 0.0
    """Points on what moved."""
    stretch: float = 0.0
    """Middle rate at which the distance of two near points changes, over measured steps, 1/s."""
    stretch_most: float = 0.0
    """The rate that one such pair in ten exceeds."""
    turn: float = 0.0
    """Middle rate at which near points turn about each other, 1/s."""
    incoherence: float = 0.0
    """Share of the moving points' way that cancels out."""
    repaint: float = 0.0
    """Middle change of the look of a patch that was followed, over its own contrast, as if in a tenth of a second."""
    changed: float = 0.0
    """Share of the picture that changed beyond the camera's motion."""
    spread: float = 0.0
    """Share of the cells of a grid in which something changed."""


def features_of(tally: ScopeTally) -> Float64[np.ndarray, " features"]:
    """The statistics of a clip in the order of `FEATURES`, 0 where nothing was measured."""
    steps, measured = max(tally.steps, 1), max(tally.measured, 1)
    return np.array([
        tally.lost / max(tally.asked, 1.0),
        math.sqrt(tally.stretch / measured),
        math.sqrt(tally.stretch_most / measured),
        math.sqrt(tally.turn / measured),
        tally.incoherence / measured,
        tally.repaint / measured,
        math.log1p(tally.points / steps),
        math.sqrt(tally.changed / steps),
        math.sqrt(tally.spread / steps),
    ])  # fmt: skip


@dataclass(frozen=True)
class ScopeRule:
    """A logistic regression on the statistics."""

    made_on: str
    """The clips that it was fitted on, in words."""
    weights: tuple[float, ...]
    """One a statistic."""
    offset: float
    """What is added to the weighted sum."""

    def chance(self, tally: ScopeTally) -> float:
        """Chance that what moves is not rigid, as far as the clips it was fitted on are like this one."""
        logit = float(features_of(tally) @ np.array(self.weights)) + self.offset
        return (1 + math.tanh(logit / 2)) / 2

    def as_json(self) -> dict[str, Any]:
        """The content of its file."""
        named = dict(zip(FEATURES, self.weights, strict=True))
        return {"schema": SCHEMA, "made_on": self.made_on, "weights": named, "offset": self.offset}

    @property
    def sha256(self) -> str:
        """Digest of the numbers, for the judge's identity."""
        return digest(self.as_json())


def read_rule(document: Mapping[str, Any]) -> ScopeRule:
    """The rule from the content of its file.

    Raises:
        InputError: It is of another schema, or its statistics are not those of this version.
    """
    if document.get("schema") != SCHEMA:
        raise InputError(
            f"the rule of what is in scope has the schema {SCHEMA}, got {document.get('schema')!r}"
        )
    weights: Mapping[str, float] = document["weights"]
    if tuple(weights) != FEATURES:
        raise InputError(f"the rule of what is in scope has weights for {FEATURES}, got {tuple(weights)}")
    return ScopeRule(document["made_on"], tuple(map(float, weights.values())), float(document["offset"]))


@cache
def shipped_rule() -> ScopeRule:
    """The rule that ships."""
    return read_rule(json.loads(files("lawful.configs").joinpath("kinematic_scope.json").read_text("utf-8")))
