import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.core.errors import InputError
from lawful.judge.vlm.tracks.cells import (
    TokenGrid,
    TrackCells,
    middle_square,
    place_tracks,
    temporal_edges,
    token_grid,
)
from lawful.video.frames import Box, PointTracks


def tracks_of(xy: object, visible: object = None, times_s: object = None) -> PointTracks:
    xy = np.asarray(xy, np.float32)
    visible = np.isfinite(xy).all(-1) if visible is None else np.asarray(visible, bool)
    times = np.arange(xy.shape[1]) / 10 if times_s is None else np.asarray(times_s, np.float64)
    return PointTracks(np.arange(len(xy), dtype=np.int64), times, xy, visible)


def random_tracks(seed: int, tracks: int = 12, frames: int = 8) -> PointTracks:
    """Points in and beyond the frame, never within 1e-4 of an edge of a sixteenth."""
    rng = np.random.default_rng(seed)
    shares = (rng.integers(-2, 18, (tracks, frames, 2)) + rng.uniform(0.01, 0.99, (tracks, frames, 2))) / 16
    return tracks_of(shares, rng.random((tracks, frames)) < 0.7)


def grid_of(tracks: PointTracks, rows: int, columns: int, per_step: int = 1) -> TokenGrid:
    return token_grid(tracks.times_s, rows, columns, per_step)


def same(one: TrackCells, other: TrackCells) -> bool:
    pairs = ((one.cells, other.cells), (one.times_s, other.times_s), (one.xy, other.xy))
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def test_cells_worked_by_hand() -> None:
    tracks = tracks_of([[(0.1, 0.1), (0.6, 0.1), (0.6, 0.9)]])
    placed = place_tracks(tracks, grid_of(tracks, 2, 4))
    assert placed.cells.tolist() == [[0, 2, 6]]
    assert placed.times_s.tolist() == [[0.0, 0.1, 0.2]]
    assert temporal_edges(placed) == 6
    assert temporal_edges(placed, causal=True) == 3


def test_hidden_points_and_points_outside_are_in_no_cell() -> None:
    xy = [[(0.1, 0.1), (0.3, 0.1), (1.2, 0.1), (np.nan, np.nan)]]
    tracks = tracks_of(xy, [[True, False, True, True]])
    assert place_tracks(tracks, grid_of(tracks, 1, 2)).cells.tolist() == [[0, -1, -1, -1]]


def test_the_far_edges_belong_to_the_last_cell() -> None:
    tracks = tracks_of([[(1.0, 1.0)], [(0.0, 0.0)]])
    assert place_tracks(tracks, grid_of(tracks, 3, 5)).cells.tolist() == [[0], [14]]


def test_the_last_frame_of_a_step_that_shows_it_counts() -> None:
    xy = [[(0.1, 0.5), (0.9, 0.5), (0.1, 0.5), (0.9, 0.5), (0.1, 0.5)]]
    tracks = tracks_of(xy, [[True, True, True, False, True]])
    grid = grid_of(tracks, 1, 2, per_step=2)
    placed = place_tracks(tracks, grid)
    assert grid.times_s.tolist() == [[0.0, 0.1], [0.2, 0.3], [0.4, 0.4]]
    assert placed.cells.tolist() == [[1, 0, 0]]
    assert placed.times_s.tolist() == [[0.1, 0.2, 0.4]]


def test_tracks_that_are_never_seen_are_left_out() -> None:
    tracks = tracks_of([[(0.5, 0.5)], [(2.0, 0.5)]])
    assert place_tracks(tracks, grid_of(tracks, 1, 1)).cells.tolist() == [[0]]
    none = tracks_of(np.zeros((0, 1, 2)))
    assert place_tracks(none, grid_of(none, 1, 1)).cells.shape == (0, 1)


def test_a_crop_has_cells_of_its_own() -> None:
    assert middle_square(200, 400) == Box(0.0, 0.25, 1.0, 0.75)
    tracks = tracks_of([[(0.3, 0.5), (0.6, 0.5), (0.1, 0.5)]])
    grid = token_grid(tracks.times_s, 1, 2, seen=Box(0.25, 0.0, 0.75, 1.0))
    assert place_tracks(tracks, grid).cells.tolist() == [[0, 1, -1]]


@given(st.integers(0, 10_000), st.sampled_from([1, 2]))
def test_order_and_names_of_tracks_change_nothing(seed: int, per_step: int) -> None:
    tracks = random_tracks(seed)
    order = np.random.default_rng(seed).permutation(len(tracks.ids))
    other = PointTracks(order + 100, tracks.times_s, tracks.xy[order], tracks.visible[order])
    grid = grid_of(tracks, 4, 8, per_step)
    assert same(place_tracks(tracks, grid), place_tracks(other, grid))


@given(st.integers(0, 10_000), st.sampled_from([1, 2]))
def test_a_mirrored_clip_has_mirrored_cells(seed: int, per_step: int) -> None:
    tracks = random_tracks(seed)
    xy = (tracks.xy * [-1, 1] + [1, 0]).astype(np.float32)
    mirrored = PointTracks(tracks.ids, tracks.times_s, xy, tracks.visible)
    grid = grid_of(tracks, 4, 8, per_step)
    cells, flipped = place_tracks(tracks, grid).cells, place_tracks(mirrored, grid).cells
    turned = np.where(cells < 0, -1, cells // 8 * 8 + 7 - cells % 8)
    assert sorted(turned.tolist()) == sorted(flipped.tolist())


@given(st.integers(0, 10_000), st.sampled_from([1, 2]))
def test_a_grid_twice_as_fine_halves_to_the_coarse_one(seed: int, per_step: int) -> None:
    tracks = random_tracks(seed)
    fine = place_tracks(tracks, grid_of(tracks, 8, 16, per_step)).cells
    coarse = place_tracks(tracks, grid_of(tracks, 4, 8, per_step)).cells
    halved = np.where(fine < 0, -1, fine // 16 // 2 * 8 + fine % 16 // 2)
    assert sorted(halved.tolist()) == sorted(coarse.tolist())


@given(st.integers(0, 10_000), st.floats(0.3, 0.9))
def test_frame_and_points_scaled_together_change_nothing(seed: int, scale: float) -> None:
    """A frame shrunk into a corner of another, with tokens on that corner alone."""
    tracks = random_tracks(seed)
    shrunk = PointTracks(tracks.ids, tracks.times_s, (tracks.xy * scale).astype(np.float32), tracks.visible)
    grid = token_grid(tracks.times_s, 4, 8, seen=Box(0.0, 0.0, scale, scale))
    cells = place_tracks(tracks, grid_of(tracks, 4, 8)).cells
    assert sorted(place_tracks(shrunk, grid).cells.tolist()) == sorted(cells.tolist())


@given(st.integers(0, 10_000))
def test_later_frames_do_not_change_earlier_cells(seed: int) -> None:
    tracks = random_tracks(seed)
    early = PointTracks(tracks.ids, tracks.times_s[:5], tracks.xy[:, :5], tracks.visible[:, :5])
    whole = place_tracks(tracks, grid_of(tracks, 4, 8)).cells[:, :5]
    part = place_tracks(early, grid_of(early, 4, 8)).cells
    assert whole[(whole >= 0).any(axis=1)].tolist() == part.tolist()


def test_tracks_of_more_frames_serve_the_frames_that_are_sent() -> None:
    tracks = random_tracks(3)
    few = PointTracks(tracks.ids, tracks.times_s[::3], tracks.xy[:, ::3], tracks.visible[:, ::3])
    grid = grid_of(few, 4, 8)
    assert same(place_tracks(tracks, grid), place_tracks(few, grid))


def test_tracks_of_other_times_are_refused() -> None:
    tracks = random_tracks(3)
    grid = token_grid(np.array([0.0, 0.25]), 4, 8)
    with pytest.raises(
        InputError,
        match=r"sent a frame at 0\.250 s, and the tracks are given at 0\.[23]00 s at the nearest\. Track",
    ):
        place_tracks(tracks, grid)
    with pytest.raises(InputError, match=r"the tracks are given at no time at all\. Track the frames"):
        place_tracks(tracks_of(np.zeros((1, 0, 2))), grid)


def test_what_is_no_grid_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"a clip without frames has no tokens\. Send the model one frame or more"
    ):
        token_grid(np.zeros(0), 4, 8)
    with pytest.raises(ValueError, match="a grid needs rows and columns, got 0 and 8"):
        token_grid(np.zeros(1), 0, 8)
    with pytest.raises(ValueError, match="the cells must cover some of the frame"):
        token_grid(np.zeros(1), 1, 8, seen=Box(0.5, 0.0, 0.5, 1.0))
