"""A rating, its scale, and a table of ratings with all that could not be used."""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Literal, get_args

from lawful.core.errors import InputError

Choice = Literal["left", "right", "tie", "both_bad"]
"""An answer to "which of the two is better"."""
CHOICES: tuple[Choice, ...] = get_args(Choice)

Kind = Literal[
    "missing_cell",
    "bad_number",
    "bad_choice",
    "bad_value",
    "off_scale",
    "duplicate",
    "contradiction",
    "unknown_video",
    "broken_row",
]
"""Why a row is not usable."""
KINDS: tuple[Kind, ...] = get_args(Kind)
_PARTS_OF_A_RANGE = 2


@dataclass(frozen=True)
class Scale:
    """The values that a rating may have; without ends and labels, any number."""

    lowest: float = -math.inf
    """The lowest value."""
    highest: float = math.inf
    """The highest value."""
    labels: tuple[str, ...] = ()
    """The only answers allowed, worst first; empty where any number between the ends is allowed."""

    @property
    def ordinal(self) -> bool:
        """Whether the answers are words in an order, and their numbers only places in it."""
        return any(_number(label) is None for label in self.labels)

    def value(self, label: str) -> float | None:
        """The number of a label: itself where all labels are numbers, else its place, from 0; None for another."""
        if not self.ordinal:
            number = _number(label)
            return number if number in {_number(known) for known in self.labels} else None
        return float(self.labels.index(label)) if label in self.labels else None

    def __str__(self) -> str:
        if self.labels:
            return ",".join(self.labels)
        return "any number" if math.isinf(self.lowest) else f"{self.lowest:g}-{self.highest:g}"


def parse_scale(text: str) -> Scale:
    """A scale as it is typed: "1-5" for all numbers between, "0,1,2" or "no,in part,yes" for the only answers.

    >>> parse_scale("no,in part,yes").value("in part")
    1.0

    Raises:
        InputError: It is neither.
    """
    labels = tuple(part.strip() for part in text.split(","))
    if len(labels) > 1:
        if "" in labels or len(set(labels)) < len(labels):
            raise InputError(f"scale {text!r}: an answer is empty or there twice. Write it as no,partly,yes.")
        numbers = [_number(label) for label in labels]
        known = [number for number in numbers if number is not None]
        if len(known) == len(labels):
            return Scale(min(known), max(known), labels)
        return Scale(0.0, len(labels) - 1.0, labels)
    ends = [_number(part) for part in text.split("-")]
    if len(ends) != _PARTS_OF_A_RANGE or ends[0] is None or ends[1] is None or ends[0] >= ends[1]:
        raise InputError(f"scale {text!r} is not understood. Write it as 1-5, or as no,partly,yes.")
    return Scale(ends[0], ends[1])


@dataclass(frozen=True, slots=True)
class Pair:
    """The two videos that were shown side by side."""

    left: str | None
    """Name of the left one; None where the file does not say it."""
    right: str | None
    """Name of the right one."""

    def swapped(self) -> bool:
        """Whether it is the other way round than the pair is known by."""
        return self.left is not None and self.right is not None and self.left > self.right


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """One answer of one rater about one video, or about one pair of videos."""

    item: str
    """Name of the video or of the pair; with the generator, what makes it one thing."""
    pair: Pair | None = None
    """The two videos; None where one video was rated."""
    rater: str
    """Who answered."""
    axis: str
    """What was asked about: an axis such as "alignment", or the id of a law."""
    value: float | None
    """The number given, for words their place on the scale; None for a choice and where it cannot be judged."""
    choice: Choice | None = None
    """Which of a pair is better; None where one video was rated."""
    cannot_judge: bool = False
    """Whether the rater said that it cannot be judged."""
    scale: Scale = Scale()
    """What the value may be."""
    seconds: float | None = None
    """Time that the answer took."""
    time: str | None = None
    """When it was given, in ISO 8601."""
    generator: str | None = None
    """Who made the video."""
    case: str | None = None
    """Id of what was asked of the generator."""
    prompt: str | None = None
    """The text that was asked of the generator."""
    source: str = ""
    """The file, or the folder of files, that it comes from."""

    @property
    def key(self) -> tuple[str, str]:
        """Generator and item: equal for two ratings of one thing."""
        return self.generator or "", self.item

    @property
    def code(self) -> float:
        """The answer as a number: the value; for a pair -1, 0, 1 by which is better; NaN if it cannot be judged."""
        if self.choice is not None:
            sign = {"left": -1.0, "right": 1.0}.get(self.choice, 0.0)
            return -sign if self.pair is not None and self.pair.swapped() else sign
        return math.nan if self.value is None else self.value

    @property
    def nominal(self) -> float:
        """A number that tells all answers apart, `both_bad` from `tie` too."""
        return 2.0 if self.choice == "both_bad" else self.code


@dataclass(frozen=True, slots=True)
class Problem:
    """A row, or a cell of it, that is not usable."""

    kind: Kind
    """What sort of problem it is."""
    file: str
    """The file as it was named."""
    row: str
    """The place in it: "row 7", or a JSON pointer."""
    text: str
    """What was found and what is wanted."""


@dataclass(frozen=True)
class RatingTable:
    """All ratings that are usable, sorted by axis, item and rater, and all that is not."""

    ratings: tuple[Rating, ...]
    """One for each item, axis and rater."""
    problems: tuple[Problem, ...] = ()
    """Every row or cell that is not usable, in the order of the files."""
    notes: tuple[tuple[str, int], ...] = ()
    """What was rightly left out, such as empty cells of a wide file, and how often."""

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes, sorted."""
        return tuple(sorted({rating.axis for rating in self.ratings}))

    def on(self, axis: str) -> tuple[Rating, ...]:
        """The ratings of one axis."""
        return tuple(rating for rating in self.ratings if rating.axis == axis)

    def counts(self) -> dict[Kind, int]:
        """Problems by kind, in the fixed order of the kinds."""
        found = Counter(problem.kind for problem in self.problems)
        return {kind: found[kind] for kind in KINDS if found[kind]}


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
