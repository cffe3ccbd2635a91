"""What the net points at in a shot, frame by frame: peaks of what is amiss."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32

from lawful.judge.kinematic.findings import Finding
from lawful.judge.kinematic.spine.eye import CELLS, CHANGE, LOOK_AHEAD, Eye, Past, View, blank, look
from lawful.judge.kinematic.tails import NET_SPAN
from lawful.video.frames import Box

AROUND = 2
"""A frame is a peak if it is the most amiss of so many on either side."""
LEAST = -4.0
"""Log odds at which a peak has strength 0; `NET_SPAN` more are 1."""
_BESIDE = 2.0
LEAST_SIDE_PX = 96
"""Least width and height of a picture that is looked at: of smaller ones it was shown few, and is wrong about them."""
NO_MOMENTS = ("reversal",)
"""Families that no moment shows: what looks most like them says nothing of a frame, and is not told."""


@dataclass(frozen=True)
class Seen:
    """What the net says of one frame."""

    time_s: float
    """Its time."""
    changes: bool
    """Whether the picture changed in the step that led to it."""
    reliable: bool
    """False where most of the picture changed at once, or the camera's motion is unknown."""
    log_odds: float
    """That anything is amiss in it, against that nothing is, as the net was trained: it is given windows of 32 frames of
    which half show a broken law. Not calibrated; tails say what it is worth."""
    family: str
    """What it looks most like."""
    box: Box
    """Where."""


@dataclass
class SpineState:
    """What is kept of the shot that runs; bounded in its length."""

    past: Past = field(default_factory=Past)
    """What the net looks back at."""
    newest: deque[tuple[float, bool, bool]] = field(default_factory=lambda: deque(maxlen=LOOK_AHEAD + 1))
    """Time of each of the newest frames, whether the picture changed, and whether that can be relied on."""
    recent: deque[Seen] = field(default_factory=lambda: deque(maxlen=2 * AROUND + 1))
    """What it said of the newest frames that it has spoken of."""


def push_spine(
    state: SpineState, eye: Eye, view: View, time_s: float, reliable: bool = True
) -> list[Finding]:
    """Take a frame in; the peak that is sure with it, if any. The state is changed.

    Args:
        state: Changed in place.
        eye: The net.
        view: What it sees of the frame.
        time_s: Time of the frame.
        reliable: False where most of the picture changed at once, or the camera's motion is unknown.
    """
    state.newest.append((time_s, bool(view[CHANGE].any()), reliable))
    logits = look(eye, state.past, view)
    if len(state.newest) <= LOOK_AHEAD:
        return []
    state.recent.append(seen_of(eye, logits, *state.newest[0]))
    return _peak(state, len(state.recent) - 1 - AROUND)


def close_spine(state: SpineState, eye: Eye) -> list[Finding]:
    """The peaks among the last frames of a shot; the state is of no use after that."""
    found: list[Finding] = []
    waiting = list(state.newest)[-LOOK_AHEAD:]
    for frame in [None] * (LOOK_AHEAD - len(waiting)) + waiting:
        logits = look(eye, state.past, blank())
        if frame is not None:
            state.recent.append(seen_of(eye, logits, *frame))
            found += _peak(state, len(state.recent) - 1 - AROUND)
    for at in range(max(len(state.recent) - AROUND, 0), len(state.recent)):
        found += _peak(state, at)
    return found


def seen_of(
    eye: Eye, logits: Float32[np.ndarray, "8 8 outputs"], time_s: float, changes: bool, reliable: bool
) -> Seen:
    """What the net says of one frame, in words.

    Args:
        eye: The net.
        logits: Of the frame's cells (`look`).
        time_s: Time of the frame.
        changes: Whether the picture changed in the step that led to it.
        reliable: False where most of the picture changed at once, or the camera's motion is unknown.
    """
    amiss = logits[:, :, 0]
    most = float(amiss.max())
    row, column = (int(at) for at in np.unravel_index(int(np.argmax(amiss)), amiss.shape))
    weights = np.exp(amiss - most)
    log_odds = most + float(np.log(weights.sum()))
    # All cells have a say in what it is, by how much each is amiss.
    kinds = logits[:, :, 1:] - logits[:, :, 1:].max(axis=2, keepdims=True)
    kinds = np.exp(kinds)
    kinds /= kinds.sum(axis=2, keepdims=True)
    family = eye.families[int(np.argmax((weights[:, :, None] * kinds).sum(axis=(0, 1))))]
    near = amiss[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2] > most - _BESIDE
    rows, columns = np.nonzero(near)
    top, left = max(row - 1, 0), max(column - 1, 0)
    box = Box(
        (left + int(columns.min())) / CELLS,
        (top + int(rows.min())) / CELLS,
        (left + int(columns.max()) + 1) / CELLS,
        (top + int(rows.max()) + 1) / CELLS,
    )
    return Seen(time_s, changes, reliable, log_odds, family, box)


def _peak(state: SpineState, at: int) -> list[Finding]:
    """The finding on one of the recent frames, if it is a peak."""
    if at < 0:
        return []
    recent = list(state.recent)
    seen = recent[at]
    if seen.family in NO_MOMENTS:
        return []
    around = recent[max(at - AROUND, 0) : at + 1 + AROUND]
    # Where nothing changes nothing can be seen to be amiss, and in a flash all is.
    if not any(other.changes for other in around) or not all(other.reliable for other in around):
        return []
    before = [other.log_odds for other in recent[max(at - AROUND, 0) : at]]
    after = [other.log_odds for other in recent[at + 1 : at + 1 + AROUND]]
    strength = (seen.log_odds - LEAST) / NET_SPAN
    if (
        strength <= 0
        or max(before, default=-np.inf) >= seen.log_odds
        or max(after, default=-np.inf) > seen.log_odds
    ):
        return []
    what = seen.family.replace("_", " ")
    return [
        Finding(
            family=seen.family,
            start_s=seen.time_s,
            end_s=seen.time_s + (recent[at].time_s - recent[at - 1].time_s if at else 0.0),
            box=seen.box,
            strength=strength,
            magnitude=seen.log_odds,
            unit="log odds",
            text=(
                f"something is amiss at {seen.time_s:.2f} s by the look of it, most like {what} (log odds "
                f"{seen.log_odds:.1f} of the net, which measures nothing)"
            ),
            by_net=True,
        )
    ]
