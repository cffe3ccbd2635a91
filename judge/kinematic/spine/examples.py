"""What the net is trained on: pairs of simulated clips, one of which breaks a law, around the moment at which it does."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from lawful.generators.worlds.records import WorldClip
from lawful.judge.kinematic.intake import last_in, open_intake, take_in
from lawful.judge.kinematic.shot import Instruments, Shot, seed, take_look
from lawful.judge.kinematic.spine.eye import CELLS, LOOK_AHEAD, View
from lawful.video.frames import Box, Frames

BEFORE, AFTER = 26, 22
"""Frames kept before the moment, and from it on."""
FRAMES = 32
"""Frames of a window that the net is asked about; it sees `LOOK_AHEAD` more."""
_LEAST = 8
_EARLIEST, _LATEST = 20, 4
_TARGET_BEFORE, _TARGET_AFTER = 1, 9
_MARGIN = 0.5

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


@dataclass(frozen=True, eq=False)
class Windows:
    """As the net sees a pair."""

    broken: Views
    """Frames of the clip that breaks a law, `LOOK_AHEAD` of them after the last that is asked about."""
    lawful: Views
    """The same of its twin."""
    target: Bool[np.ndarray, "frames 8 8"]
    """Where something is amiss."""
    onset: int
    """The first frame in which it is."""


def example_of(lawful: WorldClip, broken: WorldClip, instruments: Instruments) -> Example | None:
    """What a pair gives; None where a cut leaves fewer than eight frames of the shot.

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
        views.append(look.view)
        times.append(taken.time_s)
    return views, times, starts


def window_of(example: Example, rng: np.random.Generator | None) -> Windows:
    """A window around the moment.

    Args:
        example: The pair.
        rng: Chooses where the window begins, whether it is mirrored, and the order of the colours; None for the plain
            one, as when it is measured.
    """
    first, mirrored, order = max(0, example.onset - _EARLIEST), False, np.arange(3)
    if rng is not None:
        first = int(rng.integers(first, max(0, example.onset - _LATEST) + 1))
        mirrored, order = bool(rng.random() < 0.5), rng.permutation(3)
    target = np.zeros((FRAMES, CELLS, CELLS), bool)
    onset = example.onset - first
    target[max(0, onset - _TARGET_BEFORE) : onset + _TARGET_AFTER] = _cells(example.box, mirrored)
    broken, lawful = (_shown(views, first, mirrored, order) for views in (example.broken, example.lawful))
    return Windows(broken, lawful, target, onset)


def _shown(views: Views, first: int, mirrored: bool, order: Int64[np.ndarray, "3"]) -> Views:
    part = views[first : first + FRAMES + LOOK_AHEAD]
    part = part[..., ::-1] if mirrored else part
    planes = np.concatenate([order, 3 + order, [6, 7]])
    shown = np.zeros((FRAMES + LOOK_AHEAD, *part.shape[1:]), np.uint8)
    shown[: len(part)] = part[:, planes]
    return shown


def _cells(box: Box | None, mirrored: bool) -> Bool[np.ndarray, "8 8"]:
    cells = np.zeros((CELLS, CELLS), bool)
    if box is None:
        cells[:] = True
        return cells
    x0, x1 = (1 - box.x1, 1 - box.x0) if mirrored else (box.x0, box.x1)
    rows = slice(max(0, int(box.y0 * CELLS - _MARGIN)), int(box.y1 * CELLS + _MARGIN) + 1)
    columns = slice(max(0, int(x0 * CELLS - _MARGIN)), int(x1 * CELLS + _MARGIN) + 1)
    cells[rows, columns] = True
    return cells
