"""What the net is trained on: pairs of simulated clips, one of which breaks a law, around the moment at which it does."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from lawful.generators.worlds.records import WorldClip
from lawful.judge.kinematic.intake import last_in, open_intake, take_in
from lawful.judge.kinematic.shot import Instruments, Shot, seed, take_look
from lawful.judge.kinematic.spine.eye import View
from lawful.video.frames import Box, Frames

BEFORE, AFTER = 26, 22
"""Frames kept before the moment, and from it on."""
_LEAST = 8
_UNLIKE = 8.0

Views = UInt8[np.ndarray, "_ 8 64 64"]


@dataclass(frozen=True, eq=False)
class Example:
    """One pair."""

    broken: Views
    """The clip that breaks a law, within the shot in which it does."""
    lawful: Views
    """Its twin."""
    onset: int
    """The first frame at which they differ."""
    box: Box | None
    """Where; None for everywhere."""
    family: str
    """How the law is broken."""


def example_of(lawful: WorldClip, broken: WorldClip, instruments: Instruments) -> Example | None:
    """What a pair gives; None where it cannot be shown side by side.

    That is so where a cut leaves fewer than eight frames of the shot, and where the twins are cut elsewhere or lose
    other frames as repeated ones, so that they do not run alike.

    Args:
        lawful: The twin.
        broken: The clip that breaks a law.
        instruments: What the judge looks with.
    """
    assert broken.onset_s is not None
    assert broken.violation is not None
    strips: list[Views] = []
    onset = 0
    for clip in (broken, lawful):
        views, times, starts = views_of(clip.frames, instruments)
        at = int(np.searchsorted(times, broken.onset_s - 1e-6))
        first = max([start for start in starts if start <= at] + [at - BEFORE])
        last = min([start for start in starts if start > at] + [at + AFTER, len(views)])
        if last - first < _LEAST:
            return None
        strips.append(np.stack(views[first:last]))
        if clip is broken:
            onset = at - first
    if len(strips[0]) != len(strips[1]):
        return None
    if onset > 1 and float(cv2.absdiff(*(strip[onset - 2, :3] for strip in strips)).mean()) >= _UNLIKE:
        return None
    return Example(strips[0], strips[1], onset, broken.box, broken.violation)


def views_of(frames: Frames, instruments: Instruments) -> tuple[list[View], list[float], list[int]]:
    """What the net sees of a clip: the views, their times, and which are the first of a shot."""
    intake, shot = open_intake(), Shot()
    ready = [taken for _, some in take_in(intake, frames, 30.0) for taken in some] + last_in(intake)
    views, times, starts = [], [], []
    for taken in ready:
        if taken.starts_shot:
            shot = Shot()
        look = take_look(shot, taken.rgb, taken.time_s, instruments)
        seed(shot, look)
        if look.step is None:
            starts.append(len(views))
        views.append(look.view())
        times.append(taken.time_s)
    return views, times, starts
