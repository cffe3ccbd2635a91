"""Facts about what would happen if something were otherwise, from a simulation of that."""

from collections.abc import Iterator
from functools import partial

from lawful.generators.worlds.counterfactual import Change, run_again
from lawful.generators.worlds.interventions import Remove, SetVelocity
from lawful.generators.worlds.scene import Scene
from lawful.generators.worlds.text.fact import Fact, opposite
from lawful.generators.worlds.text.fact_events import at_rest, clearly_moves
from lawful.generators.worlds.text.seen import Seen

_MOST_TRIED = 2


def what_ifs(lawful: Seen) -> Iterator[Fact]:
    """Whether what rests at the start would move without another thing, or with that at rest at the start."""
    resting = at_rest(lawful)
    for name in _strikers(lawful, resting):
        changes: dict[str, Change | None] = {
            f"If the {name} were not there": without(lawful.scene, lawful.named[name].name)
        }
        if name not in resting:
            still = at_rest_at_first(lawful.scene, lawful.named[name].name)
            changes[f"If the {name} were at rest at the start"] = still
        for condition, change in changes.items():
            if change is None:
                continue
            simulated = run_again(lawful.scene, lawful.simulated, change)
            for other in resting:
                if other == name:
                    continue
                motion = simulated.motion(lawful.named[other].name)
                moves = clearly_moves(lawful, motion.position_m)
                text = f"{condition}, would the {other} move at all?"
                yield Fact("would_move", text, partial(_known, answer=moves))
                text = f"{condition}, would the {other} stay where it is?"
                yield Fact("would_move", text, partial(_known, answer=opposite(moves)))


def without(scene: Scene, name: str) -> Remove | None:
    """That one of the bodies is not there; None where another hangs on it."""
    if any(tie.other == name for tie in (*scene.pivots, *scene.springs)):
        return None
    return Remove(0, name)


def at_rest_at_first(scene: Scene, name: str) -> SetVelocity | None:
    """That one of the bodies starts without velocity and spin; None where it is fixed, or a hand leads it."""
    (body,) = (body for body in scene.bodies if body.name == name)
    if body.fixed or any(mover.body == name for mover in scene.movers):
        return None
    return SetVelocity(1, name, (0.0,) * len(body.velocity_m_s), (0.0,) * len(body.spin_rad_s))


def _strikers(lawful: Seen, resting: list[str]) -> list[str]:
    """The first few things that touch something that rests at the start, in order of their first touch."""
    phrases = {truth.name: name for name, truth in lawful.named.items()}
    inner = {lawful.named[name].name for name in resting}
    found: dict[str, None] = {}
    for contact in lawful.simulated.contacts:
        for one, other in ((contact.first, contact.second), (contact.second, contact.first)):
            if other in inner and one in phrases and len(found) < _MOST_TRIED:
                found.setdefault(phrases[one])
    return list(found)


def _known(seen: Seen, answer: bool | None) -> bool | None:
    """The answer of the simulation; in a world that breaks a law nobody can say what would happen."""
    return answer if seen.violation is None else None
