"""Small drawn scenes: who is who, what is seen, where it is."""

import copy
import math
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from lawful.judge.kinematic.bodies import SCENE, Body, Glimpse
from lawful.judge.kinematic.objects.anchor import apply
from lawful.judge.kinematic.objects.push import open_objects
from lawful.judge.kinematic.objects.watch import glimpses_of, push_watched, steps_of
from lawful.video.frames import Frames

FPS = 24.0
WIDTH, HEIGHT = 240, 180
RED, BLUE = (205, 50, 40), (40, 90, 205)

Place = tuple[float, float] | None


def ground(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    rng = np.random.default_rng(7)
    coarse = rng.integers(80, 170, (height // 8, width // 8, 1), dtype=np.uint8) + np.array(
        [0, 10, 5], np.uint8
    )
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


def behind_screen(k: int, pace_px: float = 2.1) -> np.ndarray:
    """A disc passes behind a screen: out of sight for two seconds, or for longer where it is slower."""
    picture = ground()
    disc(picture, (24 + pace_px * k, 90), RED, 0.1 * k)
    picture[40:140, 70:200] = (70, 75, 90)
    return picture


@pytest.mark.parametrize(("pace_px", "hidden_s"), [(2.1, 1.8), (1.6, 2.4), (1.25, 3.0)])
def test_a_disc_behind_a_screen_for_seconds_keeps_its_id(pace_px: float, hidden_s: float) -> None:
    goes_in, is_in, comes_out, is_out = (round((x - 24) / pace_px) for x in (62, 91, 184, 215))
    assert (comes_out - is_in) / FPS > hidden_s
    seen = list(glimpses_of(clip(lambda k: behind_screen(k, pace_px), is_out + 12)))
    before = nearest(seen[goes_in], (24 + pace_px * goes_in, 90))
    assert before.sight == "seen"
    hidden = [glimpse.body(before.id) for glimpse in seen[is_in : comes_out + 1]]
    assert all(body is not None and body.sight == "hidden" for body in hidden)
    after = nearest(seen[is_out], (24 + pace_px * is_out, 90))
    assert after.sight == "seen"
    assert after.id == before.id
    assert not any(glimpse.gone or glimpse.new for glimpse in seen)


def test_a_disc_that_comes_out_bit_by_bit_is_known_again() -> None:
    def draw(k: int) -> np.ndarray:
        picture = ground()
        disc(picture, (40 + 1.4 * k, 90), RED, 0.02 * k)
        picture[40:140, 70:130] = (120, 60, 60)
        return picture

    seen = list(glimpses_of(clip(draw, 100)))
    before, after = seen[10].bodies[0], nearest(seen[99], (40 + 1.4 * 99, 90))
    assert seen[50].bodies[0].sight == "hidden"
    assert after.sight == "seen"
    assert after.id == before.id
    assert len(seen[99].bodies) == 1


def shadowed(k: int) -> np.ndarray:
    picture = ground().astype(np.float32)
    at = (60 + 3 * k, 70)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    away = np.hypot(x - at[0] - 26, y - at[1] - 40)
    picture *= (1 - 0.45 * np.clip((18 - away) / 6, 0, 1))[:, :, None]
    drawn = picture.astype(np.uint8)
    disc(drawn, at, BLUE)
    return drawn


def test_a_shadow_is_no_body() -> None:
    seen = list(glimpses_of(clip(shadowed, 40)))
    # The first frame, and so the plate, has the shadow on it: what it leaves there is cleared in half a second.
    for k, glimpse in enumerate(seen[18:], start=18):
        assert len(glimpse.bodies) == 1
        assert math.dist(glimpse.bodies[0].xy_px, (60 + 3 * k, 70)) < 1.5


def test_spin_keeps_the_id_and_gives_the_angle() -> None:
    rate = 0.35

    def draw(k: int) -> np.ndarray:
        picture = ground()
        disc(picture, (50 + 2 * k, 90), RED, rate * k)
        return picture

    seen = list(glimpses_of(clip(draw, 48)))
    first, last = seen[8].bodies[0], seen[47].bodies[0]
    assert first.id == last.id
    assert len(seen[47].bodies) == 1
    assert abs(last.angle_rad - first.angle_rad - rate * 39) < 0.1


def test_a_panning_camera_leaves_a_resting_body_where_it_is() -> None:
    wide = ground(WIDTH + 160, HEIGHT)

    def draw(k: int) -> np.ndarray:
        picture = wide.copy()
        # It comes to rest at frame 15, while the camera goes on.
        disc(picture, (60 + 4 * min(k, 15), 90), BLUE)
        return np.ascontiguousarray(picture[:, 2 * k : 2 * k + WIDTH])

    seen = list(glimpses_of(clip(draw, 48)))
    bodies = [glimpse.bodies[0] for glimpse in seen[18:]]
    assert len({body.id for body in bodies}) == 1
    for glimpse, body in zip(seen[18:], bodies, strict=True):
        assert not glimpse.camera_still
        assert math.dist(body.at_px, (120, 90)) < 1.0
    assert abs(bodies[-1].xy_px[0] - (120 - 2 * 47)) < 1.0


def test_the_mirrored_clip_shows_the_mirrored_bodies() -> None:
    frames = clip(crossing, 30)
    mirrored = Frames(np.ascontiguousarray(frames.rgb[:, :, ::-1]), frames.times_s, frames.indices)
    both = list(zip(glimpses_of(frames), glimpses_of(mirrored), strict=True))
    # What bodies leave behind in the plate is cleared in the first frames.
    for one, two in both[12:]:
        places = sorted(body.xy_px for body in one.bodies)
        others = sorted((WIDTH - body.xy_px[0], body.xy_px[1]) for body in two.bodies)
        assert len(places) == len(others)
        for (x, y), (x_mirrored, y_mirrored) in zip(places, others, strict=True):
            assert abs(x - x_mirrored) < 1.0
            assert abs(y - y_mirrored) < 1.0


def vanishing(k: int) -> np.ndarray:
    picture = ground()
    disc(picture, (40 + 3 * k, 60), RED)
    disc(picture, (200 - 3 * k, 130) if k < 20 else None, BLUE)
    return picture


def test_what_appears_in_plain_view_is_fresh_and_what_vanishes_is_not_taken_for_scene() -> None:
    frames = clip(vanishing, 32)
    forwards = list(glimpses_of(frames))
    blue = nearest(forwards[18], (146, 130)).id
    assert all(blue not in glimpse.settled for glimpse in forwards)
    assert all(body.area_px == 0 for glimpse in forwards[20:] for body in glimpse.bodies if body.id == blue)
    backwards = list(glimpses_of(Frames(frames.rgb[::-1].copy(), frames.times_s, frames.indices)))
    body = nearest(backwards[20], (40 + 3 * 11 + 108, 130))
    # It was first seen in the first frame that shows it, though it is told of once it is sure.
    assert body.born_s == frames.times_s[12]
    assert body.fresh > 1
    # What was at rest in the first frames and moves off came out of nothing less plainly.
    assert all(body.fresh < 0.5 for body in forwards[10].bodies)


def test_a_bounce_on_a_ledge_touches_the_scene_and_free_flight_does_not() -> None:
    def draw(k: int) -> np.ndarray:
        picture = np.full((HEIGHT, WIDTH, 3), 150, np.uint8)
        picture[:, ::12] = 140
        picture[140:] = (80, 60, 50)
        disc(picture, (40 + 3 * k, 126 - abs(40 - 4 * k) * 0.9), RED)
        return picture

    seen = list(glimpses_of(clip(draw, 24)))
    assert below(seen[10]) > 0.4
    assert below(seen[20]) < 0.1


def below(glimpse: Glimpse) -> float:
    """Chance that the only body touches something under it."""
    (body,) = glimpse.bodies
    chances = [
        touch.chance
        for touch in glimpse.touches
        if touch.first == body.id and touch.second == SCENE and touch.towards[1] > 0.9
    ]
    return max(chances, default=0.0)


def test_area_and_axes_are_of_the_frame_while_the_camera_comes_closer() -> None:
    def nearer(k: int) -> np.ndarray:
        picture = ground()
        disc(picture, (80 + 2.0 * k, 90), RED)
        half = np.array([WIDTH, HEIGHT]) / 2 / 1.006**k
        x, y = np.array([WIDTH, HEIGHT]) / 2 - half
        shown = np.array([[half[0] * 2 / WIDTH, 0, x], [0, half[1] * 2 / HEIGHT, y]])
        return cv2.warpAffine(picture, shown, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)

    *_, last = glimpses_of(clip(nearer, 40))
    (body,) = last.bodies
    zoom = math.hypot(last.to_shot[0, 0], last.to_shot[1, 0])
    assert zoom == pytest.approx(1.006**-39, rel=0.02)
    assert body.area_px == pytest.approx(math.pi * (14 / zoom) ** 2, rel=0.15)
    assert body.area_px == pytest.approx(math.pi * body.axes_px[0] * body.axes_px[1], rel=0.03)


def crossing_light(k: int) -> np.ndarray:
    picture = ground()
    disc(picture, (40 + 4 * k, 70 + 0.4 * k), (235, 235, 225))
    return picture


def test_a_body_that_is_burnt_out_keeps_its_id() -> None:
    def draw(k: int) -> np.ndarray:
        gain = 1.3 if 20 <= k < 26 else 1.0
        return np.clip(crossing_light(k) * gain, 0, 255).astype(np.uint8)

    glimpses = list(glimpses_of(clip(draw, 32)))
    told = [glimpse.reliable for glimpse in glimpses]
    assert told[10:20] == [True] * 10
    assert told[27:] == [True] * 5
    assert ids_at(glimpses, 19, (116, 78)) == ids_at(glimpses, 29, (156, 82))
    assert all(
        nearest(glimpses[k], (40 + 4 * k, 70 + 0.4 * k)).sight == "seen" or not told[k] for k in range(20, 26)
    )


def test_through_frames_that_show_nothing_a_body_moves_in_the_frame_as_in_the_shot() -> None:
    def draw(k: int) -> np.ndarray:
        picture = ground()
        picture[100:] = 245
        disc(picture, (30 + 5 * k, 40), RED)
        return np.clip(np.rint(picture * (1.3 if 14 <= k < 19 else 1.0)), 0, 255).astype(np.uint8)

    state, waited = open_objects(), 0
    for k, step in enumerate(steps_of(clip(draw, 26))):
        push_watched(state, step)
        waited = max(waited, state.unreadable)
        for member in state.members:
            np.testing.assert_allclose(member.at, apply(state.anchor.to_shot, member.xy[None])[0], atol=1e-6)
        if k >= 12:
            assert [member.id for member in state.members] == [0]
            assert math.dist(state.members[0].xy + 0.5, (30 + 5 * k, 40)) < 3
    assert waited >= 2


def test_a_frame_that_does_not_lie_on_the_scene_is_not_known() -> None:
    def draw(k: int) -> np.ndarray:
        rough = np.random.default_rng(k).normal(0, {20: 12.0, 24: 3.0}.get(k, 1.0), (HEIGHT, WIDTH, 3))
        return np.clip(crossing(k % 30) + rough, 0, 255).astype(np.uint8)

    told = [glimpse.reliable for glimpse in glimpses_of(clip(draw, 28))]
    assert [k for k, reliable in enumerate(told) if not reliable] == [20]
