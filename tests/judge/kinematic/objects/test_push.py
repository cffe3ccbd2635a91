"""Small drawn scenes: who is who, what is seen, where it is."""

import copy
import math
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from lawful.judge.kinematic.bodies import Body, Glimpse
from lawful.judge.kinematic.objects.push import open_objects
from lawful.judge.kinematic.objects.watch import glimpses_of, push_watched, steps_of
from lawful.video.frames import Frames

FPS = 24.0
WIDTH, HEIGHT = 240, 180
RED, BLUE = (205, 50, 40), (40, 90, 205)

Place = tuple[float, float] | None


def ground(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    rng = np.random.default_rng(7)
    coarse = rng.integers(100, 150, (height // 12, width // 12, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def disc(picture: np.ndarray, at: Place, rgb: tuple[int, int, int], turn: float = 0.0) -> None:
    """A disc of 14 px with a dark quarter, anti-aliased; `at` counts from the picture's corner."""
    if at is None:
        return
    x, y = (round((value - 0.5) * 16) for value in at)
    cv2.circle(picture, (x, y), 14 * 16, rgb, -1, cv2.LINE_AA, 4)
    dark = tuple(level // 3 for level in rgb)
    angle = np.linspace(turn, turn + np.pi / 2, 12)
    rim = np.stack([at[0] - 0.5 + 13 * np.cos(angle), at[1] - 0.5 + 13 * np.sin(angle)], axis=1)
    corners = np.rint(np.concatenate([rim, [[at[0] - 0.5, at[1] - 0.5]]]) * 16).astype(np.int32)
    cv2.fillPoly(picture, [corners], dark, cv2.LINE_AA, 4)


def clip(draw: Callable[[int], np.ndarray], n_frames: int = 48) -> Frames:
    pictures = np.stack([draw(k) for k in range(n_frames)])
    return Frames(pictures, np.arange(n_frames) / FPS, np.arange(n_frames, dtype=np.int64))


def nearest(glimpse: Glimpse, at: tuple[float, float]) -> Body:
    return min(glimpse.bodies, key=lambda body: math.dist(body.xy_px, at))


def crossing(k: int) -> np.ndarray:
    picture = ground()
    disc(picture, (40 + 4 * k, 70 + 0.4 * k), RED)
    disc(picture, (200 - 4 * k, 92 - 0.4 * k), BLUE)
    return picture


def ids_at(glimpses: Sequence[Glimpse], frame: int, *places: tuple[float, float]) -> list[int]:
    return [nearest(glimpses[frame], place).id for place in places]


def test_two_discs_that_cross_keep_their_ids() -> None:
    seen = list(glimpses_of(clip(crossing, 38)))
    before = ids_at(seen, 8, (72, 73.2), (168, 88.8))
    after = ids_at(seen, 37, (188, 84.8), (52, 77.2))
    assert before == after
    assert before[0] != before[1]
    assert len(seen[37].bodies) == 2


def test_a_state_that_is_copied_goes_on_alike() -> None:
    steps = list(steps_of(clip(crossing, 24)))
    state = open_objects()
    for step in steps[:12]:
        push_watched(state, step)
    copied = copy.deepcopy(state)
    for step in steps[12:]:
        assert_same(push_watched(state, step), push_watched(copied, step))


def assert_same(one: Glimpse, two: Glimpse) -> None:
    assert [body.id for body in one.bodies] == [body.id for body in two.bodies]
    for first, second in zip(one.bodies, two.bodies, strict=True):
        assert first.xy_px == second.xy_px
        assert first.angle_rad == second.angle_rad
        assert first.sight == second.sight
    assert one.touches == two.touches
