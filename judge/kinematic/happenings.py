"""One word for one happening: what is seen twice, in pieces or in the next step, is said once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lawful.judge.kinematic.findings import Finding, Said
from lawful.video.frames import Box

NEAR = 0.1
"""Shares of the frame between two boxes within which they are at one place."""
_MOST_TOLD = 8


@dataclass
class Happenings:
    """What was seen of late, bounded."""

    held: list[Said] = field(default_factory=list)
    """Seen in the newest step and not said yet: the next step may see it more clearly."""
    told: list[Finding] = field(default_factory=list)
    """The last that were said; they stay as they are."""


def settle(happenings: Happenings, found: Sequence[Said]) -> list[Said]:
    """What is to be said now: all that was held, each as it was seen most clearly.

    Args:
        happenings: Changed in place.
        found: What the newest step shows; it is held for one step, unless it was said or held before.
    """
    due = happenings.held
    fresh: list[Said] = []
    for item in sorted(found, key=lambda seen: -seen.finding.strength):
        held = next((k for k, other in enumerate(due) if _same(item.finding, other.finding)), None)
        if held is not None:
            if item.finding.strength > due[held].finding.strength:
                due[held] = item
        elif not any(_same(item.finding, other) for other in (*happenings.told, *(f.finding for f in fresh))):
            fresh.append(item)
    happenings.told = [*happenings.told, *(item.finding for item in due)][-_MOST_TOLD:]
    happenings.held = fresh
    return due


def _same(one: Finding, other: Finding) -> bool:
    """True for findings of one family that overlap in time and are near each other."""
    together = one.start_s <= other.end_s and other.start_s <= one.end_s
    return one.family == other.family and together and gap_of(one.box, other.box) <= NEAR


def gap_of(one: Box | None, other: Box | None) -> float:
    """Shares of the frame between two boxes along the axis that parts them most; None is everywhere."""
    if one is None or other is None:
        return 0.0
    across = max(one.x0 - other.x1, other.x0 - one.x1)
    return max(across, one.y0 - other.y1, other.y0 - one.y1)
