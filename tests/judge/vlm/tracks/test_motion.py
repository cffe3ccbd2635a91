import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.generators.worlds.make import make_clip
from lawful.generators.worlds.truth import true_tracks
from lawful.judge.vlm.tracks.motion import at_edge, meetings, object_paths
from lawful.judge.vlm.tracks.tidy import tidy
from lawful.judge.vlm.tracks.tracked import NO_OBJECT, Tracked
from lawful.video.frames import PointTracks

WIDTH, HEIGHT, FPS = 640, 360, 24
TIMES_S = np.arange(48) / FPS
SQUARE = np.array([(-10, -10), (10, -10), (10, 10), (-10, 10)])


def tracked_of(*ways: np.ndarray, camera_moves: bool = False, hidden: tuple[int, ...] = ()) -> Tracked:
    """Squares whose middles go along some ways, in pixels; NaN where they are not there."""
    xy = np.concatenate([way[None] + SQUARE[:, None] for way in ways]) / [WIDTH, HEIGHT]
    visible = np.isfinite(xy[..., 0])
    visible[:, list(hidden)] = False
    owner = np.repeat(np.arange(len(ways)), 4)
    ids = np.arange(len(xy), dtype=np.int64)
    return Tracked(PointTracks(ids, TIMES_S, xy.astype(np.float32), visible), owner, camera_moves)


def thrown(x: float, y: float, vx: float, vy: float, ay: float) -> np.ndarray:
    return np.stack([x + vx * TIMES_S, y + vy * TIMES_S + ay / 2 * TIMES_S**2], axis=1)


def test_a_parabola_has_its_speed_and_acceleration() -> None:
    (path,) = object_paths(tracked_of(thrown(100, 300, 120, -400, 500)), WIDTH, HEIGHT)
    assert np.allclose(path.xy_px, thrown(100, 300, 120, -400, 500), atol=0.01)
    assert np.allclose(path.velocity_px_s[:, 0], 120, atol=0.1)
    assert np.allclose(path.velocity_px_s[:, 1], -400 + 500 * TIMES_S, atol=0.5)
    assert np.allclose(path.acceleration_px_s2, [0, 500], atol=5)
    assert (path.first, path.last, path.number) == (0, 47, 1)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000))
def test_backwards_speeds_turn_round_and_accelerations_stay(seed: int) -> None:
    rng = np.random.default_rng(seed)
    way = rng.normal(0, 2, (48, 2)).cumsum(0) + np.array([320, 180])
    (path,) = object_paths(tracked_of(way), WIDTH, HEIGHT)
    (back,) = object_paths(tracked_of(way[::-1]), WIDTH, HEIGHT)
    assert np.allclose(back.velocity_px_s[::-1], -path.velocity_px_s, atol=0.2)
    assert np.allclose(back.acceleration_px_s2[::-1], path.acceleration_px_s2, atol=5)


def test_points_that_come_and_go_do_not_move_the_path() -> None:
    tracked = tracked_of(thrown(100, 100, 100, 0, 0))
    tracked.points.visible[0, 20:] = False
    tracked.points.visible[2, :20] = False
    (path,) = object_paths(tracked, WIDTH, HEIGHT)
    assert np.allclose(path.velocity_px_s, [100, 0], atol=0.5)


def test_few_frames_have_less_to_say() -> None:
    way = np.full((48, 2), np.nan)
    way[5] = way[20] = [50, 50]
    way[21] = [52, 50]
    (path,) = object_paths(tracked_of(way), WIDTH, HEIGHT)
    assert np.isnan(path.velocity_px_s[5]).all()
    assert np.allclose(path.velocity_px_s[20], [48, 0], atol=0.1)
    assert np.isnan(path.acceleration_px_s2).all()


def test_a_gap_starts_the_path_anew() -> None:
    way = thrown(100, 100, 100, 0, 0)
    way[20:24] = np.nan
    way[24:, 1] += 80
    (path,) = object_paths(tracked_of(way), WIDTH, HEIGHT)
    assert np.allclose(path.xy_px[path.seen], way[path.seen], atol=0.01)


def test_things_that_come_together_meet_once() -> None:
    one = np.stack([100 + 100 * TIMES_S, np.full(48, 100.0)], axis=1)
    other = np.stack([np.full(48, 180.0), np.full(48, 100.0)], axis=1)
    one[one[:, 0] > 160] = [160, 100]
    tracked = tracked_of(one, other)
    (met,) = meetings(tracked, object_paths(tracked, WIDTH, HEIGHT), WIDTH, HEIGHT)
    assert (met.first, met.second) == (1, 2)
    assert met.time_s == pytest.approx(0.6, abs=0.17)
    assert (met.x_px, met.y_px) == (pytest.approx(167, abs=5), pytest.approx(100, abs=1))
    far = tracked_of(one, other + np.array([0, 60]))
    assert meetings(far, object_paths(far, WIDTH, HEIGHT), WIDTH, HEIGHT) == []


def test_meetings_are_the_true_contacts_of_simulated_clips() -> None:
    found = true = right = 0
    for seed in (1, 2, 3):
        clip = make_clip("billiards", seed, width_px=320, height_px=240, fps=24, duration_s=2, noise=0)
        points = true_tracks(clip)
        tracked = Tracked(points, points.ids // 1000, False)
        names = [clip.objects[thing].name for thing in tracked.objects]
        met = meetings(tracked, object_paths(tracked, 320, 240), 320, 240)
        said = [({names[one.first - 1], names[one.second - 1]}, one.time_s) for one in met]
        touched = [
            ({one.first, one.second}, one.time_s)
            for one in clip.contacts
            if {one.first, one.second} <= {*names}
        ]
        found += len(said)
        true += len(touched)
        right += sum(
            any(pair == other and abs(at - when) < 0.13 for other, when in touched) for pair, at in said
        )
    assert true >= 7
    assert right == found >= 0.7 * true


@pytest.mark.parametrize(
    ("place", "edge"),
    [
        ((5, 100), "left"),
        ((635, 100), "right"),
        ((300, 0), "top"),
        ((300, 355), "bottom"),
        ((300, 100), None),
    ],
)
def test_edges(place: tuple[float, float], edge: str | None) -> None:
    assert at_edge(np.array(place, np.float64), WIDTH, HEIGHT) == edge


def test_objects_are_in_the_order_in_which_they_come() -> None:
    late = thrown(50, 50, 10, 0, 0)
    late[:10] = np.nan
    right, left = thrown(400, 50, 10, 0, 0), thrown(100, 50, 10, 0, 0)
    assert tracked_of(late, right, left).objects == (2, 1, 0)


def test_pieces_that_move_alike_become_one_and_scraps_none() -> None:
    way = thrown(100, 100, 120, 0, 300)
    tracked = tidy(
        tracked_of(way, way + np.array([22, 0]), thrown(300, 300, -100, -100, 0), thrown(500, 50, 0, 0, 0)),
        WIDTH,
        HEIGHT,
    )
    assert tracked.owner.tolist() == [0] * 8 + [2] * 4 + [NO_OBJECT] * 4
    short = way.copy()
    short[2:] = np.nan
    assert tidy(tracked_of(short), WIDTH, HEIGHT).objects == ()
