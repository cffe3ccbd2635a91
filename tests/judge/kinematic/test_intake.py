"""Which frames are looked at."""

import numpy as np
import pytest

from lawful.judge.kinematic.intake import last_in, open_intake, take_in
from lawful.video.frames import Frames

PICTURES = np.random.default_rng(3).integers(0, 255, (8, 60, 80, 3), dtype=np.uint8)


def taken(order: list[int], fps: float) -> list[tuple[float, int, bool]]:
    """Time, picture and whether it differs, of the frames that are looked at; at most 30 a second."""
    frames = Frames(PICTURES[order], np.arange(len(order)) / fps, np.arange(len(order), dtype=np.int64))
    intake = open_intake()
    found = [each for _, some in take_in(intake, frames, 30.0) for each in some] + last_in(intake)
    which = [int(np.argmin(np.abs(PICTURES.astype(int) - each.rgb).sum(axis=(1, 2, 3)))) for each in found]
    return [(round(each.time_s, 4), k, each.differs) for each, k in zip(found, which, strict=True)]


def test_of_sixty_a_second_every_other_is_looked_at() -> None:
    assert [k for _, k, _ in taken([0, 1, 2, 3, 4, 5, 6], 60.0)] == [0, 2, 4, 6]


@pytest.mark.parametrize("at", [2, 3])
def test_where_motion_ends_is_seen_at_once(at: int) -> None:
    order = [*range(at + 1), *[at] * 8]
    found = taken(order, 60.0)
    last = next(time_s for time_s, k, _ in found if k == at)
    assert last - at / 60 < 1.5 / 60
    assert next(differs for _, k, differs in found if k == at)


def test_a_picture_that_stands_is_taken_again() -> None:
    assert taken([0, 0, 0, 0, 0, 0, 0], 24.0) == [(0.0, 0, True), (round(5 / 24, 4), 0, False)]
