"""What the embedded generator understands: six slots, and the closed list of words that fill them.

>>> read_prompt("An orange ball on the left falls and bounces, moving to the right.").side
'left'
"""

import re
from dataclasses import dataclass, fields
from typing import Literal, TypeVar

from lawful.core.errors import InputError
from lawful.generators.protocol import RefusedError

Family = Literal["fall", "throw", "swing", "slide"]
Side = Literal["left", "middle", "right"]
Way = Literal["left", "right", "straight"]

FAMILIES: tuple[Family, ...] = ("fall", "throw", "swing", "slide")
COLOURS: tuple[str, ...] = ("red", "orange", "yellow", "green", "blue", "purple")
"""Names of `lawful.generators.worlds.scene.COLOURS` that the model was shown."""
SIDES: tuple[Side, ...] = ("left", "middle", "right")
WAYS: tuple[Way, ...] = ("left", "right", "straight")
MOST_BODIES = 2
_Value = TypeVar("_Value")

SLOTS: tuple[tuple[str, tuple[str | int, ...]], ...] = (
    ("family", FAMILIES),
    ("count", (1, 2)),
    ("colour", COLOURS),
    ("other_colour", COLOURS),
    ("side", SIDES),
    ("way", WAYS),
)
"""Names of the slots and what may stand in them; nothing stands in one of which a prompt says nothing."""
N_TOKENS = len(SLOTS)
N_WORDS = sum(len(values) + 1 for _, values in SLOTS)
"""Rows of the table of learnt embeddings: every value of every slot, and for each slot that nothing is said."""


@dataclass(frozen=True)
class Prompt:
    """What a prompt says; None where it says nothing."""

    family: Family | None = None
    """What happens: things fall and bounce, are thrown, swing on a rod, or slide over a table."""
    count: int | None = None
    """How many things, 1 or 2."""
    colour: str | None = None
    """Colour of the first thing."""
    other_colour: str | None = None
    """Colour of the second thing."""
    side: Side | None = None
    """Third of the picture in which the first thing starts."""
    way: Way | None = None
    """Which way the first thing moves at first, seen across."""

    @property
    def tokens(self) -> tuple[int, ...]:
        """Row of the table of embeddings for each slot."""
        rows, start = [], 0
        for name, values in SLOTS:
            value = getattr(self, name)
            rows.append(start if value is None else start + 1 + values.index(value))
            start += len(values) + 1
        return tuple(rows)

    @property
    def text(self) -> str:
        """The caption; `read_prompt` reads it as the same again, where it says how many things there are."""
        if self == Prompt():
            return ""
        noun = "disc" if self.family == "slide" else "ball"
        things = [f"{_article(self.colour)} {noun}{_PLACES.get(self.side, '')}"]
        if self.count == 2:
            things.append(f"{_article(self.other_colour)} {noun}")
        elif self.count == 1:
            things[0] = things[0].replace("a ", "one ", 1).replace("an ", "one ", 1)
        plural = self.count == 2
        verb = _VERBS.get(self.family, ("appears", "appear"))[plural]
        moving = "" if self.way is None else f", the first moving {_MOVING[self.way]}"
        text = f"{' and '.join(things)} {verb}{moving}."
        return text[0].upper() + text[1:]


_PLACES: dict[str | None, str] = {
    "left": " on the left",
    "middle": " in the middle",
    "right": " on the right",
}
_VERBS: dict[str | None, tuple[str, str]] = {
    "fall": ("falls and bounces", "fall and bounce"),
    "throw": ("is thrown", "are thrown"),
    "swing": ("swings on a rod", "swing on a rod"),
    "slide": ("slides over a table", "slide over a table"),
}
_MOVING: dict[Way, str] = {"left": "to the left", "right": "to the right", "straight": "straight"}

_FAMILY_WORDS: dict[str, Family] = {
    **dict.fromkeys(("fall", "falls", "falling", "drops", "drop", "bounce", "bounces", "bouncing"), "fall"),
    **dict.fromkeys(("thrown", "tossed", "flies", "fly"), "throw"),
    **dict.fromkeys(("swing", "swings", "swinging", "pendulum"), "swing"),
    **dict.fromkeys(("slide", "slides", "sliding", "collide", "collides"), "slide"),
}
_COUNT_WORDS = {"one": 1, "two": 2, "both": 2}
_OTHER_WORDS = (
    "a an and ball balls disc discs in is are appear appears on the to over left right middle moving moves move "
    "first straight down up rod table floor from at start it of with hit hits"
)
WORDS: tuple[str, ...] = tuple(
    sorted({*_FAMILY_WORDS, *_COUNT_WORDS, *COLOURS, *_OTHER_WORDS.split(), "other", "another"})
)
"""All words that a prompt may be made of."""


def read_prompt(text: str) -> Prompt:
    """What a text says, in words of `WORDS`; an empty text says nothing.

    Raises:
        InputError: A word is not on the list, or the text contradicts itself.
    """
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.lower())
    unknown = [word for word in words if word not in WORDS]
    if unknown:
        raise RefusedError(
            f"the prompt {text!r} has words that the embedded generator was never told: "
            f"{', '.join(dict.fromkeys(unknown))}",
            f"It knows: {', '.join(WORDS)}. The suite balls is made of these.",
        )
    # What is thrown or swings may fall and bounce as well; what falls does not slide.
    families: list[Family] = list(
        dict.fromkeys(_FAMILY_WORDS[word] for word in words if word in _FAMILY_WORDS)
    )
    if len(families) > 1 and families[0] != "fall" and families[1:] == ["fall"]:
        families = families[:1]
    flat = " ".join(words)
    colours = [word for word in words if word in COLOURS]
    named = re.findall(rf"\b(?:({'|'.join(COLOURS)}) )?(?:ball|disc)s?\b", flat)
    counts = {_COUNT_WORDS[word] for word in words if word in _COUNT_WORDS}
    things = sum(word in {"ball", "disc"} for word in words)
    count = counts.pop() if len(counts) == 1 else None
    if count is None and words:
        count = 2 if max(things, len(colours)) > 1 else (1 if things == 1 else None)
    sides = re.findall(
        r"\b(?:on the|in the|at the|the) (left|right|middle)\b", re.sub(r"to the \w+", "", flat)
    )
    ways = re.findall(r"\b(?:to the )(left|right)\b|\b(straight)\b", flat)
    said_ways = [one or two for one, two in ways]
    if len(families) > 1 or len(counts) > 1 or len(colours) > MOST_BODIES or len(set(said_ways)) > 1:
        raise RefusedError(
            f"the prompt {text!r} says more than one thing can show: families {families}, colours {colours}, "
            f"ways {said_ways}",
            f"Say one of {', '.join(FAMILIES)}, at most two colours and one way.",
        )
    if count == 1 and len(colours) > 1:
        raise InputError(f"the prompt {text!r} gives one thing two colours, {' and '.join(colours)}")
    # A colour belongs to the thing that it stands before; "two red and blue balls" has one for each.
    first, second, *_ = [*(named if len(named) >= len(colours) else colours), "", ""]
    return Prompt(
        family=families[0] if families else None,
        count=count,
        colour=first or None,
        other_colour=second or None,
        side=_of(SIDES, sides),
        way=_of(WAYS, said_ways),
    )


def _article(colour: str | None) -> str:
    if colour is None:
        return "a"
    return f"an {colour}" if colour[0] in "aeiou" else f"a {colour}"


def _of(known: tuple[_Value, ...], said: list[str]) -> _Value | None:
    return next((value for value in known if said and value == said[0]), None)


assert [field.name for field in fields(Prompt)] == [name for name, _ in SLOTS]
