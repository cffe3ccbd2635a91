"""Pictures as a small generator makes them: 64 px, ten frames a second, a plain ground on which faint patterns crawl."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from lawful.judge.kinematic.camera import IDENTITY, CameraStep
from lawful.judge.kinematic.tracker import LucasKanade, Tracks, advance_tracks, seed_tracks
from lawful.judge.kinematic.window import Moment
from lawful.judge.kinematic.witness_stop import Pulse, examine_stop, note
from lawful.judge.records import ClipResult
from lawful.video.frames import Frames

Judged = Callable[..., ClipResult]


def small_clip(levels: float, n_frames: int = 32) -> Frames:
    """A disc that crosses the picture, over patterns that are others in every frame."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:64, :64]
    pictures = []
    for k in range(n_frames):
        crawls = cv2.GaussianBlur(rng.normal(size=(64, 64, 3)).astype(np.float32), (0, 0), 1.5)
        ground = 120 + levels * crawls / crawls.std()
        edge = np.clip(8.5 - np.hypot(x - (8 + 1.5 * k), y - 40), 0, 1)[..., None]
        pictures.append(ground * (1 - edge) + np.array([200.0, 60.0, 40.0]) * edge)
    rgb = np.clip(np.rint(np.stack(pictures)), 0, 255).astype(np.uint8)
    return Frames(rgb, np.arange(n_frames) / 10, np.arange(n_frames, dtype=np.int64))


def test_faint_patterns_that_come_and_go_say_nothing_of_the_tracking(judged: Judged) -> None:
    for levels in (0.0, 0.7, 1.5):
        result = judged(small_clip(levels))
        assert (result.answer, result.reason) == ("none_found", "25 questions answered, nothing found")


@pytest.mark.parametrize(("levels", "clear"), [(0.5, False), (20.0, True)])
def test_a_point_is_clear_where_its_corner_is(levels: float, clear: bool) -> None:
    rng = np.random.default_rng(4)
    pattern = cv2.GaussianBlur(rng.normal(size=(64, 64)).astype(np.float32), (0, 0), 1.5)
    gray = np.clip(np.rint(120 + levels * pattern / pattern.std()), 0, 255).astype(np.uint8)
    tracks = seed_tracks(Tracks(), gray, None)
    assert len(tracks.ids) == len(tracks.clear) > 10
    assert (tracks.clear.mean() > 0.9) == clear
    assert clear or not tracks.clear.any()
    after, step = advance_tracks(tracks, LucasKanade(), gray, gray)
    assert step.clear.tolist() == tracks.clear.tolist()
    assert after.clear.tolist() == tracks.clear[step.ok].tolist()


def pulse_of(speeds: list[float]) -> Pulse:
    """A thing whose change in a step goes with its speed."""
    pulse = Pulse()
    cells = np.zeros((8, 8), np.float32)
    for k, speed in enumerate(speeds):
        cells[4, 4] = 60 * speed
        blank = np.zeros((8, 8, 3), np.uint8)
        camera = CameraStep(IDENTITY, True, True)
        note(pulse, Moment((k + 1) / 10, blank, blank, camera, None, cells.copy(), False), 0.1)
    return pulse


def test_the_top_of_a_throw_is_no_stop_at_ten_frames_a_second() -> None:
    fades = [5.0, 4.0, 3.0, 2.0, 0.0, 0.0, 0.0, 2.0, 3.0]
    assert examine_stop(pulse_of(fades), 0.1) == []
    stops = [3.0, 3.0, 3.0, 3.0, 0.0, 0.0, 0.0, 3.0, 3.0]
    (found,) = examine_stop(pulse_of(stops), 0.1)
    assert found.family == "freeze"
