import copy
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from lawful.core.errors import AbsentError, InputError
from lawful.generators.worlds.clip_files import write_clip
from lawful.generators.worlds.make import make_clip
from lawful.generators.worlds.records import WorldClip
from lawful.generators.worlds.truth import true_tracks
from lawful.judge.kinematic.tracker import Tracks, seed_tracks
from lawful.judge.vlm.tracks import source
from lawful.judge.vlm.tracks.cells import place_tracks, temporal_edges, token_grid
from lawful.judge.vlm.tracks.motion import object_paths
from lawful.judge.vlm.tracks.source import KinematicTracks, TrackSource, TrueTracks, track
from lawful.judge.vlm.tracks.tracked import NO_OBJECT, Seen, Tracked, from_frames, split_at
from lawful.video.frames import ClipMeta, Frames, PointTracks

META = ClipMeta("0" * 64, "clips/throw_2.mp4", 320, 240, 24.0)
Place = Callable[[int], tuple[float, float]]


def dot(centre: Place, n_frames: int = 24, fps: float = 24.0, seed: int = 7) -> Frames:
    """A chequered disc on a textured ground."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(90, 150, (15, 20, 3), dtype=np.uint8)
    ground = cv2.resize(coarse, (240, 180), interpolation=cv2.INTER_CUBIC).astype(np.float64)
    y, x = np.mgrid[:180, :240]
    pictures = []
    for k in range(n_frames):
        dx, dy = x - centre(k)[0], y - centre(k)[1]
        inside = np.clip(14.5 - np.hypot(dx, dy), 0, 1)[:, :, None]
        dark = np.where(((dx // 7) + (dy // 7)) % 2 == 0, 1.0, 0.7)[:, :, None]
        pictures.append((ground * (1 - inside) + inside * dark * np.array([210, 60, 40])).astype(np.uint8))
    return Frames(np.stack(pictures), np.arange(n_frames) / fps, np.arange(n_frames, dtype=np.int64))


def steady(k: int) -> tuple[float, float]:
    return 40 + 4 * k, 60 + k


def jumping(k: int) -> tuple[float, float]:
    return (40 + 4 * k, 60 + k) if k < 12 else (200 - 4 * (k - 12), 130 - k)


@pytest.fixture(scope="module")
def throw() -> WorldClip:
    return make_clip("throw", 2, width_px=320, height_px=240, fps=24, duration_s=1, noise=0)


@pytest.fixture(scope="module")
def measured(throw: WorldClip) -> Tracked:
    return track(KinematicTracks(), META, [throw.frames])


def same(one: Tracked, other: Tracked) -> bool:
    return (
        np.array_equal(one.points.ids, other.points.ids)
        and np.array_equal(one.points.xy, other.points.xy, equal_nan=True)
        and np.array_equal(one.points.visible, other.points.visible)
        and np.array_equal(one.owner, other.owner)
        and one.camera_moves == other.camera_moves
    )


@pytest.mark.parametrize("chunk", [1, 7])
def test_chunks_of_any_size_give_the_same_tracks(throw: WorldClip, measured: Tracked, chunk: int) -> None:
    frames = throw.frames
    parts = [frames[at : at + chunk] for at in range(0, len(frames), chunk)]
    assert same(track(KinematicTracks(), META, parts), measured)


def panned(frames: Frames) -> Frames:
    wide = np.pad(frames.rgb, ((0, 0), (0, 0), (0, 180), (0, 0)), mode="reflect")
    rgb = np.stack([wide[k, :, 7 * k : 7 * k + 240] for k in range(len(frames))])
    return Frames(rgb, frames.times_s, frames.indices)


def lit(frames: Frames) -> Frames:
    rgb = frames.rgb.astype(np.int16)
    rgb[12:] += 25
    return Frames(rgb.clip(0, 255).astype(np.uint8), frames.times_s, frames.indices)


@pytest.mark.parametrize(("change", "speed"), [(panned, -3), (lit, 4)])
def test_neither_camera_nor_light_is_motion(
    change: Callable[[Frames], Frames], speed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    masks: list[np.ndarray | None] = []

    def spied(tracks: Tracks, frame: np.ndarray, moving: np.ndarray | None) -> Tracks:
        masks.append(moving)
        return seed_tracks(tracks, frame, moving)

    monkeypatch.setattr(source, "seed_tracks", spied)
    track(KinematicTracks(), META, [change(dot(steady))])
    y, x = np.mgrid[:180, :240]
    for k, moving in enumerate(masks):
        if moving is not None and 2 <= k < 20:
            near = np.hypot(x - 40 - speed * k, y - 60 - k) < 30
            assert np.count_nonzero(moving[~near]) < 0.02 * moving.size


def test_a_saved_state_can_be_pushed_to_again(throw: WorldClip, measured: Tracked) -> None:
    source = KinematicTracks()
    state = source.push(source.open(META), throw.frames[:10])
    saved = copy.deepcopy(state)
    source.push(state, throw.frames[10:15])
    assert same(source.close(source.push(saved, throw.frames[10:])), measured)


def test_a_thrown_thing_is_followed_along_its_true_path(throw: WorldClip, measured: Tracked) -> None:
    path = object_paths(measured, 320, 240)[0]
    truth = throw.objects[0].centre * [320, 240]
    off = np.linalg.norm(path.xy_px - truth, axis=1)[path.seen]
    assert path.seen.mean() > 0.9
    assert np.median(off) < 3
    # In a flat world one scale holds everywhere: gravity in pixels is known.
    gravity_px_s2 = 9.81 * throw.view.scale[0] * 240
    inner = slice(6, 18)
    assert np.median(path.acceleration_px_s2[inner, 1]) == pytest.approx(gravity_px_s2, rel=0.05)
    assert np.median(path.acceleration_px_s2[inner, 0]) == pytest.approx(0, abs=0.05 * gravity_px_s2)
    assert not measured.camera_moves
    assert np.array_equal(measured.points.times_s, throw.frames.times_s)


def test_a_teleporting_dot_loses_its_temporal_edges() -> None:
    edges = {}
    for name, way in (("steady", steady), ("jumping", jumping)):
        tracked = track(KinematicTracks(), META, [dot(way)])
        on_dot = tracked.owner != NO_OBJECT
        points = tracked.points
        dots = PointTracks(points.ids[on_dot], points.times_s, points.xy[on_dot], points.visible[on_dot])
        placed = place_tracks(dots, token_grid(points.times_s, 12, 16))
        across = placed.seen[:, :12].any(axis=1) & placed.seen[:, 12:].any(axis=1)
        edges[name] = temporal_edges(placed), int(across.sum()), len(placed.cells)
    assert edges["jumping"][1] == 0 < edges["steady"][1]
    assert edges["jumping"][0] / edges["jumping"][2] < 0.6 * edges["steady"][0] / edges["steady"][2]


def test_one_thing_is_one_object() -> None:
    tracked = track(KinematicTracks(), META, [dot(steady)])
    assert len(tracked.objects) == 1
    assert (tracked.owner == NO_OBJECT).any()


def test_a_still_clip_has_no_objects() -> None:
    tracked = track(KinematicTracks(), META, [dot(lambda k: (100, 90), n_frames=6)])
    assert tracked.objects == ()
    assert len(tracked.points.ids) > 10


def test_a_clip_without_frames_has_no_tracks() -> None:
    tracked = track(KinematicTracks(), META, [])
    assert tracked.points.xy.shape == (0, 0, 2)


def test_nothing_goes_on_across_a_cut() -> None:
    first, second = dot(steady, 16), dot(lambda k: (180 - 3 * k, 110), 16, seed=1)
    rgb = np.concatenate([first.rgb, 255 - second.rgb])
    frames = Frames(rgb, np.arange(32) / 24, np.arange(32, dtype=np.int64))
    tracked = track(KinematicTracks(), META, [frames])
    seen = tracked.points.visible
    assert not (seen[:, :16].any(axis=1) & seen[:, 16:].any(axis=1)).any()
    for thing in tracked.objects:
        of_it = seen[tracked.owner == thing].any(axis=0)
        assert of_it[:16].any() != of_it[16:].any()
    assert len({*tracked.points.ids.tolist()}) == len(tracked.points.ids)


def test_a_moving_camera_is_noticed() -> None:
    rng = np.random.default_rng(3)
    ground = cv2.GaussianBlur(rng.integers(0, 255, (240, 400, 3), dtype=np.uint8), (0, 0), 2)
    rgb = np.stack([ground[:180, 3 * k : 3 * k + 240] for k in range(20)])
    frames = Frames(rgb, np.arange(20) / 24, np.arange(20, dtype=np.int64))
    assert track(KinematicTracks(), META, [frames]).camera_moves


def test_true_tracks_take_the_place_of_measured_ones(tmp_path: Path, throw: WorldClip) -> None:
    write_clip(tmp_path, "throw_2", throw)
    source = TrueTracks(tmp_path / "truth")
    tracked = track(source, META, [throw.frames[:5], throw.frames[5:]])
    expected = true_tracks(throw, 16)
    assert np.array_equal(tracked.points.xy, expected.xy, equal_nan=True)
    # Of a clip that is cut nothing later is told.
    start = track(source, META, [throw.frames[:5]]).points
    assert np.array_equal(start.times_s, expected.times_s[:5])
    assert np.array_equal(start.xy, expected.xy[:, :5], equal_nan=True)
    assert np.array_equal(start.visible, expected.visible[:, :5])
    other = Frames(throw.frames.rgb, throw.frames.times_s * 1.5, throw.frames.indices)
    with pytest.raises(InputError, match=r"frame at 0\.062 s, and .*throw_2\.truth\.json has no tracks then"):
        track(source, META, [other])
    assert tracked.objects == (0,)
    assert tracked.owner.tolist() == [0] * 16
    assert not tracked.camera_moves
    with pytest.raises(
        AbsentError,
        match=r"other\.mp4: true tracks were asked for, and there is no .*other\.truth\.json\. Use",
    ):
        source.open(ClipMeta("0" * 64, "other.mp4", 320, 240, 24.0))


def test_sources_say_what_they_are() -> None:
    sources: list[TrackSource] = [KinematicTracks(), KinematicTracks(long_side_px=200), TrueTracks(Path())]
    said = [dict(source.identity()) for source in sources]
    assert all(isinstance(source, TrackSource) for source in sources)
    assert said[0]["source"] == "kinematic"
    assert said[2] == {"source": "truth", "version": 2}
    assert said[0] != said[1]
    with pytest.raises(ValueError, match="tracking needs 16 pixels and 1 track or more, got 8 and 2000"):
        KinematicTracks(long_side_px=8)


def test_of_too_many_tracks_the_longest_are_kept() -> None:
    here = np.zeros((3, 2), np.float32)
    rows = [
        Seen(np.array([1, 2, 3]), here),
        Seen(np.array([1, 2]), here[:2]),
        Seen(np.array([2, 9]), here[:2]),
    ]
    points = from_frames(rows, np.arange(3.0), 10)
    assert points.ids.tolist() == [1, 2]
    assert points.visible.tolist() == [[True, True, False], [True, True, True]]
    assert from_frames(rows, np.arange(3.0), 1).ids.tolist() == [2]


def test_splitting_without_cuts_changes_nothing(measured: Tracked) -> None:
    assert split_at(measured, []) is measured
