"""Bodies that meet and part as no bodies do."""

import math

import numpy as np

from lawful.generators.worlds.breaking.moments import (
    SEEN,
    Lawful,
    Plan,
    can_break,
    contact_moments,
    is_led,
    point,
    subject_of,
    turned_aside,
)
from lawful.generators.worlds.interventions import (
    Ghost,
    Intervention,
    Outcome,
    Rebound,
    SetGravity,
    SetVelocity,
    Unmoved,
)
from lawful.generators.worlds.motion import Contact

_SOON_S = 0.25
"""So long after a hit, or two frames, its outcome is looked at."""
_AWAY = 0.1
"""A body that gets no farther than this share of its reach stays where it is."""


def super_elastic(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A round body leaves what it falls on faster than it came."""
    fps, n_frames = lawful.simulated.fps, lawful.n_frames
    least = math.sqrt(2 * lawful.scene.gravity_m_s2 * 0.12 * lawful.scene.view_height_m)
    truths = {truth.name: truth for truth in lawful.truths}
    good = []
    for index, contact in enumerate(lawful.simulated.contacts):
        frame = math.ceil(contact.time_s * fps - 1e-6)
        body, onto = lawful.simulated.motion(contact.first).body, contact.second not in truths
        falls = onto and contact.normal[-1] < -0.99 and contact.approach_m_s >= least
        # What has corners turns as it leaves, and its centre does not tell how fast it does.
        if not falls or body.shape not in {"disc", "ball"} or not can_break(lawful.scene, body):
            continue
        if not 1 <= frame <= 0.8 * n_frames:
            continue
        if min(truths[contact.first].visible[frame - 1 : frame + 1]) >= SEEN:
            good.append((index, frame, contact.first))
    if not good:
        return None
    # A body that stays in view shows more of the wrong rebound than one that leaves at the top.
    ratio = rng.uniform(1.3, 2.0)
    top = 0.9 * (lawful.scene.room[-1] - lawful.scene.floor_m)
    staying = [
        row
        for row in good
        if (ratio * lawful.simulated.contacts[row[0]].approach_m_s) ** 2 < 2 * lawful.scene.gravity_m_s2 * top
    ]
    choices = staying or good
    index, frame, name = choices[rng.integers(len(choices))]
    return Plan((Rebound(index, ratio),), frame, name)


def pass_through(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body goes into what it should bounce off, and on through it."""
    truths = {truth.name: truth for truth in lawful.truths}
    least = 0.2 * min(lawful.scene.view_width_m, lawful.scene.view_height_m)
    good = []
    for index, contact in enumerate(lawful.simulated.contacts):
        frame = math.ceil(contact.time_s * lawful.simulated.fps - 1e-6)
        if contact.approach_m_s < least or not 1 <= frame <= 0.8 * lawful.n_frames:
            continue
        name = subject_of(lawful, contact)
        if name is not None and min(truths[name].visible[frame - 1 : frame + 1]) >= SEEN:
            good.append((index, frame, contact, name))
    if not good:
        return None
    index, frame, contact, name = good[rng.integers(len(good))]
    return Plan((Ghost(index, contact.first, contact.second),), frame, name)


def overlap(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body goes part of the way into what it meets and stays there."""
    least = 0.2 * min(lawful.scene.view_width_m, lawful.scene.view_height_m)
    for index, frame in contact_moments(lawful, rng, least):
        contact = lawful.simulated.contacts[index]
        name = subject_of(lawful, contact)
        if name is None or _by_hand(lawful, contact):
            continue
        motion = lawful.simulated.motion(name)
        depth = rng.uniform(0.7, 1.1) * min(motion.body.half_size_m)
        fps = lawful.simulated.fps
        # It is stopped just after the first frame that shows it deep enough.
        deep = math.ceil((contact.time_s + depth / contact.approach_m_s) * fps)
        stop = deep + 1
        # A body that is too fast for the frame rate would be through before it could be stopped.
        if stop >= lawful.n_frames - 1 or (deep / fps - contact.time_s) * contact.approach_m_s > 1.7 * depth:
            continue
        changes: list[Intervention] = [Ghost(index, contact.first, contact.second)]
        stuck = {contact.first, contact.second} & {truth.name for truth in lawful.truths}
        for each in sorted(stuck):
            body = lawful.simulated.motion(each)
            rest = point(0 * body.velocity_m_s[0]), point(0 * body.spin_rad_s[0])
            changes += [SetVelocity(stop, each, *rest), SetGravity(stop, each, 0.0)]
        return Plan(tuple(changes), frame, name)
    return None


def wrong_collision(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """Two bodies meet and one of them flies off far aside from the way it was pushed."""
    side = min(lawful.scene.view_width_m, lawful.scene.view_height_m)
    names = {truth.name for truth in lawful.truths}
    for index, frame in contact_moments(lawful, rng, 0.15 * side):
        contact = lawful.simulated.contacts[index]
        if contact.second not in names or _by_hand(lawful, contact):
            continue
        after = {contact.first: contact.first_m_s[1], contact.second: contact.second_m_s[1]}
        name = max(after, key=lambda body: math.hypot(*after[body]))
        if math.hypot(*after[name]) < 0.15 * side:
            continue
        # Turned by less than a right angle from the push, so that the two still part.
        outward = np.array(contact.normal) * (1 if name == contact.second else -1)
        speed = math.hypot(*after[name])
        aside = turned_aside(speed * outward, rng.uniform(0.3, 0.45) * math.pi, rng)
        if math.dist(aside, after[name]) < 0.8 * speed:
            continue
        return Plan((Outcome(index, ((name, aside),)),), frame, name)
    return None


def no_reaction(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body at rest is hit and stays as it is."""
    side = min(lawful.scene.view_width_m, lawful.scene.view_height_m)
    names = {truth.name for truth in lawful.truths}
    for index, frame in contact_moments(lawful, rng, 0.15 * side):
        contact = lawful.simulated.contacts[index]
        meeting = {contact.first: contact.first_m_s, contact.second: contact.second_m_s}
        for name, (before, after) in meeting.items():
            rests, leaves = math.hypot(*before) < 0.01 * side, math.hypot(*after) > 0.1 * side
            meet = {contact.first, contact.second} <= names and not _by_hand(lawful, contact)
            if rests and leaves and meet and _gets_away(lawful, name, frame):
                return Plan((Unmoved(index, name),), frame, name)
    return None


def _gets_away(lawful: Lawful, name: str, frame: int) -> bool:
    """True where a body does not come to rest at once after a hit, as one on a floor does that is hit from above."""
    motion = lawful.simulated.motion(name)
    if not lawful.scene.gravity_m_s2:
        return True
    soon = min(frame + max(2, round(_SOON_S * lawful.simulated.fps)), lawful.n_frames - 1)
    way = np.linalg.norm(motion.position_m[soon] - motion.position_m[frame - 1])
    return bool(way > _AWAY * motion.body.reach_m)


def _by_hand(lawful: Lawful, contact: Contact) -> bool:
    """True where a hand leads one of the two: what it does after a touch is its own affair."""
    return any(is_led(lawful.scene, name) for name in (contact.first, contact.second))
