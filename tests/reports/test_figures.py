"""Geometry of the pictures."""

import numpy as np
import pytest

from lawful.checklists.laws import laws
from lawful.reports.figures import (
    MAX_TRAILS,
    drawing_height,
    law_hue,
    law_name,
    law_rgb,
    rectangle,
    timeline,
    trails,
)
from lawful.video.frames import Box, PointTracks


def test_every_law_has_a_name_and_a_hue_of_its_own():
    assert len({law_hue(law) for law in laws()}) == len(laws())
    assert law_name("gravity") == "Gravity"
    assert (law_name("mine"), law_hue("mine")) == ("mine", law_hue("mine"))
    assert (law_name(None), law_hue(None)) == ("no law", None)


def test_colours_on_pictures_follow_the_hue():
    red, green, blue = law_rgb(None)
    assert max(red, green, blue) - min(red, green, blue) <= 1
    assert len({law_rgb(law) for law in laws()}) == len(laws())
    assert all(0 <= channel <= 255 for law in laws() for channel in law_rgb(law))


def test_spans_lie_where_they_happened(evidence):
    line = timeline(4.0, [evidence(1.0, 2.0), evidence(3.0, 3.0, law="energy"), evidence(2.0, 9.0)])
    assert line is not None
    assert line.duration_s == 9.0
    line = timeline(4.0, [evidence(1.0, 2.0), evidence(3.0, 3.0, law="energy"), evidence(-1.0, 0.5)])
    assert line is not None
    first, second = line.lanes
    assert [(span.number, span.left, span.width) for span in first.spans] == [(1, 25.0, 25.0), (3, 0.0, 12.5)]
    assert [(span.number, span.left, span.width) for span in second.spans] == [(2, 75.0, 0.0)]
    assert line.ticks[:3] == ((0.0, "0"), (12.5, "0.5"), (25.0, "1"))


@pytest.mark.parametrize("duration_s", [0.04, 0.5, 2.0, 61.0, 7200.0, 1e6])
def test_ticks_are_few_and_inside(duration_s):
    line = timeline(duration_s, [])
    assert line is not None
    assert 2 <= len(line.ticks) <= 12
    assert all(0 <= place <= 100 for place, _ in line.ticks)


def test_a_clip_of_unknown_length_has_a_timeline_up_to_its_evidence(evidence):
    assert timeline(None, []) is None
    line = timeline(None, [evidence(1.0, 1.5)])
    assert line is not None
    assert line.duration_s == 1.5


def test_boxes_follow_the_aspect():
    height = drawing_height(640, 360)
    assert height == 562
    box = rectangle(Box(0.0, 0.5, 1.0, 1.0), height)
    assert (box.x, box.y, box.width, box.height) == (0.0, 281.0, 1000.0, 281.0)
    assert drawing_height(None, 360) == 562


def make_tracks(n, frames=5):
    xy = np.linspace(0, 1, n * frames * 2, dtype=np.float32).reshape(n, frames, 2)
    return PointTracks(np.arange(n), np.arange(frames) / 10, xy, np.ones((n, frames), bool))


def test_trails_are_bounded_and_nothing_is_drawn_without_tracks():
    assert len(trails(make_tracks(500), 0.2, 562)) == MAX_TRAILS
    assert trails(make_tracks(0), 0.2, 562) == []
    assert trails(make_tracks(1, 0), 0.2, 562) == []
    (long,) = trails(make_tracks(1, 10_000), 0.2, 562)
    assert long.path.count("L") < 70


def test_a_trail_breaks_where_the_point_is_not_seen():
    tracks = make_tracks(1, 5)
    tracks.visible[0, 2] = False
    tracks.xy[0, 2] = np.nan
    (trail,) = trails(tracks, 0.2, 1000)
    assert trail.path.count("M") == 2
    assert not trail.seen
    assert trail.x == pytest.approx(1000 * tracks.xy[0, 1, 0], abs=0.1)
