"""What has been said so far, and the frames kept to show it: bounded in the clip's length."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lawful.judge.kinematic.combine import event_of
from lawful.judge.kinematic.findings import Said
from lawful.judge.kinematic.settings import Settings
from lawful.judge.records import Event, Evidence, EvidenceFrame

_LEAST_PROBABILITY = 0.02
_MOST_EVENTS = 32
_MOST_EVIDENCE = 3


@dataclass
class Ledger:
    """Events in the order in which they were said, and the strongest of each family with evidence."""

    events: list[Event] = field(default_factory=list)
    """The first of each family up to a limit; what was said stays."""
    strongest: dict[str, list[tuple[Event, Evidence]]] = field(default_factory=dict)
    """The strongest of each family, strongest first."""


def enter(ledger: Ledger, said: Sequence[Said], settings: Settings, now_s: float) -> None:
    """Weigh findings that are said with the frame at `now_s`, and keep them."""
    for item in said:
        event = event_of(item.finding, settings, now_s)
        if event.probability < _LEAST_PROBABILITY:
            continue
        if sum(held.family == event.family for held in ledger.events) < _MOST_EVENTS:
            ledger.events.append(event)
        held = ledger.strongest.setdefault(event.family, [])
        if len(held) == _MOST_EVIDENCE and held[-1][0].probability >= event.probability:
            continue
        held.append((event, _evidence(event, item)))
        held.sort(key=lambda pair: -pair[0].probability)
        del held[_MOST_EVIDENCE:]


def strongest_of(ledger: Ledger, families: Sequence[str]) -> list[tuple[Event, Evidence]]:
    """The strongest events of some families, strongest first."""
    pairs = [pair for family in families for pair in ledger.strongest.get(family, [])]
    return sorted(pairs, key=lambda pair: -pair[0].probability)


def _evidence(event: Event, item: Said) -> Evidence:
    return Evidence(
        start_s=event.start_s,
        end_s=event.end_s,
        box=event.box,
        law=event.law,
        magnitude=event.magnitude,
        unit=event.unit,
        text=event.text,
        probability=event.probability,
        track_ids=() if item.tracks is None else tuple(int(track) for track in item.tracks.ids),
        frames=tuple(EvidenceFrame(moment.time_s, moment.shown) for moment in item.moments),
        tracks=item.tracks,
    )
