"""Drawn tasks: the same for the same seed, and checked as told, also after a generator's or a codec's losses."""

import io
import json
import re
from importlib.resources import files
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from lawful.checklists.load import load_suite, read_suite, suite_folder
from lawful.checklists.tasks.__main__ import main
from lawful.checklists.tasks.canvas import HEIGHT, WIDTH
from lawful.checklists.tasks.make import MAKERS, SHIPPED_EACH, draw_task, drawn_anew
from lawful.checklists.tasks.numbers import _fillings
from lawful.checklists.tasks.seen import colour_map, digit_at
from lawful.core.errors import AbsentError, InputError

SHIPPED = [f"{kind}/{index}" for kind in MAKERS for index in range(1, SHIPPED_EACH + 1)]


@pytest.mark.parametrize("case", SHIPPED)
def test_the_right_outcome_is_taken_and_wrong_ones_are_refused(case: str) -> None:
    task = draw_task(case)
    assert np.array_equal(task.done[0], task.first_frame)
    assert task.check(task.done).right, task.check(task.done).reason
    assert len(task.undone) >= 4
    for what, clip in task.undone.items():
        outcome = task.check(clip)
        assert not outcome.right, what
        assert outcome.reason


@pytest.mark.parametrize("case", [f"{kind}/1" for kind in MAKERS])
def test_other_seeds_draw_other_tasks_that_hold_as_well(case: str) -> None:
    task, other = draw_task(case), draw_task(case, seed=7)
    assert np.array_equal(task.first_frame, draw_task(case).first_frame)
    assert not np.array_equal(task.first_frame, other.first_frame)
    assert other.check(other.done).right
    assert [what for what, clip in other.undone.items() if other.check(clip).right] == []


@pytest.mark.parametrize("case", [f"{kind}/2" for kind in MAKERS])
def test_losses_of_a_codec_and_another_size_change_no_outcome(case: str) -> None:
    task = draw_task(case)
    rng = np.random.default_rng(3)
    assert task.check(_lossy(task.done, rng)).right, task.check(_lossy(task.done, rng)).reason
    for what, clip in list(task.undone.items())[:3]:
        assert not task.check(_lossy(clip, rng)).right, what


def _lossy(clip, rng):
    """The clip at 480 lines with blur, noise, a little less contrast and JPEG's losses."""
    frames = []
    for frame in clip:
        large = cv2.GaussianBlur(cv2.resize(frame, (854, 480), interpolation=cv2.INTER_LINEAR), (3, 3), 0)
        noisy = np.clip(10 + 0.92 * large + rng.normal(0, 5, large.shape), 0, 255).astype(np.uint8)
        stream = io.BytesIO()
        Image.fromarray(noisy).save(stream, "JPEG", quality=80)
        frames.append(np.asarray(Image.open(stream)))
    return np.stack(frames)


def test_the_suite_holds_the_tasks_that_the_code_draws() -> None:
    suite = load_suite("rules")
    anew, tasks = drawn_anew(suite)
    assert anew == suite
    assert {task.case for task in tasks} == {name for name, case in suite.cases.items() if case.first_frame}
    folder = Path(str(files("lawful.checklists.suites")))
    assert {path.name for path in (folder / "rules").iterdir()} == {Path(task.file).name for task in tasks}
    assert len({task.first_frame.tobytes() for task in tasks}) == len(tasks)
    for task in tasks:
        shipped = np.asarray(Image.open(folder / task.file).convert("RGB"))
        assert np.array_equal(shipped, task.first_frame), task.case
        assert (folder / task.file).stat().st_size < 4_000


def test_every_case_has_a_premise_and_the_metrics_of_its_category() -> None:
    suite = load_suite("rules")
    assert [question.axis for question in suite.questions] == ["Visual Consistency", "Visual Fidelity"]
    for name, case in suite.cases.items():
        axes = [question.axis for question in case.questions]
        followed = [] if name.startswith("vision rule/") else ["Instruction Following"]
        assert axes == ["facts", *followed, "Rule Coherence"]
        for question in case.questions[1:]:
            assert question.depends_on == (case.questions[0].id,)
            assert list(question.scale.values) == ["Good", "Medium", "Poor"]


def test_the_small_sudoku_has_one_solution() -> None:
    for seed in range(3):
        task = draw_task("game/sudoku/1", seed)
        given, full = (_numbers(picture) for picture in (task.done[0], task.done[-1]))
        assert list(_fillings(given)) == [full]
        assert len(given) == 10


def _numbers(picture):
    colours = colour_map(picture)
    places = {
        (r, c): digit_at(colours, 160 + 80 * c + 40, 20 + 80 * r + 40, 8)
        for r, c in product(range(4), repeat=2)
    }
    return {cell: value for cell, value in places.items() if value is not None}


def test_a_folder_of_the_suite_with_other_tasks(tmp_path: Path) -> None:
    main([str(tmp_path / "new"), "--seed", "9", "--each", "1"])
    suite = read_suite(tmp_path / "new" / "rules.json")
    assert (suite.id, suite.version) == ("rules", "1-9-1")
    drawn = [case for case in suite.cases.values() if case.first_frame]
    assert len(drawn) == len(MAKERS)
    for case in drawn:
        with Image.open(tmp_path / "new" / str(case.first_frame)) as picture:
            assert picture.size == (WIDTH, HEIGHT)
        assert np.array_equal(
            np.asarray(Image.open(tmp_path / "new" / str(case.first_frame)).convert("RGB")),
            draw_task(case.id, 9).first_frame,
        )
    main([str(tmp_path / "same")])
    assert read_suite(tmp_path / "same" / "rules.json") == load_suite("rules")
    assert json.loads((tmp_path / "same" / "rules.json").read_text())["version"] == "1"


def test_what_cannot_be_drawn_or_checked_is_told() -> None:
    with pytest.raises(
        AbsentError, match=r"no drawn task is called 'game/chess'\. Known: game/Go, game/gomoku"
    ):
        draw_task("game/chess/1")
    with pytest.raises(InputError, match=r"a drawn task has a number from 1, found 'one' in 'game/maze/one'"):
        draw_task("game/maze/one")
    task = draw_task("game/maze/1")
    with pytest.raises(InputError, match=r"frames of the form 640 x 360, found 360 x 360"):
        task.check(task.done[:, :, :360])
    with pytest.raises(InputError, match=r"on one frame or more, found none"):
        task.check(task.done[:0])


def test_the_page_shows_what_the_example_prints(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[3] / "docs" / "checklists.md").read_text(encoding="utf-8")
    ((code, shown),) = re.findall(
        r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL
    )
    exec(compile(code, "checklists.md", "exec"), {"__name__": "checklists"})
    assert capsys.readouterr().out == shown


def test_the_page_says_where_each_task_is() -> None:
    page = (Path(__file__).parents[3] / "docs" / "checklists.md").read_text(encoding="utf-8")
    table = page.partition("task by task\n\n")[2].partition("\n\n")[0]
    told = {
        (category.strip(), task.partition(" ")[0]): column
        for _, category, *cells, _ in (row.split("|") for row in table.splitlines()[2:])
        for column, cell in enumerate(cells)
        for task in cell.strip().split(", ")
        if task
    }
    cases = load_suite("rules").cases
    shipped = {(*name.split("/")[:2],): 0 if case.first_frame else 1 for name, case in cases.items()}
    assert {task: column for task, column in told.items() if column < 2} == shipped


def test_first_frames_of_a_suite_are_found_by_its_name_or_its_file(tmp_path: Path) -> None:
    folder = suite_folder("rules")
    assert folder is not None
    assert (folder / "rules" / "maze_1.png").is_file()
    assert suite_folder(str(tmp_path / "mine.json")) == tmp_path
    with pytest.raises(AbsentError, match="no suite is called 'nope'"):
        suite_folder("nope")
