"""Which token of a clip each tracked point falls on, step by step."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from lawful.core.errors import InputError
from lawful.video.frames import Box, PointTracks

WHOLE_FRAME = Box(0.0, 0.0, 1.0, 1.0)
"""The tokens cover the frame from edge to edge."""
_TOLERANCE_S = 1e-3


@dataclass(frozen=True, eq=False)
class TokenGrid:
    """The vision tokens of one clip: temporal steps of one or more frames, each with rows and columns of cells."""

    rows: int
    """Cells from top to bottom."""
    columns: int
    """Cells from left to right."""
    times_s: Float64[np.ndarray, "steps frames_per_step"]
    """Times of the frames in each step; where the last frame was repeated to fill a step, its time is too."""
    seen: Box = WHOLE_FRAME
    """The part of the frame that the cells cover: less than the whole where the model crops."""

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1:
            raise ValueError(f"a grid needs rows and columns, got {self.rows} and {self.columns}")
        if self.seen.x0 == self.seen.x1 or self.seen.y0 == self.seen.y1:
            raise ValueError(f"the cells must cover some of the frame, got {self.seen}")

    @property
    def steps(self) -> int:
        """Temporal steps."""
        return len(self.times_s)

    @property
    def cells(self) -> int:
        """Cells in a step."""
        return self.rows * self.columns


@dataclass(frozen=True, eq=False)
class TrackCells:
    """Tracks as cells: the same for any order and any names of the tracks."""

    cells: Int64[np.ndarray, "tracks steps"]
    """Cell of the track in each step, row * columns + column; -1 where it is not seen there."""
    times_s: Float64[np.ndarray, "tracks steps"]
    """Time of the frame in which it was seen; NaN where it is not."""
    xy: Float32[np.ndarray, "tracks steps 2"]
    """Where it was seen, as shares of the frame's width and height; NaN where it is not."""
    cells_per_step: int
    """Cells in a step."""

    @property
    def seen(self) -> Bool[np.ndarray, "tracks steps"]:
        """True where a track is seen in a step."""
        return self.cells >= 0


def token_grid(
    times_s: Float64[np.ndarray, " frames"],
    rows: int,
    columns: int,
    frames_per_step: int = 1,
    seen: Box = WHOLE_FRAME,
) -> TokenGrid:
    """The grid of a clip whose frames are packed so many to a step.

    Args:
        times_s: Times of the frames that the model is sent, in order.
        rows: Cells from top to bottom.
        columns: Cells from left to right.
        frames_per_step: Frames that share a step; the last frame is repeated to fill the last step.
        seen: The part of the frame that the cells cover.

    Raises:
        InputError: There are no frames.
    """
    if not len(times_s):
        raise InputError("a clip without frames has no tokens. Send the model one frame or more.")
    missing = -len(times_s) % frames_per_step
    filled = np.concatenate([times_s, np.repeat(times_s[-1:], missing)])
    return TokenGrid(rows, columns, filled.reshape(-1, frames_per_step), seen)


def middle_square(width_px: int, height_px: int) -> Box:
    """The part of a frame that is left when its middle is cut out as a square of its shorter side.

    >>> middle_square(400, 200)
    Box(x0=0.25, y0=0.0, x1=0.75, y1=1.0)
    """
    side = min(width_px, height_px)
    x, y = (1 - side / width_px) / 2, (1 - side / height_px) / 2
    return Box(x, y, 1 - x, 1 - y)


def place_tracks(tracks: PointTracks, grid: TokenGrid) -> TrackCells:
    """Which cell each track falls on in each step.

    A track is in a step where one of the step's frames shows it: visible, and inside the part of the frame
    that the cells cover. Where several frames of a step show it, the last of them counts. A point on the right
    or lower edge belongs to the last cell. Tracks that no step shows are left out.

    Args:
        tracks: Positions at (at least) the times of the grid's frames.
        grid: The clip's tokens.

    Returns:
        The tracks in an order of their own, which depends on where they go and not on ids or on the order given.

    Raises:
        InputError: The tracks are not given at the time of some frame of the grid.
    """
    columns_of = _at_times(tracks.times_s, grid.times_s.ravel()).reshape(grid.times_s.shape)
    xy = tracks.xy[:, columns_of]
    shown = tracks.visible[:, columns_of] & _inside(xy, grid.seen)
    last = grid.times_s.shape[1] - 1 - np.argmax(np.flip(shown, axis=2), axis=2)
    seen = np.any(shown, axis=2)
    chosen = np.take_along_axis(xy, last[:, :, None, None], axis=2)[:, :, 0]
    times_s = grid.times_s[np.arange(grid.steps)[None], last]
    cells = np.where(seen, _cell_of(chosen, grid), -1)
    chosen = np.where(np.expand_dims(seen, 2), chosen, np.float32(np.nan)).astype(np.float32)
    placed = TrackCells(cells, np.where(seen, times_s, np.nan), chosen, grid.cells)
    return _in_order(placed)


def temporal_edges(placed: TrackCells, causal: bool = False) -> int:
    """How many pairs (a step, another step that it may look at) the tracks give.

    Args:
        placed: The tracks.
        causal: Count only looks at earlier steps.
    """
    lengths = placed.seen.sum(axis=1)
    pairs = int((lengths * (lengths - 1)).sum())
    return pairs // 2 if causal else pairs


def _at_times(
    known_s: Float64[np.ndarray, " known"], wanted_s: Float64[np.ndarray, " wanted"]
) -> Int64[np.ndarray, " wanted"]:
    if not len(known_s):
        raise InputError("the tracks are given at no time at all. Track the frames that the model is sent.")
    after = np.searchsorted(known_s, wanted_s).clip(1, max(1, len(known_s) - 1))
    before = after - 1
    after = np.minimum(after, len(known_s) - 1)
    nearest = np.where(wanted_s - known_s[before] <= known_s[after] - wanted_s, before, after)
    off = np.abs(known_s[nearest] - wanted_s)
    if off.max() > _TOLERANCE_S:
        worst = int(np.argmax(off))
        raise InputError(
            f"the model is sent a frame at {wanted_s[worst]:.3f} s, and the tracks are given at "
            f"{known_s[nearest[worst]]:.3f} s at the nearest. Track the frames that the model is sent."
        )
    return nearest.astype(np.int64)


def _inside(
    xy: Float32[np.ndarray, "tracks steps frames 2"], seen: Box
) -> Bool[np.ndarray, "tracks steps frames"]:
    x, y = xy[..., 0], xy[..., 1]
    return (x >= seen.x0) & (x <= seen.x1) & (y >= seen.y0) & (y <= seen.y1)


def _cell_of(xy: Float32[np.ndarray, "tracks steps 2"], grid: TokenGrid) -> Int64[np.ndarray, "tracks steps"]:
    known = np.nan_to_num(xy.astype(np.float64))
    across = (known[..., 0] - grid.seen.x0) / (grid.seen.x1 - grid.seen.x0) * grid.columns
    down = (known[..., 1] - grid.seen.y0) / (grid.seen.y1 - grid.seen.y0) * grid.rows
    column = np.floor(across).clip(0, grid.columns - 1)
    row = np.floor(down).clip(0, grid.rows - 1)
    return (row * grid.columns + column).astype(np.int64)


def _in_order(placed: TrackCells) -> TrackCells:
    """Tracks sorted by where they are in the first step, then in the second, and so on.

    Sums over tracks are then taken in one order whatever the order given. As early steps decide first,
    what later frames show cannot change the order among tracks that differ by then.
    """
    kept = np.nonzero(placed.seen.any(axis=1))[0]
    keys = []
    for step in range(placed.cells.shape[1]):
        xy = np.nan_to_num(placed.xy[kept, step], nan=-1.0)
        times_s = np.nan_to_num(placed.times_s[kept, step], nan=-1.0)
        keys += [placed.cells[kept, step], times_s, xy[:, 0], xy[:, 1]]
    order = kept[np.lexsort(keys[::-1])] if len(kept) else kept
    return TrackCells(placed.cells[order], placed.times_s[order], placed.xy[order], placed.cells_per_step)
