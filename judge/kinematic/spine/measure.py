"""How well a net tells the two of a pair apart by their windows."""

from collections.abc import Sequence
from dataclasses import dataclass

from lawful.judge.kinematic.spine.examples import Example, Views
from lawful.judge.kinematic.spine.eye import LOOK_AHEAD, Eye, Past, look
from lawful.judge.kinematic.spine.watch import Seen, seen_of
from lawful.judge.kinematic.spine.windows import plain, window_of


@dataclass(frozen=True)
class Told:
    """What a net says of one pair."""

    broken: float
    """Log odds of the frame of the broken clip that is most amiss."""
    lawful: float
    """The same of its twin."""
    late: int
    """Frames from the moment to the frame that is most amiss."""
    family: str
    """What that looks most like."""


def told_of(eye: Eye, example: Example) -> Told:
    """What a net says of one pair, in a plain window."""
    window = window_of(example, plain(example))
    broken, lawful = (_most_amiss(eye, views) for views in (window.broken, window.lawful))
    return Told(broken[1].log_odds, lawful[1].log_odds, broken[0] - window.onset, broken[1].family)


def _most_amiss(eye: Eye, views: Views) -> tuple[int, Seen]:
    past = Past()
    logits = [look(eye, past, view) for view in views][LOOK_AHEAD:]
    seen: Sequence[Seen] = [seen_of(eye, each, float(at), True, True) for at, each in enumerate(logits)]
    at = max(range(len(seen)), key=lambda each: seen[each].log_odds)
    return at, seen[at]
