"""Facts about how many things there are, and of which colour."""

import math
from collections.abc import Iterator
from functools import partial
from typing import Literal

from lawful.generators.worlds.records import ObjectTruth
from lawful.generators.worlds.scene import COLOURS
from lawful.generators.worlds.text.fact import Fact
from lawful.generators.worlds.text.seen import Seen
from lawful.generators.worlds.text.words import counted, noun_of

Side = Literal["left", "right"]
SIDES: tuple[Side, ...] = ("left", "right")
_GAP = 0.06
_UNLIKE = 150.0


def counts(lawful: Seen) -> Iterator[Fact]:
    """How many things of a kind are in view at the start and at the end."""
    for noun in lawful.nouns:
        for when in ("start", "end"):
            count = in_view_count(lawful, noun, when)
            for said in () if count is None else range(max(1, count - 1), count + 2):
                text = f"{'Is' if said == 1 else 'Are'} there exactly {counted(said, noun)} in view at the {when}?"
                yield Fact(f"count_{when}", text, partial(_counts, noun=noun, when=when, said=said))


def colours(lawful: Seen) -> Iterator[Fact]:
    """Which colour a thing has at the end that is named by its kind alone or by its place."""
    for noun in lawful.nouns:
        for side in (None, *SIDES):
            truth = _one_at_the_end(lawful, noun, side)
            if truth is None:
                continue
            colour = colour_at(truth, lawful.last)
            others = {body.look.colour for body, _ in lawful.actors() if noun_of(body.name) == noun}
            if side is None:
                others = {name for name, rgb in COLOURS.items() if math.dist(rgb, COLOURS[colour]) > _UNLIKE}
            place = "" if side is None else f" farthest to the {side}"
            for said in sorted({colour, *others}):
                text = f"Is the {noun}{place} {said} at the end?"
                if side is not None:
                    text = f"Is the {noun} that is{place} at the end {said}?"
                yield Fact("colour_end", text, partial(_is_coloured, noun=noun, side=side, said=said))


def in_view_count(seen: Seen, noun: str, when: str) -> int | None:
    """How many things of a kind are in view at the start or the end; None where one is half in view."""
    members = seen.of_kind(noun)
    frame = 0 if when == "start" else seen.last
    if members is None or not all(seen.in_view(m, frame) or seen.out_of_view(m)[frame] for m in members):
        return None
    return sum(seen.in_view(member, frame) for member in members)


def colour_at(truth: ObjectTruth, frame: int) -> str:
    """The name of an object's colour in a frame."""
    return truth.looks[truth.look_index[frame]].colour


def _counts(seen: Seen, noun: str, when: str, said: int) -> bool | None:
    count = in_view_count(seen, noun, when)
    return None if count is None else count == said


def _is_coloured(seen: Seen, noun: str, side: Side | None, said: str) -> bool | None:
    truth = _one_at_the_end(seen, noun, side)
    return None if truth is None else colour_at(truth, seen.last) == said


def _one_at_the_end(seen: Seen, noun: str, side: Side | None) -> ObjectTruth | None:
    """The only thing of a kind in view at the end, or of several the one that is clearly farthest to a side."""
    count = in_view_count(seen, noun, "end")
    members = seen.of_kind(noun)
    if not count or members is None or (count == 1) != (side is None):
        return None
    shown = [member for member in members if seen.in_view(member, seen.last)]
    sign = -1 if side == "right" else 1
    shown.sort(key=lambda truth: sign * truth.centre[seen.last, 0])
    if count > 1 and sign * (shown[1].centre[seen.last, 0] - shown[0].centre[seen.last, 0]) < _GAP:
        return None
    return shown[0]
