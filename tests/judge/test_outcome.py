"""The judge of drawn tasks: right outcomes pass and wrong ones do not, as arrays, as files and through the command."""

import copy
import csv
import json

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from lawful.checklists.load import load_suite, suite_folder
from lawful.checklists.tasks.__main__ import main as draw_suite
from lawful.checklists.tasks.make import MAKERS, SHIPPED_EACH, draw_task
from lawful.checklists.tasks.seen import colour_map, likeness, seen_colours
from lawful.cli.main import lawful
from lawful.core.errors import InputError, LawfulError
from lawful.judge import score_video, score_videos
from lawful.judge.outcome import MIN_LIKENESS, OutcomeJudge, make_outcome
from lawful.judge.reading import read_run
from lawful.judge.records import Unscored, Verdict
from lawful.video.frames import ClipMeta, Frames
from lawful.video.write import write_video

SHIPPED = [f"{kind}/{index}" for kind in MAKERS for index in range(1, SHIPPED_EACH + 1)]
JUDGE = OutcomeJudge()
CASES = load_suite("rules").cases
FOLDER = suite_folder("rules")
assert FOLDER is not None


def outcome_of(clip, case, judge=JUDGE, suite="rules"):
    """The outcome of the question on the rule, and those of all others."""
    result = score_video(clip, fps=8, judge=judge, suite=suite, case=case)
    rule = [one for one in result.verdicts if one.question_id.endswith(".rule")]
    assert len(rule) == 1
    return rule[0], [one for one in result.verdicts if one is not rule[0]]


def as_frames(clip, fps=8.0):
    """Drawn frames with times."""
    return Frames(np.ascontiguousarray(clip), np.arange(len(clip)) / fps, np.arange(len(clip)))


def at_size(clip, width, height):
    """The frames at another size."""
    return np.stack([cv2.resize(one, (width, height), interpolation=cv2.INTER_AREA) for one in clip])


@pytest.mark.parametrize("case", SHIPPED)
def test_a_right_clip_passes_and_wrong_ones_do_not(case) -> None:
    task = draw_task(case)
    right, others = outcome_of(task.done, case)
    assert isinstance(right, Verdict)
    assert (right.label, right.score, right.evidence[0].probability) == ("Good", 1.0, 0.0)
    assert all(isinstance(one, Unscored) and one.reason == "not_asked" for one in others)
    for what, clip in list(task.undone.items())[:3]:
        wrong, _ = outcome_of(clip, case)
        assert isinstance(wrong, Verdict), what
        (evidence,) = wrong.evidence
        assert (wrong.label, wrong.score, evidence.probability) == ("Poor", 0.0, 1.0)
        assert evidence.text[0].isupper()
        assert evidence.text.endswith(".")
        assert 0 <= evidence.start_s == evidence.end_s <= (len(clip) - 1) / 8
        (shown,) = evidence.frames
        assert np.array_equal(shown.rgb, clip[round(shown.time_s * 8)])


def test_evidence_says_when_and_where() -> None:
    task = draw_task("game/maze/1")
    through, _ = outcome_of(task.undone["the dot goes through walls"], "game/maze/1")
    (evidence,) = through.evidence
    assert evidence.text == "The dot is in a wall in frame 1."
    assert evidence.start_s == pytest.approx(1 / 8)
    cut = task.undone["the dot goes through walls"][1]
    rows, columns = np.nonzero((cut == (214, 40, 40)).all(axis=-1))
    box = evidence.box
    assert box is not None
    assert box.x0 * 640 <= columns.min()
    assert columns.max() < box.x1 * 640
    assert box.y0 * 360 <= rows.min()
    assert rows.max() < box.y1 * 360
    assert (box.x1 - box.x0) * 640 == pytest.approx(36)


@pytest.mark.parametrize("case", ["game/maze/2", "vision rule/motion/1", "game/sudoku/2"])
def test_chunks_and_saved_states_change_nothing(case) -> None:
    task = draw_task(case)
    question = next(one for one in CASES[case].questions if one.id.endswith(".rule"))
    given = {"expected": task.expected, "first_frame": str(FOLDER / task.file)}
    for clip in (task.done, next(iter(task.undone.values()))):
        frames = as_frames(clip)
        meta = ClipMeta("ab" * 32, "clip", 640, 360, 8.0)
        found = []
        for size in (1, 7, 64):
            state = JUDGE.open(meta, [question], given)
            for at in range(0, len(frames), size):
                state = JUDGE.push(copy.deepcopy(state), frames[at : at + size])
                held = [part for part in vars(state.watched).values() if isinstance(part, np.ndarray)]
                assert sum(part.nbytes for part in held) <= 640 * 360 * 3
            (outcome,) = JUDGE.close(state)
            found.append((outcome.label, outcome.evidence[0].text, outcome.evidence[0].start_s))
        assert len(set(found)) == 1


def test_only_the_question_on_the_rule_is_answered() -> None:
    suite = load_suite("rules")
    answered = [
        question.id
        for name in suite.cases
        for question in suite.questions_for(name)
        if JUDGE.answers(question)
    ]
    drawn = [case.questions[-1].id for case in suite.cases.values() if case.first_frame is not None]
    assert answered == drawn
    assert len(drawn) == 32


def test_what_cannot_be_read_is_unscored_and_says_why() -> None:
    task = draw_task("game/Go/1")
    square, _ = outcome_of(task.done[:, :, 140:500], task.case)
    assert isinstance(square, Unscored)
    assert (square.reason, square.leaning) == ("abstained", None)
    assert square.detail == "a task is checked on frames of the form 640 x 360, found 360 x 360"
    black, _ = outcome_of(np.zeros_like(task.done), task.case)
    assert isinstance(black, Unscored)
    assert black.detail.startswith(
        "the video does not begin with the first frame of game/Go/1: likeness 0.33, needed 0.6"
    )
    other, _ = outcome_of(draw_task("vision rule/size/1").done, task.case)
    assert isinstance(other, Unscored)


def test_a_first_frame_that_a_codec_has_been_at_is_like_itself() -> None:
    rng = np.random.default_rng(5)
    for case in SHIPPED:
        first = draw_task(case).first_frame
        small = cv2.resize(first, (256, 144), interpolation=cv2.INTER_AREA)
        noisy = np.clip(small.astype(np.int16) + rng.integers(-12, 13, small.shape), 0, 255).astype(np.uint8)
        wanted = colour_map(first)
        assert likeness(wanted, wanted) == 1.0
        assert likeness(wanted, seen_colours(noisy)) > MIN_LIKENESS + 0.1
        for colour in (0, 128, 250):
            assert likeness(wanted, colour_map(np.full_like(first, colour))) < MIN_LIKENESS - 0.05


def test_tasks_drawn_with_another_seed(tmp_path) -> None:
    draw_suite([str(tmp_path), "--seed", "9", "--each", "1"])
    suite = tmp_path / "rules.json"
    done = draw_task("game/maze/1", 9).done
    unknown, _ = outcome_of(done, "game/maze/1", suite=suite)
    assert isinstance(unknown, Unscored)
    assert unknown.detail == (
        "maze_1.png with its expected outcome is of none of the 32 tasks that seed 0 draws, 2 of each kind: set seed "
        "and each as the tasks were drawn"
    )
    known, _ = outcome_of(done, "game/maze/1", make_outcome({"seed": 9, "each": 1}), suite)
    assert isinstance(known, Verdict)
    assert known.label == "Good"
    (tmp_path / "rules" / "maze_1.png").write_bytes(b"no picture")
    with pytest.raises(
        LawfulError, match=r"judge 'outcome' failed in open: InputError: .*cannot be read as a picture"
    ):
        outcome_of(done, "game/maze/1", make_outcome({"seed": 9, "each": 1}), suite)


def test_without_the_case_nothing_is_asked_and_without_its_frame_nothing_is_said() -> None:
    done = draw_task("game/maze/1").done
    result = score_video(done, fps=8, judge=JUDGE, suite="rules")
    assert result.n_scored == 0
    assert result.n_not_asked == result.n_unscored == 2
    blind, _ = outcome_of(done, "game/maze/1", suite=load_suite("rules"))
    assert isinstance(blind, Unscored)
    assert blind.detail == "the first frame and the expected outcome of its case are not known"


def test_a_question_of_another_task_is_not_answered() -> None:
    task = draw_task("game/maze/1")
    question = CASES["game/Go/1"].questions[-1]
    given = {"expected": task.expected, "first_frame": str(FOLDER / task.file)}
    state = JUDGE.open(ClipMeta("ab" * 32, "clip", 640, 360, 8.0), [question], given)
    (outcome,) = JUDGE.close(JUDGE.push(state, as_frames(task.done)))
    assert isinstance(outcome, Unscored)
    assert outcome.detail == "the video is of game/maze/1, which has another rule"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"seeds": 1}, r"the settings of outcome: unknown 'seeds'; known: seed, each"),
        ({"seed": "1"}, r"the settings of outcome: seed should be a whole number, found '1'"),
        ({"each": 0}, r"seed must be 0 or more and each 1 or more, got seed = 0, each = 0"),
    ],
)
def test_settings_are_checked(config, message) -> None:
    with pytest.raises(InputError, match=message):
        make_outcome(config)


@pytest.fixture
def folder(tmp_path):
    """Clips of a few tasks as mp4 of several sizes, some not readable, and the file that names their cases."""
    clips = tmp_path / "clips"
    clips.mkdir()
    rows = []

    def put(name, case, frames):
        write_video(clips / name, as_frames(np.repeat(frames, 2, axis=0)), qp=30)
        rows.append((name, case))

    for case, width, height in (
        ("game/maze/1", 1280, 720),
        ("game/sudoku/1", 854, 480),
        ("vision rule/size/2", 480, 270),
    ):
        task, name = draw_task(case), case.replace("/", "_").replace(" ", "_")
        put(f"{name}_right.mp4", case, at_size(task.done, width, height))
        put(
            f"{name}_wrong.mp4",
            case,
            at_size(task.undone["nothing happens" if "maze" not in case else "the dot jumps"], width, height),
        )
    put("square.mp4", "game/Go/1", draw_task("game/Go/1").done[:, :, 140:500])
    put("told.mp4", "science/physics/1", draw_task("game/Go/1").done)
    whole = (clips / "game_maze_1_right.mp4").read_bytes()
    (clips / "broken.mp4").write_bytes(whole[:200])
    rows.append(("broken.mp4", "game/maze/1"))
    with (tmp_path / "prompts.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file", "prompt", "case"), *((name, "", case) for name, case in rows)])
    return tmp_path


def test_the_command_scores_a_folder(folder) -> None:
    command = [
        "score", str(folder / "clips"), "--judge", "outcome", "--suite", "rules",
        "--prompts", str(folder / "prompts.csv"), "--out", str(folder / "run"), "--workers", "0",
    ]  # fmt: skip
    result = CliRunner().invoke(lawful, command)
    assert result.exit_code in (0, 1), result.output
    found = {}
    for clip in read_run(folder / "run"):
        if clip.error is not None:
            found[clip.video] = "failed"
            continue
        (outcomes,) = clip.repeats
        rule = next(one for one in outcomes if one.question_id.endswith(".rule"))
        found[clip.video] = rule.label if isinstance(rule, Verdict) else rule.reason
        if isinstance(rule, Verdict):
            assert (folder / "run" / str(rule.evidence[0].frames[0].file)).is_file()
    assert found == {
        "broken.mp4": "failed",
        "game_maze_1_right.mp4": "Good",
        "game_maze_1_wrong.mp4": "Poor",
        "game_sudoku_1_right.mp4": "Good",
        "game_sudoku_1_wrong.mp4": "Poor",
        "square.mp4": "abstained",
        "told.mp4": "not_asked",
        "vision_rule_size_2_right.mp4": "Good",
        "vision_rule_size_2_wrong.mp4": "Poor",
    }
    assert "0 judged now" in CliRunner().invoke(lawful, command).output
    report = CliRunner().invoke(lawful, ["report", str(folder / "run"), "--format", "jsonl", "--out", "-"])
    rows = [json.loads(line) for line in report.stdout.splitlines()]
    assert {row["video"]: row.get("answer") for row in rows if "wrong" in row["video"]} == dict.fromkeys(
        (name for name in found if "wrong" in name), "violation"
    )


@pytest.mark.parametrize("case", [f"{kind}/1" for kind in MAKERS])
def test_small_recompressed_clips_are_still_read(case, tmp_path) -> None:
    task = draw_task(case)
    write_video(tmp_path / "right.mp4", as_frames(at_size(task.done, 480, 270)), qp=30)
    wrong = next(iter(task.undone.values()))
    write_video(tmp_path / "wrong.mp4", as_frames(at_size(wrong, 960, 540)), qp=30)
    paths = [tmp_path / "right.mp4", tmp_path / "wrong.mp4"]
    scored = score_videos(paths, judge="outcome", suite="rules", case=case)
    assert [one.result and one.result.answer for one in scored] == ["none_found", "violation"]
