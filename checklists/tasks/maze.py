"""Mazes: a red dot goes from one corner to a green place without crossing a wall."""

from collections import deque

import cv2
import numpy as np

from lawful.checklists.tasks.canvas import HEIGHT, blank, box, shape
from lawful.checklists.tasks.records import AnyPicture, Check, Outcome, Picture, Task, Video, video
from lawful.checklists.tasks.seen import Piece, colour_map, is_colour, pieces, seen_colours, square

ROWS, COLUMNS = 4, 7
CELL = 36
"""Pixels of a cell, walls and passages alike; the maze has 2n + 1 of them on a side of n rooms."""
LEFT, TOP = 320 - (2 * COLUMNS + 1) * CELL // 2, (HEIGHT - (2 * ROWS + 1) * CELL) // 2
MAX_STEP = 3
"""Cells along the passages from one frame to the next, beyond which the dot has jumped."""
Cell = tuple[int, int]


def maze(rng: np.random.Generator, index: int) -> Task:
    """A maze with one way between any two places."""
    open_cells = _dug(rng)
    start, goal = (1, 1), (2 * ROWS - 1, 2 * COLUMNS - 1)
    way = _way(open_cells, start, goal)
    first = _drawn(open_cells, goal, start)

    def moving(path: list[Cell]) -> Video:
        return video(*(_drawn(open_cells, goal, place) for place in path))

    straight = [(1, column) for column in range(1, 2 * COLUMNS)] + [
        (row, goal[1]) for row in range(1, goal[0] + 1)
    ]
    opened = open_cells | {(row, 2) for row in range(1, 2 * ROWS)}
    return Task(
        category="game",
        task="maze",
        index=index,
        prompt="The red dot moves through the white passages of the maze to the green square. Walls stay as they are, "
        "and the view does not move.",
        expected="The red dot goes along the white passages alone, crosses no black wall, and stops on the green square.",
        seen="Can a maze with a red dot be seen?",
        asked="Does the red dot set out towards the green square?",
        rule="Does the red dot reach the green square without crossing a black wall?",
        first_frame=first,
        check=Check(
            end=lambda here, last: _ended(here, last, open_cells, goal),
            step=lambda here, picture, number: _stepped(here or start, picture, number, open_cells),
        ),
        draw_done=lambda: moving(way),
        draw_undone=lambda: {
            "the dot stays": moving([start] * 3),
            "the dot stops half-way": moving(way[: len(way) // 2]),
            "the dot jumps": moving([start, goal]),
            "the dot begins at the end": moving([goal]),
            "the dot goes through walls": moving(straight),
            "the dot is gone": video(first, _drawn(open_cells, goal, None)),
            "a wall is opened": np.concatenate([moving(way), _drawn(opened, goal, goal)[None]]),
        },
    )


def _dug(rng: np.random.Generator) -> frozenset[Cell]:
    """The open cells of a maze, dug room by room."""
    opened: set[Cell] = {(1, 1)}
    stack = [(1, 1)]
    while stack:
        row, column = stack[-1]
        steps = [(row + 2 * down, column + 2 * right) for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0))]
        steps = [
            (r, c) for r, c in steps if 0 < r < 2 * ROWS and 0 < c < 2 * COLUMNS and (r, c) not in opened
        ]
        if not steps:
            stack.pop()
            continue
        new = steps[rng.integers(len(steps))]
        opened |= {new, ((row + new[0]) // 2, (column + new[1]) // 2)}
        stack.append(new)
    return frozenset(opened)


def _way(open_cells: frozenset[Cell], start: Cell, goal: Cell) -> list[Cell]:
    """The cells from one place to another; empty where there is no way."""
    before: dict[Cell, Cell] = {start: start}
    queue = deque([start])
    while queue:
        row, column = here = queue.popleft()
        for new in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
            if new in open_cells and new not in before:
                before[new] = here
                queue.append(new)
    if goal not in before:
        return []
    path = [goal]
    while path[-1] != start:
        path.append(before[path[-1]])
    return path[::-1]


def _drawn(open_cells: frozenset[Cell], goal: Cell, dot: Cell | None) -> Picture:
    picture = blank()
    box(picture, LEFT, TOP, LEFT + (2 * COLUMNS + 1) * CELL, TOP + (2 * ROWS + 1) * CELL, "black")
    for row, column in open_cells:
        x, y = LEFT + column * CELL, TOP + row * CELL
        box(picture, x, y, x + CELL, y + CELL, "green" if (row, column) == goal else "white")
    if dot is not None:
        shape(picture, "circle", LEFT + (dot[1] + 0.5) * CELL, TOP + (dot[0] + 0.5) * CELL, 11, "red")
    return picture


def _stepped(here: Cell, picture: AnyPicture, number: int, open_cells: frozenset[Cell]) -> Cell | Outcome:
    """The cell of the dot in the next frame, or what it has done wrong."""
    dots = pieces(seen_colours(picture), "red")
    if len(dots) != 1:
        return Outcome(False, f"frame {number} shows {len(dots)} red dots")
    cell, box = _cell(dots[0]), square(dots[0].x, dots[0].y, CELL / 2)
    if cell not in open_cells:
        return Outcome(False, f"the dot is in a wall in frame {number}", box)
    if len(_way(open_cells, here, cell)) - 1 > MAX_STEP:
        told = f"crosses a wall or jumps before frame {number}" if number else "does not begin at its start"
        return Outcome(False, f"the dot {told}", box)
    return cell


def _ended(here: Cell, last: AnyPicture, open_cells: frozenset[Cell], goal: Cell) -> Outcome:
    walls = is_colour(colour_map(_drawn(open_cells, goal, None)), "black").astype(np.uint8)
    walls = cv2.erode(walls, np.ones((9, 9), np.uint8)) > 0
    now = is_colour(seen_colours(last), "black")
    box = square(LEFT + (here[1] + 0.5) * CELL, TOP + (here[0] + 0.5) * CELL, CELL / 2)
    if float((walls & ~now).sum()) > 0.03 * float(walls.sum()):
        return Outcome(False, "the walls have changed")
    if here != goal:
        return Outcome(False, "the dot does not end on the green square", box)
    return Outcome(True, "the dot gets to the green square along the passages", box)


def _cell(dot: Piece) -> Cell:
    return int((dot.y - TOP) // CELL), int((dot.x - LEFT) // CELL)
