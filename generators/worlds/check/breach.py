"""What the checker says: which law is broken, when, by what and by how much."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Breach:
    """One law that the truth of a clip does not obey."""

    law: str
    """Id of the law."""
    family: str | None
    """Id of the violation family that it looks like; None where it looks like none."""
    frame: int
    """The first frame that shows it."""
    time_s: float
    """Time of that frame."""
    subject: str
    """Name of the body that breaks it."""
    magnitude: float
    """By how much."""
    unit: str
    """Unit of the magnitude."""
    text: str
    """One sentence."""
    seen: bool = True
    """False where it happened while nothing of the body was to be seen."""


def first_of_each(breaches: Iterable[Breach]) -> tuple[Breach, ...]:
    """Of breaches that go on from frame to frame only the first, in order of time."""
    kept: list[Breach] = []
    last: dict[tuple[str, str | None, str], int] = {}
    for breach in sorted(breaches, key=lambda breach: breach.frame):
        key = (breach.law, breach.family, breach.subject)
        if key not in last or breach.frame > last[key] + 1:
            kept.append(breach)
        last[key] = breach.frame
    return tuple(kept)
