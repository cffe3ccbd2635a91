"""Which object is seen at each pixel, held against truth, pictures and another caster of rays."""

from dataclasses import replace

import numpy as np
import pytest

from lawful.core.errors import AbsentError, InputError
from lawful.generators.worlds.draw import draw
from lawful.generators.worlds.families import FAMILIES
from lawful.generators.worlds.make import make_clip
from lawful.generators.worlds.masks import masks
from lawful.generators.worlds.solid.geometry import turned
from lawful.generators.worlds.solid.gl import usable_gl
from lawful.generators.worlds.solid.masks import solid_masks
from lawful.generators.worlds.truth import object_truths, true_tracks
from lawful.generators.worlds.variety import RICH, Variety

FLAT = [name for name, family in FAMILIES.items() if not family.solid][::2]
SMALL = {"width_px": 160, "height_px": 128, "fps": 2, "duration_s": 2, "noise": 0}
MOVING = Variety(cameras=("pan", "dolly", "roll", "shake"), distractors=2)


def without(simulated, number):
    """The same, but for one body that is not there."""
    gone = replace(simulated.motions[number], present=np.zeros(len(simulated), bool))
    motions = (*simulated.motions[:number], gone, *simulated.motions[number + 1 :])
    return replace(simulated, motions=motions)


def drawn(scene, simulated, renderer, width=160, height=128):
    rngs = [np.random.default_rng(seed) for seed in (1, 2)]
    return draw(scene, simulated, width, height, 0.0, *rngs, renderer)


def outline_agrees(changed, mask):
    """Overlap over union of what a body changes and what a mask says, with half a pixel's doubt at the edges."""
    grown, shrunk = _grown(mask), ~_grown(~mask)
    return (changed & grown).sum() / max((changed | shrunk).sum(), 1)


def _grown(mask):
    grown = mask.copy()
    grown[..., 1:, :] |= mask[..., :-1, :]
    grown[..., :-1, :] |= mask[..., 1:, :]
    grown[..., 1:] |= mask[..., :-1]
    grown[..., :-1] |= mask[..., 1:]
    return grown


@pytest.mark.parametrize(
    ("scene", "renderer"), [(scene, ("paint", "rays")[k % 2]) for k, scene in enumerate(FLAT)]
)
def test_flat_masks_are_what_a_body_changes_in_the_picture(scene, renderer):
    clip = make_clip(scene, 4, variety=MOVING, **SMALL)
    found = masks(clip)
    assert found.shape == clip.frames.rgb.shape[:3]
    # A rod goes with its body; it is no part of it.
    world = replace(clip.world, pivots=(), springs=())
    whole = drawn(world, clip.simulated, renderer)
    # The two that are largest in the picture: of a body of a few pixels the edge is too great a share.
    areas = [(found == number + 1).sum() for number in range(len(clip.objects))]
    for number in np.argsort(areas)[::-1][:2]:
        mask = found == number + 1
        changed = (whole != drawn(world, without(clip.simulated, number), renderer)).any(axis=3)
        assert outline_agrees(changed, mask) > 0.97


def test_both_renderers_of_flat_scenes_draw_the_same_outlines():
    for scene in ("bounce", "slide"):
        clip = make_clip(scene, 8, variety=MOVING, **SMALL)
        changed = [
            (drawn(clip.world, clip.simulated, r) != drawn(clip.world, without(clip.simulated, 0), r)).any(
                axis=3
            )
            for r in ("paint", "rays")
        ]
        assert (changed[0] & changed[1]).sum() / (changed[0] | changed[1]).sum() > 0.8
        assert outline_agrees(changed[0], changed[1]) > 0.97


@pytest.mark.parametrize("scene", FLAT)
def test_areas_and_boxes_of_flat_masks_are_those_of_the_truth(scene):
    clip = make_clip(scene, 6, variety=MOVING, **SMALL)
    held_to_truth(masks(clip), clip.objects, 160 * 128 * _share_of_view(clip), doubt=0.2)


def _share_of_view(clip):
    """Area of each body as a share of the picture."""
    shares = []
    for motion in clip.simulated.motions:
        round_shape = np.array([shape == "disc" for shape in motion.shapes])[motion.shape_index]
        area = motion.half_size_m.prod(axis=1) * np.where(round_shape, np.pi, 4)
        shares.append(area * clip.view.scale**2 / clip.view.aspect)
    return np.array(shares)


def held_to_truth(found, truths, full_px, doubt, size=(160, 128)):
    """Seen areas agree and all of each mask lies in its box to a pixel.

    The truth tries some points of the surface only: 48 at random on a flat box, 144 spread evenly on a solid body.
    """
    scale = np.array([*size, *size])
    for number, truth in enumerate(truths):
        mask = found == number + 1
        area = mask.sum(axis=(1, 2))
        expected = np.where(truth.present, truth.visible * np.nan_to_num(full_px[number]), 0)
        np.testing.assert_allclose(area, expected, atol=doubt * np.nanmax(full_px[number]) + 8)
        for frame in np.flatnonzero(area):
            rows, columns = np.nonzero(mask[frame])
            x0, y0, x1, y1 = truth.box[frame] * scale
            assert x0 - 1 <= columns.min()
            assert columns.max() + 1 <= x1 + 1
            assert y0 - 1 <= rows.min()
            assert rows.max() + 1 <= y1 + 1


@pytest.mark.parametrize("orbit_rad", [0.0, 0.8])
@pytest.mark.parametrize("seed", range(3))
def test_areas_and_boxes_of_solid_masks_are_those_of_the_truth(seed, orbit_rad, hand_made):
    wall = hand_made.block((-0.3, -1.2, 0.7), (0.3, 0.05, 0.8), (0.0, 0.2, 0.1))
    scene, simulated = hand_made.world(
        hand_made.bodies(6, seed), [hand_made.floor, wall], n_frames=6, orbit_rad=orbit_rad, focal=1.2
    )
    found = solid_masks(scene, simulated, 160, 128)
    truths = object_truths(scene, simulated)
    assert 0.2 < np.mean([truth.visible for truth in truths]) < 0.95
    alone = [
        solid_masks(replace(scene, blocks=()), replace(simulated, motions=(m,)), 160, 128).sum(axis=(1, 2))
        for m in simulated.motions
    ]
    held_to_truth(found, truths, np.array(alone), doubt=0.09)


@pytest.mark.parametrize("renderer", ["mujoco", "rays"])
def test_solid_masks_are_what_a_body_changes_in_the_picture(renderer, hand_made):
    if renderer == "mujoco":
        pytest.importorskip("mujoco", reason="mujoco is not installed (pip install 'lawful[mujoco]')")
        try:
            usable_gl()
        except AbsentError as error:
            pytest.skip(str(error))
    wall = hand_made.block((-0.3, -1.2, 0.7), (0.3, 0.05, 0.8), (0.0, 0.2, 0.1))
    scene, simulated = hand_made.world(
        hand_made.bodies(6, 4), [hand_made.floor, wall], n_frames=3, orbit_rad=1.0
    )
    found = solid_masks(scene, simulated, 160, 128)
    whole = drawn(scene, simulated, renderer)
    for number in range(6):
        mask = found == number + 1
        if mask.sum() > 300:
            changed = (whole != drawn(scene, without(simulated, number), renderer)).any(axis=3)
            assert outline_agrees(changed, mask) > 0.97
            assert (changed & mask).sum() / mask.sum() > 0.98


def test_visible_true_points_lie_in_the_mask_of_their_own_body(hand_made):
    wall = hand_made.block((-0.3, -1.2, 0.7), (0.3, 0.05, 0.8), (0.0, 0.2, 0.1))
    scene, simulated = hand_made.world(
        hand_made.bodies(6, 1), [hand_made.floor, wall], n_frames=5, orbit_rad=1.0
    )
    any_clip = make_clip("still", 1, width_px=160, height_px=128, fps=24, duration_s=5 / 24)
    clip = replace(any_clip, world=scene, simulated=simulated, objects=object_truths(scene, simulated))
    tracks, found = true_tracks(clip, points_per_object=40), masks(clip)
    right = wrong = hidden = 0
    # A pixel's centre may lie beyond an edge that the point is before, so its neighbours are asked too.
    for number, xy, visible in zip(tracks.ids // 1000, tracks.xy, tracks.visible, strict=True):
        for frame in range(5):
            inside = (xy[frame] > 0.02).all() and (xy[frame] < 0.98).all()
            x, y = (xy[frame] * (160, 128)).astype(int)
            if visible[frame] and inside:
                same = (found[frame, y - 1 : y + 2, x - 1 : x + 2] == number + 1).any()
                right, wrong = right + same, wrong + (not same)
            hidden += inside and not visible[frame]
    assert right > 200
    assert hidden > 200
    assert wrong == 0


@pytest.mark.parametrize("seed", range(3))
def test_solid_masks_agree_with_mujocos_rays(seed, hand_made):
    """MuJoCo's own intersections, pixel by pixel; only pixels at an outline may differ."""
    mujoco = pytest.importorskip("mujoco", reason="mujoco is not installed (pip install 'lawful[mujoco]')")
    blocks = [hand_made.floor, hand_made.block((-0.3, -1.2, 0.7), (0.3, 0.05, 0.8), (0.0, 0.2, 0.1))]
    scene, simulated = hand_made.world(hand_made.bodies(7, seed), blocks, n_frames=2, orbit_rad=1.0)
    found = solid_masks(scene, simulated, 160, 128)
    for frame in range(2):
        ids = _mujoco_ids(mujoco, scene, simulated, frame, 160, 128)
        assert (ids != found[frame]).mean() < 0.002
        for number in range(1, 8):
            one, two = ids == number, found[frame] == number
            if one.sum() > 100:
                assert (one & two).sum() / (one | two).sum() > 0.97


def _mujoco_ids(mujoco, scene, simulated, frame, width, height):
    spec = mujoco.MjSpec()
    kinds = {"ball": mujoco.mjtGeom.mjGEOM_ELLIPSOID, "box": mujoco.mjtGeom.mjGEOM_BOX}
    kinds["cylinder"] = mujoco.mjtGeom.mjGEOM_CYLINDER
    for motion in simulated.motions:
        _add(
            mujoco,
            spec,
            kinds[motion.shape(frame)],
            *(getattr(motion, name)[frame] for name in ("half_size_m", "position_m", "rotation")),
        )
    for block in scene.blocks:
        low, high = np.array(block.low), np.array(block.high)
        _add(mujoco, spec, kinds["box"], (high - low) / 2, (low + high) / 2, turned(block.turn_rad))
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    view = simulated.view
    across = ((np.arange(width) + 0.5) / width - 0.5) * view.aspect / view.scale[frame]
    up = (0.5 - (np.arange(height) + 0.5) / height) / view.scale[frame]
    ways = np.stack(np.broadcast_arrays(across, up[:, None], -1.0), axis=-1) @ view.axes[frame].T
    ways = ways.reshape(-1, 3)
    ids, geom = np.zeros(width * height, np.uint8), np.zeros(1, np.int32)
    for k, way in enumerate(ways):
        mujoco.mj_ray(model, data, view.position_m[frame], way, None, 1, -1, geom)
        ids[k] = geom[0] + 1 if geom[0] < len(simulated.motions) else 0
    return ids.reshape(height, width)


def _add(mujoco, spec, kind, half, place, rotation):
    quaternion = np.empty(4)
    mujoco.mju_mat2Quat(quaternion, np.ascontiguousarray(rotation).ravel())
    size = half[[0, 2, 2]] if kind == mujoco.mjtGeom.mjGEOM_CYLINDER else half
    spec.worldbody.add_geom(type=kind, size=size, pos=place, quat=quaternion)


def test_the_order_of_solid_bodies_only_renames_them(hand_made):
    bodies = hand_made.bodies(6, 5)
    scene, simulated = hand_made.world(bodies, [hand_made.floor], n_frames=2)
    found = solid_masks(scene, simulated, 120, 96)
    order = [4, 2, 0, 5, 1, 3]
    again = solid_masks(
        scene, replace(simulated, motions=tuple(simulated.motions[k] for k in order)), 120, 96
    )
    names = np.array([0, *(order.index(k) + 1 for k in range(6))], np.uint8)
    assert np.array_equal(again, names[found])


def test_absent_bodies_have_no_mask_and_later_flat_ones_lie_over_earlier():
    clip = make_clip("billiards", 3, **SMALL)
    simulated = clip.simulated
    moved = replace(simulated.motions[1], position_m=simulated.motions[0].position_m)
    over = replace(clip, simulated=replace(simulated, motions=(simulated.motions[0], moved)))
    assert set(np.unique(masks(replace(over, objects=clip.objects[:2])))) == {0, 2}
    gone = replace(clip, simulated=without(simulated, 0))
    assert not (masks(gone) == 1).any()
    assert (masks(clip) == 1).any()


def test_a_screen_has_no_mask_and_hides_those_of_bodies():
    clip = make_clip("screen", 2, **(SMALL | {"fps": 8}))
    behind = clip.objects[0].visible == 0
    assert behind.any()
    assert not masks(clip)[behind].any()


def test_masks_of_varied_clips_are_of_known_objects():
    for seed in range(3):
        clip = make_clip("bounce", seed, violation="duplicate", variety=RICH, **(SMALL | {"fps": 12}))
        assert set(np.unique(masks(clip))) <= set(range(len(clip.objects) + 1))


def test_there_is_a_most_of_objects():
    clip = make_clip("still", 2, **SMALL)
    crowd = replace(clip, objects=clip.objects[:1] * 255)
    with pytest.raises(
        InputError, match=r"masks number at most 254 objects and this clip of still has 255\. Make"
    ):
        masks(crowd)
