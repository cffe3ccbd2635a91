"""The trivial baselines and the dropping of repeated frames: laws, and that they rank what they should."""

import copy
import io

import av
import numpy as np
import pytest

from lawful.checklists.suite import Question, Scale
from lawful.core.errors import AbsentError, InputError
from lawful.core.registry import find
from lawful.generators.worlds.make import make_clip
from lawful.generators.worlds.pairs import make_pairs
from lawful.judge.baselines import STATISTICS, make_baseline
from lawful.judge.duplicates import keep_distinct, open_duplicates
from lawful.judge.protocol import fingerprint
from lawful.judge.summary import summarise
from lawful.video.frames import ClipMeta, Frames

NAMES = tuple(STATISTICS)
FLOW = ("flow-peak", "mean-motion")
QUESTIONS = tuple(Question(name, "?", "physics", Scale("yes_no", {"yes": 1.0, "no": 0.0})) for name in "ab")
META = ClipMeta("0" * 64, "array", 160, 120, 24.0)


def frames_of(rgb):
    return Frames(np.ascontiguousarray(rgb), np.arange(len(rgb)) / 24, np.arange(len(rgb)))


def outcome(name, frames, chunk=16):
    judge = make_baseline(name, {})
    state = judge.open(META, QUESTIONS, {})
    for start in range(0, len(frames), chunk):
        state = judge.push(state, frames[start : start + chunk])
        assert judge.events(state) == ()
    return judge.close(state)


def score(name, frames, chunk=16):
    return outcome(name, frames, chunk)[0].leaning


@pytest.fixture(scope="module")
def moving():
    """A clip with a moving camera, moving bodies and noise."""
    return make_clip("pan", 1, width_px=160, height_px=120, fps=24, duration_s=2, noise=2).frames


@pytest.mark.parametrize("name", NAMES)
def test_they_abstain_on_every_question_with_one_score(name, moving):
    verdicts = outcome(name, moving)
    assert [verdict.question_id for verdict in verdicts] == ["a", "b"]
    assert {verdict.reason for verdict in verdicts} == {"abstained"}
    assert len({verdict.leaning for verdict in verdicts}) == 1
    judge = make_baseline(name, {})
    assert {verdict.fingerprint for verdict in verdicts} == {fingerprint(judge)}
    result = summarise(verdicts, judge.rule)
    assert result.answer == "not_sure"
    assert 0 < result.score < 1
    assert result.n_scored == 0


def test_each_has_a_fingerprint_of_its_own_and_is_registered():
    assert len({fingerprint(make_baseline(name, {})) for name in NAMES}) == len(NAMES)
    for name in NAMES:
        entry, argument = find("judge", name)
        assert entry.factory(argument, {}).name == name


@pytest.mark.parametrize("name", NAMES)
def test_chunks_of_any_size_give_the_same_score(name, moving):
    assert len({score(name, moving, chunk) for chunk in (1, 7, 64)}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_state_goes_on_as_if_nothing_had_happened(name, moving):
    judge = make_baseline(name, {})
    half = judge.push(judge.open(META, QUESTIONS, {}), moving[:20])
    saved = copy.deepcopy(half)
    judge.push(half, frames_of(moving.rgb[::-1]))
    done = judge.close(judge.push(saved, moving[20:]))
    assert done[0].leaning == score(name, moving)


@pytest.mark.parametrize("name", NAMES)
def test_repeated_frames_change_nothing(name, moving):
    expected = score(name, moving)
    assert score(name, frames_of(np.repeat(moving.rgb, 2, axis=0))) == expected
    now_and_then = np.sort(np.concatenate([np.arange(len(moving)), np.arange(0, len(moving), 5)]))
    assert score(name, frames_of(moving.rgb[now_and_then])) == expected


@pytest.mark.parametrize("name", NAMES)
def test_scores_do_not_grow_with_length(name, moving):
    """Forth and back, six times over."""
    once = score(name, moving)
    long = frames_of(np.concatenate([moving.rgb, moving.rgb[::-1]] * 6))
    assert score(name, long) == pytest.approx(once, abs=1e-9 if name != "frame-difference-ratio" else 0.004)


@pytest.mark.parametrize("name", NAMES)
def test_reversal_mirror_brightness_and_shift_in_time(name, moving):
    expected = score(name, moving)
    tolerance = 0.05 if name in FLOW else 1e-3
    assert score(name, frames_of(moving.rgb[::-1])) == pytest.approx(expected, abs=1e-9)
    assert score(name, frames_of(moving.rgb[:, :, ::-1])) == pytest.approx(expected, abs=tolerance)
    darker = np.clip(moving.rgb, 20, 235) - np.uint8(15)
    same = np.clip(moving.rgb, 20, 235)
    assert score(name, frames_of(darker)) == pytest.approx(score(name, frames_of(same)), abs=tolerance)
    later = Frames(moving.rgb, moving.times_s + 100, moving.indices + 2400)
    assert score(name, later) == expected


@pytest.mark.parametrize("name", NAMES)
def test_one_picture_scores_one_and_none_leans_nowhere(name, moving):
    assert score(name, moving[:1]) == 1
    assert score(name, frames_of(np.repeat(moving.rgb[:1], 30, axis=0))) == 1
    assert 0 < score(name, moving[:2]) <= 1
    empty = outcome(name, moving[:0])
    assert [verdict.leaning for verdict in empty] == [None, None]
    assert empty[0].detail == "no frame was seen"


@pytest.mark.parametrize("name", ["frame-difference", "frame-difference-ratio", "flow-peak"])
def test_a_cut_sticks_out(name, moving):
    other = make_clip("bounce", 3, width_px=160, height_px=120, fps=24, duration_s=1).frames
    cut = frames_of(np.concatenate([moving.rgb, other.rgb]))
    assert score(name, cut) < min(score(name, moving), score(name, other))


@pytest.mark.parametrize(("height", "width"), [(2, 2), (5, 160), (160, 3), (17, 31), (400, 250)])
@pytest.mark.parametrize("name", NAMES)
def test_frames_of_any_size(name, height, width):
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (6, height, width, 3), dtype=np.uint8)
    assert 0 < score(name, frames_of(rgb)) <= 1


@pytest.mark.parametrize(
    ("name", "violation", "scenes"),
    [
        ("frame-difference-ratio", "vanish", ("slide", "pendulum", "screen")),
        ("frame-difference-ratio", "colour_change", ("slide", "screen", "bounce")),
        ("frame-difference", "teleport", ("slide", "screen", "pendulum")),
        ("mean-motion", "appear", ("bounce", "billiards")),
    ],
)
def test_they_rank_what_sticks_out_below_its_lawful_twin(name, violation, scenes):
    small = {"width_px": 160, "height_px": 160, "fps": 16, "duration_s": 2}
    pairs = make_pairs(12, 1, scenes=scenes, violations=[violation], **small)
    wins = [score(name, lawful.frames) > score(name, broken.frames) for lawful, broken in pairs]
    assert sum(wins) >= 9


def test_a_picture_shown_again_is_dropped_and_times_stay(moving):
    doubled = Frames(
        np.repeat(moving.rgb, 3, axis=0), np.arange(3 * len(moving)) / 72, np.arange(3 * len(moving))
    )
    kept = []
    state = open_duplicates()
    for start in range(0, len(doubled), 5):
        state, distinct = keep_distinct(state, doubled[start : start + 5])
        kept.append(distinct)
    assert np.array_equal(np.concatenate([part.rgb for part in kept]), moving.rgb)
    np.testing.assert_allclose(np.concatenate([part.times_s for part in kept]), np.arange(len(moving)) / 24)
    assert np.concatenate([part.indices for part in kept]).tolist() == list(range(0, 3 * len(moving), 3))


def test_encoded_repeats_are_dropped_too():
    clip = make_clip("bounce", 3, width_px=240, height_px=180, fps=12, duration_s=2, noise=0).frames
    decoded = encoded(np.repeat(clip.rgb, 2, axis=0))
    assert not np.array_equal(decoded[2], decoded[3])
    _, distinct = keep_distinct(open_duplicates(), frames_of(decoded))
    repeats = distinct.indices[distinct.indices % 2 == 1]
    assert len(repeats) <= 2
    assert len(distinct) >= len(clip) - 1


def test_slow_motion_is_thinned_and_not_lost():
    """A disc that moves by a twentieth of a pixel a frame."""
    y, x = np.mgrid[:60, :80]
    rgb = []
    for k in range(200):
        disc = np.clip(9 - np.hypot(x - 20 - 0.05 * k, y - 30) + 0.5, 0, 1)
        rgb.append(np.repeat((60 + 140 * disc)[..., None], 3, axis=2).astype(np.uint8))
    _, distinct = keep_distinct(open_duplicates(), frames_of(np.array(rgb)))
    assert 20 <= len(distinct) <= 199
    assert np.diff(distinct.indices).max() <= 10


def encoded(rgb):
    """Through x264 at CRF 23 and back."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.height, stream.width, stream.pix_fmt = rgb.shape[1], rgb.shape[2], "yuv420p"
        stream.options, stream.thread_count = {"crf": "23"}, 1
        for picture in rgb:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def test_names_and_settings_are_checked():
    with pytest.raises(AbsentError, match=r"no baseline is called 'motion'\. Known: frame-difference, "):
        make_baseline("motion", {})
    with pytest.raises(InputError, match="flow-peak has no settings, but was given: bins, size"):
        make_baseline("flow-peak", {"size": 3, "bins": 4})
