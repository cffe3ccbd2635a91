"""The generators that ship, registered as any other package's would be."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lawful.core.registry import register
from lawful.generators.protocol import Generator

if TYPE_CHECKING:
    from lawful.generators.adapters.pipelines.family import Family


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


@register(
    "generator",
    "tiny-causal",
    summary="embedded: plain discs that fall, fly, swing and slide; 64x64 px; needs the extra generate",
)
def tiny_causal(argument: str | None, config: Mapping[str, Any]) -> Generator:
    """With rollout training (see `docs/tiny_generator.md`)."""
    return _tiny("tiny-causal", config)


@register(
    "generator",
    "tiny-causal-early",
    summary="embedded: an early checkpoint of tiny-causal, for comparisons",
)
def tiny_causal_early(argument: str | None, config: Mapping[str, Any]) -> Generator:
    """An early checkpoint of the same training."""
    return _tiny("tiny-causal-early", config)


@register(
    "generator",
    "tiny-causal-forced",
    summary="embedded: tiny-causal with true history in place of rollout training, for comparisons",
)
def tiny_causal_forced(argument: str | None, config: Mapping[str, Any]) -> Generator:
    """Without rollout training."""
    return _tiny("tiny-causal-forced", config)


def _tiny(name: str, config: Mapping[str, Any]) -> Generator:
    from lawful.generators.tiny.generator import make_tiny

    return make_tiny(name, config)


@register(
    "generator",
    "skyreels-v2:",
    summary="SkyReels-V2 diffusion forcing by folder or hub id; needs the extra generate",
)
def skyreels_v2(argument: str | None, config: Mapping[str, Any]) -> Generator:
    """Text, first frame or prefix to video (see `lawful.generators.adapters.pipelines.skyreels_v2`)."""
    from lawful.generators.adapters.pipelines.skyreels_v2 import FAMILY

    return _pipeline(FAMILY, argument, config)


@register("generator", "anyflow-far:", summary="AnyFlow-FAR by folder or hub id; needs the extra generate")
def anyflow_far(argument: str | None, config: Mapping[str, Any]) -> Generator:
    """Text, first frame or prefix to video (see `lawful.generators.adapters.pipelines.anyflow_far`)."""
    from lawful.generators.adapters.pipelines.anyflow_far import FAMILY

    return _pipeline(FAMILY, argument, config)


@register("generator", "helios:", summary="Helios-Base by folder or hub id; needs the extra generate")
def helios(argument: str | None, config: Mapping[str, Any]) -> Generator:
    """Text, first frame or prefix to video (see `lawful.generators.adapters.pipelines.helios`)."""
    from lawful.generators.adapters.pipelines.helios import FAMILY

    return _pipeline(FAMILY, argument, config)


@register(
    "generator", "helios-mid:", summary="Helios-Mid, in stages, by folder or hub id; needs the extra generate"
)
def helios_mid(argument: str | None, config: Mapping[str, Any]) -> Generator:
    """As `helios`, from small to full size."""
    from lawful.generators.adapters.pipelines.helios import MID

    return _pipeline(MID, argument, config)


@register(
    "generator",
    "helios-distilled:",
    summary="Helios-Distilled, in stages of few steps, by folder or hub id; needs the extra generate",
)
def helios_distilled(argument: str | None, config: Mapping[str, Any]) -> Generator:
    """As `helios-mid`, in few steps and without guidance."""
    from lawful.generators.adapters.pipelines.helios import DISTILLED

    return _pipeline(DISTILLED, argument, config)


@register(
    "generator",
    "framepack:",
    summary="FramePack by folder or hub id, from a first frame; needs the extra generate",
)
def framepack(argument: str | None, config: Mapping[str, Any]) -> Generator:
    """A first frame and text to video (see `lawful.generators.adapters.pipelines.framepack`)."""
    from lawful.generators.adapters.pipelines.framepack import FAMILY

    return _pipeline(FAMILY, argument, config)


def _pipeline(family: "Family", argument: str | None, config: Mapping[str, Any]) -> Generator:
    from lawful.generators.adapters.pipelines.generator import PipelineGenerator

    assert argument is not None  # the registry refuses the name without one
    return PipelineGenerator(family, argument, config)
