"""New points: what is looked at is only where they may be, and nothing changes by that."""

import cv2
import numpy as np
from jaxtyping import UInt8

from lawful.judge.kinematic.tracker import MAX_POINTS, SPACING_PX, Tracks, seed_tracks


def _picture(rng: np.random.Generator) -> UInt8[np.ndarray, "height width"]:
    size = (int(rng.integers(50, 200)), int(rng.integers(60, 320)))
    return cv2.GaussianBlur(rng.integers(0, 256, size, np.uint8), (0, 0), float(rng.uniform(0.6, 4)))


def _no_room() -> Tracks:
    """As many points as there may be, all in a corner of the frame."""
    places = np.zeros((MAX_POINTS, 16, 2), np.float32)
    return Tracks(np.arange(MAX_POINTS), places, np.ones(MAX_POINTS, bool), MAX_POINTS)


def test_corners_where_it_moves_are_those_of_the_whole_frame() -> None:
    rng = np.random.default_rng(0)
    for _ in range(40):
        frame = _picture(rng)
        height, width = frame.shape
        moving = np.zeros_like(frame)
        middle = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        cv2.circle(moving, middle, int(rng.integers(3, 40)), 255, -1)
        # No room for points elsewhere: those that are there lie in a corner of the frame.
        alive = _no_room()
        free = cv2.circle(np.full_like(frame, 255), (0, 0), SPACING_PX - 1, 0, -1)
        whole = cv2.goodFeaturesToTrack(
            frame, MAX_POINTS // 2, 0.01, 5, mask=cv2.bitwise_and(free, moving)
        ).reshape(-1, 2)
        seeded = seed_tracks(alive, frame, moving)
        assert seeded.newest[MAX_POINTS:].tolist() == whole.tolist()
        assert seeded.next_id == MAX_POINTS + len(whole)


def test_nothing_is_looked_for_without_room_and_motion() -> None:
    frame = _picture(np.random.default_rng(1))
    alive = _no_room()
    assert seed_tracks(alive, frame, np.zeros_like(frame)) is alive
