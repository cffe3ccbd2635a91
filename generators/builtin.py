"""The generators that ship, registered as any other package's would be."""

from collections.abc import Mapping
from typing import Any

from lawful.core.registry import register
from lawful.generators.protocol import Generator


@register(
    "generator",
    "wan-causal:",
    summary="causal checkpoints of Wan 2.1 1.3B: self-forcing, longlive, causvid and kin; needs the extra generate",
)
def wan_causal(argument: str | None, config: Mapping[str, Any]) -> Generator:
    """A preset, and perhaps its weights: `wan-causal:self-forcing:FILE` (see `docs/generators.md`)."""
    from lawful.generators.adapters.wan_causal.generator import make_wan_causal

    assert argument is not None  # the registry refuses the name without one
    return make_wan_causal(argument, config)
