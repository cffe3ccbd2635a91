"""From what stands in a file to ratings: every cell is checked, and what is not usable is kept as a problem."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from lawful.checklists.json_file import shown_text
from lawful.core.errors import InputError
from lawful.reports.ratings.record import CHOICES, Choice, Kind, Pair, Problem, Rating, RatingTable, Scale
from lawful.reports.ratings.videos import KnownVideos

MAX_RATINGS = 1_000_000
"""More are not read at once."""
FIELDS = (
    "video",
    "pair",
    "left",
    "right",
    "rater",
    "axis",
    "value",
    "seconds",
    "time",
    "cannot_judge",
    "generator",
    "case",
    "prompt",
)
"""What a cell may say of a rating."""
SPELLINGS: Mapping[str, Choice] = {
    **{choice: choice for choice in CHOICES},
    "A": "left",
    "B": "right",
    "leftvote": "left",
    "rightvote": "right",
    "tievote": "tie",
    "bothbad_vote": "both_bad",
    "[[A>B]]": "left",
    "[[B>A]]": "right",
    "[[A=B=Good]]": "tie",
    "[[A=B=Bad]]": "both_bad",
}
"""How choices are written in the files that we know."""
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}


@dataclass(frozen=True, slots=True)
class Cell:
    """One answer as it stands in a file."""

    file: str
    """The file as it was named."""
    row: str
    """The place in it: "row 7", or a JSON pointer."""
    fields: Mapping[str, Any]
    """What the file says, by the names in `FIELDS`; absent or empty where it says nothing."""
    scale: Scale | None = None
    """The scale that the format prescribes."""
    source: str = ""
    """The folder that stands for the file where names are compared; empty for the file itself."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is rightly left out, and counted."""

    text: str
    """What it is."""


Entry = Cell | Problem | Note


@dataclass(frozen=True)
class Rules:
    """How cells are understood."""

    scales: Mapping[str, Scale] = field(default_factory=dict)
    """Scales by axis; the one under "" holds for all others. They go before a format's own."""
    rename: Mapping[str, str] = field(default_factory=dict)
    """Names of generators to be read as another name."""
    choices: Mapping[str, Choice] = field(default_factory=dict)
    """More ways to write a choice."""
    cannot_judge: frozenset[str] = frozenset({"cannot_judge"})
    """Values that say that it cannot be judged."""
    videos: KnownVideos | None = None
    """The videos that there are; None takes any name."""

    def scale(self, axis: str, own: Scale | None) -> Scale:
        """The scale of an axis."""
        return self.scales.get(axis) or self.scales.get("") or own or Scale()


class _Unusable(Exception):  # noqa: N818 - it never leaves this module
    def __init__(self, kind: Kind, text: str) -> None:
        super().__init__(text)
        self.kind: Kind = kind
        self.text = text


def collect_ratings(entries: Iterable[Entry], rules: Rules | None = None) -> RatingTable:
    """Check cells and make them into a table.

    The same item, axis and rater may be there once. Equal answers count as one and the others as duplicates;
    where they differ, none is used, so that the order of rows decides nothing.

    Args:
        entries: What an importer read.
        rules: How to understand it.

    Raises:
        InputError: There are more than a million answers, or a file is not usable as a whole.
    """
    rule = rules or Rules()
    problems: list[Problem] = []
    notes: Counter[str] = Counter()
    held: dict[tuple[str, str, str, str], list[tuple[Rating, Cell]]] = defaultdict(list)
    n = 0
    for entry in entries:
        if isinstance(entry, Note):
            notes[entry.text] += 1
            continue
        n += 1
        if n > MAX_RATINGS:
            raise InputError(f"{entry.file}: more than {MAX_RATINGS:,} ratings. Read the file in parts.")
        if isinstance(entry, Problem):
            problems.append(entry)
        else:
            try:
                rating = _rating(entry, rule)
            except _Unusable as unusable:
                problems.append(Problem(unusable.kind, entry.file, entry.row, unusable.text))
            else:
                held[*rating.key, rating.axis, rating.rater].append((rating, entry))
    ratings = []
    for group in held.values():
        ratings.extend(_one(group, problems))
    ratings.sort(key=lambda r: (r.axis, r.key, r.rater))
    return RatingTable(tuple(ratings), tuple(problems), tuple(sorted(notes.items())))


def _one(group: list[tuple[Rating, Cell]], problems: list[Problem]) -> list[Rating]:
    if len(group) == 1:
        return [group[0][0]]
    first = group[0][0]
    what = f"{first.rater} rated {first.item} on {first.axis}"
    if len({(r.value, r.cannot_judge, r.nominal if r.choice else None) for r, _ in group}) > 1:
        for _, cell in group:
            text = f"{what} {len(group)} times with different answers; none is used"
            problems.append(Problem("contradiction", cell.file, cell.row, text))
        return []
    for _, cell in group[1:]:
        text = f"{what} already ({group[0][1].file}, {group[0][1].row}); counted once"
        problems.append(Problem("duplicate", cell.file, cell.row, text))
    return [min((r for r, _ in group), key=repr)]


def _rating(cell: Cell, rule: Rules) -> Rating:
    generator = _text(cell, "generator")
    generator = rule.rename.get(generator, generator) if generator is not None else None
    item, pair = _item(cell, generator, rule)
    axis = _text(cell, "axis") or "score"
    rater = _text(cell, "rater")
    if rater is None:
        raise _Unusable("missing_cell", "no rater is named")
    scale = rule.scale(axis, cell.scale)
    rating = Rating(
        item=item,
        pair=pair,
        rater=rater,
        axis=axis,
        value=None,
        cannot_judge=_cannot_judge(cell, rule),
        scale=scale,
        seconds=_seconds(cell),
        time=_time(cell),
        generator=generator,
        case=_text(cell, "case"),
        prompt=_text(cell, "prompt"),
        source=cell.source or cell.file,
    )
    if rating.cannot_judge:
        return rating
    raw = cell.fields.get("value")
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        raise _Unusable("missing_cell", f"no answer on {axis}")
    return (
        replace(rating, choice=_choice(raw, rule))
        if pair
        else replace(rating, value=_value(raw, axis, scale))
    )


def _item(cell: Cell, generator: str | None, rule: Rules) -> tuple[str, Pair | None]:
    name, left, right = _text(cell, "pair"), _text(cell, "left"), _text(cell, "right")
    if name or left or right:
        if not name and not (left and right):
            raise _Unusable(
                "missing_cell", f"the {'right' if left else 'left'} video of the pair is not named"
            )
        pair = Pair(_known(left, generator, rule), _known(right, generator, rule))
        return name or " | ".join(sorted(map(str, (pair.left, pair.right)))), pair
    video, case = _text(cell, "video"), _text(cell, "case")
    if video is None:
        if generator is None or case is None:
            raise _Unusable("missing_cell", "no video is named, nor a generator and a case")
        return _known(case, generator, rule) or case, None
    return _known(video, generator, rule) or video, None


def _known(name: str | None, generator: str | None, rule: Rules) -> str | None:
    if name is None or rule.videos is None:
        return name
    found = rule.videos.find(name, generator)
    if found is None:
        raise _Unusable("unknown_video", f"{shown_text(name)} is none of the {len(rule.videos)} videos")
    return found


def _text(cell: Cell, name: str) -> str | None:
    raw = cell.fields.get(name)
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise _Unusable("bad_value", f"{name}: text is wanted, found {shown_text(raw)}")
    text = str(raw).strip()
    if not text.isprintable():
        raise _Unusable("bad_value", f"{name}: holds what cannot be printed: {shown_text(text)}")
    return text or None


def _cannot_judge(cell: Cell, rule: Rules) -> bool:
    raw = cell.fields.get("cannot_judge")
    flag = _FLAGS.get(str(raw if raw is not None else "").strip().lower())
    if flag is None:
        raise _Unusable("bad_value", f"cannot_judge: yes or no is wanted, found {shown_text(str(raw))}")
    value = cell.fields.get("value")
    return flag or (isinstance(value, str | int | float) and str(value).strip() in rule.cannot_judge)


def _choice(raw: Any, rule: Rules) -> Choice:
    text = str(raw).strip()
    choice = rule.choices.get(text) or SPELLINGS.get(text)
    if choice is None:
        raise _Unusable("bad_choice", f"{shown_text(text)} is none of {', '.join(CHOICES)}")
    return choice


def _value(raw: Any, axis: str, scale: Scale) -> float:
    text = str(raw).strip()
    if scale.labels:
        value = scale.value(text)
        if value is None:
            raise _Unusable("off_scale", f"{axis}: {shown_text(text)} is not on the scale {scale}")
        return value
    number = _number(raw)
    if number is None:
        raise _Unusable("bad_number", f"{axis}: a number is wanted, found {shown_text(text)}")
    if not scale.lowest <= number <= scale.highest:
        raise _Unusable("off_scale", f"{axis}: {number:g} is not on the scale {scale}")
    return number


def _number(raw: Any) -> float | None:
    if isinstance(raw, bool):
        return None
    try:
        number = float(raw)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _seconds(cell: Cell) -> float | None:
    raw = cell.fields.get("seconds")
    if raw is None or raw == "":
        return None
    number = _number(raw)
    if number is None or number < 0:
        raise _Unusable("bad_number", f"seconds: a number from 0 is wanted, found {shown_text(str(raw))}")
    return number


def _time(cell: Cell) -> str | None:
    text = _text(cell, "time")
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError as error:
        raise _Unusable("bad_value", f"time: ISO 8601 is wanted, found {shown_text(text)}") from error
