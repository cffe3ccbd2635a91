"""Games with stones: five in a row, and the capture of a stone."""

from collections.abc import Mapping

import numpy as np

from lawful.checklists.tasks.canvas import HEIGHT, WIDTH, blank, box, shape
from lawful.checklists.tasks.records import AnyPicture, Check, Outcome, Picture, Task, video
from lawful.checklists.tasks.seen import seen_colours, share_of, square

SIDE = 9
GAP = 36
LEFT, TOP = (WIDTH - (SIDE - 1) * GAP) // 2, (HEIGHT - (SIDE - 1) * GAP) // 2
Point = tuple[int, int]
Stones = Mapping[Point, str]
_NEXT = ((0, 1), (1, 0), (0, -1), (-1, 0))


def gomoku(rng: np.random.Generator, index: int) -> Task:
    """Four black stones in a row with a gap between them: there the fifth wins, and nowhere else."""
    down, right = ((0, 1), (1, 0), (1, 1))[rng.integers(3)]
    row, column = (int(rng.integers(0, SIDE - 4 * step)) for step in (down, right))
    line = [(row + k * down, column + k * right) for k in range(5)]
    gap = int(rng.integers(1, 4))
    stones = {point: "black" for k, point in enumerate(line) if k != gap}
    free = [(r, c) for r in range(SIDE) for c in range(SIDE) if (r, c) not in line]
    order = rng.permutation(len(free))
    stones |= {free[place]: "white" for place in order[:4]}
    elsewhere = free[order[4]]
    return _task(
        "gomoku",
        index,
        "Black puts one black stone on the board and has five in an unbroken row. All other stones stay where they are.",
        "One black stone is added at the one point that makes five black stones in a row; no other stone is added, moved or taken.",
        "Does the one new black stone make an unbroken row of five?",
        stones,
        {**stones, line[gap]: "black"},
        {
            "nothing happens": stones,
            "the stone is put elsewhere": {**stones, elsewhere: "black"},
            "the stone is white": {**stones, line[gap]: "white"},
            "two stones are put": {**stones, line[gap]: "black", elsewhere: "black"},
            "a stone is taken": {
                p: c for p, c in {**stones, line[gap]: "black"}.items() if p != free[order[0]]
            },
        },
    )


def go(rng: np.random.Generator, index: int) -> Task:
    """A white stone with one free neighbour: black takes it. All others have two or more."""
    row, column = (int(place) for place in rng.integers(2, SIDE - 2, size=2))
    around = [(row + down, column + right) for down, right in _NEXT]
    last = int(rng.integers(4))
    stones = {point: "black" for place, point in enumerate(around) if place != last}
    stones[row, column] = "white"
    inner = range(1, SIDE - 1)
    far = [(r, c) for r in inner for c in inner if abs(r - row) + abs(c - column) > 3]
    order = rng.permutation(len(far))
    stones |= {far[place]: ("white", "black")[number % 2] for number, place in enumerate(order[:4])}
    put = {**stones, around[last]: "black"}
    taken = {point: colour for point, colour in put.items() if point != (row, column)}
    return _task(
        "Go",
        index,
        "Black puts one black stone on the last free point beside the white stone that is closed in, and takes that white "
        "stone off the board. All other stones stay where they are.",
        "A black stone is added on the last free point beside the white stone that has black on its other sides, and that "
        "white stone is gone; no other stone is added, moved or taken.",
        "Is the white stone that is closed in on four sides taken off, and no other?",
        stones,
        taken,
        {
            "nothing happens": stones,
            "the stone is not taken": put,
            "no stone is put": {p: c for p, c in stones.items() if p != (row, column)},
            "another stone is taken": {p: c for p, c in put.items() if p != far[order[0]]},
            "the stone is put elsewhere": {**stones, far[order[4]]: "black"},
        },
    )


def _task(
    name: str,
    index: int,
    prompt: str,
    expected: str,
    rule: str,
    before: Stones,
    after: Stones,
    wrong: Mapping[str, Stones],
) -> Task:
    first = _drawn(before)
    return Task(
        category="game",
        task=name,
        index=index,
        prompt=prompt,
        expected=expected,
        seen="Can a board with black and white stones be seen?",
        asked="Is a black stone put on the board?",
        rule=rule,
        first_frame=first,
        check=Check(lambda _, last: _checked(last, after)),
        draw_done=lambda: video(first, _drawn(after)),
        draw_undone=lambda: {what: video(first, _drawn(stones)) for what, stones in wrong.items()},
    )


def _drawn(stones: Stones) -> Picture:
    picture = blank("wood")
    for number in range(SIDE):
        along = number * GAP
        box(picture, LEFT, TOP + along - 1, LEFT + (SIDE - 1) * GAP, TOP + along + 1, "black")
        box(picture, LEFT + along - 1, TOP, LEFT + along + 1, TOP + (SIDE - 1) * GAP, "black")
    for (row, column), colour in stones.items():
        shape(picture, "circle", LEFT + column * GAP, TOP + row * GAP, 15, colour)
    return picture


def _read(picture: AnyPicture) -> dict[Point, str]:
    colours = seen_colours(picture)
    found = {}
    for row in range(SIDE):
        for column in range(SIDE):
            for colour in ("black", "white"):
                if share_of(colours, colour, LEFT + column * GAP, TOP + row * GAP, 9) > 0.6:
                    found[row, column] = colour
    return found


def _checked(last: AnyPicture, wanted: Stones) -> Outcome:
    found = _read(last)
    wrong = sorted(point for point in {*found, *wanted} if found.get(point) != wanted.get(point))
    if wrong:
        row, column = wrong[0]
        told = found.get(wrong[0], "no"), wanted.get(wrong[0], "none")
        box = square(LEFT + column * GAP, TOP + row * GAP, GAP / 2)
        text = f"row {row + 1}, column {column + 1} has {told[0]} stone at the end, not {told[1]}"
        return Outcome(False, text, box)
    return Outcome(True, "every stone is where it belongs")
