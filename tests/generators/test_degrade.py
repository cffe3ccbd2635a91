import numpy as np
import pytest

from lawful.core.errors import InputError
from lawful.generators.worlds.degrade import DEGRADATIONS, Degradation, choose, degrade
from lawful.generators.worlds.make import make_clip
from lawful.video.frames import Frames

SIZES = [(96, 80), (65, 71)]
SEEDS = (0, 1, 2)


def frames_of(width=96, height=80, violation=None):
    clip = make_clip(
        "billiards", 3, violation=violation, duration_s=1.5, fps=16, width_px=width, height_px=height, noise=1
    )
    return clip.frames


@pytest.fixture(scope="module")
def frames():
    return frames_of()


def psnr(one, two):
    error = np.mean((one.rgb.astype(float) - two.rgb) ** 2)
    return np.inf if error == 0 else 10 * np.log10(255**2 / error)


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_more_strength_is_worse_and_none_changes_nothing(name, frames):
    for seed in SEEDS:
        steps = [Degradation(name, strength, seed) for strength in (0.0, 0.35, 0.7, 1.0)]
        quality = [psnr(frames, degrade(frames, [step])) for step in steps]
        assert quality[0] == np.inf
        assert quality == sorted(quality, reverse=True)
        assert len(set(quality)) == len(quality)
        assert 15 < quality[-1] < 34


@pytest.mark.parametrize("name", DEGRADATIONS)
@pytest.mark.parametrize("size", SIZES)
def test_shapes_and_times_are_kept(name, size):
    made = frames_of(*size)
    before = made.rgb.copy()
    worse = degrade(made, [Degradation(name, 0.8, 4)])
    assert worse.rgb.shape == made.rgb.shape
    assert np.array_equal(worse.times_s, made.times_s)
    assert np.array_equal(worse.indices, made.indices)
    assert np.array_equal(made.rgb, before)


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_a_frame_depends_on_those_before_it_alone(name, frames):
    for seed in SEEDS:
        steps = [Degradation(name, 0.9, seed)]
        whole = degrade(frames, steps)
        for count in (1, 2, 11):
            assert np.array_equal(degrade(frames[:count], steps).rgb, whole.rgb[:count])


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_twins_stay_twins_up_to_the_onset(name):
    lawful = frames_of()
    broken = frames_of(violation="vanish")
    onset = int(np.argmax((lawful.rgb != broken.rgb).any(axis=(1, 2, 3))))
    steps = [Degradation(name, 0.6, 5), Degradation("noise", 0.2, 6)]
    one, two = degrade(lawful, steps), degrade(broken, steps)
    assert np.array_equal(one.rgb[:onset], two.rgb[:onset])
    assert not np.array_equal(one.rgb, two.rgb)


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_the_same_seed_gives_the_same_frames(name, frames):
    one, two = (degrade(frames, [Degradation(name, 0.5, seed)]).rgb for seed in (7, 7))
    assert np.array_equal(one, two)
    other = degrade(frames, [Degradation(name, 0.5, 8)]).rgb
    assert np.array_equal(one, other) == (name in {"codec", "gif"})  # nothing of these two is random


def test_steps_are_done_in_their_order(frames):
    noise, gif = Degradation("noise", 0.5, 1), Degradation("gif", 0.5, 1)
    assert not np.array_equal(degrade(frames, [noise, gif]).rgb, degrade(frames, [gif, noise]).rgb)
    one_by_one = degrade(degrade(frames, [noise]), [gif])
    assert np.array_equal(degrade(frames, [noise, gif]).rgb, one_by_one.rgb)
    assert degrade(frames, []) is frames


def test_a_lost_frame_shows_the_one_before_it_and_at_most_twice():
    count = 400
    rgb = np.broadcast_to((np.arange(count) % 256).astype(np.uint8)[:, None, None, None], (count, 2, 2, 3))
    numbered = Frames(np.ascontiguousarray(rgb), np.arange(count) / 24, np.arange(count))
    for seed in SEEDS:
        shown = degrade(numbered, [Degradation("drop", 1.0, seed)]).rgb[:, 0, 0, 0]
        late = (np.arange(count) - shown) % 256
        assert late[0] == 0
        assert set(late.tolist()) == {0, 1, 2}
        assert (late[1:][late[1:] > 0] == late[:-1][late[1:] > 0] + 1).all()
        assert 0.2 < (late > 0).mean() < 0.4


def test_flicker_is_one_gain_for_all_pixels():
    grey = np.full((20, 4, 4, 3), 100, np.uint8)
    made = Frames(grey, np.arange(20) / 10, np.arange(20))
    shown = degrade(made, [Degradation("flicker", 0.8, 3)]).rgb
    assert (shown == shown[:, :1, :1, :1]).all()
    assert 5 < np.ptp(shown[:, 0, 0, 0]) < 60


def test_a_blur_is_the_same_in_every_frame():
    still = make_clip("still", 3, noise=0, duration_s=0.5, fps=8, width_px=64, height_px=64).frames
    for seed in SEEDS:
        shown = degrade(still, [Degradation("blur", 0.8, seed)]).rgb
        assert (shown == shown[0]).all()


def test_a_gif_has_few_colours_and_some_for_what_comes_later(frames):
    for strength, most in ((1.0, 64), (0.5, 128)):
        shown = degrade(frames, [Degradation("gif", strength, 0)]).rgb
        assert len(np.unique(shown.reshape(-1, 3), axis=0)) <= most
    rgb = frames.rgb.copy()
    rgb[5:, 20:60, 20:60] = (255, 0, 255)
    late = degrade(Frames(rgb, frames.times_s, frames.indices), [Degradation("gif", 1.0, 0)])
    assert np.abs(late.rgb[6, 30:50, 30:50].astype(int) - (255, 0, 255)).mean() < 4


def test_none_to_two_are_chosen_in_a_sensible_order():
    counts, pairs = [], set()
    for seed in range(300):
        steps = choose(DEGRADATIONS, np.random.default_rng(seed))
        names = [step.name for step in steps]
        assert names == [name for name in DEGRADATIONS if name in names]
        assert all(0.15 <= step.strength <= 1 for step in steps)
        counts.append(len(names))
        pairs.update(names)
    assert pairs == set(DEGRADATIONS)
    assert np.bincount(counts).tolist() == pytest.approx([100, 100, 100], abs=25)
    assert choose(["gif", "blur"], np.random.default_rng(1)) == choose(
        ["gif", "blur"], np.random.default_rng(1)
    )
    assert choose([], np.random.default_rng(1)) == ()
    assert all(len(choose(["blur"], np.random.default_rng(seed))) < 2 for seed in range(20))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Degradation("rain", 0.5, 0), "no degradation is called 'rain'. Known: warp, blur, flicker,"),
        (lambda: choose(["rain"], np.random.default_rng(0)), "no degradation is called 'rain'. Known: warp"),
        (
            lambda: Degradation("blur", 1.5, 0),
            "blur was asked for at strength 1.5; it may be 0 to 1",
        ),
        (lambda: Degradation("blur", float("nan"), 0), "blur was asked for at strength nan"),
        (lambda: Degradation("blur", -0.1, 0), "blur was asked for at strength -0.1"),
        (lambda: Degradation("drop", 0.1, -1), "drop was asked for with seed -1; it must be 0 or more"),
    ],
)
def test_what_is_impossible_is_refused_in_words(call, message):
    with pytest.raises(InputError, match=message):
        call()
