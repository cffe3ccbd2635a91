"""Reasons in a model's own words, with the times and boxes that it cites as evidence."""

import re
from dataclasses import dataclass

from lawful.judge.records import Evidence
from lawful.judge.vlm.families.protocol import THOUSANDTHS
from lawful.video.frames import Box

_NUMBER = r"\s*(\d+(?:\.\d+)?)\s*"
_TIME = re.compile(rf"<t>{_NUMBER}(?:s)?\s*(?:(?:-|–|to){_NUMBER}(?:s)?\s*)?</t>(?:\s*s)?")
_BOX = re.compile(rf"<box>\s*\[?{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}\]?\s*</box>")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z<])|\n+")
_TAG = re.compile(r"</?(?:t|box|obj)>")


@dataclass(frozen=True)
class Cited:
    """A sentence of a rationale, and what it points at."""

    text: str
    """The sentence without tags."""
    start_s: float | None
    """The time it cites, or where it begins; None where it cites none."""
    end_s: float | None
    """Where that ends."""
    box: Box | None
    """The place it cites; None where it cites none, or one that is no box."""


def cited(rationale: str, box_unit: tuple[float, float] = THOUSANDTHS) -> list[Cited]:
    """The sentences of a rationale that cite a time or a place, in order.

    Times are ``<t>1.5</t>`` or ``<t>1.5-2.0</t>`` in seconds, boxes ``<box>x0,y0,x1,y1</box>`` in shares of width and
    height, or where a number is above 1 in `box_unit`, as models are trained to give them. Sentences with an ``<obj>``
    tag around a name keep the name.

    Args:
        rationale: The model's words.
        box_unit: Width and height of the frame in the numbers that the model was trained to give places in.
    """
    found = []
    for sentence in _SENTENCE.split(rationale):
        time, box = _TIME.search(sentence), _BOX.search(sentence)
        if time is None and box is None:
            continue
        text = " ".join(_TAG.sub("", sentence).split())
        start_s = float(time[1]) if time else None
        end_s = float(time[2] or time[1]) if time else None
        found.append(Cited(text, start_s, end_s, _as_box(box, box_unit)))
    return found


def as_evidence(
    rationale: str,
    law: str | None,
    probability: float,
    span_s: tuple[float, float],
    box_unit: tuple[float, float] = THOUSANDTHS,
) -> tuple[Evidence, ...]:
    """A rationale as evidence: one piece for each sentence that cites something, one for all where none does.

    Args:
        rationale: The model's words.
        law: The law that was asked about.
        probability: How strongly the answer speaks for a violation.
        span_s: First and last time that the model was shown; times outside are moved to the nearest end.
        box_unit: See `cited`.
    """
    pieces = []
    for one in cited(rationale, box_unit):
        start_s, end_s = (one.start_s, one.end_s) if one.start_s is not None else span_s
        assert end_s is not None
        ends = sorted(min(max(time_s, span_s[0]), span_s[1]) for time_s in (start_s, end_s))
        pieces.append(Evidence(ends[0], ends[1], one.box, law, None, None, one.text, probability))
    if not pieces and rationale.strip():
        text = " ".join(rationale.split())
        pieces.append(Evidence(*span_s, None, law, None, None, text, probability))
    return tuple(pieces)


def _as_box(found: re.Match[str] | None, unit: tuple[float, float]) -> Box | None:
    if found is None:
        return None
    corners = [float(number) for number in found.groups()]
    if max(corners) > 1:
        corners = [corner / size for corner, size in zip(corners, unit * 2, strict=True)]
    try:
        return Box(*corners)
    except ValueError:
        return None
