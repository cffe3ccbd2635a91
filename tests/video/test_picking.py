import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.video.picking import Clock, Picker, shrunk, spread, times_of
from lawful.video.sampling import Sampling
from lawful.video.sources import MAX_GAP_S


def picked(times: list[float], last_s: float, sampling: Sampling, rounding_s: float = 0.0) -> list[int]:
    wanted = None if sampling.count is None else spread(times, sampling.count)
    picker = Picker(sampling, wanted, rounding_s)
    ends = [*times[1:], times[-1] + last_s]
    return [i for i, (start, end) in enumerate(zip(times, ends, strict=True)) if picker.picks(start, end)]


@pytest.mark.parametrize("clip_fps", [8.0, 23.976, 24.0, 25.0, 29.97, 30.0, 60.0, 120.0])
def test_ticks_pick_the_frame_on_screen(clip_fps):
    times = [k / clip_fps for k in range(240)]
    for fps in (1.0, 4.0, 8.0, 12.5, 24.0, 30.0, 240.0):
        got = picked(times, 1 / clip_fps, Sampling(fps=fps))
        ticks = np.arange(0, 240 / clip_fps - 1e-6, 1 / fps)
        on_screen = sorted({int(np.searchsorted(times, tick + 1e-6, side="right")) - 1 for tick in ticks})
        assert got == on_screen
        if fps >= clip_fps:
            assert got == list(range(240))


@pytest.mark.parametrize(("digits", "rounding_s"), [(3, 0.001), (2, 0.01)])
@pytest.mark.parametrize("clip_fps", [8.0, 23.976, 24.0, 25.0, 29.97])
def test_rounded_stamps_lose_no_frame_at_the_clips_own_rate(digits, rounding_s, clip_fps):
    times = [round(k / clip_fps, digits) for k in range(1000)]
    assert len(picked(times, 1 / clip_fps, Sampling(fps=clip_fps), rounding_s)) == 1000
    half = picked(times, 1 / clip_fps, Sampling(fps=clip_fps / 2), rounding_s)
    assert len(half) == pytest.approx(500, abs=2)


@given(
    st.lists(st.floats(0.001, 2.0), min_size=1, max_size=60),
    st.sampled_from([1.0, 3.0, 24.0]),
    st.sampled_from([0.0, 0.001, 0.01]),
)
def test_no_more_frames_than_ticks_come_and_the_first_always_does(steps, fps, rounding_s):
    times = [0.0, *np.cumsum(steps).tolist()]
    got = picked(times, 0.04, Sampling(fps=fps), rounding_s)
    assert got[0] == 0
    assert len(got) <= (times[-1] + 0.04) * fps + 2


@given(st.lists(st.floats(0.001, 2.0), max_size=60), st.integers(1, 70))
def test_count_gives_that_many_frames_from_the_first_to_the_last(steps, count):
    times = [0.0, *np.cumsum(steps).tolist()]
    got = picked(times, 0.04, Sampling(count=count))
    assert len(got) == min(count, len(times))
    assert got[0] == 0
    if count > 1:
        assert got[-1] == len(times) - 1


def test_count_is_even_in_time():
    times = [0.0, 0.01, 0.02, 0.03, 1.0, 2.0, 3.0]
    assert spread(times, 4) == [0.0, 1.0, 2.0, 3.0]


def test_a_frame_that_stays_long_is_picked_once():
    assert picked([0.0, 5.0, 5.1], 0.1, Sampling(fps=10.0)) == [0, 1, 2]


def test_stamps_start_at_zero():
    assert list(times_of([5.0, 5.5, 7.0], 24.0)) == [0.0, 0.5, 2.0]


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        ([None, None, None], [0.0, 0.1, 0.2]),
        ([0.0, 0.0, 0.3], [0.0, 0.1, 0.3]),
        ([0.0, 0.5, 0.4, 0.7], [0.0, 0.5, 0.6, 0.7]),
        ([0.0, 1e9, 0.2], [0.0, 0.1, 0.2]),
        ([0.0, None, 0.2], [0.0, 0.1, 0.2]),
        ([None, 3.0, 3.5], [0.0, 0.1, 0.6]),
        ([0.0, MAX_GAP_S], [0.0, MAX_GAP_S]),
    ],
)
def test_wrong_stamps_become_a_nominal_interval(stamps, times):
    assert list(times_of(stamps, 10.0)) == pytest.approx(times)


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), max_size=50))
def test_times_strictly_increase_whatever_is_stated(stamps):
    clock = Clock(0.04)
    times = np.array([clock.time_s(stamp) for stamp in stamps])
    assert np.isfinite(times).all()
    assert (np.diff(times) > 0).all()


def test_shrinking_keeps_the_aspect_and_a_pixel():
    assert shrunk((1920, 1080), None) == (1920, 1080)
    assert shrunk((1080, 1920), 960) == (540, 960)
    assert shrunk((100, 50), 200) == (100, 50)
    assert shrunk((5000, 1), 10) == (10, 1)
