"""Camera moves, surfaces, light, shadows and distractors by the seed."""

from dataclasses import replace

import numpy as np
import pytest

from lawful.generators.worlds.camera import CameraPath, Cut
from lawful.generators.worlds.families import FAMILIES
from lawful.generators.worlds.make import make_clip
from lawful.generators.worlds.pairs import make_pairs
from lawful.generators.worlds.variety import CAMERA_MOVES, LIGHTINGS, PLAIN, RICH, Variety, varied

SMALL = {"width_px": 96, "height_px": 80, "fps": 12, "duration_s": 2.5, "noise": 0}
FLAT = [name for name, family in FAMILIES.items() if not family.solid]


def test_plain_changes_nothing():
    scene = FAMILIES["bounce"].build(np.random.default_rng(0), 1.2, 2.5)
    assert varied(scene, PLAIN, np.random.default_rng(1), 2.5) is scene
    one, two = make_clip("bounce", 3, **SMALL), make_clip("bounce", 3, variety=Variety(), **SMALL)
    assert np.array_equal(one.frames.rgb, two.frames.rgb)


def test_the_seed_chooses_among_all_that_there_is():
    scene = FAMILIES["bounce"].build(np.random.default_rng(0), 1.2, 2.5)
    seen = [varied(scene, RICH, np.random.default_rng(seed), 2.5) for seed in range(200)]
    assert {one.style.backdrop for one in seen} == set(RICH.surfaces)
    assert {one.style.blocks for one in seen} == set(RICH.surfaces)
    assert 0.25 < np.mean([one.style.shadow > 0 for one in seen]) < 0.55
    assert {sum(not body.touches for body in one.bodies) for one in seen} == {0, 1, 2}
    factors = [one.gravity_m_s2 / scene.gravity_m_s2 for one in seen]
    assert 1.0 <= min(factors) < 1.05 < 1.55 < max(factors) <= 1.6
    assert any(one.lights and one.lights[0].end_s == np.inf for one in seen)
    assert len({one.camera for one in seen}) > 100
    again = varied(scene, RICH, np.random.default_rng(7), 2.5)
    assert again == seen[7]


@pytest.mark.parametrize("scene", ["throw", "pendulum", "spring", "ramp"])
def test_in_another_gravity_everything_takes_the_same_way_in_less_time(scene):
    settings = {**SMALL, "fps": 20}
    slow = make_clip(scene, 4, **settings)
    fast = make_clip(scene, 4, variety=Variety(gravity=(1.5625, 1.5625)), **settings)
    # 1.25 times as fast: frame 4 shows what frame 5 showed, to the first touch.
    n_same = round(0.8 * min([contact.time_s for contact in slow.contacts], default=2.0) * 20)
    for one, two in zip(slow.objects, fast.objects, strict=True):
        was, now = one.position_m[:n_same:5], two.position_m[: 4 * -(-n_same // 5) : 4]
        np.testing.assert_allclose(now, was, atol=0.01 * slow.world.view_height_m)


def test_twins_stay_identical_up_to_the_onset_whatever_is_varied():
    for lawful, broken in make_pairs(14, 3, scenes=FLAT, variety=RICH, **SMALL):
        onset = broken.onset_frame
        assert np.array_equal(lawful.frames.rgb[:onset], broken.frames.rgb[:onset])
        assert lawful.world == broken.world


@pytest.mark.parametrize("move", [move for move in CAMERA_MOVES if move != "own"])
def test_the_truth_moves_with_the_camera(move):
    """What is removed is removed where the truth says that it is seen."""
    variety = Variety(cameras=(move,))
    lawful = make_clip("slide", 9, variety=variety, **SMALL)
    broken = make_clip("slide", 9, violation="vanish", variety=variety, **SMALL)
    assert not lawful.world.camera.still
    onset = broken.onset_frame
    truth = next(truth for truth in lawful.objects if truth.name == broken.subject)
    rows, columns = np.nonzero((lawful.frames.rgb[onset] != broken.frames.rgb[onset]).any(axis=-1))
    drawn = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_allclose(drawn, truth.box[onset] * [96, 80, 96, 80], atol=2.1)


def test_a_camera_path_begins_where_a_still_one_stands_but_for_shake():
    moving = CameraPath((1.0, 0.0), (0.1, 0.1), 0.5, zoom_per_s=0.2, roll_rad=0.1)
    still, view = (path.view(np.array([0.0, 1.0]), 2.0, 1.0) for path in (CameraPath(), moving))
    assert np.array_equal(view.position_m[0], still.position_m[0])
    assert np.array_equal(view.axes[0], still.axes[0])
    assert view.scale.tolist() == pytest.approx([1.0, np.exp(0.2)])
    np.testing.assert_allclose(view.axes[1] @ view.axes[1].T, np.eye(2), atol=1e-12)


def test_a_cut_jumps_once():
    path = CameraPath(cuts=(Cut(1.0, (0.5, 0.0), 1.5),))
    view = path.view(np.arange(20) / 10, 2.0, 1.0)
    assert np.flatnonzero(np.diff(view.position_m[:, 0])).tolist() == [9]
    assert np.flatnonzero(np.diff(view.scale)).tolist() == [9]


def test_a_hand_shakes_as_much_as_it_is_told():
    view = CameraPath(shake_m=0.3, shake_seed=5).view(np.arange(6000) / 30, 2.0, 1.0)
    assert np.sqrt((view.position_m**2).mean()) == pytest.approx(0.3, rel=0.15)


@pytest.mark.parametrize("lighting", [name for name in LIGHTINGS if name != "day"])
def test_light_changes_the_picture_and_not_the_truth(lighting):
    plain = make_clip("pendulum", 5, **SMALL)
    clip = make_clip("pendulum", 5, variety=Variety(lightings=(lighting,)), **SMALL)
    assert np.array_equal(clip.objects[0].position_m, plain.objects[0].position_m)
    level, was = (one.frames.rgb.mean(axis=(1, 2), dtype=np.float64) for one in (clip, plain))
    ratio = level / was
    if lighting in ("flash", "switch"):
        jumps = np.flatnonzero(np.abs(np.diff(ratio.mean(axis=1))) > 0.02)
        assert len(jumps) == (2 if lighting == "flash" else 1)
    elif lighting in ("dim", "bright"):
        assert (ratio < 0.75).all() if lighting == "dim" else (ratio > 1.02).all()
        np.testing.assert_allclose(ratio, np.broadcast_to(ratio[0], ratio.shape), rtol=0.02)
    else:
        warmer = ratio[:, 0] / ratio[:, 2]
        assert (warmer > 1.05).all() if lighting == "warm" else (warmer < 0.95).all()


def test_shadows_darken_and_never_brighten():
    plain = make_clip("bounce", 5, **SMALL)
    clip = make_clip("bounce", 5, variety=replace(PLAIN, shadows=1.0), **SMALL)
    change = clip.frames.rgb.astype(int) - plain.frames.rgb
    assert change.max() <= 0
    assert (change < -10).any(axis=(1, 2, 3)).all()


def test_a_cut_leaves_the_scenes_own_camera_move_as_it_is():
    own = make_clip("pan", 5, **SMALL).world
    cut = varied(own, Variety(cameras=("cut",)), np.random.default_rng(1), 2.0)
    assert isinstance(cut.camera, CameraPath)
    assert replace(cut.camera, cuts=()) == own.camera
    assert len(cut.camera.cuts) == 1


def test_every_flash_is_seen_at_8_frames_a_second():
    scene = make_clip("still", 5, **SMALL).world
    for seed in range(20):
        (flash,) = varied(scene, Variety(lightings=("flash",)), np.random.default_rng(seed), 2.0).lights
        times_s = np.arange(16) / 8
        assert ((flash.start_s <= times_s) & (times_s < flash.end_s)).any()
