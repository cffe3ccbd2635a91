"""What set what moving: the causal graph of a clip, read from its contacts and motions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

from lawful.core.errors import InputError
from lawful.generators.worlds.motion import Contact, Motion, Simulated
from lawful.generators.worlds.records import WorldClip
from lawful.generators.worlds.scene import Scene

CauseKind = Literal["set_moving", "deflected", "stopped", "released", "led"]
"""The first three are due to a contact; a rod lets go; a hand begins to lead."""

_REST = 0.02
"""A body that is slower than this share of the shorter side of the view in a second is at rest; gravity alone
gives less in the step that a simulation takes to find out that something is held up."""
_MOVES = 0.04
"""One that is faster than this moves."""
_TURNS = 0.3
"""A hit that changes less than this share of a body's velocity does not count as a change of its course."""
_LATER_S = 1.0
"""What is tipped at a contact sets off at most so long after it."""


@dataclass(frozen=True)
class Cause:
    """One thing that makes a body move otherwise than before."""

    contact: int | None
    """Index of the contact in order of time; None where there is none."""
    time_s: float
    """When."""
    by: str | None
    """Name of the body or block that did it; None for a hand, or for a rod that hung from nothing but the world."""
    moved: str
    """Name of the body."""
    kind: CauseKind
    """What happened to it."""


def causes(scene: Scene, simulated: Simulated) -> tuple[Cause, ...]:
    """What set which body moving, turned it aside or stopped it, in order of time.

    Args:
        scene: What the simulation started from.
        simulated: Motions and contacts.

    Returns:
        The causes; a body that moves from the start, or falls because nothing holds it, has none for that.
    """
    side = min(scene.view_width_m, scene.view_height_m)
    driven = {mover.body for mover in scene.movers}
    last_s = (len(simulated) - 1) / simulated.fps
    found = [
        Cause(None, pivot.until_s, pivot.other, pivot.body, "released")
        for pivot in scene.pivots
        if pivot.until_s is not None and pivot.until_s <= last_s
    ]
    found += [
        Cause(None, mover.times_s[0], None, mover.body, "led")
        for mover in scene.movers
        if mover.times_s[0] <= last_s
    ]
    for motion in simulated.motions:
        if not motion.body.fixed and motion.body.name not in driven:
            direct = list(_at_contacts(simulated, motion, side))
            found += direct
            found += _tipped(simulated, motion, side, direct)
    return tuple(
        sorted(found, key=lambda cause: (cause.time_s, -1 if cause.contact is None else cause.contact))
    )


def causes_of(clip: WorldClip) -> tuple[Cause, ...]:
    """`causes` for a drawn clip."""
    return causes(clip.world, clip.simulated)


def traced(found: Sequence[Cause], name: str) -> tuple[Cause, ...]:
    """The chain of causes that ends in a body's first being set moving.

    Args:
        found: What `causes` says.
        name: Name of the body.

    Returns:
        The causes in order of time, each one's `moved` the next one's `by`; empty for a body that nothing set
        moving. The first one's `by` moved of itself.

    Raises:
        InputError: Nothing of that name has a part in the causes.
    """
    known = sorted({cause.moved for cause in found} | {cause.by for cause in found if cause.by is not None})
    if name not in known:
        names = ", ".join(known) or "nothing"
        raise InputError(f"{name!r} has no part in what happens. What has: {names}.")
    chain: list[Cause] = []
    body, until_s = name, np.inf
    while True:
        starts = [
            cause
            for cause in found
            if cause.moved == body
            and cause.kind in ("set_moving", "released", "led")
            and cause.time_s <= until_s
        ]
        if not starts or starts[0] in chain:
            return tuple(chain[::-1])
        chain.append(starts[0])
        if starts[0].by is None:
            return tuple(chain[::-1])
        body, until_s = starts[0].by, starts[0].time_s


def _at_contacts(simulated: Simulated, motion: Motion, side: float) -> Iterator[Cause]:
    """Contacts that change a body's velocity at once."""
    name = motion.body.name
    for index, contact in enumerate(simulated.contacts):
        if name not in (contact.first, contact.second):
            continue
        before, after = (np.array(velocity) for velocity in _velocities(contact, name))
        was, is_now = float(np.linalg.norm(before)), float(np.linalg.norm(after))
        other = contact.second if name == contact.first else contact.first
        kind: CauseKind | None = None
        if was < _REST * side and is_now >= _MOVES * side:
            # What rests too, or stands fixed, sets nothing moving.
            if _striker_speed(simulated, contact, name) >= _REST * side:
                kind = "set_moving"
        elif (
            was >= _MOVES * side and is_now < _REST * side and _rests(simulated, motion, contact.time_s, side)
        ):
            kind = "stopped"
        elif was >= _MOVES * side and np.linalg.norm(after - before) >= max(_TURNS * was, _MOVES * side):
            kind = "deflected"
        if kind is not None:
            yield Cause(index, contact.time_s, other, name, kind)


def _velocities(contact: Contact, name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return contact.first_m_s if name == contact.first else contact.second_m_s


def _rests(simulated: Simulated, motion: Motion, time_s: float, side: float) -> bool:
    """True where a body is at rest in the first frame after a time."""
    frame = min(int(np.ceil(time_s * simulated.fps)) + 1, len(simulated) - 1)
    return bool(np.linalg.norm(motion.velocity_m_s[frame]) < _REST * side)


def _tipped(simulated: Simulated, motion: Motion, side: float, direct: Sequence[Cause]) -> Iterator[Cause]:
    """Contacts after which a body that rests moves off slowly, as one that is tipped or pushed does."""
    starts_s = [cause.time_s for cause in direct if cause.kind == "set_moving"]
    speed = _speed(motion)
    for frame in range(1, len(simulated)):
        # At the top of a flight a body is slow in one frame, not in two.
        rested = max(speed[max(0, frame - 2) : frame]) < _REST * side
        if not rested or speed[frame] < _REST * side or not _gets_going(speed[frame:], side):
            continue
        now_s = frame / simulated.fps
        if any(now_s - 2 / simulated.fps <= start_s <= now_s + 1e-9 for start_s in starts_s):
            continue
        cause = _pushing(simulated, motion, frame, side)
        if cause is not None:
            yield cause


def _pushing(simulated: Simulated, motion: Motion, frame: int, side: float) -> Cause | None:
    """What moved when it last met a body before a frame, or lies at it and begins to move now."""
    name, now_s = motion.body.name, frame / simulated.fps
    lying = None
    for index in range(len(simulated.contacts) - 1, -1, -1):
        contact = simulated.contacts[index]
        if contact.time_s > now_s + 1e-9 or name not in (contact.first, contact.second):
            continue
        other = contact.second if name == contact.first else contact.first
        own = float(np.linalg.norm(_velocities(contact, name)[0]))
        if contact.time_s >= now_s - _LATER_S and _striker_speed(simulated, contact, name) >= max(
            _REST * side, own
        ):
            return Cause(index, contact.time_s, other, name, "set_moving")
        if lying is None and _moves_at(simulated, motion, other, frame, side):
            # The push came when the other began to move.
            lying = Cause(index, now_s, other, name, "set_moving")
    return lying


def _moves_at(simulated: Simulated, motion: Motion, other: str, frame: int, side: float) -> bool:
    """True where a body of that name moves around a frame, within reach of another."""
    for second in simulated.motions:
        if second.body.name == other:
            before, now = _speed(second)[frame - 1 : frame + 1]
            # A hand moves of itself, and what it carries never faster.
            ahead = second.body.fixed or before >= _REST * side or now > _speed(motion)[frame]
            ahead = ahead and max(before, now) >= _REST * side
            apart = np.linalg.norm(second.position_m[frame] - motion.position_m[frame])
            return bool(ahead and apart <= second.reach_m[frame] + motion.reach_m[frame])
    return False


def _striker_speed(simulated: Simulated, contact: Contact, name: str) -> float:
    """Speed before a contact of what a body meets; none for a block."""
    other = contact.second if name == contact.first else contact.first
    if all(motion.body.name != other for motion in simulated.motions):
        return 0.0
    return float(np.linalg.norm(_velocities(contact, other)[0]))


def _speed(motion: Motion) -> Float64[np.ndarray, " frames"]:
    return np.nan_to_num(np.linalg.norm(motion.velocity_m_s, axis=1))


def _gets_going(speed: Float64[np.ndarray, " later"], side: float) -> bool:
    """True where a body that begins to move comes to move well before it rests again."""
    rests = np.flatnonzero(speed < _REST * side)
    return bool(speed[: rests[0] if len(rests) else None].max() >= _MOVES * side)
