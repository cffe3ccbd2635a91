"""Tracks on a grid of tokens as the index arrays that attention along them needs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

from lawful.judge.vlm.tracks.cells import TrackCells

TRACKS_AT_ONCE = 256
"""Tracks that are attended along in one go: bounds the memory."""


@dataclass(frozen=True, eq=False)
class Block:
    """Some tracks, over the steps in which they are seen."""

    tokens: Int64[np.ndarray, "tracks steps"]
    """Token of the track in each step, step * cells + cell of the whole clip; 0 where it is not seen."""
    may_look: Bool[np.ndarray, "tracks steps steps"]
    """True where the token of the first step may look at that of the second; each may look at itself."""
    changed: Bool[np.ndarray, "tracks steps"]
    """True where the token may look at another step than its own."""
    apart: Float32[np.ndarray, "tracks steps steps 3"]
    """From the first step to the second: seconds, then shares of the frame's width and height; 0 where unseen."""


@dataclass(frozen=True, eq=False)
class Layout:
    """What is gathered along the tracks and where it goes back."""

    blocks: tuple[Block, ...]
    """The tracks, some at a time."""
    touched: Int64[np.ndarray, " tokens"]
    """The tokens that are changed, each once, in order."""
    place: Int64[np.ndarray, " entries"]
    """For every changed (track, step), block by block: its token's place in `touched`."""
    tracks_on: Float32[np.ndarray, " tokens"]
    """How many changed (track, step) fall on each of `touched`."""


def layout_of(placed: TrackCells, causal: bool) -> Layout:
    """The index arrays for attention along tracks.

    Args:
        placed: The tracks.
        causal: A token may look at its own and earlier steps only.
    """
    # One track needs a look at another step to change anything.
    placed = _chosen(placed, placed.seen.sum(axis=1) > 1)
    blocks = tuple(_blocks(placed, causal))
    changed = [block.tokens[block.changed] for block in blocks]
    entries = np.concatenate(changed) if changed else np.zeros(0, np.int64)
    touched, place, counts = np.unique(entries, return_inverse=True, return_counts=True)
    return Layout(blocks, touched, place.astype(np.int64), counts.astype(np.float32))


def _chosen(placed: TrackCells, which: Bool[np.ndarray, " tracks"]) -> TrackCells:
    return TrackCells(placed.cells[which], placed.times_s[which], placed.xy[which], placed.cells_per_step)


def _blocks(placed: TrackCells, causal: bool) -> Iterator[Block]:
    for start in range(0, len(placed.cells), TRACKS_AT_ONCE):
        rows = slice(start, start + TRACKS_AT_ONCE)
        steps = np.nonzero(placed.seen[rows].any(axis=0))[0]
        seen = placed.seen[rows][:, steps]
        may_look = seen[:, :, None] & seen[:, None, :]
        if causal:
            may_look &= steps[None, :, None] >= steps[None, None, :]
        itself = np.eye(len(steps), dtype=bool)[None]
        changed = np.any(may_look & ~itself, axis=2, keepdims=True)[:, :, 0]
        where = np.concatenate([placed.times_s[rows, :, None], placed.xy[rows]], axis=2)[:, steps]
        apart = np.nan_to_num(where[:, None, :] - where[:, :, None])
        tokens = np.where(seen, steps * placed.cells_per_step + placed.cells[rows][:, steps], 0)
        yield Block(tokens, may_look | itself, changed, apart.astype(np.float32))
