"""When the judge abstains, and why: what the clip as a whole was like."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lawful.judge.kinematic.groups import Object
from lawful.judge.kinematic.settings import GateSettings

LEAST_SHIFT_PX = 0.5
"""Shift in a step from which on a thing moves."""


@dataclass
class Tally:
    """Sums over the steps of all shots. Rates are in points over steps, so that they do not depend on length."""

    frames: int = 0
    """Frames that differ from the one before."""
    longest_shot_frames: int = 0
    """Such frames in the longest shot so far."""
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
    """Points that were followed, over all steps."""
    points_lost: int = 0
    """Those that were lost."""
    moving_points: float = 0.0
    """Points on moving things, over all steps."""
    moving_lost: float = 0.0
    """Those that were lost, for steps of a tenth of a second."""
    rigid_points: float = 0.0
    """Points on moving things with enough points to tell whether they are rigid."""
    rigid_agree: float = 0.0
    """Those that fit one rigid motion."""
    born: int = 0
    """Objects that began to be followed."""
    brightness: float = 0.0
    """Sum of the frames' mean levels."""
    object_s: float = 0.0
    """Seconds of moving objects: how much there was to go wrong."""
    object_shift_px_s: float = 0.0
    """Their shifts in a step, each times the length of the step."""


def tally_objects(tally: Tally, objects: Sequence[Object], step_s: float) -> None:
    """Add the objects of one step."""
    movers = [thing for thing in objects if thing.series[-1].shift_px > LEAST_SHIFT_PX]
    tally.moving += bool(movers)
    tally.object_s += step_s * len(movers)
    tally.object_shift_px_s += step_s * sum(thing.series[-1].shift_px for thing in movers)
    for thing in movers:
        newest = thing.series[-1]
        if np.isfinite(newest.rigid):
            tally.rigid_points += newest.points
            tally.rigid_agree += newest.rigid * newest.points


def abstention(tally: Tally, settings: GateSettings, found: bool) -> str | None:
    """Why no verdict can be given, in words; None if it can.

    Args:
        tally: The clip.
        settings: The gates.
        found: True if something was found for which a still scene is no excuse.
    """
    if tally.longest_shot_frames < settings.min_frames or tally.longest_shot_s < settings.min_duration_s:
        what = f"cut into shots of at most {tally.longest_shot_frames}" if tally.cuts else f"{tally.frames}"
        return (
            f"too short: {what} frames that differ ({tally.longest_shot_s:.2f} s); "
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
    if tally.moving_points and tally.moving_lost > (1 - settings.min_survival) * tally.moving_points:
        # The loss is scaled to a tenth of a second, so that it can be more than all there is.
        share = max(0.0, 1 - tally.moving_lost / tally.moving_points)
        return (
            "out of scope: what moves here looks like fluid, cloth or smoke, not rigid objects: "
            f"{share:.0%} of the points on it can be followed for a tenth of a second"
        )
    if tally.born > settings.max_births * steps:
        return (
            "out of scope: what moves here looks like fluid, cloth, smoke or people, not rigid objects: it falls "
            f"into {tally.born / steps:.1f} new pieces a step"
        )
    measured = tally.rigid_points > settings.min_rigid_points * steps
    if measured and tally.rigid_agree < settings.min_rigid * tally.rigid_points:
        return (
            "out of scope: what moves here looks like fluid, cloth, smoke or people, not rigid objects: "
            f"{tally.rigid_agree / tally.rigid_points:.0%} of the points on it move as rigid pieces"
        )
    if tally.points_lost > settings.max_track_loss * max(tally.points, 1):
        return f"fragmented tracks: {tally.points_lost / tally.points:.0%} of all points are lost in a step"
    if not found and tally.moving < settings.min_moving_share * steps:
        return f"nothing to judge: something moves in {tally.moving / steps:.0%} of the steps"
    return None
