"""Track evidence as text. LAWFUL_GOLDEN=write writes the golden files anew; they are reviewed by eye."""

import os
from pathlib import Path

import numpy as np
import pytest

from lawful.core.errors import InputError
from lawful.judge.vlm.tracks.text import TextSettings, track_text
from lawful.judge.vlm.tracks.tracked import Tracked
from lawful.video.frames import PointTracks

GOLDEN = Path(__file__).parent / "golden"
WIDTH, HEIGHT = 640, 360
TIMES_S = np.arange(37) / 24
SQUARE = np.array([(-10, -10), (10, -10), (10, 10), (-10, 10)])


def tracked_of(*ways: np.ndarray, camera_moves: bool = False) -> Tracked:
    xy = np.concatenate([way[None] + SQUARE[:, None] for way in ways]) / [WIDTH, HEIGHT]
    ids = np.arange(len(xy), dtype=np.int64)
    points = PointTracks(ids, TIMES_S, xy.astype(np.float32), np.isfinite(xy[..., 0]))
    return Tracked(points, np.repeat(np.arange(len(ways)), 4), camera_moves)


def line(x: float, y: float, vx: float, vy: float, ay: float = 0.0) -> np.ndarray:
    return np.stack([x + vx * TIMES_S, y + vy * TIMES_S + ay / 2 * TIMES_S**2], axis=1)


def throw_and_hit() -> Tracked:
    """One thing is thrown, one rests until another hits it."""
    mover, struck = line(100, 250, 160, 0), line(250, 250, 0, 0)
    hit = 20
    mover[hit:] = mover[hit]
    struck[hit:, 0] += 160 * (TIMES_S[hit:] - TIMES_S[hit])
    return tracked_of(line(40, 300, 200, -420, 520), mover, struck, line(500, 60, 0, 0))


def comings_and_goings() -> Tracked:
    """One thing appears in the middle, one goes behind something, one leaves the frame, and the camera moves."""
    appears, hides, leaves = line(300, 100, 0, 60), line(100, 200, 150, 0), line(560, 50, 90, 0)
    appears[:12] = np.nan
    hides[10:18] = np.nan
    leaves[21:] = np.nan
    return tracked_of(appears, hides, leaves, camera_moves=True)


def nothing() -> Tracked:
    points = PointTracks(
        np.zeros(0, np.int64), TIMES_S, np.zeros((0, 37, 2), np.float32), np.zeros((0, 37), bool)
    )
    return Tracked(points, np.zeros(0, np.int64), False)


def crowd() -> Tracked:
    return tracked_of(*(line(40 + 45 * k, 40 + 20 * k, 10 + 3 * k, 5) for k in range(12)))


CLIPS = {clip.__name__: clip for clip in (throw_and_hit, comings_and_goings, nothing, crowd)}


def told(tracked: Tracked, **settings: int) -> str:
    return track_text(tracked, WIDTH, HEIGHT, TextSettings(**{"budget_tokens": 5000, **settings}), len)


@pytest.mark.parametrize("name", sorted(CLIPS))
def test_texts_are_the_golden_ones(name: str) -> None:
    path = GOLDEN / f"{name}.txt"
    text = told(CLIPS[name](), times_per_object=4, most_objects=5) + "\n"
    if os.environ.get("LAWFUL_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(CLIPS))
def test_order_and_names_of_tracks_change_nothing(name: str) -> None:
    tracked = CLIPS[name]()
    points = tracked.points
    order = np.random.default_rng(0).permutation(len(points.ids))
    other = PointTracks(order + 9, TIMES_S, points.xy[order], points.visible[order])
    renamed = Tracked(other, 50 - tracked.owner[order], tracked.camera_moves)
    assert told(renamed) == told(tracked)


@pytest.mark.parametrize("name", sorted(CLIPS))
def test_the_budget_holds_and_what_is_left_out_is_said(name: str) -> None:
    tracked = CLIPS[name]()
    lengths = []
    for budget in (5000, 2400, 1600, 1100, 700, 450, 300):
        text = told(tracked, budget_tokens=budget)
        assert len(text) <= budget
        lengths.append(len(text))
    assert lengths == sorted(lengths, reverse=True)
    shortest = told(tracked, budget_tokens=260)
    if name != "nothing":
        assert "moving objects are not listed." in shortest


def test_a_budget_for_no_text_at_all_is_refused() -> None:
    with pytest.raises(
        InputError,
        match=r"the shortest text of the tracks has \d+ tokens, and budget_tokens is 50\. Raise it, or",
    ):
        told(crowd(), budget_tokens=50)


def test_the_objects_that_move_furthest_are_told() -> None:
    text = told(crowd(), most_objects=2, most_meetings=0)
    assert [row.split(":")[0] for row in text.splitlines() if ":" in row][1:] == ["object 11", "object 12"]
    assert "10 more of 12 moving objects are not listed." in text


@pytest.mark.parametrize(
    ("name", "value", "least"),
    [("budget_tokens", 0, 1), ("most_objects", -1, 0), ("times_per_object", 1, 2), ("most_meetings", -2, 0)],
)
def test_settings_out_of_range_are_refused(name: str, value: int, least: int) -> None:
    with pytest.raises(ValueError, match=f"{name} must be {least} or more, got {value}"):
        TextSettings(**{name: value})
