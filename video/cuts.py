"""Hard shot cuts, found while the clip runs.

A frame starts a new shot if, against the frame before it, most of the picture changed (`_CHANGED_SHARE`), its
colours changed as a whole (`_COLOUR_LEVELS`, and twice as much as in the frames before), and its fine structure
is another (`_SAME_STRUCTURE`), and if this still holds `FLASH_FRAMES` different frames later. So a cut is told
with that delay, a flash of up to that many frames is none, and neither are motion (colours stay), a light that is
switched on (structure stays) or one large object that comes or goes (most of the picture stays). Fades, dissolves
and cuts between shots of the same colours are not found. Frames like the one before do not count, so duplicated
frames change nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from lawful.video.frames import Frames

FLASH_FRAMES = 3
"""A cut is told when this many different frames have followed its first one."""
_GRID = (32, 24)
_CELL_LEVELS = 12.0
_CHANGED_SHARE = 0.55
_COLOUR_LEVELS = 8.0
_COLOUR_RATIO = 2.0
_SAME_STRUCTURE = 0.45
_STILL_LEVELS = 0.25
_MEMORY_FRAMES = 8
_QUANTILE_STEP = 16


@dataclass(frozen=True, eq=False)
class _Look:
    """What is kept of a frame."""

    time_s: float
    """Presentation time."""
    cells: Float32[np.ndarray, "24 32 3"]
    """Mean colour of each cell, 0-255."""
    colours: Float32[np.ndarray, "48 3"]
    """Quantiles of each channel over the cells, 0-255."""
    structure: Float32[np.ndarray, "24 32"]
    """Grey value of each cell less that of its surroundings."""


@dataclass(frozen=True, eq=False)
class CutState:
    """What is remembered between frames: a value, bounded in the clip's length."""

    last: _Look | None = None
    """The last frame of the current shot."""
    waiting: tuple[_Look, ...] = ()
    """Frames of what may be a new shot."""
    changes: tuple[float, ...] = ()
    """How much the colours changed with each of the shot's latest frames, levels."""


def open_cuts() -> CutState:
    """The state before the first frame."""
    return CutState()


def push_cuts(state: CutState, frames: Frames) -> tuple[CutState, list[float]]:
    """Look at some more frames.

    Returns:
        The new state, and the times of the first frames of the new shots that can be told now.
    """
    cuts: list[float] = []
    for rgb, time_s in zip(frames.rgb, frames.times_s.tolist(), strict=True):
        state = _with_look(state, _look(rgb, time_s), cuts)
    return state, cuts


def close_cuts(state: CutState) -> list[float]:
    """The times of the first frames of new shots that reach the end of the clip without the full delay."""
    cuts: list[float] = []
    while state.waiting:
        state = _confirmed(state, cuts)
    return cuts


def _with_look(state: CutState, look: _Look, cuts: list[float]) -> CutState:
    newest = state.waiting[-1] if state.waiting else state.last
    if newest is None:
        return CutState(last=look)
    if _cell_levels(newest, look).mean() < _STILL_LEVELS or state.last is None:
        return state
    if not _is_break(state.last, look, state.changes):
        changes = (*state.changes, _colour_levels(newest, look))[-_MEMORY_FRAMES:]
        # A flash that is over leaves no trace: its way back is no motion of the shot.
        return CutState(look, (), state.changes if state.waiting else changes)
    state = CutState(state.last, (*state.waiting, look), state.changes)
    if len(state.waiting) > FLASH_FRAMES:
        return _confirmed(state, cuts)
    return state


def _confirmed(state: CutState, cuts: list[float]) -> CutState:
    """Start the new shot with the first waiting frame and look at the others again from there."""
    first, *others = state.waiting
    cuts.append(first.time_s)
    state = CutState(last=first)
    for look in others:
        state = _with_look(state, look, cuts)
    return state


def _is_break(before: _Look, after: _Look, changes: Sequence[float]) -> bool:
    usual = max(changes, default=0.0)
    return bool(
        _colour_levels(before, after) >= max(_COLOUR_LEVELS, _COLOUR_RATIO * usual)
        and (_cell_levels(before, after) >= _CELL_LEVELS).mean() >= _CHANGED_SHARE
        and _likeness(before.structure, after.structure) < _SAME_STRUCTURE
    )


def _look(rgb: UInt8[np.ndarray, "height width 3"], time_s: float) -> _Look:
    cells = cv2.resize(rgb, _GRID, interpolation=cv2.INTER_AREA).astype(np.float32)
    colours = np.sort(cells.reshape(-1, 3), axis=0)[::_QUANTILE_STEP]
    grey = np.ascontiguousarray(cells.mean(axis=2))
    return _Look(time_s, cells, colours, grey - cv2.blur(grey, (5, 5)))


def _cell_levels(before: _Look, after: _Look) -> Float32[np.ndarray, "24 32"]:
    return np.abs(before.cells - after.cells).mean(axis=2)


def _colour_levels(before: _Look, after: _Look) -> float:
    """Earth mover's distance between the colours of two frames, channel by channel, in levels of 255."""
    return float(np.abs(before.colours - after.colours).mean())


def _likeness(before: Float32[np.ndarray, "24 32"], after: Float32[np.ndarray, "24 32"]) -> float:
    """Correlation of two structures, -1 to 1, drawn to 0 where both are weaker than a level."""
    size = float(before.size)
    return float((before * after).sum() / np.sqrt(((before**2).sum() + size) * ((after**2).sum() + size)))
