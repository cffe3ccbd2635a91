"""The drawn tasks as cases of the suite `rules`, and the suite with tasks drawn anew."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from lawful.checklists.suite import Case, Question, Scale, Suite
from lawful.checklists.tasks.boards import go, gomoku
from lawful.checklists.tasks.canvas import write_png
from lawful.checklists.tasks.maze import maze
from lawful.checklists.tasks.motion import motion
from lawful.checklists.tasks.numbers import minesweeper, sliding_puzzle, sudoku
from lawful.checklists.tasks.records import Task
from lawful.checklists.tasks.shapes import anomaly, color, count, direction, form, position, size
from lawful.checklists.tasks.things import puzzle, sticks
from lawful.core.errors import AbsentError, InputError

GOOD_MEDIUM_POOR = Scale("good_medium_poor", {"Good": 1.0, "Medium": 0.5, "Poor": 0.0})
YES_NO = Scale("yes_no", {"yes": 1.0, "no": 0.0})
SHIPPED_SEED = 0
"""Seed of the tasks that ship."""
SHIPPED_EACH = 2
"""How many of each kind ship."""
MAKERS: Mapping[str, Callable[[np.random.Generator, int], Task]] = {
    "game/Go": go,
    "game/gomoku": gomoku,
    "game/maze": maze,
    "game/minesweeper": minesweeper,
    "game/number_sliding_puzzle": sliding_puzzle,
    "game/puzzle": puzzle,
    "game/sticks": sticks,
    "game/sudoku": sudoku,
    "vision rule/anomaly": anomaly,
    "vision rule/color": color,
    "vision rule/count": count,
    "vision rule/direction": direction,
    "vision rule/motion": motion,
    "vision rule/position": position,
    "vision rule/shape": form,
    "vision rule/size": size,
}
"""What draws each kind of task, by "<category>/<task>"."""


def draw_task(case: str, seed: int = SHIPPED_SEED) -> Task:
    """The drawn task of a case, the same for the same seed.

    >>> draw_task("game/maze/1").first_frame.shape
    (360, 640, 3)

    Args:
        case: Id of the case, "<category>/<task>/<index>", with an index from 1.
        seed: Seed, from 0.

    Raises:
        AbsentError: No task of that kind is drawn.
        InputError: The index is no number from 1.
    """
    kind, _, index = case.rpartition("/")
    if kind not in MAKERS:
        raise AbsentError(f"no drawn task is called {kind!r}. Known: {', '.join(MAKERS)}.")
    if not index.isdecimal() or int(index) < 1:
        raise InputError(f"a drawn task has a number from 1, found {index!r} in {case!r}")
    rng = np.random.default_rng([seed, list(MAKERS).index(kind), int(index)])
    return MAKERS[kind](rng, int(index))


def case_of(task: Task) -> Case:
    """The case of a drawn task."""
    name = task.case.replace("/", ".").replace(" ", "_")
    seen = Question(f"{name}.seen", task.seen, "facts", YES_NO)
    questions = [seen]
    if task.asked is not None:
        questions.append(
            Question(
                f"{name}.asked", task.asked, "Instruction Following", GOOD_MEDIUM_POOR, depends_on=(seen.id,)
            )
        )
    questions.append(
        Question(f"{name}.rule", task.rule, "Rule Coherence", GOOD_MEDIUM_POOR, depends_on=(seen.id,))
    )
    return Case(task.case, task.prompt, task.file, task.expected, questions=tuple(questions))


def drawn_anew(
    suite: Suite, seed: int = SHIPPED_SEED, each: int = SHIPPED_EACH
) -> tuple[Suite, tuple[Task, ...]]:
    """The suite with its drawn tasks replaced, and the new ones.

    Args:
        suite: The suite `rules`.
        seed: Seed, from 0.
        each: How many tasks of each kind.
    """
    tasks = tuple(draw_task(f"{kind}/{index}", seed) for kind in MAKERS for index in range(1, each + 1))
    told = {name: case for name, case in suite.cases.items() if case.first_frame is None}
    cases = {task.case: case_of(task) for task in tasks}
    both = sorted(told | cases, key=lambda name: list(_categories()).index(name.split("/")[0]))
    version = (
        suite.version if (seed, each) == (SHIPPED_SEED, SHIPPED_EACH) else f"{suite.version}-{seed}-{each}"
    )
    return replace(suite, version=version, cases={name: (told | cases)[name] for name in both}), tasks


def write_first_frames(tasks: tuple[Task, ...], folder: Path) -> None:
    """Write the first frames to where the cases of a suite in that folder look for them."""
    for task in tasks:
        write_png(task.first_frame, folder / task.file)


def _categories() -> tuple[str, ...]:
    return ("science", "game", "semantic", "hypothetical", "humanity", "vision rule")
