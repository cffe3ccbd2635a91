"""Settings of the kinematic judge: thresholds as data, read from `configs/kinematic.toml`."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from typing import Any

import numpy as np

from lawful.core.errors import InputError
from lawful.judge.kinematic.scope_rule import shipped_rule
from lawful.judge.kinematic.spine.eye import shipped_eye
from lawful.judge.kinematic.tails import BY_NET, ON_BODIES, Tail, family_of, fitted_name, shipped_tails

LAWS: Mapping[str, str] = {
    "vanish": "permanence",
    "appear": "permanence",
    "teleport": "permanence",
    "duplicate": "permanence",
    "lost_behind": "permanence",
    "freeze": "time",
    "reversal": "time",
    "super_elastic": "energy",
    "energy_gain": "energy",
    "wrong_collision": "collision",
    "no_reaction": "collision",
    "colour_change": "identity",
    "changed_behind": "identity",
    "shape_change": "identity",
    "size_change": "identity",
    "stretch": "rigidity",
    "hover": "gravity",
    "reversed_gravity": "gravity",
    "wrong_gravity": "gravity",
    "kink": "inertia",
    "stop_in_mid_air": "inertia",
    "spontaneous_start": "inertia",
    "pass_through": "impenetrability",
    "overlap": "impenetrability",
    "effect_before_cause": "causality",
}
"""The law that a finding of each family names."""

NET = "net"
"""The level of what the net points at, where it is set by hand."""

FAMILIES: tuple[str, ...] = tuple(LAWS)
"""The violation families that the judge looks for."""
IN_PIXELS = ("vanish", "appear", "teleport", "freeze", "super_elastic", "colour_change")
"""Families that witnesses of pixels and points look for besides."""
TAILS: tuple[str, ...] = (*(family + ON_BODIES for family in FAMILIES), *IN_PIXELS, BY_NET)
"""Names of the tails that findings are weighed against (`lawful.judge.kinematic.tails.fitted_name`)."""


@dataclass(frozen=True)
class Level:
    """How rare lawful findings of a strength are, set by hand: a logistic curve."""

    threshold: float
    """Strength that half of the lawful clips of the reference exposure do not reach."""
    scale: float
    """Strength that changes the odds by a factor e."""

    def tail(self, exposure_s: float) -> Tail:
        """The same as a tail; `exposure_s` is the reference exposure."""
        strengths = np.linspace(self.threshold - 10 * self.scale, self.threshold + 10 * self.scale, 81)
        log_rates = np.log(np.logaddexp(0.0, -(strengths - self.threshold) / self.scale) / exposure_s)
        return Tail(tuple(strengths.tolist()), tuple(log_rates.tolist()), self.scale)


@dataclass(frozen=True)
class GateSettings:
    """When the judge abstains."""

    min_frames: int
    """Frames that a shot must have, those of a picture that stands and is taken again too."""
    min_duration_s: float
    """Time that a shot must last."""
    min_fps: float
    """Frames looked at a second, on average; pictures that stand are looked at five times a second."""
    min_registered: float
    """Share of steps in which the camera's motion must be known."""
    min_moving_share: float
    """Share of steps in which something must move."""
    max_out_of_scope: float
    """Chance up to which what moves may be fluid, cloth, smoke or people (`lawful.judge.kinematic.scope`)."""
    max_global: float
    """Share of steps in which most of the picture may change at once."""
    min_brightness: float
    """Mean level (0-255) that the picture must have."""
    max_track_loss: float
    """Share of the points on clear corners that may be lost in a step, on average."""


@dataclass(frozen=True)
class Settings:
    """All that may be set."""

    made_on: str
    """What the thresholds were set on."""
    net: bool
    """Whether the net points at what no witness measures."""
    causal: bool
    """Say nothing that rests on frames after those it is said with."""
    long_side_px: int
    """Size at which motion is looked at."""
    evidence_long_side_px: int
    """Size of the frames that are asked for and kept as evidence."""
    max_fps: float
    """Distinct frames looked at a second, at most."""
    exposure_s: float
    """What is said while a clip runs is weighed as if so much was looked at: seconds, and those of each moving
    object besides."""
    violation_at: float
    """A question with this score or less is answered "violation": the share of lawful clips that may be."""
    clear_at: float
    """All questions must have this score or more for "none found"."""
    thresholds_made_on: str
    """What these two were set on."""
    levels: Mapping[str, Level]
    """Levels of families set by hand; they take the place of the tails that were fitted."""
    gates: GateSettings
    """When the judge abstains."""

    def tail(self, name: str) -> Tail:
        """The tail of that name; that of its family's level where one is set by hand, trusted as much as the shipped.

        Raises:
            InputError: It has neither a level nor a tail.
        """
        name = fitted_name(name)
        family = NET if name == BY_NET else family_of(name)
        tails = shipped_tails().tails
        if family in self.levels:
            tail = self.levels[family].tail(self.exposure_s)
            return replace(tail, trust=tails[name].trust) if name in tails else tail
        if name not in tails:
            raise InputError(
                f"the kinematic judge has no tail {name!r}: set levels.{family}, or fit the tails anew with "
                f"benchmarks/kinematic_calibration.py. It has {', '.join(sorted(tails))}"
            )
        return tails[name]

    def as_json(self) -> dict[str, Any]:
        """All settings as JSON."""
        levels = {name: asdict(level) for name, level in self.levels.items()}
        return {
            **asdict(self),
            "levels": levels,
            "tails": shipped_tails().sha256,
            "scope": shipped_rule().sha256,
            "spine": shipped_eye().sha256 if self.net else None,
        }


def load_settings(config: Mapping[str, Any]) -> Settings:
    """The shipped settings with those of `config` in their place.

    Args:
        config: Settings that differ, in the layout of `configs/kinematic.toml`.

    Raises:
        InputError: A setting is unknown, has the wrong type or is out of range.
    """
    text = files("lawful.configs").joinpath("kinematic.toml").read_text(encoding="utf-8")
    shipped = tomllib.loads(text)
    shipped["levels"] = _levels(shipped["levels"], config.get("levels", {}))
    table = _merged(shipped, config, "")
    _check_ranges(table)
    levels = {name: Level(**level) for name, level in table.pop("levels").items()}
    return Settings(levels=levels, gates=GateSettings(**table.pop("gates")), **table)


def _levels(shipped: Mapping[str, Any], config: Any) -> dict[str, Any]:
    """The shipped levels, with whole ones of `config` added."""
    if not isinstance(config, Mapping):
        return dict(shipped)
    whole = {
        family: level
        for family, level in config.items()
        if family in (*FAMILIES, NET) and _is_level(family, level)
    }
    return {**shipped, **{family: {"threshold": 0.0, "scale": 1.0} for family in whole}}


def _is_level(family: str, level: Any) -> bool:
    names = {"threshold", "scale"}
    if not isinstance(level, Mapping) or set(level) != names:
        raise InputError(
            f"the kinematic judge's setting 'levels.{family}' must be a table of scale and threshold, got {level!r}"
        )
    if not all(isinstance(level[name], int | float) and not isinstance(level[name], bool) for name in names):
        raise InputError(
            f"the kinematic judge's setting 'levels.{family}' must hold two numbers, got {level!r}"
        )
    return True


def _check_ranges(table: Mapping[str, Any]) -> None:
    """All numbers must be finite, and what is divided by or is a size must be above 0."""
    numbers = {name: value for name, value in table.items() if isinstance(value, int | float)}
    numbers |= {f"gates.{name}": value for name, value in table["gates"].items()}
    above = {"long_side_px", "evidence_long_side_px", "max_fps", "exposure_s"}
    for family, level in table["levels"].items():
        numbers |= {f"levels.{family}.{name}": value for name, value in level.items()}
        above.add(f"levels.{family}.scale")
    for name, value in numbers.items():
        if not math.isfinite(value) or (name in above and value <= 0):
            wanted = "above 0" if name in above else "a finite number"
            raise InputError(f"the kinematic judge's setting {name!r} must be {wanted}, got {value!r}")


def _merged(shipped: Mapping[str, Any], config: Mapping[str, Any], place: str) -> dict[str, Any]:
    merged = dict(shipped)
    for key, value in config.items():
        name = f"{place}{key}"
        if key not in shipped:
            known = ", ".join(sorted(shipped))
            raise InputError(f"the kinematic judge has no setting {name!r}; it has {known}")
        held = shipped[key]
        if isinstance(held, dict):
            if not isinstance(value, Mapping):
                raise InputError(f"the kinematic judge's setting {name!r} must be a table, got {value!r}")
            merged[key] = _merged(held, value, f"{name}.")
        elif isinstance(held, float) and isinstance(value, int) and not isinstance(value, bool):
            merged[key] = float(value)
        elif type(value) is type(held):
            merged[key] = value
        else:
            kind = type(held).__name__
            raise InputError(f"the kinematic judge's setting {name!r} must be of type {kind}, got {value!r}")
    return merged
