"""Games on a grid of numbers: a small sudoku, a sliding puzzle and a minesweeper."""

from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np

from lawful.checklists.tasks.canvas import HEIGHT, WIDTH, blank, box, digit, frame
from lawful.checklists.tasks.records import AnyPicture, Check, Outcome, Picture, Task, video
from lawful.checklists.tasks.seen import digit_at, seen_colours, share_of, square

Cell = tuple[int, int]
Grid = Mapping[Cell, int]
N_SLIDES = 4
DOT = {3: 10, 4: 8}
"""Pixels of a digit's dots by the grid's side."""


def sudoku(rng: np.random.Generator, index: int) -> Task:
    """Four by four, with so many gaps that one filling alone is right."""
    full = _shuffled_sudoku(rng)
    given = dict(full)
    for place in rng.permutation(16):
        cell = divmod(int(place), 4)
        fewer = {other: value for other, value in given.items() if other != cell}
        if len(given) > 10 and len(list(_fillings(fewer))) == 1:
            given = fewer
    gaps = [cell for cell in full if cell not in given]
    swapped = {**full, gaps[0]: full[gaps[0]] % 4 + 1}
    return _task(
        "sudoku",
        index,
        "The empty cells of this small sudoku are filled in, one after the other, with the numbers 1 to 4, so that each row, "
        "each column and each of the four thick boxes has every number once. The numbers that are there stay.",
        "Every row, every column and every box of two by two has 1, 2, 3 and 4 once; no given number has changed.",
        "Can a grid with numbers be seen?",
        "Are numbers written into the empty cells?",
        "Does every row, column and thick box have each number once at the end?",
        given,
        full,
        {
            "nothing happens": given,
            "a number is wrong": swapped,
            "a cell is left empty": {cell: value for cell, value in full.items() if cell != gaps[-1]},
            "a given number is changed": {**full, min(given): full[min(given)] % 4 + 1},
        },
        side=4,
    )


def sliding_puzzle(rng: np.random.Generator, index: int) -> Task:
    """Eight tiles and a hole, four slides away from the right order."""
    ordered = {divmod(place, 3): place + 1 for place in range(8)}
    hole, last = (2, 2), None
    mixed, steps = dict(ordered), []
    for _ in range(N_SLIDES):
        near = [(hole[0] + down, hole[1] + right) for down, right in ((-1, 0), (0, -1), (0, 1), (1, 0))]
        near = [cell for cell in near if cell in mixed and cell != last]
        moved = near[rng.integers(len(near))]
        mixed[hole] = mixed.pop(moved)
        last, hole = hole, moved
        steps.append(dict(mixed))
    swapped = {**ordered, (0, 0): 2, (0, 1): 1}
    return _task(
        "number_sliding_puzzle",
        index,
        "The tiles slide one by one into the hole until the numbers 1 to 8 stand in order, row by row, with the hole at the "
        "bottom right. No tile is lifted off.",
        "Four tiles slide, one after the other; at the end the rows read 1 2 3, 4 5 6, 7 8 and the hole.",
        "Can a tray with numbered tiles be seen?",
        "Does a tile slide into the hole?",
        "Do the tiles stand in order at the end, moved by sliding alone?",
        mixed,
        ordered,
        {
            "nothing happens": mixed,
            "one slide is missing": steps[0],
            "two tiles have changed places": swapped,
            "a tile is lost": {cell: value for cell, value in ordered.items() if value != 8},
            "a tile is there twice": {**ordered, (2, 2): 8},
        },
        side=3,
        steps=tuple(steps[-2::-1]),
    )


def minesweeper(rng: np.random.Generator, index: int) -> Task:
    """Four by four with two mines under the covered cells of which the numbers tell where they are."""
    while True:
        mines: set[Cell] = {divmod(int(place), 4) for place in rng.choice(16, size=2, replace=False)}
        counts = {cell: sum(near in mines for near in _around(cell)) for cell in _cells(4)}
        shown = {cell: count for cell, count in counts.items() if cell not in mines and count}
        covered = (
            sorted(mines)
            + [cell for cell, count in sorted(counts.items()) if not count and cell not in mines][:3]
        )
        numbers = {cell: count for cell, count in shown.items() if cell not in covered}
        if len(covered) == 5 and _mines_told(covered, numbers) == mines:
            break
    covered_now = dict.fromkeys(covered, -1)
    flagged = {**numbers, **covered_now, **dict.fromkeys(mines, -2)}
    wrong = next(cell for cell in covered if cell not in mines)
    return _task(
        "minesweeper",
        index,
        "A number says how many of the eight cells around it hold a mine; two mines lie under grey cells. A red mark appears "
        "on each grey cell that must hold a mine, and on no other. Nothing else changes.",
        "Red marks are on the two grey cells where the numbers leave no other place for the mines, and nowhere else.",
        "Can a grid with numbers and grey cells be seen?",
        "Do red marks appear on grey cells?",
        "Are exactly the two grey cells marked that must hold a mine?",
        {**numbers, **covered_now},
        flagged,
        {
            "nothing happens": {**numbers, **covered_now},
            "one mark is missing": {**flagged, min(mines): -1},
            "another cell is marked": {**flagged, min(mines): -1, wrong: -2},
            "one mark too many": {**flagged, wrong: -2},
            "a number is gone": {cell: value for cell, value in flagged.items() if cell != min(numbers)},
        },
        side=4,
    )


def _task(
    name: str,
    index: int,
    prompt: str,
    expected: str,
    seen: str,
    asked: str,
    rule: str,
    before: Grid,
    after: Grid,
    wrong: Mapping[str, Grid],
    side: int,
    steps: tuple[Grid, ...] = (),
) -> Task:
    first = _drawn(before, side)
    return Task(
        category="game",
        task=name,
        index=index,
        prompt=prompt,
        expected=expected,
        seen=seen,
        asked=asked,
        rule=rule,
        first_frame=first,
        check=Check(lambda _, last: _checked(last, after, side)),
        draw_done=lambda: video(first, *(_drawn(step, side) for step in steps), _drawn(after, side)),
        draw_undone=lambda: {what: video(first, _drawn(grid, side)) for what, grid in wrong.items()},
    )


def _cells(side: int) -> list[Cell]:
    return [(row, column) for row in range(side) for column in range(side)]


def _shuffled_sudoku(rng: np.random.Generator) -> dict[Cell, int]:
    order = [2 * int(band) + int(row) for band in rng.permutation(2) for row in rng.permutation(2)]
    across = [2 * int(band) + int(row) for band in rng.permutation(2) for row in rng.permutation(2)]
    names = rng.permutation(4) + 1
    return {
        (row, column): int(names[(2 * (order[row] % 2) + order[row] // 2 + across[column]) % 4])
        for row, column in _cells(4)
    }


def _fillings(given: Grid) -> Iterator[dict[Cell, int]]:
    """All right fillings of a sudoku of four by four."""
    cell = next((cell for cell in _cells(4) if cell not in given), None)
    if cell is None:
        yield dict(given)
        return
    row, column = cell
    taken = {
        value
        for (r, c), value in given.items()
        if r == row or c == column or (r // 2, c // 2) == (row // 2, column // 2)
    }
    for value in range(1, 5):
        if value not in taken:
            yield from _fillings({**given, cell: value})


def _around(cell: Cell) -> list[Cell]:
    steps = (step for step in product((-1, 0, 1), repeat=2) if step != (0, 0))
    near = ((cell[0] + down, cell[1] + right) for down, right in steps)
    return [(row, column) for row, column in near if 0 <= row < 4 and 0 <= column < 4]


def _mines_told(covered: list[Cell], numbers: Grid) -> set[Cell] | None:
    """The two mines that fit the numbers; None where several pairs do."""
    pairs = [{one, other} for place, one in enumerate(covered) for other in covered[place + 1 :]]
    fits = [
        pair
        for pair in pairs
        if all(sum(near in pair for near in _around(cell)) == count for cell, count in numbers.items())
    ]
    return fits[0] if len(fits) == 1 else None


def _layout(side: int) -> tuple[int, int, int]:
    cell = 320 // side
    return cell, (WIDTH - side * cell) // 2, (HEIGHT - side * cell) // 2


def _drawn(grid: Grid, side: int) -> Picture:
    """Numbers; -1 is a grey cell, -2 one with a red mark."""
    picture = blank()
    size, left, top = _layout(side)
    for row, column in _cells(side):
        x, y, value = left + column * size, top + row * size, grid.get((row, column))
        if side == 3 and value is not None:
            box(picture, x + 4, y + 4, x + size - 4, y + size - 4, "wood")
        if value is not None and value < 0:
            box(picture, x, y, x + size, y + size, "grey")
        if value == -2:
            box(picture, x + 24, y + 24, x + size - 24, y + size - 24, "red")
        elif value is not None and value > 0:
            digit(picture, value, x + size / 2, y + size / 2, DOT[side])
        frame(picture, x, y, x + size, y + size, "black", 2)
    half = size * side // 2
    boxes = product((left, left + half), (top, top + half)) if side == 4 and min(grid.values()) > 0 else ()
    for x, y in boxes:
        frame(picture, x, y, x + half, y + half, "black", 4)
    return picture


def _read(picture: AnyPicture, side: int) -> dict[Cell, int]:
    colours = seen_colours(picture)
    size, left, top = _layout(side)
    found = {}
    for row, column in _cells(side):
        x, y = left + (column + 0.5) * size, top + (row + 0.5) * size
        value = digit_at(colours, x, y, DOT[side])
        if share_of(colours, "red", x, y, 8) > 0.6:
            value = -2
        elif share_of(colours, "grey", x, y, 8) > 0.6:
            value = -1
        if value is not None:
            found[row, column] = value
    return found


def _checked(last: AnyPicture, wanted: Grid, side: int) -> Outcome:
    found = _read(last, side)
    words = {-1: "grey", -2: "a red mark", None: "nothing"}
    for row, column in _cells(side):
        one, other = found.get((row, column)), wanted.get((row, column))
        if one != other:
            told, right = (words.get(value, str(value)) for value in (one, other))
            size, left, top = _layout(side)
            box = square(left + (column + 0.5) * size, top + (row + 0.5) * size, size / 2)
            return Outcome(
                False, f"row {row + 1}, column {column + 1} has {told} at the end, not {right}", box
            )
    return Outcome(True, "every cell is as it should be")
