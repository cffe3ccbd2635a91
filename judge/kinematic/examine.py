"""All witnesses of laws together: what each body did, and one word for one happening."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lawful.judge.kinematic.bodies import Glimpse
from lawful.judge.kinematic.events.breaks import AFTER, breaks
from lawful.judge.kinematic.findings import Finding, Said
from lawful.judge.kinematic.happenings import NEAR, gap_of
from lawful.judge.kinematic.laws.behind import Behind
from lawful.judge.kinematic.laws.collisions import Bounces, Reactions
from lawful.judge.kinematic.laws.gravity import Gravity
from lawful.judge.kinematic.laws.identity import Identity, Rigidity
from lawful.judge.kinematic.laws.impenetrability import Impenetrability
from lawful.judge.kinematic.laws.inertia import Inertia
from lawful.judge.kinematic.laws.momentum import Partings
from lawful.judge.kinematic.laws.passings import Arrivals, Departures
from lawful.judge.kinematic.laws.permanence import Permanence
from lawful.judge.kinematic.laws.time import Freezes, Reversals
from lawful.judge.kinematic.laws.witness import Witness
from lawful.judge.kinematic.memory import Memory, remember
from lawful.judge.kinematic.spine.eye import LOOK_AHEAD
from lawful.judge.kinematic.spine.watch import AROUND

WITNESSES: tuple[Witness, ...] = (
    Permanence(),
    Departures(),
    Arrivals(),
    Identity(),
    Behind(),
    Rigidity(),
    Freezes(),
    Impenetrability(),
    Bounces(),
    Partings(),
    Reactions(),
    Gravity(),
    Inertia(),
    Reversals(),
)
"""In this order one is believed where two see the same happening equally clearly."""

HELD_S = 0.3
"""A finding waits so long: another witness, or a later frame, may see the same more clearly."""
_HELD_STOPS_S = 0.75
_STOPS = ("stop_in_mid_air", "hover", "spontaneous_start")
_TOGETHER_S = 0.2
_TOGETHER_FRAMES = 3
_TOLD_S = 2.0
_FAR_CLEARER = 2
_NET_STEPS = LOOK_AHEAD + AROUND + 2
_MOST = 64


Show = Callable[[Finding], Said]
"""Adds what there is to look at to a finding."""


@dataclass(frozen=True, eq=False)
class _Held:
    """A finding that waits, with what there is to look at."""

    said: Said
    since_s: float
    order: int

    @property
    def finding(self) -> Finding:
        return self.said.finding


@dataclass
class Examination:
    """What the witnesses keep of the shot that runs."""

    memory: Memory = field(default_factory=Memory)
    """The bodies."""
    states: list[Any] = field(default_factory=lambda: [witness.open() for witness in WITNESSES])
    """The witnesses' own."""
    held: list[_Held] = field(default_factory=list)
    """Findings that wait."""
    told: list[Finding] = field(default_factory=list)
    """The last that were said."""


def open_examination() -> Examination:
    """Before the first frame."""
    return Examination()


def push_examination(
    examination: Examination, glimpse: Glimpse, show: Show, others: Sequence[Said] = ()
) -> list[Said]:
    """What is to be said with a frame; the examination is changed.

    The first frame of a shot begins anew: nothing that was held is said any more, so close the shot before.

    Args:
        examination: Changed in place.
        glimpse: The bodies of the frame.
        show: Adds what there is to look at; called with the frame in which a finding is made.
        others: What witnesses that look at no bodies found with this frame.
    """
    memory = examination.memory
    if memory.newest is not None and not glimpse.step_s > 0:
        examination.states = [witness.open() for witness in WITNESSES]
        examination.held, examination.told = [], []
    remember(memory, glimpse)
    due = list(breaks(memory))
    _hold(examination, others, -1, glimpse.time_s)
    for order, (witness, state) in enumerate(zip(WITNESSES, examination.states, strict=True)):
        found = [show(finding) for finding in witness.push(state, memory, due)]
        _hold(examination, found, order, glimpse.time_s)
    ready = [item for item in examination.held if glimpse.time_s - item.since_s >= _wait_s(item) - 1e-9]
    return _tell(examination, ready)


def close_examination(examination: Examination, show: Show, others: Sequence[Said] = ()) -> list[Said]:
    """What is still to be said at the end of a shot: what was held, and what the last steps show."""
    memory = examination.memory
    if memory.newest is None:
        return list(others)
    _hold(examination, others, -1, memory.now.time_s)
    for after in range(AFTER - 1, 2, -1):
        due = list(breaks(memory, after))
        for order, (witness, state) in enumerate(zip(WITNESSES, examination.states, strict=True)):
            if isinstance(witness, Inertia | Bounces | Partings):
                found = [show(finding) for finding in witness.push(state, memory, due)]
                _hold(examination, found, order, memory.now.time_s)
    return _tell(examination, list(examination.held))


def _wait_s(item: _Held) -> float:
    return _HELD_STOPS_S if item.finding.family in _STOPS else HELD_S


def _hold(examination: Examination, found: Sequence[Said], order: int, now_s: float) -> None:
    """Findings of one family on one happening are one, the clearest; those of bodies and of pixels are two."""
    step_s = examination.memory.usual_step_s
    for said in found:
        new = said.finding
        same = next(
            (
                item
                for item in examination.held
                if item.finding.tail == new.tail and _together(item.finding, new, step_s)
            ),
            None,
        )
        # What has measured something is believed before what only points at it.
        place = len(WITNESSES) if new.by_net else order
        if same is None:
            examination.held = [*examination.held, _Held(said, now_s, place)][-_MOST:]
        elif new.strength > same.finding.strength:
            examination.held[examination.held.index(same)] = _Held(said, same.since_s, place)


def _tell(examination: Examination, ready: Sequence[_Held]) -> list[Said]:
    """Of all that is held on one happening the clearest is said; what else shows the same family is its echo."""
    step_s = examination.memory.usual_step_s
    told: list[Said] = []
    for item in sorted(ready, key=lambda each: (-each.finding.strength, each.order)):
        if item not in examination.held:
            continue
        group = [other for other in examination.held if _together(item.finding, other.finding, step_s)]
        best = max(group, key=lambda each: (_rank(each.finding), -each.order, each.finding.strength))
        examination.held = [other for other in examination.held if other not in group]
        told_of = (old for old in examination.told if _together(best.finding, old, step_s))
        old = next((old for old in told_of if not _outdoes(best.finding, old)), None)
        if old is not None:
            # Told of already; what the net sees of it counts all the same.
            told += [_echo(other.said, old) for other in group if other.finding.by_net]
            continue
        told.append(best.said)
        told += [_echo(other.said, best.finding) for other in group if _echoes(other.finding, best.finding)]
    now_s = examination.memory.now.time_s
    # Latest first: a witness that spoke after the net is what others are held against.
    kept = [*(said.finding for said in told if not said.echo), *examination.told]
    told_s = max(_TOLD_S, 2 * HELD_S + _NET_STEPS * step_s)
    examination.told = [old for old in kept if now_s - old.end_s <= told_s][:_MOST]
    return told


def _echo(said: Said, told: Finding) -> Said:
    """What is seen of a happening that was told of, under the name that it was told of by."""
    return replace(said, finding=replace(said.finding, family=told.family), echo=True)


def _echoes(one: Finding, told: Finding) -> bool:
    return one is not told and (one.by_net or (one.family == told.family and one.tail != told.tail))


def _outdoes(late: Finding, told: Finding) -> bool:
    """True for what is measured where the net alone has spoken, and for what is far clearer than what was told of."""
    if told.by_net and not late.by_net:
        return True
    return _rank(late) - _rank(told) >= _FAR_CLEARER


def _rank(finding: Finding) -> int:
    """How clear it is, in steps, so that the order of the witnesses decides between ones that are about as clear.

    What the net points at is believed before what a witness hardly measures, and before nothing else.
    """
    rank = round(min(finding.strength, 1.0) / 0.34)
    return min(rank, 1) if finding.by_net else rank


def _together(one: Finding, two: Finding, step_s: float) -> bool:
    """True for findings on the same bodies, or at the same place where no bodies are named, at the same time."""
    near = max(_TOGETHER_S, _TOGETHER_FRAMES * step_s)
    if one.start_s > two.end_s + near or two.start_s > one.end_s + near:
        return False
    if one.bodies and two.bodies:
        return bool(set(one.bodies) & set(two.bodies))
    return gap_of(one.box, two.box) <= NEAR
