"""What has been said so far, and the frames kept to show it: bounded in the clip's length."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lawful.judge.kinematic.combine import Weigher, event_of
from lawful.judge.kinematic.findings import Said
from lawful.judge.kinematic.tails import Conditions, family_of
from lawful.judge.records import Event, Evidence, EvidenceFrame

_LEAST_PROBABILITY = 0.5
_MOST_EVENTS = 32
_MOST_EVIDENCE = 3


@dataclass(frozen=True, eq=False)
class Held:
    """A finding that was said, with what there is to look at."""

    strength: float
    """Its strength."""
    evidence: Evidence
    """As it was weighed when it was said."""
    echo: bool = False
    """True for what is weighed and not shown, as another finding shows the same."""


@dataclass
class Ledger:
    """Events in the order in which they were said, and the strongest of each family with evidence."""

    events: list[Event] = field(default_factory=list)
    """The first of each family up to a limit; what was said stays."""
    strongest: dict[str, list[Held]] = field(default_factory=dict)
    """The strongest that were weighed against each tail, strongest first."""


def enter(
    ledger: Ledger, said: Sequence[Said], weigher: Weigher, conditions: Conditions, now_s: float
) -> None:
    """Weigh findings that are said with the frame at `now_s`, and keep them.

    Args:
        ledger: Changed in place.
        said: The findings.
        weigher: What they are weighed with.
        conditions: What they are seen against so far.
        now_s: Time of the newest frame.
    """
    for item in said:
        finding = item.finding
        probability = 1 - weigher.chance(finding.tail, finding.strength, conditions)
        event = event_of(finding, probability, now_s)
        told = sum(held.family == event.family for held in ledger.events)
        if probability >= _LEAST_PROBABILITY and told < _MOST_EVENTS and not item.echo:
            ledger.events.append(event)
        kept = ledger.strongest.setdefault(finding.tail, [])
        if len(kept) == _MOST_EVIDENCE and kept[-1].strength >= finding.strength:
            continue
        kept.append(Held(finding.strength, _evidence(event, item), item.echo))
        kept.sort(key=lambda held: -held.strength)
        del kept[_MOST_EVIDENCE:]


def strengths_of(ledger: Ledger) -> dict[str, float]:
    """Strength of the strongest finding of each tail."""
    return {tail: held[0].strength for tail, held in ledger.strongest.items()}


def evidence_of(
    ledger: Ledger, families: Sequence[str], weigher: Weigher, conditions: Conditions
) -> tuple[Evidence, ...]:
    """The strongest findings of some families, strongest first, weighed against the whole of what was seen."""
    weighed = [
        replace(held.evidence, probability=1 - weigher.chance(tail, held.strength, conditions))
        for tail, kept in ledger.strongest.items()
        if family_of(tail) in families
        for held in kept
        if not held.echo
    ]
    clear = [evidence for evidence in weighed if evidence.probability >= _LEAST_PROBABILITY]
    return tuple(sorted(clear, key=lambda evidence: -evidence.probability))


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
