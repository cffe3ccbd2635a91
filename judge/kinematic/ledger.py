"""What has been said so far, and the frames kept to show it: bounded in the clip's length."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from lawful.judge.kinematic.combine import Weigher, event_of
from lawful.judge.kinematic.findings import Said
from lawful.judge.kinematic.tails import Conditions, family_of
from lawful.judge.records import Event, Evidence, EvidenceFrame

_LEAST_PROBABILITY = 0.5
_MOST_EVENTS = 32
_MOST_EVIDENCE = 3


@dataclass(eq=False)
class Held:
    """A finding that was said, with what there is to look at."""

    strength: float
    """Its strength."""
    event: Event
    """As it was weighed when it was said."""
    evidence: Evidence
    """The same, to be weighed anew."""
    told: bool
    """Whether the event was told of."""


@dataclass
class Ledger:
    """Events in the order in which they were said, and the strongest of each family with evidence."""

    events: list[Event] = field(default_factory=list)
    """The first of each family up to a limit; what was said stays."""
    strongest: dict[str, float] = field(default_factory=dict)
    """Strength of the strongest that was weighed against each tail, echoes included."""
    shown: dict[str, list[Held]] = field(default_factory=dict)
    """By tail, the strongest that are no echoes, strongest first."""


def enter(
    ledger: Ledger, said: Sequence[Said], weigher: Weigher, conditions: Conditions, now_s: float
) -> None:
    """Weigh findings that are said with the frame at `now_s`, and keep them.

    An event is told of that is rare by itself, or that is the clearest of a family of which the clip shows much in all.

    Args:
        ledger: Changed in place.
        said: The findings.
        weigher: What they are weighed with.
        conditions: What they are seen against so far.
        now_s: Time of the newest frame.
    """
    for item in said:
        finding = item.finding
        ledger.strongest[finding.tail] = max(
            finding.strength, ledger.strongest.get(finding.tail, finding.strength)
        )
        if item.echo:
            continue
        probability = 1 - weigher.chance(finding.tail, finding.strength, conditions)
        event = event_of(finding, probability, now_s)
        held = Held(finding.strength, event, _evidence(event, item), False)
        kept = ledger.shown.setdefault(finding.tail, [])
        kept.append(held)
        kept.sort(key=lambda each: -each.strength)
        del kept[_MOST_EVIDENCE:]
        _tell(ledger, held, probability, now_s)
    for family in dict.fromkeys(item.finding.family for item in said):
        clearest = _clearest(ledger, family, weigher, conditions)
        if clearest is not None:
            _tell(ledger, clearest[0], clearest[1], now_s)


def _tell(ledger: Ledger, held: Held, probability: float, now_s: float) -> None:
    told = sum(event.family == held.event.family for event in ledger.events)
    if probability >= _LEAST_PROBABILITY and told < _MOST_EVENTS and not held.told:
        ledger.events.append(replace(held.event, probability=probability, said_s=now_s))
        held.told = True


def strengths_of(ledger: Ledger) -> Mapping[str, float]:
    """Strength of the strongest finding of each tail."""
    return ledger.strongest


def evidence_of(
    ledger: Ledger, families: Sequence[str], weigher: Weigher, conditions: Conditions
) -> tuple[Evidence, ...]:
    """The strongest findings of some families, strongest first, weighed against the whole of what was seen.

    The clearest of a family stands for all that the clip shows of it, so that what is scored low is shown.
    """
    weighed: list[Evidence] = []
    for family in families:
        clearest = _clearest(ledger, family, weigher, conditions)
        for tail, kept in ledger.shown.items():
            if family_of(tail) != family:
                continue
            for held in kept:
                probability = 1 - weigher.chance(tail, held.strength, conditions)
                if clearest is not None and held is clearest[0]:
                    probability = clearest[1]
                weighed.append(replace(held.evidence, probability=probability))
    clear = [evidence for evidence in weighed if evidence.probability >= _LEAST_PROBABILITY]
    return tuple(sorted(clear, key=lambda evidence: -evidence.probability))


def _clearest(
    ledger: Ledger, family: str, weigher: Weigher, conditions: Conditions
) -> tuple[Held, float] | None:
    """The clearest finding of a family, and one minus the chance of all that is shown of that family together."""
    held = [
        (weigher.chance(tail, kept[0].strength, conditions), -kept[0].strength, tail)
        for tail, kept in ledger.shown.items()
        if family_of(tail) == family
    ]
    if not held:
        return None
    together = weigher.question_chance([family], ledger.strongest, conditions)
    return ledger.shown[min(held)[2]][0], 1 - together


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
