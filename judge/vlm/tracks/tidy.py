"""Objects as they were grouped while the clip ran, put in order once all of it is known."""

from itertools import combinations

import numpy as np
from jaxtyping import Float64, Int64
from scipy.sparse.csgraph import connected_components

from lawful.judge.vlm.tracks.tracked import NO_OBJECT, Tracked

_LEAST_TRACKS, _LEAST_FRAMES = 3, 3
_STAYS_SHARE, _STAYS_PX = 0.015, 3.0
_NEAR_SHARE = 0.06
_LIKE_PX = 0.8
_LIKE_OF_SHIFT = 0.3
_LEAST_COMMON = 3
_PIECE_SHARE, _BY_SHARE, _LIFE_SHARE, _NEAR_LIFE_SHARE = 0.34, 0.05, 0.7, 0.85
_LEAST_S = 0.15


def tidy(tracked: Tracked, width_px: int, height_px: int) -> Tracked:
    """Pieces of one thing become one object; what is a scrap or never leaves its place is none.

    Args:
        tracked: The tracks.
        width_px: Width of the frames that they were followed in.
        height_px: Height of the frames.
    """
    size = np.array([width_px, height_px], np.float64)
    kept = _without_scraps(tracked, tracked.owner, size)
    things = np.unique(kept[kept != NO_OBJECT])
    if not len(things):
        return Tracked(tracked.points, kept, tracked.camera_moves)
    paths = [_Path(tracked, kept == thing, size) for thing in things]
    together = np.zeros((len(things), len(things)), bool)
    for one, other in combinations(range(len(things)), 2):
        together[one, other] = _one_thing(paths[one], paths[other], _NEAR_SHARE * size.max())
    _, labels = connected_components(together, directed=False)
    owner = kept.copy()
    for thing, label in zip(things, labels, strict=True):
        owner[kept == thing] = things[labels == label].min()
    return Tracked(
        tracked.points, _without_passing(tracked, _absorbed(tracked, owner, size)), tracked.camera_moves
    )


def _absorbed(
    tracked: Tracked, owner: Int64[np.ndarray, " tracks"], size: Float64[np.ndarray, " 2"]
) -> Int64[np.ndarray, " tracks"]:
    """Small pieces that stay by a large object all their life, such as points of its turning rim, are of it."""
    weights = {
        int(thing): int(tracked.points.visible[owner == thing].sum())
        for thing in np.unique(owner[owner != NO_OBJECT])
    }
    order = sorted(weights, key=lambda thing: (-weights[thing], thing))
    paths = {thing: _Path(tracked, owner == thing, size) for thing in order}
    joined = owner.copy()
    for place, piece in enumerate(order):
        for whole in order[:place]:
            large = weights[piece] < _PIECE_SHARE * weights[whole]
            if large and _stays_by(paths[piece], paths[whole], _BY_SHARE * size.max()):
                joined[owner == piece] = joined[owner == whole][0]
                break
    return joined


def _stays_by(piece: "_Path", whole: "_Path", near_px: float) -> bool:
    alive, common = np.isfinite(piece.low[:, 0]), np.isfinite(piece.low[:, 0]) & np.isfinite(whole.low[:, 0])
    if common.sum() < max(1, _LIFE_SHARE * alive.sum()):
        return False
    gap = np.maximum(whole.low[common] - piece.high[common], piece.low[common] - whole.high[common])
    if (np.linalg.norm(np.maximum(gap, 0), axis=1) <= near_px).mean() < _NEAR_LIFE_SHARE:
        return False
    apart = (piece.low + piece.high - whole.low - whole.high)[common] / 2
    extent = np.linalg.norm(whole.high[common] - whole.low[common], axis=1).max()
    return bool(np.linalg.norm(np.ptp(apart, axis=0)) <= extent + near_px)


def _without_passing(tracked: Tracked, owner: Int64[np.ndarray, " tracks"]) -> Int64[np.ndarray, " tracks"]:
    """Objects that are seen for a moment only are none."""
    kept, times_s = owner.copy(), tracked.points.times_s
    for thing in np.unique(owner[owner != NO_OBJECT]):
        frames = np.nonzero(tracked.points.visible[owner == thing].any(axis=0))[0]
        if times_s[frames[-1]] - times_s[frames[0]] < _LEAST_S:
            kept[owner == thing] = NO_OBJECT
    return kept


class _Path:
    """Where a piece is and how it moves, in pixels; NaN where that is not known."""

    def __init__(self, tracked: Tracked, which: np.ndarray, size: Float64[np.ndarray, " 2"]) -> None:
        xy = np.where(tracked.points.visible[which][..., None], tracked.points.xy[which] * size, np.nan)
        seen = np.asarray(np.isfinite(xy[..., 0]).any(axis=0))
        self.low = np.full((len(seen), 2), np.nan)
        self.high, self.shift = self.low.copy(), self.low.copy()
        self.low[seen], self.high[seen] = np.nanmin(xy[:, seen], axis=0), np.nanmax(xy[:, seen], axis=0)
        steps = np.diff(xy, axis=1)
        known = np.isfinite(steps[..., 0]).any(axis=0)
        self.shift[1:][known] = np.nanmedian(steps[:, known], axis=0)


def _without_scraps(
    tracked: Tracked, owner: Int64[np.ndarray, " tracks"], size: Float64[np.ndarray, " 2"]
) -> Int64[np.ndarray, " tracks"]:
    kept = owner.copy()
    for thing in np.unique(owner[owner != NO_OBJECT]):
        which = owner == thing
        visible = tracked.points.visible[which]
        xy = np.where(visible[..., None], tracked.points.xy[which] * size, np.nan)
        reach = np.linalg.norm(np.nanmax(xy, axis=1) - np.nanmin(xy, axis=1), axis=1)
        few = which.sum() < _LEAST_TRACKS or visible.any(axis=0).sum() < _LEAST_FRAMES
        if few or reach.max() < max(_STAYS_PX, _STAYS_SHARE * size.max()):
            kept[which] = NO_OBJECT
    return kept


def _one_thing(one: _Path, other: _Path, near_px: float) -> bool:
    """Near each other and moving alike in nearly all steps in which either moves."""
    common = np.isfinite(one.shift[:, 0]) & np.isfinite(other.shift[:, 0])
    if common.sum() < _LEAST_COMMON:
        return False
    gap = np.maximum(one.low[common] - other.high[common], other.low[common] - one.high[common])
    near = np.linalg.norm(np.maximum(gap, 0), axis=1) < near_px
    speed = np.maximum(np.linalg.norm(one.shift[common], axis=1), np.linalg.norm(other.shift[common], axis=1))
    alike = (
        np.linalg.norm(one.shift[common] - other.shift[common], axis=1) < _LIKE_PX + _LIKE_OF_SHIFT * speed
    )
    moving = speed > _LIKE_PX
    return bool(near.all() and moving.any() and alike[moving].mean() >= 0.8)
