"""Solid worlds drawn by MuJoCo show what the states say, where the camera says, and say so where they cannot."""

import colorsys
import sys
from dataclasses import replace

import numpy as np
import pytest

from lawful.core.errors import AbsentError
from lawful.generators.worlds.camera import View
from lawful.generators.worlds.motion import Motion, Simulated
from lawful.generators.worlds.scene import (
    COLOURS,
    PATTERNS,
    SURFACES,
    Block,
    Body,
    Look,
    Pivot,
    Scene,
    Spring,
    Style,
)
from lawful.generators.worlds.solid import gl
from lawful.generators.worlds.solid.draw import render
from lawful.generators.worlds.solid.geometry import entry, turned

FLOOR = Block("floor", (-4.0, -2.0, -0.2), (4.0, 4.0, 0.0), (150, 116, 84))
SCENE = Scene(
    name="a table",
    caption="Some things on a table.",
    view_height_m=2.0,
    view_width_m=2.0,
    bodies=(),
    blocks=(FLOOR,),
    backdrop_rgb=(196, 202, 206),
    room=(-1.0, -1.0, 0.0, 1.0, 1.0, 2.0),
    on_floor=True,
)
HALF_M = {"ball": (0.2, 0.2, 0.2), "box": (0.2, 0.12, 0.3), "cylinder": (0.15, 0.15, 0.25)}


def needs_gl():
    """Why nothing can be drawn here, if so."""
    pytest.importorskip("mujoco", reason="mujoco is not installed (pip install 'lawful[mujoco]')")
    try:
        gl.usable_gl()
    except AbsentError as error:
        pytest.skip(str(error))


@pytest.fixture
def drawn():
    """Draws every frame with textures of seed 0."""
    needs_gl()

    def make(scene, motions, view, width=96, height=96):
        simulated = Simulated(24.0, tuple(motions), (), view)
        return np.stack(list(render(scene, simulated, width, height, np.random.default_rng(0))))

    return make


def looking(eyes, aspect=1.0, scale=1.5, target=(0.0, 0.0, 0.4)):
    """A view from each of some places at a target, upright."""
    eyes = np.array(eyes, float).reshape(-1, 3)
    back = eyes - target
    back /= np.linalg.norm(back, axis=1, keepdims=True)
    right = np.cross((0.0, 0.0, 1.0), back)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    axes = np.stack([right, np.cross(back, right), back], axis=2)
    return View(eyes, axes, np.full(len(eyes), scale), aspect)


def moving(shape, places, turns=(0.0, 0.0, 0.0), look=None, name="thing", half_m=None):
    """A body that is at each of some places, turned."""
    places = np.array(places, float).reshape(-1, 3)
    half = HALF_M[shape] if half_m is None else half_m
    body = Body(name, shape, half, tuple(places[0].tolist()), look or Look("red", "spots", 5))
    n = len(places)
    return Motion(
        body=body,
        shapes=(shape,),
        shape_index=np.zeros(n, np.int64),
        half_size_m=np.tile(np.array(half), (n, 1)),
        looks=(body.look,),
        look_index=np.zeros(n, np.int64),
        present=np.ones(n, bool),
        touched=np.zeros(n, bool),
        position_m=places,
        velocity_m_s=np.zeros((n, 3)),
        rotation=np.tile(turned(turns), (n, 1, 1)),
        spin_rad_s=np.zeros((n, 3)),
    )


def absent(motion):
    return replace(motion, present=np.zeros(len(motion.present), bool))


def outline(motion, view, frame, width, height):
    """Which pixels' middles see a body, by rays."""
    x, y = np.meshgrid((np.arange(width) + 0.5) / width - 0.5, 0.5 - (np.arange(height) + 0.5) / height)
    across, up = x * view.aspect / view.scale[frame], y / view.scale[frame]
    ways = np.stack([across, up, -np.ones_like(across)]).reshape(3, -1)
    own, half = motion.rotation[frame].T, motion.half_size_m[frame][:, None]
    start = own @ (view.position_m[frame] - motion.position_m[frame])
    way = own @ view.axes[frame] @ ways
    start = np.broadcast_to(start[:, None], way.shape)
    return np.isfinite(entry(motion.shape(frame), start / half, way / half)).reshape(height, width)


def with_rim(mask):
    """A mask and the pixels next to it, which hold a part of what it shows."""
    wide = np.pad(mask, 1)
    return np.max([np.roll(wide, (y - 1, x - 1), (0, 1)) for y, x in np.ndindex(3, 3)], axis=0)[1:-1, 1:-1]


EYES = [(-0.5, -3.0, 1.0), (0.3, -2.6, 1.6), (1.2, -2.4, 0.9)]


@pytest.mark.parametrize("shape", HALF_M)
@pytest.mark.parametrize(("width", "height"), [(160, 120), (97, 131)])
def test_bodies_are_where_rays_see_them_from_a_camera_that_moves(shape, width, height, drawn):
    view = looking(EYES, width / height)
    view = replace(view, scale=np.array([1.2, 1.5, 1.8]))
    body = moving(shape, [(-0.3, 0.1, 0.5), (0.0, 0.3, 0.6), (0.2, -0.2, 0.4)], (0.4, -0.7, 0.3))
    shown = drawn(SCENE, [body], view, width, height)
    without = drawn(SCENE, [absent(body)], view, width, height)
    for frame in range(3):
        seen = (shown[frame] != without[frame]).any(axis=2)
        expected = outline(body, view, frame, width, height)
        assert expected.sum() > 150
        centres = [np.argwhere(mask).mean(axis=0) for mask in (seen, expected)]
        np.testing.assert_allclose(*centres, atol=0.5)
        rim = expected.sum() - 2 * np.sqrt(expected.sum())
        assert (seen & expected).sum() > rim
        assert (seen & ~expected).sum() < 6 * np.sqrt(expected.sum())


@pytest.mark.parametrize("turns", [(0.0,), (0.0, 0.4, 0.0), (0.3, -0.5, 0.9)])
@pytest.mark.parametrize("size", [(0.8, 0.1, 0.5), (0.05, 0.6, 0.9), (1.2, 0.7, 0.3)])
def test_blocks_are_where_rays_see_them(turns, size, drawn):
    view = looking(EYES[:1])
    low, high = np.array((0.1, 0.2, 0.6)) - np.array(size) / 2, np.array((0.1, 0.2, 0.6)) + np.array(size) / 2
    block = Block("board", tuple(low.tolist()), tuple(high.tolist()), (30, 60, 160), turn_rad=turns)
    shown, without = (
        drawn(replace(SCENE, blocks=blocks), [], view)[0] for blocks in ((FLOOR, block), (FLOOR,))
    )
    same = moving(
        "box",
        [(0.1, 0.2, 0.6)],
        turns if len(turns) == 3 else (0.0, 0.0, 0.0),
        half_m=tuple(np.array(size) / 2),
    )
    expected = outline(same, view, 0, 96, 96)
    seen = (shown != without).any(axis=2)
    assert not (seen & ~with_rim(expected)).any()
    assert not (expected & ~with_rim(seen)).any()
    assert shown[expected][:, 2].mean() > 1.5 * shown[expected][:, 0].mean()


def test_a_floor_is_as_finely_painted_when_it_is_vast(drawn):
    view = looking([(0.0, -3.0, 1.0)])
    vast = replace(FLOOR, low=(-80.0, -80.0, -1.0), high=(80.0, 80.0, 0.0))
    near, far = (
        drawn(replace(SCENE, blocks=(floor,), style=Style(blocks="speckle")), [], view)[0][-30:].astype(float)
        for floor in (FLOOR, vast)
    )
    for axis in (0, 1):
        steps = [np.abs(np.diff(picture, axis=axis)).mean() for picture in (near, far)]
        assert steps[1] == pytest.approx(steps[0], rel=0.25)


def test_the_middle_of_a_small_ball_is_where_the_view_says(drawn):
    view = looking(EYES, 4 / 3)
    places = [(-0.5, 0.4, 0.9), (0.5, 1.0, 0.1), (0.0, -0.6, 0.2)]
    body = moving("ball", places, half_m=(0.05, 0.05, 0.05))
    shown, without = (drawn(SCENE, [m], view, 320, 240) for m in (body, absent(body)))
    expected = view.project(body.position_m[:, None])[:, 0] * (320, 240)
    for frame in range(3):
        rows, columns = np.nonzero((shown[frame] != without[frame]).any(axis=2))
        np.testing.assert_allclose((columns.mean() + 0.5, rows.mean() + 0.5), expected[frame], atol=0.6)


def test_the_background_turns_with_the_camera(drawn):
    turn = 0.05
    eyes = [(0.0, -3.0, 1.0)] * 2
    view = looking(eyes, target=(0.0, 0.0, 1.0))
    rotation = turned((0.0, 0.0, turn))
    view = replace(view, axes=np.stack([view.axes[0], rotation @ view.axes[1]]))
    scene = replace(SCENE, blocks=(), style=Style("speckle"))
    one, two = drawn(scene, [], view, 128, 128).astype(float).mean(axis=3)
    shift = round(128 * 1.5 * np.tan(turn))
    band = slice(40, 88)

    def difference(by):
        return np.abs(one[band, 30:90] - two[band, 30 + by : 90 + by]).mean()

    assert min(range(-20, 21), key=difference) == shift
    assert difference(shift) < 0.5 * difference(0)


@pytest.mark.parametrize("colour", COLOURS)
def test_the_colour_of_a_look_is_seen(colour, drawn):
    view = looking([(0.0, -2.0, 0.6)])
    for pattern in PATTERNS:
        body = moving("ball", [(0.0, 0.0, 0.5)], look=Look(colour, pattern, 3), half_m=(0.4, 0.4, 0.4))
        mask = outline(body, view, 0, 96, 96)
        red, green, blue = drawn(SCENE, [body], view)[0][mask].mean(axis=0) / 255
        hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
        named = colorsys.rgb_to_hsv(*(c / 255 for c in COLOURS[colour]))
        if colour in ("white", "black"):
            assert saturation < 0.15
            assert value > 0.4 if colour == "white" else value < 0.45
        else:
            away = abs(hue - named[0])
            assert min(away, 1 - away) < 0.03
            assert saturation > 0.25


@pytest.mark.parametrize("shape", HALF_M)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_turning_about_any_axis_is_seen(shape, pattern, drawn):
    view = looking([(0.3, -2.0, 0.9)] * 4)
    body = moving(shape, [(0.0, 0.0, 0.5)] * 4, look=Look("blue", pattern, 11))
    turns = [np.eye(3), *(turned(tuple(0.5 * row)) for row in np.eye(3))]
    shown = drawn(SCENE, [replace(body, rotation=np.stack(turns))], view)
    area = outline(body, view, 0, 96, 96).sum()
    for frame in range(1, 4):
        changed = np.abs(shown[frame].astype(int) - shown[0]).max(axis=2) > 25
        assert changed.sum() > 0.04 * area


def test_what_is_not_present_is_not_drawn_and_changes_nothing_else(drawn):
    view = looking([(0.0, -3.0, 1.0)] * 2)
    one = moving("ball", [(-0.4, 0.0, 0.2)] * 2)
    two = moving("box", [(0.4, 0.0, 0.3)] * 2, name="other")
    gone = np.array([True, False])
    position = np.where(gone[:, None], two.position_m, np.nan)
    two = replace(two, present=gone, position_m=position)
    shown = drawn(SCENE, [one, two], view)
    alone = drawn(SCENE, [one], view)
    np.testing.assert_array_equal(shown[1], alone[1])
    changed = (shown[0] != alone[0]).any(axis=2)
    assert not (changed & ~with_rim(outline(two, view, 0, 96, 96))).any()


@pytest.mark.parametrize("shadow", [0.25, 0.5])
def test_shadows_are_as_dark_as_is_asked_and_only_darken(shadow, drawn):
    view = looking([(0.0, -3.0, 2.0)], target=(0.0, 0.0, 0.0))
    body = moving("ball", [(0.0, 0.0, 0.8)], half_m=(0.25, 0.25, 0.25))
    scene = replace(SCENE, style=Style(shadow=shadow))
    shown, without = (drawn(scene, [m], view)[0].astype(float) for m in (body, absent(body)))
    outside = ~with_rim(outline(body, view, 0, 96, 96))
    ratio = shown.mean(axis=2) / without.mean(axis=2)
    dark = outside & (ratio < 1 - shadow / 2)
    assert dark.sum() > 60
    assert np.median(ratio[dark]) == pytest.approx(1 - shadow, abs=0.05)
    plain = [drawn(SCENE, [m], view)[0] for m in (body, absent(body))]
    np.testing.assert_array_equal(plain[0][outside], plain[1][outside])


def test_lit_surfaces_have_no_specks_of_shadow(drawn):
    view = looking([(0.0, -3.0, 2.0)])
    box = moving("box", [(0.0, 0.0, 0.3)], (0.0, 0.0, 0.5))
    scenes = [replace(SCENE, style=Style(shadow=shadow)) for shadow in (0.0, 0.5)]
    lit, dark = (drawn(scene, [box], view)[0].mean(axis=2) for scene in scenes)
    darker = dark < lit - 6
    neighbours = sum(np.roll(darker, shift, (0, 1)) for shift in ((0, 1), (1, 0), (0, -1), (-1, 0)))
    assert 20 < darker.sum() < 0.3 * darker.size
    inside = outline(box, view, 0, 96, 96)
    rim = with_rim(inside) & with_rim(~inside)
    assert not (darker & (neighbours == 0) & ~rim).any()


def test_shapes_sizes_and_looks_change_midway(drawn):
    view = looking([(0.0, -3.0, 1.0)] * 4)
    body = moving("ball", [(0.0, 0.0, 0.4)] * 4)
    half = np.array([(0.2, 0.2, 0.2), (0.2, 0.2, 0.2), (0.2, 0.2, 0.2), (0.2, 0.2, 0.4)])
    changing = replace(
        body,
        shapes=("ball", "box"),
        shape_index=np.array([0, 0, 1, 0]),
        half_size_m=half,
        looks=(*body.looks, Look("blue", "spots", 5)),
        look_index=np.array([0, 1, 1, 1]),
    )
    shown = drawn(SCENE, [changing], view)
    plain = drawn(SCENE, [absent(body)], view)
    np.testing.assert_array_equal(shown[0], drawn(SCENE, [body], view)[0])
    for frame in range(4):
        seen = (shown[frame] != plain[frame]).any(axis=2)
        expected = outline(changing, view, frame, 96, 96)
        assert (seen ^ expected).sum() < 6 * np.sqrt(expected.sum())
    red, _, blue = shown[1][outline(changing, view, 1, 96, 96)].mean(axis=0)
    assert blue > 1.5 * red


@pytest.mark.parametrize("shadow", [0.0, 0.4])
def test_the_same_twice_and_nothing_of_what_comes_later(shadow, drawn):
    scene = replace(SCENE, style=Style("bricks", "checks", shadow=shadow))
    view = looking([(0.1 * k, -3.0, 1.0) for k in range(4)])
    body = moving("cylinder", [(0.1 * k, 0.0, 0.4) for k in range(4)])
    shown = drawn(scene, [body], view)
    np.testing.assert_array_equal(shown, drawn(scene, [body], view))
    later = replace(body, looks=(*body.looks, Look("green", "rings", 1)), look_index=np.array([0, 0, 1, 1]))
    thrown = moving("box", [(0.0, 0.0, 50.0)] * 4, name="late")
    thrown = replace(thrown, present=np.array([False, False, True, True]))
    other = drawn(scene, [later, thrown], view)
    np.testing.assert_array_equal(shown[:2], other[:2])
    assert (shown[2:] != other[2:]).any()


def test_two_clips_drawn_in_turns_are_as_if_alone(drawn):
    view = looking([(0.0, -3.0, 1.0)] * 3)
    motions = [moving("ball", [(0.1 * k, 0.0, 0.4) for k in range(3)]), moving("box", [(0.0, 0.0, 0.4)] * 3)]
    alone = [drawn(SCENE, [motion], view) for motion in motions]
    both = [
        render(SCENE, Simulated(24.0, (motion,), (), view), 96, 96, np.random.default_rng(0))
        for motion in motions
    ]
    for frame, pictures in enumerate(zip(*both, strict=True)):
        for one, picture in zip(alone, pictures, strict=True):
            np.testing.assert_array_equal(picture, one[frame])


@pytest.mark.parametrize(("width", "height"), [(16, 16), (17, 31), (4096, 16), (16, 601)])
def test_any_size(width, height, drawn):
    view = looking([(0.0, -3.0, 1.0)], width / height)
    shown = drawn(SCENE, [moving("ball", [(0.0, 0.0, 0.4)])], view, width, height)
    assert shown.shape == (1, height, width, 3)
    assert shown.std() > 5


@pytest.mark.parametrize("kind", SURFACES)
def test_surfaces_differ_and_keep_their_mean_colour(kind, drawn):
    view = looking([(0.0, -3.0, 1.0)])
    shown = drawn(replace(SCENE, style=Style(kind, kind)), [], view)[0]
    assert not np.array_equal(shown, drawn(SCENE, [], view)[0]) or kind == "clouds"
    np.testing.assert_allclose(shown[:20].mean(axis=(0, 1)), SCENE.backdrop_rgb, atol=16)
    # Of patches, few are seen in so small a part.
    np.testing.assert_allclose(shown[-20:].mean(axis=(0, 1)), FLOOR.rgb, atol=32 if kind == "patches" else 24)


def test_rods_and_springs_join_what_they_hold_and_let_go(drawn):
    view = looking([(0.0, -3.0, 1.0)] * 3)
    one = moving("ball", [(-0.5, 0.0, 0.3)] * 3, half_m=(0.08, 0.08, 0.08))
    two = moving("ball", [(0.5, 0.0, 0.3)] * 3, name="other", half_m=(0.08, 0.08, 0.08))
    two = replace(two, present=np.array([True, True, False]))
    pivot = Pivot("thing", (-0.5, 0.0, 1.0), until_s=1.5 / 24)
    spring = Spring("other", (0.0, 0.0, 0.0), 0.5, 10.0, other="thing")
    hidden = replace(pivot, seen=False)
    plain, rod, unseen, coil = (
        drawn(replace(SCENE, pivots=pivots, springs=springs), [one, two], view)
        for pivots, springs in (((), ()), ((pivot,), ()), ((hidden,), ()), ((), (spring,)))
    )
    np.testing.assert_array_equal(plain, unseen)
    middles = np.array([[(-0.5, 0.0, 0.65)]] * 3)
    column, row = (int(c) for c in (view.project(middles) * 96)[0, 0])
    assert (rod[:2, row, column - 1 : column + 2].min(axis=(1, 2)) < 90).all()
    np.testing.assert_array_equal(rod[2], plain[2])
    changed = (coil != plain).any(axis=3)
    assert changed[0].sum() > 60
    assert not changed[2].any()


def test_without_mujoco_drawing_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "mujoco", None)
    pictures = render(
        SCENE, Simulated(24.0, (), (), looking([(0.0, -3.0, 1.0)])), 16, 16, np.random.default_rng(0)
    )
    message = r"^mujoco is needed for drawing solid worlds and is not installed\. Run: pip install 'lawful\[mujoco\]'$"
    with pytest.raises(AbsentError, match=message):
        next(pictures)
