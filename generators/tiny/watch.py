"""How far a training is: what listeners hear, the log, and a picture of the loss."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lawful.core.files import write_atomic

LOG = "log.jsonl"
CURVE = "curve.svg"
LOG_EVERY = 20
"""Steps between rows of the log."""


@dataclass(frozen=True)
class At:
    """Where a training is."""

    step: int
    """Steps done."""
    steps: int
    """Steps in all."""
    loss: float
    """Of the last step."""


Heard = Callable[[str, At], None]
"""Told the name of a stage and where it is, after every step."""


def unheard(stage: str, at: At) -> None:
    """Tell nobody."""


class Log:
    """Writes a row for every few steps; rows of steps that a checkpoint does not know are taken back."""

    def __init__(self, folder: Path, step: int) -> None:
        self._path = folder / LOG
        self._begun_s = time.monotonic()
        self._losses: list[float] = []
        kept = [row for row in read_log(folder) if row["step"] <= step]
        self._before_s = kept[-1]["s"] if kept else 0.0
        write_atomic(self._path, "".join(json.dumps(row) + "\n" for row in kept))

    def add(self, at: At, gradient: float, rate: float) -> None:
        """Take in a step."""
        self._losses.append(at.loss)
        if at.step % LOG_EVERY and at.step != at.steps:
            return
        spent_s = self._before_s + time.monotonic() - self._begun_s
        row = {
            "step": at.step,
            "loss": round(float(np.mean(self._losses)), 6),
            "gradient": round(gradient, 4),
        }
        with self._path.open("a") as log:
            log.write(json.dumps(row | {"rate": rate, "s": round(spent_s, 1)}) + "\n")
        self._losses = []


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The rows of a log: step, mean loss since the row before, gradient, rate, seconds; none where there is no log."""
    path = folder / LOG
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def write_curve(folder: Path, what: str = "mean squared error of the estimated clip") -> None:
    """Draw the losses of a log, on a scale of powers of ten, as `curve.svg`.

    Args:
        folder: Where the log is.
        what: What the loss is.
    """
    rows = read_log(folder)
    if not rows:
        return
    steps, losses = (np.array([row[name] for row in rows], float) for name in ("step", "loss"))
    low, high = np.floor(np.log10(losses.min())), np.ceil(np.log10(losses.max()) + 1e-9)
    width, height, left, top = 640, 320, 60, 20
    x = left + (width - left - 20) * steps / steps[-1]
    y = top + (height - top - 50) * (high - np.log10(losses)) / (high - low)
    points = " ".join(f"{one:.1f},{two:.1f}" for one, two in zip(x, y, strict=True))
    marks = []
    for power in np.arange(low, high + 1):
        at = top + (height - top - 50) * (high - power) / (high - low)
        marks.append(f'<path d="M{left} {at:.1f}H{width - 20}" stroke="#ccc"/>')
        marks.append(f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    write_atomic(
        folder / CURVE,
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="13" fill="#333">{"".join(marks)}'
        f'<polyline points="{points}" fill="none" stroke="#2454cc" stroke-width="1.5"/>'
        f'<text x="{width / 2}" y="{height - 10}" text-anchor="middle">step, to {int(steps[-1])}: '
        f"{what}</text></svg>\n",
    )
