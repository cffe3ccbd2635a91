"""Scoring from Python."""

import doctest

import numpy as np
import pytest
from PIL import Image

import lawful.judge.api
from lawful.checklists.suite import Case, Suite
from lawful.core.errors import AbsentError, InputError
from lawful.judge import score_video, score_videos
from lawful.judge.records import ClipResult
from lawful.video.arrays import frames_from_array


@pytest.fixture
def suite(ask):
    return Suite(
        "s",
        "1",
        "a suite",
        "CC0-1.0",
        (ask("a"), ask("b", axis="prompt")),
        {"fall": Case("fall", "a ball falls", questions=(ask("c"),))},
    )


@pytest.fixture
def array():
    rgb = np.random.default_rng(0).integers(0, 40, (12, 24, 32, 3), dtype=np.uint8)
    rgb[6] += np.uint8(200)
    return rgb


def gist(result):
    outcomes = [(outcome.question_id, type(outcome).__name__) for outcome in result.verdicts]
    return result.answer, result.score, result.reason, outcomes


def test_an_array_is_scored(toy_plugin, suite, array):
    result = score_video(array, fps=10, judge="toy", suite=suite)
    assert isinstance(result, ClipResult)
    assert (result.answer, result.reason) == ("violation", "brightness jumps, look 0")
    assert (result.n_scored, result.n_unscored, result.rule) == (1, 1, "toy/1")
    evidence = result.verdicts[0].evidence[0]
    assert evidence.start_s == pytest.approx(0.6)
    assert (evidence.frames[0].rgb == array[6]).all()


def test_the_same_pixels_give_the_same_result_however_they_come(toy_plugin, suite, array, toy):
    torch = pytest.importorskip("torch")
    expected = gist(score_video(array, fps=10, judge="toy", suite=suite))
    tensor = torch.from_numpy(array)
    same = [
        score_video(array, times_s=np.arange(12) / 10, judge="toy", suite=suite),
        score_video(frames_from_array(array, fps=10.0), judge="toy", suite=suite),
        score_video(array.transpose(0, 3, 1, 2), fps=10, judge="toy", suite=suite),
        score_video(tensor, fps=10, judge="toy", suite=suite),
        score_video(tensor.permute(0, 3, 1, 2).float() / 255, fps=10, judge="toy", suite=suite),
        score_video(array, fps=10, judge=toy, suite=suite),
    ]
    assert [gist(result) for result in same] == [expected] * len(same)


def test_large_frames_are_sampled_as_the_judge_wants_them(toy_plugin, suite):
    seen = []

    class Spy(toy_plugin.ToyJudge):
        def push(self, state, frames):
            seen.append(frames.rgb.shape)
            return super().push(state, frames)

    array = np.zeros((80, 200, 100, 3), np.uint8)
    score_video(array, fps=10, judge=Spy({}), suite=suite)
    assert seen == [(64, 64, 32, 3), (16, 64, 32, 3)]


def test_prompt_and_case_reach_the_judge(toy_plugin, suite, array):
    result = score_video(array, fps=10, judge="toy", suite=suite, case="fall", prompt="a ball falls")
    assert {verdict.question_id for verdict in result.verdicts} == {"a", "b", "c"}
    assert "given {'prompt': 'a ball falls'}" in [e.text for e in result.verdicts[0].evidence]


def test_what_does_not_fit_is_said(toy_plugin, toy, suite, array):
    with pytest.raises(AbsentError, match=r"suite 's' has no case 'fly'\. Its cases: fall\."):
        score_video(array, fps=10, judge="toy", suite=suite, case="fly")
    with pytest.raises(InputError, match="judge 'toy' is made already: leave out config"):
        score_video(array, fps=10, judge=toy, suite=suite, config={})
    with pytest.raises(InputError, match="Frames have times of their own: leave out times_s"):
        score_video(frames_from_array(array, fps=10.0), times_s=[1.0], judge="toy", suite=suite)
    with pytest.raises(InputError, match="give fps or times_s"):
        score_video(array, judge="toy", suite=suite)
    with pytest.raises(AbsentError, match="no judge is called 'none'"):
        score_videos([], judge="none", suite=suite)


@pytest.fixture
def files(tmp_path, array):
    first, *rest = (Image.fromarray(frame) for frame in array)
    good = tmp_path / "good.webp"
    first.save(good, save_all=True, append_images=rest, duration=100, lossless=True)
    (tmp_path / "bad.mp4").write_bytes(b"no video at all")
    images = tmp_path / "images"
    images.mkdir()
    for number, frame in enumerate(array):
        Image.fromarray(frame).save(images / f"{number:03}.png")
    return [good, tmp_path / "bad.mp4", tmp_path / "absent.mp4", images]


@pytest.mark.parametrize("workers", [0, 2])
def test_files_are_scored_one_entry_each_in_order(toy_plugin, suite, files, array, workers):
    expected = score_video(array, fps=10, judge="toy", suite=suite, prompt="p")
    scored = score_videos(
        files, judge="toy", suite=suite, workers=workers, image_fps=10, prompts={str(files[0]): "p"}
    )
    assert [video.name for video in scored] == [str(path) for path in files]
    assert gist(scored[0].result) == gist(scored[3].result) == gist(expected)
    texts = [[e.text for e in video.result.verdicts[0].evidence][1] for video in (scored[0], scored[3])]
    assert texts == ["given {'prompt': 'p'}", "given {}"]
    assert [video.error is None for video in scored] == [True, False, False, True]
    assert scored[1].result is scored[2].result is None
    assert "No such file" in str(scored[2].error)


def test_evidence_goes_where_it_is_told_to(toy_plugin, suite, files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (video,) = score_videos(files[:1], judge="toy", suite=suite, evidence_folder="kept")
    evidence = video.result.verdicts[0].evidence[0]
    assert evidence.frames[0].rgb is None
    assert (tmp_path / "kept" / evidence.frames[0].file).is_file()


def test_a_folder_of_images_needs_a_rate(toy_plugin, suite, files):
    (video,) = score_videos([files[3]], judge="toy", suite=suite)
    assert "has no frame rate of its own" in str(video.error)


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(lawful.judge.api).failed == 0
