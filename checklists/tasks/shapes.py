"""Rules that can be seen in plain shapes: colour, number, direction, place, form, size, the odd one out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lawful.checklists.tasks.canvas import SHAPES, WIDTH
from lawful.checklists.tasks.records import Check, Task, video
from lawful.checklists.tasks.scene import (
    PAINTS,
    RADIUS,
    SPOTS,
    Thing,
    drawn,
    some_things,
    things_checked,
    with_change,
    without,
)

KEPT = "Everything else stays as it is."
Things = Sequence[Thing]


def color(rng: np.random.Generator, index: int) -> Task:
    """One shape takes on another colour."""
    things = some_things(rng, SHAPES, 4)
    one, other = things[0], things[1]
    new = PAINTS[(PAINTS.index(one.colour) + 1) % len(PAINTS)]
    third = PAINTS[(PAINTS.index(one.colour) + 2) % len(PAINTS)]
    return _task(
        "color", index, f"The {one.name} turns {new}. {KEPT}",
        f"The {one.kind} that was {one.colour} is {new}, at the same place and in the same form; the three others are as before.",
        f"Does the {one.kind} that was {one.colour} end {new}, with every other colour as before?",
        things, with_change(things, one, colour=new),
        {
            "another colour": with_change(things, one, colour=third),
            "another shape": with_change(things, other, colour=new),
            "all shapes": [replace(thing, colour=new) for thing in things],
        },
    )  # fmt: skip


def count(rng: np.random.Generator, index: int) -> Task:
    """More shapes of a kind appear until there are so many."""
    n, more = int(rng.integers(2, 4)), int(rng.integers(2, 4))
    kind, colour = SHAPES[rng.integers(len(SHAPES))], PAINTS[rng.integers(len(PAINTS))]
    spots = [SPOTS[place] for place in rng.permutation(len(SPOTS))]
    things = [Thing(kind, colour, *spot) for spot in spots[: n + more + 1]]
    names = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
    wanted = [
        replace(thing, off_x=WIDTH, off_y=WIDTH) if k >= n else thing
        for k, thing in enumerate(things[: n + more])
    ]
    return _task(
        "count", index,
        f"Of the {colour} {kind}{'es' if kind == 'cross' else 's'} on the sheet there are {names[n]}. More of the same size appear, one "
        f"after the other and apart from each other, until there are {names[n + more]}. {KEPT}",
        f"At the end there are {names[n + more]} in all: the first {names[n]} at their places, and {names[more]} new ones of their kind.",
        f"Are there exactly {names[n + more]} at the end, all of one kind and colour?",
        things[:n], wanted,
        {
            "one too few": things[: n + more - 1],
            "one too many": things[: n + more + 1],
            "one of another kind": with_change(things[: n + more], things[n], kind=SHAPES[SHAPES.index(kind) - 1]),
            "the first are gone": [replace(thing, y=180 + (thing.y - 180) / 8) for thing in things[n : n + more]],
        },
        done=things[: n + more],
    )  # fmt: skip


def direction(rng: np.random.Generator, index: int) -> Task:
    """One of three shapes moves to the side that is named."""
    kinds, colours = rng.permutation(SHAPES)[:3], rng.permutation(PAINTS)[:3]
    things = [Thing(str(kinds[k]), str(colours[k]), 320, 60 + 120 * k) for k in range(3)]
    one = things[rng.integers(3)]
    side, sign = (("left", -1), ("right", 1))[rng.integers(2)]
    return _task(
        "direction", index, f"The {one.name} moves straight to the {side}, nearly to the edge of the picture. {KEPT}",
        f"The {one.name} is far to the {side} at the end, as high as before; the other two have not moved.",
        f"Does the {one.name} alone move, straight to the {side}?",
        things, with_change(things, one, x=320 + sign * 220, off_x=90.0),
        {
            "the other way": with_change(things, one, x=320 - sign * 220),
            "hardly at all": with_change(things, one, x=320 + sign * 40),
            "another shape": with_change(things, things[things.index(one) - 1], x=320 + sign * 220),
            "all of them": [replace(thing, x=320 + sign * 220) for thing in things],
        },
    )  # fmt: skip


def position(rng: np.random.Generator, index: int) -> Task:
    """Two shapes change places."""
    things = some_things(rng, SHAPES, 4)
    one, other, third = things[:3]
    swapped = with_change(with_change(things, one, x=other.x, y=other.y), other, x=one.x, y=one.y)
    return _task(
        "position", index, f"The {one.name} and the {other.name} change places. {KEPT}",
        f"The {one.name} is where the {other.name} was, and the other way round; the two others have not moved.",
        f"Do the {one.name} and the {other.name} end at each other's places, and nothing else elsewhere?",
        things, swapped,
        {
            "two others": with_change(with_change(things, one, x=third.x, y=third.y), third, x=one.x, y=one.y),
            "one of them is gone": without(swapped, next(thing for thing in swapped if thing.kind == one.kind)),
            "their colours alone": with_change(with_change(things, one, colour=other.colour), other, colour=one.colour),
        },
    )  # fmt: skip


def form(rng: np.random.Generator, index: int) -> Task:
    """One shape takes on the form of another kind."""
    things = some_things(rng, SHAPES, 3)
    one, other = things[0], things[1]
    new, wrong = [kind for kind in SHAPES if kind not in {thing.kind for thing in things}][:2]
    return _task(
        "shape", index, f"The {one.name} becomes a {new} of the same colour, at the same place and as large. {KEPT}",
        f"A {one.colour} {new} is where the {one.name} was, about as large; the two others are as before.",
        f"Is the {one.name} a {one.colour} {new} at the end, with the others as before?",
        things, with_change(things, one, kind=new),
        {
            "another form": with_change(things, one, kind=wrong),
            "another shape": with_change(things, other, kind=new),
            "another colour as well": with_change(things, one, kind=new, colour=next(
                paint for paint in PAINTS if paint not in {thing.colour for thing in things})),
        },
    )  # fmt: skip


def size(rng: np.random.Generator, index: int) -> Task:
    """The smallest of three shapes grows as large as the largest."""
    kind = SHAPES[rng.integers(len(SHAPES))]
    colours, radii = rng.permutation(PAINTS)[:3], rng.permutation([28, 48, 78])
    things = [Thing(kind, str(colours[k]), 120 + 200 * k, 180, int(radii[k])) for k in range(3)]
    small, middle, large = sorted(things, key=lambda thing: thing.radius)
    return _task(
        "size", index, f"The smallest {kind} grows where it is until it is as large as the largest one. {KEPT}",
        f"The {small.name} is as large as the {large.name}; the {middle.name} is smaller than both, as before.",
        f"Is the {small.name} as large as the {large.name} at the end, with the other two as they were?",
        things, with_change(things, small, radius=large.radius),
        {
            "too little": with_change(things, small, radius=middle.radius),
            "the largest shrinks": with_change(things, large, radius=small.radius),
            "another one grows": with_change(things, middle, radius=large.radius),
        },
    )  # fmt: skip


def anomaly(rng: np.random.Generator, index: int) -> Task:
    """Of six shapes one is of another kind: it vanishes."""
    same, odd = (str(kind) for kind in rng.permutation(SHAPES)[:2])
    colour = PAINTS[rng.integers(len(PAINTS))]
    spots = [SPOTS[place] for place in rng.permutation(len(SPOTS))[:6]]
    things = [Thing(odd if k == 0 else same, colour, *spot) for k, spot in enumerate(spots)]
    one, other = things[:2]
    return _task(
        "anomaly", index, f"The one shape that is not like the others fades away. {KEPT}",
        f"The {one.kind} is gone, and all five of the other kind are still there, at their places.",
        f"Is the {one.kind} alone gone at the end?",
        things, without(things, one),
        {
            "another one": without(things, other),
            "both": [thing for thing in things if thing not in (one, other)],
            "it becomes like the others": with_change(things, one, kind=same),
            "it shrinks": with_change(things, one, radius=RADIUS / 2),
        },
    )  # fmt: skip


def _task(
    name: str,
    index: int,
    prompt: str,
    expected: str,
    rule: str,
    before: Things,
    after: Things,
    wrong: Mapping[str, Things],
    done: Things | None = None,
) -> Task:
    first = drawn(before)
    return Task(
        category="vision rule",
        task=name,
        index=index,
        prompt=prompt,
        expected=expected,
        seen="Can plain coloured shapes be seen?",
        asked=None,
        rule=rule,
        first_frame=first,
        check=Check(lambda _, last: things_checked(last, after)),
        draw_done=lambda: video(first, drawn(after if done is None else done)),
        draw_undone=lambda: {
            "nothing happens": video(first, first),
            **{what: video(first, drawn(things)) for what, things in wrong.items()},
        },
    )
