import numpy as np
import pytest

from lawful.judge.vlm.tracks.tracked import NO_OBJECT, Tracked
from lawful.judge.vlm.tracks.trails import COLOURS, TrailSettings, with_trails
from lawful.video.frames import Frames, PointTracks

TIMES_S = np.arange(10) / 10
GREY = 90


def frames(times_s: np.ndarray = TIMES_S) -> Frames:
    rgb = np.full((len(times_s), 60, 100, 3), GREY, np.uint8)
    return Frames(rgb, times_s, np.arange(len(times_s), dtype=np.int64))


def tracked(hidden: tuple[int, ...] = ()) -> Tracked:
    """Two objects that move to the right, one above the other, and a point of the background."""
    x = 0.1 + 0.08 * np.arange(10)
    xy = np.stack([np.stack([x, np.full(10, y)], axis=1) for y in (0.25, 0.75, 0.5)]).astype(np.float32)
    visible = np.ones((3, 10), bool)
    visible[0, list(hidden)] = False
    points = PointTracks(np.arange(3, dtype=np.int64), TIMES_S, xy, visible)
    return Tracked(points, np.array([0, 1, NO_OBJECT]), False)


def columns(picture: np.ndarray, row: int) -> list[int]:
    """The columns of a row that were drawn on."""
    return np.nonzero((picture[row] != GREY).any(axis=1))[0].tolist()


def test_a_trail_reaches_back_so_far_and_no_further() -> None:
    drawn = with_trails(frames(), tracked(), TrailSettings(length_s=0.2))
    # At 0.5 s the point is at column 50, and 0.2 s before it was at 34.
    on = columns(drawn.rgb[5], 15)
    assert on[0] == 34
    assert 50 <= on[-1] <= 52
    assert on == list(range(34, on[-1] + 1))
    assert drawn.rgb[5, 15, 40].tolist() == list(COLOURS[0])
    assert drawn.rgb[5, 45, 40].tolist() == list(COLOURS[1])
    assert columns(drawn.rgb[5], 30) == []


def test_a_hidden_point_leaves_a_gap() -> None:
    on = columns(with_trails(frames(), tracked(hidden=(4,)), TrailSettings()).rgb[6], 15)
    assert not set(range(35, 49)) & {*on}
    assert {33, 51, 57} <= {*on}
    assert columns(with_trails(frames(), tracked(hidden=(6,)), TrailSettings(length_s=0.15)).rgb[6], 15) == []


def test_the_same_tracks_give_the_same_pixels_and_frames_stay_as_they_were() -> None:
    sent = frames()
    one, two = (with_trails(sent, tracked(), TrailSettings()) for _ in range(2))
    assert np.array_equal(one.rgb, two.rgb)
    assert (sent.rgb == GREY).all()
    assert one.times_s is sent.times_s


def test_ids_and_order_of_tracks_change_nothing() -> None:
    first = tracked()
    order = np.array([2, 1, 0])
    points = PointTracks(order + 5, TIMES_S, first.points.xy[order], first.points.visible[order])
    other = Tracked(points, np.array([NO_OBJECT, 4, 9]), False)
    settings = TrailSettings(points_per_object=1)
    assert np.array_equal(
        with_trails(frames(), first, settings).rgb, with_trails(frames(), other, settings).rgb
    )


def test_later_frames_change_nothing_in_earlier_ones() -> None:
    whole, points = tracked(), tracked().points
    early = PointTracks(points.ids, TIMES_S[:6], points.xy[:, :6], points.visible[:, :6])
    part = with_trails(frames(TIMES_S[:6]), Tracked(early, whole.owner, False), TrailSettings())
    assert np.array_equal(with_trails(frames(), whole, TrailSettings()).rgb[:6], part.rgb)


def test_frames_that_are_sent_may_be_few() -> None:
    few = with_trails(frames(TIMES_S[::3]), tracked(), TrailSettings())
    assert np.array_equal(few.rgb, with_trails(frames(), tracked(), TrailSettings()).rgb[::3])


def test_only_so_many_points_of_an_object_are_drawn() -> None:
    first = tracked()
    both = Tracked(first.points, np.array([0, 0, NO_OBJECT]), False)
    drawn = with_trails(frames(), both, TrailSettings(points_per_object=1)).rgb[5]
    assert columns(drawn, 15)
    assert not columns(drawn, 45)


def test_settings_out_of_range_are_refused() -> None:
    for wrong in ({"length_s": 0.0}, {"points_per_object": 0}, {"thickness_share": 0.5}):
        with pytest.raises(
            ValueError, match="trails need a length and points above 0 and a thickness above 0"
        ):
            TrailSettings(**wrong)
