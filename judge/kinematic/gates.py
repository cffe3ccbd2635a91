"""When the judge abstains, and why: what the clip as a whole was like."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from lawful.judge.kinematic.bodies import Glimpse
from lawful.judge.kinematic.groups import Object
from lawful.judge.kinematic.scope_rule import ScopeTally, shipped_rule
from lawful.judge.kinematic.settings import GateSettings

LEAST_SHIFT_PX = 0.5
"""Shift in a step from which on a thing moves."""


@dataclass
class Tally:
    """Sums over the steps of all shots. Rates are in points over steps, so that they do not depend on length."""

    frames: int = 0
    """Frames that differ from the one before."""
    longest_shot_frames: int = 0
    """Frames of the longest shot so far, those of a picture that stands and is taken again too."""
    longest_shot_s: float = 0.0
    """Length of the longest shot so far."""
    cuts: int = 0
    """Cuts so far."""
    steps: int = 0
    """Steps within shots."""
    steps_s: float = 0.0
    """Sum of their lengths."""
    registered: int = 0
    """Steps in which the camera's motion is known."""
    moving: int = 0
    """Steps in which something moved."""
    global_changes: int = 0
    """Steps in which most of the picture changed at once."""
    points: int = 0
    """Points on clear corners that were followed, over all steps."""
    points_lost: int = 0
    """Those that were lost."""
    brightness: float = 0.0
    """Sum of the mean levels of frames that differ."""
    object_s: float = 0.0
    """Seconds of moving objects: how much there was to go wrong."""
    object_shift_px_s: float = 0.0
    """Their shifts in a step, each times the length of the step."""
    scope: ScopeTally = field(default_factory=ScopeTally)
    """What tells rigid things from others."""


def tally_motion(tally: Tally, objects: Sequence[Object], before: Glimpse | None, now: Glimpse) -> None:
    """Add what moved in one step: objects are points that move alike, and small bodies may be too few of them."""
    movers = [thing for thing in objects if thing.series[-1].shift_px > LEAST_SHIFT_PX]
    tally.moving += bool(movers) or (before is not None and _bodies_move(before, now))
    tally.object_s += now.step_s * len(movers)
    tally.object_shift_px_s += now.step_s * sum(thing.series[-1].shift_px for thing in movers)


def _bodies_move(before: Glimpse, now: Glimpse) -> bool:
    """True if something that is seen moves; where it is hidden its place is carried on."""
    then, places = (
        {body.id: body.at_px for body in glimpse.bodies if body.sight in ("seen", "partly")}
        for glimpse in (before, now)
    )
    return any(math.dist(then[k], place) > LEAST_SHIFT_PX for k, place in places.items() if k in then)


def abstention(tally: Tally, settings: GateSettings, found: bool) -> str | None:
    """Why no verdict can be given, in words; None if it can.

    Args:
        tally: The clip.
        settings: The gates.
        found: True if something was found for which a still scene is no excuse.
    """
    if tally.longest_shot_frames < settings.min_frames or tally.longest_shot_s < settings.min_duration_s:
        what = f"{'cut into shots of at most ' if tally.cuts else ''}{tally.longest_shot_frames}"
        return (
            f"too short: {what} frames ({tally.longest_shot_s:.2f} s); "
            f"{settings.min_frames} and {settings.min_duration_s:g} s are needed"
        )
    steps = max(tally.steps, 1)
    if settings.min_fps * tally.steps_s > steps:
        return (
            f"too few frames: {tally.steps / tally.steps_s:.2g} a second, so that things may come and go between "
            f"them; {settings.min_fps:g} are needed"
        )
    brightness = tally.brightness / max(tally.frames, 1)
    if brightness < settings.min_brightness:
        return f"too dark: the mean level is {brightness:.0f} of 255"
    if tally.global_changes > settings.max_global * steps:
        return (
            f"flicker: most of the picture changes at once in {tally.global_changes / steps:.0%} of the steps"
        )
    if tally.registered < settings.min_registered * steps:
        return (
            f"registration: the camera's motion could be estimated in {tally.registered / steps:.0%} of the "
            f"steps; {settings.min_registered:.0%} are needed"
        )
    if tally.scope.measured > settings.min_moving_share * steps:
        chance = shipped_rule().chance(tally.scope)
        if chance > settings.max_out_of_scope:
            return (
                "out of scope: what moves here looks like fluid, cloth, smoke or people, not rigid objects: it stretches, "
                f"scatters and is lost as such things are (chance {chance:.2f})"
            )
    # With less than a clear point in a step there is nothing to lose.
    if tally.points_lost > settings.max_track_loss * max(tally.points, steps):
        return f"fragmented tracks: {tally.points_lost / tally.points:.0%} of all clear points are lost in a step"
    if not found and tally.moving < settings.min_moving_share * steps:
        return f"nothing to judge: something moves in {tally.moving / steps:.0%} of the steps"
    return None
