"""The table of causal checkpoints: `configs/wan_causal.toml`, read and checked."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from lawful.core.errors import AbsentError
from lawful.core.fields import Fields, as_number, as_text
from lawful.generators.causal.codec import Clock
from lawful.generators.causal.schedule import shifted
from lawful.generators.causal.spec import CachePolicy, CausalSpec, RopePolicy
from lawful.generators.protocol import Capabilities, Control

FAMILY = "wan-causal"
WIDTH_PX, HEIGHT_PX, FPS = 832, 480, 16.0
CLOCK = Clock(4, True)
MAX_POSITION = 1024
"""Places in time in the table of positions that the original checkpoints come with."""
_ENGINE = (
    "block",
    "window",
    "sink",
    "sink_ema",
    "rope",
    "cache",
    "lag",
    "joint",
    "own_sight",
    "recompute_on_switch",
)
_ROW = (
    "title", "paper", "weights", "licence", "terms", "trained", "longest", "held", "lora", "prompt_switch",
    "steps", "shift", "note", "engine",
)  # fmt: skip


@dataclass(frozen=True)
class Preset:
    """One published checkpoint: how it is driven, what it can do, and under which licence it comes."""

    name: str
    """What follows `wan-causal:`."""
    title: str
    """The model's name."""
    paper: str
    """Where it is described."""
    weights: str
    """Where its weights are published (an id of the hub); nothing is fetched from there unasked."""
    licence: str
    """Licence of the weights, SPDX id where there is one."""
    terms: str
    """What the licence forbids or asks, in a few words; empty for permissive ones."""
    trained: int
    """Latent frames of the longest clips in training."""
    longest: int | None
    """Latent frames of the longest video that it can make; None: any length."""
    held: tuple[str, ...]
    """Under which keys of the original file the network lies, the one to take first."""
    lora: bool
    """Whether its weights are a base and low-rank changes to it."""
    prompt_switch: bool
    """Whether it was trained to follow a new prompt within a video."""
    note: str
    """What is done otherwise than by its authors; empty for nothing."""
    spec: CausalSpec
    """How the engine drives it."""

    @property
    def full_name(self) -> str:
        """What users type."""
        return f"{FAMILY}:{self.name}"

    @property
    def controls(self) -> frozenset[Control]:
        """What it follows; a first frame only where one latent frame fills a block."""
        controls: set[Control] = {"text", "prefix", "size", "branch"}
        if 1 in (self.spec.block, self.spec.first_block):
            controls.add("first_frame")
        if self.prompt_switch:
            controls.add("prompt_switch")
        return frozenset(controls)

    def capabilities(self) -> Capabilities:
        """What it can be asked for."""
        return Capabilities(
            controls=self.controls,
            width_px=WIDTH_PX,
            height_px=HEIGHT_PX,
            fps=FPS,
            max_frames=None if self.longest is None else CLOCK.start(self.longest),
            trained_frames=CLOCK.start(self.trained),
            licence=f"{self.licence} ({self.terms})" if self.terms else self.licence,
        )


@cache
def presets() -> Mapping[str, Preset]:
    """All presets by name, in the order of the table."""
    text = files("lawful.configs").joinpath("wan_causal.toml").read_text(encoding="utf-8")
    return {name: _read(name, row) for name, row in tomllib.loads(text).items()}


def find_preset(name: str) -> Preset:
    """A preset by its name.

    Raises:
        AbsentError: There is none; the message lists those that are.
    """
    found = presets().get(name)
    if found is None:
        known = ", ".join(presets())
        raise AbsentError(f"{FAMILY} has no preset {name!r}. Known: {known}")
    return found


def _read(name: str, row: Mapping[str, Any]) -> Preset:
    fields_ = Fields(row, f"wan_causal.toml: {name}")
    fields_.only(*_ROW)
    held = fields_.many("held", as_text)
    return Preset(
        name=name,
        title=fields_.text("title"),
        paper=fields_.text("paper"),
        weights=fields_.text("weights"),
        licence=fields_.text("licence"),
        terms=fields_.optional("terms", fields_.text) or "",
        trained=fields_.whole("trained"),
        longest=fields_.optional("longest", fields_.whole),
        held=held,
        lora=bool(fields_.optional("lora", fields_.flag)),
        prompt_switch=bool(fields_.optional("prompt_switch", fields_.flag)),
        note=fields_.optional("note", fields_.text) or "",
        spec=_spec(fields_),
    )


def _spec(row: Fields) -> CausalSpec:
    steps = [step / 1000 for step in row.many("steps", as_number)]
    shift = row.optional("shift", row.number)
    engine = row.inner("engine")
    engine.only(*_ENGINE)
    read = {
        "block": engine.whole, "window": engine.whole, "sink": engine.whole, "sink_ema": engine.number,
        "rope": lambda name: engine.choice(name, RopePolicy.__args__),
        "cache": lambda name: engine.choice(name, CachePolicy.__args__),
        "lag": engine.whole, "joint": engine.flag, "own_sight": engine.flag,
        "recompute_on_switch": engine.flag,
    }  # fmt: skip
    settings = {name: read[name](name) for name in engine.body}
    assert settings.keys() <= {field.name for field in fields(CausalSpec)}
    sigmas = tuple(steps if shift is None else shifted(steps, shift))
    return CausalSpec(sigmas=sigmas, max_position=MAX_POSITION, **settings)
