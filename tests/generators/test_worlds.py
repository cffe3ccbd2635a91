"""Clips of flat scenes, twins, violations and truth."""

from functools import lru_cache

import numpy as np
import pytest

from lawful.checklists.laws import families
from lawful.core.errors import InputError
from lawful.generators.worlds.breaking.moments import Lawful, UnseenError
from lawful.generators.worlds.breaking.violations import NO_SHARED_PREFIX, plan_violation
from lawful.generators.worlds.families import POSSIBLE
from lawful.generators.worlds.flat.families import FLAT
from lawful.generators.worlds.make import VIOLATIONS, make_clip, true_tracks
from lawful.generators.worlds.pairs import make_pairs
from lawful.generators.worlds.simulate import simulate
from lawful.generators.worlds.truth import object_truths

SMALL = {"width_px": 96, "height_px": 80, "fps": 12, "duration_s": 2.5}
SCENES = tuple(FLAT)
COMBINATIONS = [(scene, violation) for scene in SCENES for violation in POSSIBLE[scene]]
# A clip of splash has ten times the contacts of any other: a sample of its combinations stands for all.
SAMPLED = {"splash": ("vanish", "appear", "size_change", "freeze", "wrong_gravity", "reversal")}
TWINS = [pair for pair in COMBINATIONS if pair[1] in SAMPLED.get(pair[0], pair)]


def able(*violations):
    """The flat scenes that can show some violations."""
    return [scene for scene in SCENES if set(violations) <= set(POSSIBLE[scene])]


@lru_cache(maxsize=48)
def lawful_clip(scene, seed, **settings):
    """The lawful twin, made once."""
    return make_clip(scene, seed, **settings)


def with_violation(scene, violation, first_seed, **settings):
    """The first clip of ten seeds that has a moment for the violation: not every throw comes to hover."""
    for seed in range(first_seed, first_seed + 10):
        try:
            return make_clip(scene, seed, violation=violation, **settings)
        except UnseenError:
            continue
    raise AssertionError(f"none of ten clips of {scene} can show {violation}")


@pytest.mark.parametrize("scene", SCENES)
def test_the_same_seed_gives_the_same_clip_and_another_seed_another(scene):
    one, two, other = (make_clip(scene, seed, **SMALL) for seed in (7, 7, 8))
    assert np.array_equal(one.frames.rgb, two.frames.rgb)
    assert not np.array_equal(one.frames.rgb, other.frames.rgb)
    for first, second in zip(one.objects, two.objects, strict=True):
        assert np.array_equal(first.position_m, second.position_m)
    assert one.contacts == two.contacts


@pytest.mark.parametrize("scene", SCENES)
def test_what_the_seed_chooses_lies_in_the_stated_ranges(scene):
    for seed in range(2):
        clip = make_clip(scene, seed)
        n_frames, height, width, _ = clip.frames.rgb.shape
        assert 64 <= min(height, width) <= max(height, width) <= 480
        assert 8 <= clip.fps <= 30
        assert 2.0 - 0.07 <= n_frames / clip.fps <= 3.5 + 0.07
        assert 0 <= clip.noise <= 3
        assert clip.caption[0].isupper()
        assert clip.caption.endswith(".")
        assert clip.violation is clip.onset_s is clip.onset_frame is clip.box is None
        assert clip.laws == ()


def test_what_is_given_is_kept():
    clip = make_clip("bounce", 1, duration_s=1.5, fps=20, width_px=70, height_px=51, noise=0)
    assert clip.frames.rgb.shape == (30, 51, 70, 3)
    np.testing.assert_allclose(clip.frames.times_s, np.arange(30) / 20)
    assert clip.frames.indices.tolist() == list(range(30))


@pytest.mark.parametrize(("scene", "violation"), TWINS)
def test_twins_are_identical_up_to_the_onset_and_differ_at_once(scene, violation):
    if violation in NO_SHARED_PREFIX:
        broken = with_violation(scene, violation, 3, **SMALL)
        assert broken.onset_frame == 0
        assert (broken.frames.rgb[0] != make_clip(scene, broken.seed, **SMALL).frames.rgb[0]).any()
        return
    broken = with_violation(scene, violation, 3, **SMALL)
    lawful = lawful_clip(scene, broken.seed, **SMALL)
    onset = broken.onset_frame
    assert broken.onset_s == pytest.approx(lawful.frames.times_s[onset])
    assert np.array_equal(lawful.frames.rgb[:onset], broken.frames.rgb[:onset])
    assert broken.caption == lawful.caption
    assert broken.laws == families()[violation].laws
    # A wrong rebound may start just before a frame, so one more frame is granted.
    difference = np.abs(
        lawful.frames.rgb[onset : onset + 2].astype(int) - broken.frames.rgb[onset : onset + 2]
    )
    assert difference.max() > 20
    assert (broken.box is None) == (broken.subject is None) == (violation == "freeze")
    assert broken.subject is None or subject(broken).name.split()[0] not in ("hand", "drop", "picture")


@pytest.mark.parametrize("scene", SCENES)
def test_every_possible_violation_is_found_in_most_clips_of_ordinary_length(scene):
    """Without drawing: planned for the same five clips, of 12 to 24 frames a second and 2 to 3.5 s."""
    found = dict.fromkeys(POSSIBLE[scene], 0)
    for seed, (fps, duration_s, aspect) in enumerate(
        ((12.0, 2.5, 1.0), (24.0, 2.2, 4 / 3), (16.0, 3.0, 16 / 9), (20.0, 3.4, 0.75), (15.0, 2.8, 4 / 3))
    ):
        start = FLAT[scene].build(np.random.default_rng(100 + seed), aspect, duration_s)
        simulated = simulate(start, fps, round(fps * duration_s))
        lawful = Lawful(start, simulated, object_truths(start, simulated), 96 / start.view_height_m)
        for violation in found:
            try:
                plan = plan_violation(violation, lawful, np.random.default_rng(seed))
            except UnseenError:
                continue
            assert (plan.onset_frame == 0) == (violation in NO_SHARED_PREFIX)
            assert plan.onset_frame < lawful.n_frames
            found[violation] += 1
    # Discs that stand on a floor do not stretch, and some clips of the still family have no boxes.
    assert min(found.values()) >= (2 if scene == "still" else 3), found


def subject(clip):
    return next(truth for truth in clip.objects if truth.name == clip.subject)


@pytest.mark.parametrize("scene", SCENES)
def test_vanish_and_appear(scene):
    gone = with_violation(scene, "vanish", 5, **SMALL)
    onset = gone.onset_frame
    assert subject(gone).visible[onset - 1] >= 0.9
    assert not subject(gone).present[onset:].any()
    assert np.isnan(subject(gone).box[onset:]).all()
    come = with_violation(scene, "appear", 5, **SMALL)
    onset = come.onset_frame
    assert not subject(come).present[:onset].any()
    assert subject(come).visible[onset] >= 0.9


@pytest.mark.parametrize("scene", able("teleport"))
def test_teleport_moves_farther_than_the_body_is_wide(scene):
    for seed in (0, 10):
        clip = with_violation(scene, "teleport", seed, **SMALL)
        truth, onset = subject(clip), clip.onset_frame
        step = np.hypot(*np.diff(truth.position_m, axis=0).T)
        assert step[onset - 1] > 2 * truth.half_size_m[0, 0]
        assert truth.visible[onset] >= 0.9


@pytest.mark.parametrize("scene", able("freeze"))
def test_freeze_repeats_frames_for_a_while_and_goes_on(scene):
    clip = with_violation(scene, "freeze", 5, noise=0, **SMALL)
    same = (np.diff(clip.frames.rgb.astype(int), axis=0) == 0).all(axis=(1, 2, 3))
    onset = clip.onset_frame
    run = int(np.argmin(same[onset - 1 :]))
    assert 0.3 * clip.fps - 1 <= run <= 0.6 * clip.fps + 1
    assert not same[onset - 1 + run]
    assert not same[onset - 2]


@pytest.mark.parametrize("scene", able("super_elastic"))
def test_super_elastic_leaves_what_it_falls_on_faster_than_it_came(scene):
    for seed in (0, 10):
        clip = with_violation(scene, "super_elastic", seed, **SMALL)
        names = {truth.name for truth in clip.objects}
        wrong = [
            c
            for c in clip.contacts
            if c.separation_m_s > 1.05 * c.approach_m_s
            and c.approach_m_s > 0.3
            and c.second not in names
            and clip.simulated.motion(c.first).body.shape == "disc"
        ]
        assert len(wrong) == 1
        assert wrong[0].first == clip.subject
        assert 1.3 <= wrong[0].separation_m_s / wrong[0].approach_m_s <= 2
        assert clip.onset_frame - 1 < wrong[0].time_s * clip.fps <= clip.onset_frame + 1e-6


@pytest.mark.parametrize("scene", SCENES)
def test_colour_change_changes_the_look_and_nothing_else(scene):
    broken = with_violation(scene, "colour_change", 5, **SMALL)
    lawful = lawful_clip(scene, broken.seed, **SMALL)
    truth = subject(broken)
    assert truth.looks[0].colour != truth.looks[1].colour
    assert truth.look_index.tolist() == [int(k >= broken.onset_frame) for k in range(len(broken.frames))]
    for one, two in zip(lawful.objects, broken.objects, strict=True):
        assert np.array_equal(one.position_m, two.position_m)


def test_nothing_moves_in_a_still_clip():
    clip = make_clip("still", 3, noise=0, **SMALL)
    assert (clip.frames.rgb == clip.frames.rgb[0]).all()


def test_the_camera_moves_in_pan_alone():
    for scene in SCENES:
        start = FLAT[scene].build(np.random.default_rng(2), 1.2, 2.5)
        position_m = start.view(np.arange(10) / 4).position_m
        assert (np.ptp(position_m, axis=0) > 0).all() == (scene == "pan")


def test_the_disc_goes_behind_the_screen_and_comes_out_again():
    for seed in range(6):
        seen = make_clip("screen", seed, **SMALL).objects[0].visible
        assert seen[0] > 0.9
        assert seen[len(seen) // 4 : -len(seen) // 8].min() == 0
        assert seen[-3:].max() > 0.5


@pytest.mark.parametrize("scene", SCENES)
def test_objects_are_drawn_where_the_truth_says(scene):
    """Removing an object changes pixels inside its box and nowhere else."""
    broken = with_violation(scene, "vanish", 9, noise=0, **SMALL)
    lawful = lawful_clip(scene, broken.seed, noise=0, **SMALL)
    onset = broken.onset_frame
    truth = next(truth for truth in lawful.objects if truth.name == broken.subject)
    changed = (lawful.frames.rgb[onset] != broken.frames.rgb[onset]).any(axis=-1)
    rows, columns = np.nonzero(changed)
    box = truth.box[onset] * [96, 80, 96, 80]
    drawn = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    if scene in ("pendulum", "spring", "chain"):
        # What holds it goes with it.
        assert (drawn[:2] <= box[:2] + 1.6).all()
        assert (drawn[2:] >= box[2:] - 1.6).all()
    else:
        np.testing.assert_allclose(drawn, box, atol=1.6)


@pytest.mark.parametrize("scene", ["bounce", "slide", "pan", "pendulum", "billiards"])
def test_true_tracks_keep_their_colour(scene):
    """The picture around a true point looks the same from frame to frame, whatever the body does."""
    clip = make_clip(scene, 1, noise=0, width_px=320, height_px=320, fps=24, duration_s=1.5)
    tracks = true_tracks(clip)
    assert len(np.unique(tracks.ids)) == len(tracks.ids) == 16 * len(clip.objects)
    assert tracks.xy.shape == (len(tracks.ids), len(clip.frames), 2)
    kept, shifted = [], []
    for xy, visible in zip(tracks.xy, tracks.visible, strict=True):
        for k in range(len(clip.frames) - 6):
            if visible[k] and visible[k + 6] and (np.abs(xy[[k, k + 6]] - 0.5) < 0.48).all():
                kept.append(difference(clip, (k, xy[k]), (k + 6, xy[k + 6])))
                shifted.append(difference(clip, (k, xy[k]), (k + 6, xy[k])))
    assert np.median(kept) < 4
    assert np.mean(kept) < 0.35 * np.mean(shifted) or scene == "billiards"


def difference(clip, one, two):
    colours = []
    for frame, (x, y) in (one, two):
        height, width = clip.frames.rgb.shape[1:3]
        colours.append(clip.frames.rgb[frame, int(y * height), int(x * width)].astype(int))
    return np.abs(colours[0] - colours[1]).mean()


def test_true_tracks_know_what_is_hidden():
    clip = make_clip("screen", 0, **SMALL)
    tracks = true_tracks(clip, points_per_object=40)
    np.testing.assert_allclose(tracks.visible.mean(axis=0), clip.objects[0].visible, atol=0.1)
    assert np.isfinite(tracks.xy).all()
    gone = true_tracks(make_clip("screen", 0, violation="vanish", **SMALL))
    assert np.isnan(gone.xy[:, -1]).all()
    assert not gone.visible[:, -1].any()


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_one_frame_is_too_few_to_show_a_violation(violation):
    scene = next(scene for scene in SCENES if violation in POSSIBLE[scene])
    with pytest.raises(InputError, match=f"{violation} was asked for in {scene}, but this clip of 1.00 s"):
        make_clip(scene, 1, violation=violation, duration_s=0.1, fps=1)


def test_pairs_take_turns_and_do_not_depend_on_their_number():
    few = list(make_pairs(3, 5, scenes=SCENES, **SMALL))
    more = list(make_pairs(8, 5, scenes=SCENES, **SMALL))
    assert [broken.violation for _, broken in more] == [*VIOLATIONS, *VIOLATIONS][:8]
    for (lawful, broken), (_, again) in zip(few, more, strict=False):
        assert lawful.violation is None
        assert (lawful.scene, lawful.seed) == (broken.scene, broken.seed)
        assert np.array_equal(broken.frames.rgb, again.frames.rgb)
    assert not list(make_pairs(0, 5))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make_clip("lake", 0), "no scene is called 'lake'. Known: bounce, "),
        (lambda: make_clip("still", 0, violation="melt"), "no violation is called 'melt'. Known: vanish, "),
        (
            lambda: make_clip("still", 0, violation="super_elastic"),
            r"super_elastic cannot happen in still. It can in: bounce, pan, .* still can show: vanish, appear,",
        ),
        (lambda: make_clip("bounce", -1), "seed was asked to be -1; it must be 0 or more"),
        (lambda: make_clip("bounce", 0, fps=0), "fps was asked to be 0; it may be 1 to 240"),
        (lambda: make_clip("bounce", 0, width_px=8), "width_px was asked to be 8; it may be 16 to 4096"),
        (lambda: make_clip("bounce", 0, noise=float("nan")), "noise was asked to be nan; it may be 0 to 64"),
        (
            lambda: make_clip("bounce", 0, violation="super_elastic", duration_s=0.1),
            "super_elastic was asked for in bounce, but this clip of 0.1. s at .* Ask for a longer clip",
        ),
        (lambda: list(make_pairs(1, 0, scenes=["still"])), "freeze cannot happen in still"),
        (lambda: list(make_pairs(1, 0, scenes=["lake"])), "no scene is called 'lake'"),
        (lambda: list(make_pairs(1, 0, scenes=[])), "make_pairs needs at least one scene and one violation"),
        (lambda: list(make_pairs(1, 0, violations=["melt"])), "no violation is called 'melt'"),
    ],
)
def test_what_is_impossible_is_refused_in_words(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_a_pair_is_drawn_again_where_a_clip_cannot_show_it():
    pairs = list(make_pairs(4, 2, scenes=["bounce", "pan"], violations=["hover"], **SMALL))
    assert [broken.violation for _, broken in pairs] == ["hover"] * 4
    with pytest.raises(InputError, match=r"hover was asked for in bounce, but this clip of 0\.1. s"):
        list(make_pairs(1, 2, scenes=["bounce"], violations=["hover"], duration_s=0.1, fps=10))
