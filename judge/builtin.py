"""The judges that ship, registered as any other package's would be."""

from collections.abc import Mapping
from typing import Any

from lawful.core.registry import register
from lawful.judge.protocol import Judge


def _kinematic_made_on() -> str:
    from lawful.judge.kinematic.settings import load_settings
    from lawful.judge.kinematic.spine.eye import shipped_eye
    from lawful.judge.kinematic.tails import shipped_tails

    made_on = {"tails": shipped_tails().made_on, "net": shipped_eye().made_on}
    return "; ".join(
        [load_settings({}).thresholds_made_on, *(f"{name}: {on}" for name, on in made_on.items())]
    )


@register(
    "judge",
    "kinematic",
    summary="tracks, camera, objects, witnesses with units and a small net; CPU, nothing to download",
    made_on=_kinematic_made_on,
)
def kinematic(argument: str | None, config: Mapping[str, Any]) -> Judge:
    """The embedded judge (see `lawful.judge.kinematic.judge`)."""
    from lawful.judge.kinematic.judge import make_kinematic

    return make_kinematic(config)


@register("judge", "vlm:", summary="a vision-language model by folder or hub id; needs the extra vlm")
def vlm(argument: str | None, config: Mapping[str, Any]) -> Judge:
    """An open model (see `lawful.judge.vlm.judge`)."""
    from lawful.judge.vlm.judge import make_vlm

    assert argument is not None  # the registry refuses the name without one
    return make_vlm(argument, config)


@register("judge", "openai:", summary="a model behind an OpenAI-compatible server; needs the extra openai")
def openai(argument: str | None, config: Mapping[str, Any]) -> Judge:
    """A model that is asked over the network (see `lawful.judge.remote.judge`)."""
    from lawful.judge.remote.judge import make_remote

    assert argument is not None  # the registry refuses the name without one
    return make_remote(argument, config)


@register(
    "judge", "outcome", summary="a program that checks the drawn tasks of the suite rules; CPU, no weights"
)
def outcome(argument: str | None, config: Mapping[str, Any]) -> Judge:
    """The check of drawn tasks (see `lawful.judge.outcome`)."""
    from lawful.judge.outcome import make_outcome

    return make_outcome(config)


@register("judge", "frame-difference", summary="baseline: peak difference of successive frames; ranks only")
def frame_difference(argument: str | None, config: Mapping[str, Any]) -> Judge:
    """Baseline (see `lawful.judge.baselines`)."""
    return _baseline("frame-difference", config)


@register("judge", "frame-difference-ratio", summary="baseline: the same over the clip's median; ranks only")
def frame_difference_ratio(argument: str | None, config: Mapping[str, Any]) -> Judge:
    """Baseline (see `lawful.judge.baselines`)."""
    return _baseline("frame-difference-ratio", config)


@register("judge", "flow-peak", summary="baseline: peak optical flow; ranks only")
def flow_peak(argument: str | None, config: Mapping[str, Any]) -> Judge:
    """Baseline (see `lawful.judge.baselines`)."""
    return _baseline("flow-peak", config)


@register("judge", "mean-motion", summary="baseline: mean optical flow; ranks only")
def mean_motion(argument: str | None, config: Mapping[str, Any]) -> Judge:
    """Baseline (see `lawful.judge.baselines`)."""
    return _baseline("mean-motion", config)


def _baseline(name: str, config: Mapping[str, Any]) -> Judge:
    from lawful.judge.baselines import make_baseline

    return make_baseline(name, config)
