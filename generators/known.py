"""What the generators that ship can be asked for, known without loading any of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from lawful.generators.protocol import Capabilities, Control

_TINY: frozenset[Control] = frozenset(("text", "prefix", "tracks", "branch"))
"""What the embedded generators follow; loading one to ask it would take its weights."""


@dataclass(frozen=True)
class Known:
    """A generator that ships, by its name, or by the start of its name before a colon and a path."""

    name: str
    """What users type."""
    can: Capabilities
    """What it can be asked for."""
    streams: bool
    """Whether chunks come while later ones are still to be made."""
    note: str = ""
    """What else there is to know, in a line."""


@cache
def known() -> Mapping[str, Known]:
    """All of them, by name."""
    from lawful.generators.adapters.pipelines import anyflow_far, framepack, helios, skyreels_v2
    from lawful.generators.adapters.wan_causal.presets import presets
    from lawful.generators.tiny.generator import TRAINED_FRAMES
    from lawful.generators.tiny.scenes import FPS, SIDE_PX
    from lawful.generators.tiny.weights_file import VARIANTS

    tiny = Capabilities(_TINY, SIDE_PX, SIDE_PX, FPS, trained_frames=TRAINED_FRAMES, licence="Apache-2.0")
    rows = [
        Known(preset.full_name, preset.capabilities(), streams=True, note=preset.note)
        for preset in presets().values()
    ]
    staged = (helios.FAMILY, helios.MID, helios.DISTILLED)
    for family in (skyreels_v2.FAMILY, anyflow_far.FAMILY, *staged, framepack.FAMILY):
        rows.append(Known(f"{family.name}:", family.can, family.streams, family.note))
    rows += [Known(name, tiny, streams=True) for name in VARIANTS]
    return {row.name: row for row in rows}


def followers(control: Control) -> list[str]:
    """The generators that ship and follow a control."""
    return [row.name for row in known().values() if control in row.can.controls]


def makers(n_frames: int) -> list[str]:
    """The generators that ship and make videos of so many frames."""
    return [
        row.name for row in known().values() if row.can.max_frames is None or row.can.max_frames >= n_frames
    ]
