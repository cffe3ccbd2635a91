"""How often lawful motion gives a finding of a strength: what a finding is weighed against.

For each family, the rate at which lawful clips give a finding of some strength or more, per second of exposure, and
how that rate depends on frame rate and motion. It is fitted on simulated lawful clips
(`lawful.judge.kinematic.fit_tails`) and shipped in `configs/kinematic_lawful.json`.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from lawful.core.digest import digest
from lawful.core.errors import InputError
from lawful.judge.kinematic.overall import Overall, rarity_of

REFERENCE_FPS = 24.0
"""Frame rate at which the tails are given."""
REFERENCE_PX = 3.0
"""Mean shift of moving things in a step at which the tails are given."""
ON_BODIES = "/bodies"
"""Ends the names of tails of findings on bodies."""
BY_NET = "/net"
"""Ends the names of tails of what the net points at; it has one tail for all families, of this name."""
NET_SPAN = 4.0
"""Log odds of the net that are worth a strength of 1."""
TAILS_FILE = "kinematic_lawful.json"
"""Name of the shipped tails, in `lawful.configs`."""
SCHEMA = "lawful.kinematic.tails/3"
"""Name and version of their layout."""


def family_of(tail: str) -> str:
    """The family that a tail is of, by its name."""
    return tail.removesuffix(ON_BODIES).removesuffix(BY_NET)


def by_fitted_name(strongest: Mapping[str, float]) -> dict[str, float]:
    """The strongest of what is weighed against the same tail; the net's findings of all families are."""
    fitted: dict[str, float] = {}
    for tail, best in strongest.items():
        name = fitted_name(tail)
        fitted[name] = max(best, fitted.get(name, best))
    return fitted


def fitted_name(tail: str) -> str:
    """The name under which the tail of a finding is fitted and shipped."""
    return BY_NET if tail.endswith(BY_NET) else tail


@dataclass(frozen=True)
class Conditions:
    """What a finding's strength must be seen against: how much there was to go wrong, and how it was seen."""

    exposure_s: float
    """Seconds that were looked at, and those of each moving object besides."""
    fps: float
    """Frames looked at a second, on average."""
    motion_px: float
    """Mean shift of moving things in a step, in pixels of the motion picture."""

    @property
    def covariates(self) -> tuple[float, float]:
        """Natural logarithms of frame rate and motion over the reference, kept within a range that clips have."""
        fps = min(max(self.fps, 4.0), 60.0) / REFERENCE_FPS
        motion = min(max(self.motion_px, 0.5), 40.0) / REFERENCE_PX
        return math.log(fps), math.log(motion)


@dataclass(frozen=True)
class Tail:
    """The rate of lawful findings of one family by strength."""

    strengths: tuple[float, ...]
    """Rising; below the first the rate is that of the first."""
    log_rates: tuple[float, ...]
    """Natural logarithm of the rate a second of exposure of findings that strong or stronger, falling."""
    scale: float
    """Beyond the last strength the rate falls by e over this much: an exponential tail."""
    by_fps: float = 0.0
    """What the logarithm of the rate gains with that of the frame rate."""
    by_motion: float = 0.0
    """What it gains with the logarithm of the motion."""
    trust: float = 1.0
    """How much a finding counts beside those of other tails, 0-1."""

    def chance(self, strength: float, conditions: Conditions) -> float:
        """Chance that a lawful clip under such conditions shows a finding of this strength or more.

        >>> tail = Tail((0.0, 1.0), (math.log(0.1), math.log(0.001)), 0.2)
        >>> round(tail.chance(1.0, Conditions(10.0, 24.0, 3.0)), 5)
        0.00995
        """
        log_rate = float(np.interp(strength, self.strengths, self.log_rates))
        log_rate -= max(0.0, strength - self.strengths[-1]) / self.scale
        fps, motion = conditions.covariates
        log_rate += self.by_fps * fps + self.by_motion * motion
        # One minus the chance of none in so much exposure, (1 - rate) ** exposure in the limit of small steps.
        return -math.expm1(-conditions.exposure_s * math.exp(min(log_rate, 50.0)))


def rarities_in(
    tails: Mapping[str, Tail], strongest: Mapping[str, float], conditions: Conditions
) -> dict[str, float]:
    """How rare what a clip shows of each family is (`rarity_of`), weighed against some tails.

    Args:
        tails: By name.
        strongest: Strength of the strongest finding of each tail.
        conditions: What they are seen against.
    """
    shown: dict[str, list[tuple[float, float, float]]] = {}
    for name, best in strongest.items():
        tail = tails[fitted_name(name)]
        shown.setdefault(family_of(name), []).append((best, tail.chance(best, conditions), tail.trust))
    return {family: rarity_of(found) for family, found in shown.items()}


@dataclass(frozen=True)
class Tails:
    """All tails, and what they were made on."""

    made_on: str
    """The clips, in words."""
    tails: Mapping[str, Tail]
    """By name (`Finding.tail`)."""
    overall: Overall
    """What all of them together are weighed against."""

    @property
    def sha256(self) -> str:
        """Digest of the numbers, for the judge's identity."""
        return digest(as_json(self))


def as_json(tails: Tails) -> dict[str, Any]:
    """Tails as the content of their file; see `read_tails`."""
    rows = {
        name: {
            "strengths": list(tail.strengths),
            "log_rates": list(tail.log_rates),
            "scale": tail.scale,
            "by_fps": tail.by_fps,
            "by_motion": tail.by_motion,
            "trust": tail.trust,
        }
        for name, tail in tails.tails.items()
    }
    overall = {"rarities": list(tails.overall.rarities), "log_chances": list(tails.overall.log_chances)}
    return {"schema": SCHEMA, "made_on": tails.made_on, "tails": rows, "overall": overall}


def read_tails(document: Mapping[str, Any]) -> Tails:
    """Tails from the content of their file.

    Raises:
        InputError: It is of another schema, lacks something, or a tail does not fall or holds something that is no
            finite number.
    """
    if document.get("schema") != SCHEMA:
        raise InputError(
            f"tails of the kinematic judge have the schema {SCHEMA}, got {document.get('schema')!r}"
        )
    try:
        found = {name: _tail(name, row) for name, row in document["tails"].items()}
        return Tails(str(document["made_on"]), found, _overall(document["overall"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"tails of the kinematic judge are not as {SCHEMA} has them: {type(error).__name__} {error}"
        ) from error


@cache
def shipped_tails() -> Tails:
    """The tails that ship."""
    text = files("lawful.configs").joinpath(TAILS_FILE).read_text(encoding="utf-8")
    return read_tails(json.loads(text))


def _tail(name: str, row: Mapping[str, Any]) -> Tail:
    tail = Tail(
        tuple(map(float, row["strengths"])),
        tuple(map(float, row["log_rates"])),
        float(row["scale"]),
        float(row["by_fps"]),
        float(row["by_motion"]),
        float(row["trust"]),
    )
    numbers = (*tail.strengths, *tail.log_rates, tail.scale, tail.by_fps, tail.by_motion, tail.trust)
    sound = (
        0 <= tail.trust <= 1
        and len(tail.strengths) == len(tail.log_rates) >= 1
        and all(map(math.isfinite, numbers))
    )
    if not sound or tail.scale <= 0 or not _rising(tail.strengths) or not _rising(tail.log_rates[::-1], True):
        raise InputError(
            f"the tail of {name!r} must have rising strengths, falling rates, a scale above 0 and a trust of 0 to 1, got {dict(row)}"
        )
    return tail


def _overall(row: Mapping[str, Any]) -> Overall:
    overall = Overall(tuple(map(float, row["rarities"])), tuple(map(float, row["log_chances"])))
    numbers = (*overall.rarities, *overall.log_chances)
    sound = len(overall.rarities) == len(overall.log_chances) >= 1 and all(map(math.isfinite, numbers))
    if not sound or not _rising(overall.rarities) or not _rising(overall.log_chances[::-1], True):
        raise InputError(
            f"what all families are weighed against must have rising rarities and falling chances, got {dict(row)}"
        )
    return overall


def _rising(values: Sequence[float], level: bool = False) -> bool:
    steps = np.diff(np.array(values))
    return bool((steps >= 0).all() if level else (steps > 0).all())
