"""At hits: are the pushes equal and opposite, along the normal within friction, and no stronger than they came?"""

import itertools
from collections.abc import Iterator
from math import ceil

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.check.breach import Breach
from lawful.generators.worlds.check.cones import rays, unexplained
from lawful.generators.worlds.check.limits import pull_m_s2
from lawful.generators.worlds.check.paths import Hit
from lawful.generators.worlds.check.timeline import Timeline
from lawful.generators.worlds.check.touches import Groups, Touch, Touches, friction_with
from lawful.generators.worlds.motion import Contact
from lawful.generators.worlds.scene import GRAVITY_M_S2

_SLOW_M_S = 0.02
"""Closing speeds below this are those of things that lie on each other."""
_CROWD = 8
"""Where more contacts than these happen at once, the order of pushes is not known; energy and places still are."""
_HEAP = 10
"""More bodies than these that hang together are a heap: pushes go on through it and come back, and none is known."""
_AT_LEAST_M_S = 0.015
"""Velocities that are off by less than this are not spoken of."""
_SQUEEZED = 4.0
"""Where a push is so many times what comes of it, others of unknown order undo it: a drop under a heavy ball."""
_STILL = 0.01
"""What is no farther from where it was than this share of its least half extent has not moved."""
_MEMORY_STEPS = 8
"""pymunk keeps the push of a touch for three steps after its end, and grants friction by it to one that follows."""
_REMEMBERED = 10.0
"""Times the friction of such a touch."""


def hit_breaches(line: Timeline, touches: Touches, groups: Groups) -> Iterator[Breach]:
    """Hits whose outcome does not fit how the bodies met."""
    for cluster in _clusters(line):
        if _in_heap(line, groups, cluster):
            continue
        yield from _balance(line, touches, cluster)
        if len(cluster) == 1 or len(set().union(*(_moving(line, line.contacts[k]) for k in cluster))) == 1:
            for number in cluster:
                yield from _bounce(line, touches, number, cluster)


def _clusters(line: Timeline) -> list[list[int]]:
    """Contacts that share a body and happen within a touch of each other, by their numbers."""
    together_s = 0.5 * line.limits.step_s
    done: list[list[int]] = []
    going: list[list[int]] = []
    for number, contact in enumerate(line.contacts):
        bodies = _moving(line, contact)
        since_s = contact.time_s - together_s
        done += [cluster for cluster in going if line.contacts[cluster[-1]].time_s < since_s]
        going = [cluster for cluster in going if line.contacts[cluster[-1]].time_s >= since_s]
        joined = [
            cluster
            for cluster in going
            if any(
                line.contacts[old].time_s >= since_s and bodies & _moving(line, line.contacts[old])
                for old in cluster
            )
        ]
        going = [cluster for cluster in going if cluster not in joined]
        going.append(sorted([*itertools.chain(*joined), number]))
    return done + going


def _in_heap(line: Timeline, groups: Groups, cluster: list[int]) -> bool:
    contact = line.contacts[cluster[-1]]
    frame = ceil(contact.time_s * line.fps - 1e-6)
    bodies = _moving(line, contact)
    return frame < line.n_frames and any(
        bodies & set(group) and len(group) > _HEAP for group in groups[frame]
    )


def _moving(line: Timeline, contact: Contact) -> set[int]:
    numbers = {line.names[name] for name in (contact.first, contact.second) if name in line.names}
    return {number for number in numbers if line.tracks[number].moves}


def _balance(line: Timeline, touches: Touches, cluster: list[int]) -> Iterator[Breach]:
    """Do the changes of momentum balance?"""
    contacts = [line.contacts[number] for number in cluster]
    bodies = sorted(set().union(*(_moving(line, contact) for contact in contacts)))
    approach = max(abs(contact.approach_m_s) for contact in contacts)
    frame = ceil(contacts[-1].time_s * line.fps - 1e-6)
    if not bodies or frame >= line.n_frames or approach < _SLOW_M_S or len(cluster) > _CROWD:
        return
    if any(line.held(number, frame) for number in bodies):
        return
    hits = {number: [hit for hit in line.tracks[number].hits if hit.number in cluster] for number in bodies}
    # What lies still at them takes no part, but for a push that it hands on.
    rows = [*bodies, *_still_at(line, touches, bodies, frame)]
    # All in velocities, so that an error of what a heavy body does is no great one of what a light one does.
    masses = np.array([line.tracks[number].body.mass_kg for number in rows])
    wanted = np.zeros((len(rows), line.scene.dimensions))
    span_s = contacts[-1].time_s - contacts[0].time_s + line.limits.step_s
    for place, number in enumerate(bodies):
        gain = hits[number][-1].after_m_s - hits[number][0].before_m_s
        wanted[place] = gain - span_s * pull_m_s2(line.scene)
    acceleration = line.scene.gravity_m_s2 + 2 * line.scene.table_friction * GRAVITY_M_S2
    granted = line.limits.push * approach + _AT_LEAST_M_S
    granted += acceleration * (span_s + line.limits.step_s)
    changed = float(np.linalg.norm(wanted * masses[:, None], axis=1).max())
    if max(contact.impulse_n_s for contact in contacts) > _SQUEEZED * changed:
        return
    columns = [
        *_event_columns(line, contacts, rows),
        *_touch_columns(line, touches, cluster, rows, hits, granted, frame),
    ]
    scale = np.repeat(masses, line.scene.dimensions)
    left = unexplained(wanted.ravel(), [column / scale for column in columns]).reshape(wanted.shape)
    off = np.linalg.norm(left, axis=1)
    if off.max() > granted:
        yield _unbalanced(line, bodies, hits, off[: len(bodies)], frame, approach)


def _still_at(line: Timeline, touches: Touches, bodies: list[int], frame: int) -> list[int]:
    """Bodies that hang together with some by touches, and neither move nor are hit in the interval."""
    found, left = list(bodies), list(bodies)
    while left:
        for touch in touches.get((left.pop(), frame), []):
            if touch.other is not None and touch.other not in found and _stays(line, touch.other, frame):
                found.append(touch.other)
                left.append(touch.other)
    return found[len(bodies) :]


def _stays(line: Timeline, number: int, frame: int) -> bool:
    """True for a body that could move, is free, not hit, and is where it was a frame before."""
    track = line.tracks[number]
    speed, place = (
        values[frame - 1 : frame + 1] for values in (track.motion.velocity_m_s, track.motion.position_m)
    )
    still_m = _STILL * float(track.motion.half_size_m[frame].min())
    hit = any(frame - 1 - 1e-6 < hit.time_s * line.fps <= frame + 1e-6 for hit in track.hits)
    return (
        track.moves
        and not hit
        and not line.held(number, frame)
        and bool(np.linalg.norm(speed, axis=1).max() < _SLOW_M_S)
        and bool(np.linalg.norm(place[1] - place[0]) < still_m)
    )


def _touch_columns(
    line: Timeline,
    touches: Touches,
    cluster: list[int],
    rows: list[int],
    hits: dict[int, list[Hit]],
    granted: float,
    frame: int,
) -> Iterator[Float64[np.ndarray, " rows"]]:
    """The pushes of what some bodies touch besides: on both where the other's velocity is known too."""
    axes, span = line.scene.dimensions, _span_s(line, cluster)
    known = {frozenset((line.contacts[k].first, line.contacts[k].second)) for k in cluster}
    for place, number in enumerate(rows):
        track = line.tracks[number]
        for touch in touches.get((number, frame), []):
            if frozenset((track.body.name, touch.name)) in known and touch.other is not None:
                continue
            leaves = number in hits and track.outline.is_round and _parts(touch, hits[number], granted)
            if leaves or not touch.within(*span):
                continue
            other = rows.index(touch.other) if touch.other in rows else None
            if other is not None and {number, touch.other} <= hits.keys():
                other = None
            elif other is not None and other < place:
                continue
            for ray in rays(-touch.outward, touch.friction):
                column = np.zeros((len(rows), axes))
                column[place] = ray
                if other is not None:
                    column[other] = -ray
                yield column.ravel()


def _parts(touch: Touch, hits: list[Hit], granted: float) -> bool:
    """True where a round body leaves a block that it lies on faster than that would send it off: then it did not push."""
    if touch.other is not None:
        return False
    closing = max(0.0, float((touch.outward @ hits[0].before_m_s).max()))
    opening = float((-touch.outward @ hits[-1].after_m_s).min())
    return opening > closing + granted


def _event_columns(
    line: Timeline, contacts: list[Contact], bodies: list[int]
) -> Iterator[Float64[np.ndarray, " rows"]]:
    axes = line.scene.dimensions
    for contact in contacts:
        sides = [
            (bodies.index(line.names[name]), sign)
            for name, sign in ((contact.first, -1.0), (contact.second, 1.0))
            if name in line.names and line.names[name] in bodies
        ]
        first, second = contact.first, contact.second
        if first not in line.names:
            first, second = second, first
        friction = friction_with(line, line.tracks[line.names[first]], second)
        if _made_again(line, contact):
            friction *= _REMEMBERED
        for ray in rays(np.array(contact.normal)[None], friction):
            column = np.zeros(axes * len(bodies))
            for place, sign in sides:
                # The pyramid of friction is the same for the push and its mirror image.
                column[place * axes : (place + 1) * axes] = sign * ray
            yield column


def _made_again(line: Timeline, contact: Contact) -> bool:
    """True where two things meet again so soon that the simulator still remembers how hard they last did."""
    since_s = contact.time_s - _MEMORY_STEPS * line.limits.step_s
    name, other = contact.first, contact.second
    if name not in line.names:
        name, other = other, name
    hits = line.tracks[line.names[name]].hits
    return any(since_s <= hit.time_s < contact.time_s and hit.other == other for hit in hits)


def _unbalanced(
    line: Timeline,
    bodies: list[int],
    hits: dict[int, list[Hit]],
    off: Float64[np.ndarray, " bodies"],
    frame: int,
    approach: float,
) -> Breach:
    gains = [np.linalg.norm(hits[n][-1].after_m_s - hits[n][0].before_m_s) for n in bodies]
    quiet = int(np.argmin(gains))
    if len(bodies) > 1 and gains[quiet] < 0.02 * approach:
        track = line.tracks[bodies[quiet]]
        text = f"{track.body.name} is hit at {approach:.2f} m/s and does not react."
        family = "no_reaction"
    else:
        track = line.tracks[bodies[int(np.argmax(off))]]
        text = (
            f"{track.body.name} leaves a hit with {off.max():.2f} m/s that no push between the bodies gives."
        )
        family = "wrong_collision"
    time_s = frame / line.fps
    return Breach("momentum", family, frame, time_s, track.body.name, float(off.max()), "m/s", text)


def _most_back(line: Timeline, touches: Touches, side: int, number: int, frame: int) -> float:
    """The most that others make of a body's share of restitution: nothing more, all that it came with, or any speed."""
    contact, span = line.contacts[number], _span_s(line, [number])
    hit = next(hit for hit in line.tracks[side].hits if hit.number == number)
    others = [
        touch
        for touch in touches.get((side, frame), [])
        if touch.other is not None
        and touch.name not in (contact.first, contact.second)
        and touch.within(*span)
    ]
    near_s = _MEMORY_STEPS * line.limits.step_s
    struck = any(
        other.number != number
        and other.other in line.names
        and hit.time_s - near_s <= other.time_s <= hit.time_s
        for other in line.tracks[side].hits
    )
    if struck or any(bool((touch.outward @ hit.outward > 0.1).any()) for touch in others):
        return np.inf
    # Several that do not push it away may hand back what it gave them, and no more.
    return 1.0 if len(others) > 1 else 0.0


def _span_s(line: Timeline, cluster: list[int]) -> tuple[float, float]:
    """From just before the first of some contacts until just after the last."""
    times = [line.contacts[number].time_s for number in cluster]
    return min(times) - 2 * line.limits.step_s, max(times) + 2 * line.limits.step_s


def _helped_m_s(line: Timeline, side: int, number: int, other: int) -> float:
    """The most that a body's hit on one block adds to the speed at which it leaves another, by its push and friction."""
    track, helper = line.tracks[side], line.contacts[other]
    outward = {hit.number: hit.outward for hit in track.hits}
    name = helper.second if helper.first == track.body.name else helper.first
    along = max(0.0, float(outward[number] @ outward[other])) + friction_with(line, track, name)
    return along * helper.impulse_n_s / track.body.mass_kg


def _bounce(line: Timeline, touches: Touches, number: int, cluster: list[int]) -> Iterator[Breach]:
    """Does more speed come back along the normal than restitution gives back, and hits at once on other blocks add?"""
    contact = line.contacts[number]
    frame = ceil(contact.time_s * line.fps - 1e-6)
    sides = [line.names[name] for name in (contact.first, contact.second) if name in line.names]
    if frame >= line.n_frames or contact.approach_m_s < _SLOW_M_S:
        return
    restitution = 1.0
    for side in sides:
        body = line.tracks[side].body
        # The speed of a corner is not that of the centre: the energy tells of those.
        if line.tracks[side].motion.shape(frame) not in {"disc", "ball"} or line.held(side, frame):
            return
        restitution *= body.restitution
    names = {contact.first, contact.second}
    blocks = [block.restitution for block in line.scene.blocks if block.name in names]
    restitution *= max(blocks, default=1.0)
    restitution = max(restitution, *(_most_back(line, touches, side, number, frame) for side in sides))
    acceleration = line.scene.gravity_m_s2 + line.scene.table_friction * GRAVITY_M_S2
    granted = line.limits.bounce * contact.approach_m_s + acceleration * 2 * line.limits.step_s
    granted += sum(_helped_m_s(line, sides[0], number, other) for other in cluster if other != number)
    excess = contact.separation_m_s - restitution * contact.approach_m_s
    if excess <= granted:
        return
    track = line.tracks[sides[0]]
    text = (
        f"{track.body.name} comes at {contact.approach_m_s:.2f} m/s and leaves at {contact.separation_m_s:.2f} m/s; "
        f"at most {restitution * contact.approach_m_s:.2f} m/s can come back."
    )
    grows = contact.separation_m_s > contact.approach_m_s
    law, family = ("energy", "super_elastic") if grows else ("collision", "wrong_material")
    yield Breach(law, family, frame, frame / line.fps, track.body.name, float(excess), "m/s", text)
