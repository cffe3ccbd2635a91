"""Sticks that make a digit, and a picture with a piece missing."""

from collections.abc import Iterable

import numpy as np

from lawful.checklists.tasks.canvas import COLOURS, blank, box, frame, shape
from lawful.checklists.tasks.records import AnyPicture, Check, Outcome, Picture, Task, video
from lawful.checklists.tasks.seen import colour_map, nowhere, rest_is_kept, seen_colours, share_of, square

STICKS = {
    "a": (280, 60, 80, 12), "b": (364, 76, 12, 96), "c": (364, 188, 12, 96), "d": (280, 288, 80, 12),
    "e": (264, 188, 12, 96), "f": (264, 76, 12, 96), "g": (280, 174, 80, 12),
}  # fmt: skip
"""Left, top, width and height of each stick, clockwise from the top, the middle one last."""
DIGITS = {0: "abcdef", 1: "bc", 3: "abcdg", 5: "acdfg", 6: "acdefg", 7: "abc", 8: "abcdefg", 9: "abcdfg"}
TURNS = ((8, 0), (8, 6), (8, 9), (9, 5), (9, 3), (6, 5), (7, 1))
"""Digits of which the first becomes the second when one stick is taken away."""
FULL, HOLE = (60, 60, 300, 300), (180, 180, 300, 300)
"""The picture that lacks a piece, and the piece's place."""
OFFERED = ((420, 20), (420, 130), (420, 240))
"""Where the three pieces lie."""
SIZE = 100


def sticks(rng: np.random.Generator, index: int) -> Task:
    """One stick is taken away so that another digit is left."""
    before, after = TURNS[rng.integers(len(TURNS))]
    (gone,) = set(DIGITS[before]) - set(DIGITS[after])
    other = next(stick for stick in DIGITS[before] if stick != gone)
    shift = int(rng.integers(-200, 201))
    first = _sticks(DIGITS[before], shift)
    ends = {
        "nothing happens": DIGITS[before],
        "another stick is taken": set(DIGITS[before]) - {other},
        "two sticks are taken": set(DIGITS[before]) - {gone, other},
        "all are taken": "",
    }
    return Task(
        category="game",
        task="sticks",
        index=index,
        prompt=f"The sticks on the table make the digit {before}. One stick is taken away so that the digit {after} is left. "
        "The other sticks stay where they are.",
        expected=f"One stick alone is gone, and the sticks that are left make a {after}.",
        seen="Can sticks that make a digit be seen?",
        asked="Is exactly one stick taken away?",
        rule=f"Do the sticks make the digit {after} at the end?",
        first_frame=first,
        check=Check(lambda _, last: _sticks_checked(last, after, shift)),
        draw_done=lambda: video(first, _sticks(DIGITS[after], shift)),
        draw_undone=lambda: {what: video(first, _sticks(left, shift)) for what, left in ends.items()},
    )


def _sticks(names: Iterable[str], shift: int) -> Picture:
    picture = blank("wood")
    for name in names:
        x, y, width, height = STICKS[name]
        box(picture, x + shift, y, x + shift + width, y + height, "red")
    return picture


def _sticks_checked(last: AnyPicture, wanted: int, shift: int) -> Outcome:
    colours = seen_colours(last)
    there = {
        name
        for name, (x, y, width, height) in STICKS.items()
        if np.mean(colours[y : y + height, x + shift : x + shift + width] == list(COLOURS).index("red")) > 0.5
    }
    allowed = nowhere()
    for x, y, width, height in STICKS.values():
        allowed[y - 4 : y + height + 4, x + shift - 4 : x + shift + width + 4] = True
    if not rest_is_kept(colour_map(blank("wood")), colours, allowed):
        return Outcome(False, "something lies beside the places of the sticks")
    made = [digit for digit, names in DIGITS.items() if set(names) == there]
    if made != [wanted]:
        return Outcome(False, f"the sticks make {made[0] if made else 'no digit'} at the end, not {wanted}")
    return Outcome(True, f"the sticks make {wanted}")


def puzzle(rng: np.random.Generator, index: int) -> Task:
    """A picture lacks a corner; one of three pieces fits."""
    ground, ring, disc = rng.permutation(["red", "blue", "green", "yellow", "purple"])[:3]
    kinds = [(ground, ring, disc), (ground, disc, ring), (ring, ground, disc)]
    order = [int(place) for place in rng.permutation(3)]
    offered = [kinds[place] for place in order]
    right = order.index(0)

    def drawn(piece: int | None) -> Picture:
        return _puzzle(kinds[0], offered, piece)

    first = drawn(None)
    off = _puzzle(kinds[0], offered, right)
    box(off, HOLE[0] - 60, HOLE[1] - 60, HOLE[0], HOLE[1], "grey")
    return Task(
        category="game",
        task="puzzle",
        index=index,
        prompt="The picture on the left lacks its lower right quarter. The one piece on the right that completes the picture "
        "moves into the gap; the other two pieces stay where they are.",
        expected="The piece whose rings go on those of the picture fills the gap, and the two others have not moved.",
        seen="Can a picture with a gap and three pieces be seen?",
        asked="Does one of the three pieces move into the gap?",
        rule="Is the gap filled by the piece whose colours go on those around it?",
        first_frame=first,
        check=Check(lambda _, last: _puzzle_checked(last, drawn(right))),
        draw_done=lambda: video(first, drawn(right)),
        draw_undone=lambda: {
            "nothing happens": video(first, first),
            "another piece is taken": video(first, drawn((right + 1) % 3)),
            "the third piece is taken": video(first, drawn((right + 2) % 3)),
            "the picture is damaged": video(first, off),
        },
    )


def _puzzle(colours: tuple[str, str, str], offered: list[tuple[str, str, str]], taken: int | None) -> Picture:
    picture = blank()
    _rings(picture, colours, (180, 180), FULL)
    x0, y0, x1, y1 = HOLE
    box(picture, x0, y0, x1, y1, "white")
    frame(picture, *FULL, "black", 3)
    for number, (x, y) in enumerate(OFFERED):
        if number == taken:
            _rings(picture, offered[number], (180, 180), HOLE)
            frame(picture, *FULL, "black", 3)
        else:
            _rings(picture, offered[number], (x, y), (x, y, x + SIZE, y + SIZE))
    return picture


def _rings(
    picture: Picture,
    colours: tuple[str, str, str],
    centre: tuple[int, int],
    within: tuple[int, int, int, int],
) -> None:
    x0, y0, x1, y1 = within
    whole = blank()
    box(whole, x0, y0, x1, y1, colours[0])
    shape(whole, "circle", *centre, 85, colours[1])
    shape(whole, "circle", *centre, 45, colours[2])
    picture[y0:y1, x0:x1] = whole[y0:y1, x0:x1]


def _puzzle_checked(last: AnyPicture, wanted: Picture) -> Outcome:
    found, right = seen_colours(last), colour_map(wanted)
    x0, y0, x1, y1 = HOLE
    hole = square((x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2)
    if share_of(found, "white", (x0 + x1) / 2, (y0 + y1) / 2, 40) > 0.5:
        return Outcome(False, "the gap is empty at the end", hole)
    free = nowhere()
    if (
        float(np.mean(found[y0 + 4 : y1 - 4, x0 + 4 : x1 - 4] != right[y0 + 4 : y1 - 4, x0 + 4 : x1 - 4]))
        > 0.1
    ):
        return Outcome(False, "the gap is filled with something that does not fit", hole)
    if not rest_is_kept(right, found, free):
        return Outcome(False, "something else has changed")
    return Outcome(True, "the fitting piece fills the gap", hole)
