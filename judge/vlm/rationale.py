"""Reasons in a model's own words, with the times and boxes that it cites as evidence."""

import re
from dataclasses import dataclass

from lawful.judge.records import Evidence
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


def cited(rationale: str) -> list[Cited]:
    """The sentences of a rationale that cite a time or a place, in order.

    Times are ``<t>1.5</t>`` or ``<t>1.5-2.0</t>`` in seconds, boxes ``<box>x0,y0,x1,y1</box>`` in shares of width and
    height, or in thousandths of them where a number is above 1, as some models are trained to give them. Sentences
    with an ``<obj>`` tag around a name keep the name.
    """
    found = []
    for sentence in _SENTENCE.split(rationale):
        time, box = _TIME.search(sentence), _BOX.search(sentence)
        if time is None and box is None:
            continue
        text = " ".join(_TAG.sub("", sentence).split())
        start_s = float(time[1]) if time else None
        end_s = float(time[2] or time[1]) if time else None
        found.append(Cited(text, start_s, end_s, _as_box(box)))
    return found


def as_evidence(
    rationale: str, law: str | None, probability: float, span_s: tuple[float, float]
) -> tuple[Evidence, ...]:
    """A rationale as evidence: one piece for each sentence that cites something, one for all where none does.

    Args:
        rationale: The model's words.
        law: The law that was asked about.
        probability: How strongly the answer speaks for a violation.
        span_s: First and last time that the model was shown; times outside are moved to the nearest end.
    """
    pieces = []
    for one in cited(rationale):
        start_s, end_s = (one.start_s, one.end_s) if one.start_s is not None else span_s
        assert end_s is not None
        ends = sorted(min(max(time_s, span_s[0]), span_s[1]) for time_s in (start_s, end_s))
        pieces.append(Evidence(ends[0], ends[1], one.box, law, None, None, one.text, probability))
    if not pieces and rationale.strip():
        text = " ".join(rationale.split())
        pieces.append(Evidence(*span_s, None, law, None, None, text, probability))
    return tuple(pieces)


def _as_box(found: re.Match[str] | None) -> Box | None:
    if found is None:
        return None
    corners = [float(number) for number in found.groups()]
    if max(corners) > 1:
        corners = [corner / 1000 for corner in corners]
    try:
        return Box(*corners)
    except ValueError:
        return None
