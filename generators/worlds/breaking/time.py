"""Time that stands still, runs backwards, or puts an effect before its cause."""

import math

import numpy as np

from lawful.generators.worlds.breaking.moments import SEEN, Lawful, Plan, contact_moments, is_led, moments
from lawful.generators.worlds.interventions import Hold, Lead, Reverse


def freeze(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """Everything stands still for a while, then goes on."""
    n_held = max(2, round(rng.uniform(0.3, 0.6) * lawful.simulated.fps))
    least = 0.12 * min(lawful.scene.view_width_m, lawful.scene.view_height_m)
    for number, frame in moments(lawful, rng):
        speed = np.linalg.norm(lawful.truths[number].velocity_m_s[frame - 1 : frame + 2], axis=1).min()
        if speed > least and frame + n_held < lawful.n_frames - 1:
            return Plan((Hold(frame, n_held),), frame, None)
    return None


def effect_before_cause(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body that is going to be hit moves off before it is."""
    side = min(lawful.scene.view_width_m, lawful.scene.view_height_m)
    truths = {truth.name: truth for truth in lawful.truths}
    n_lead = max(2, round(rng.uniform(0.15, 0.3) * lawful.simulated.fps))
    for index, frame in contact_moments(lawful, rng, 0.15 * side):
        contact = lawful.simulated.contacts[index]
        onset = frame - n_lead
        for name, other in ((contact.second, contact.first), (contact.first, contact.second)):
            if name not in truths or other not in truths or onset < 1 or is_led(lawful.scene, name):
                continue
            moved = _moved_by(lawful, index, name, other)
            motions = [lawful.simulated.motion(body) for body in moved]
            # All that it sets moving must stand still until it is hit, or showing it early would be a jump.
            steps = [motion.position_m[frame - 1] - motion.position_m[onset - 1] for motion in motions]
            struck = lawful.simulated.motion(name).velocity_m_s[min(frame + 1, lawful.n_frames - 1)]
            if (
                np.abs(steps).max() < 1e-3 * side
                and np.linalg.norm(struck) > 0.1 * side
                and truths[name].visible[onset - 1 : frame].min() >= SEEN
            ):
                return Plan((Lead(onset, moved, n_lead),), onset, name)
    return None


def reversal(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """What loses energy, spreads or falls is played backwards."""
    kinetic = np.array([truth.kinetic_j for truth in lawful.truths]).sum(axis=0)
    potential = np.array([truth.potential_j for truth in lawful.truths]).sum(axis=0)
    side = min(lawful.scene.view_width_m, lawful.scene.view_height_m)
    speeds = [np.linalg.norm(truth.velocity_m_s, axis=1).max() for truth in lawful.truths]
    lost = kinetic[0] + potential[0] - kinetic[-1] - potential[-1]
    worth = max(kinetic.max(), potential[0] - potential[-1])
    if lawful.n_frames < 3 or max(speeds) < 0.3 * side or lost < 0.35 * worth:
        return None
    return Plan((Reverse(),), 0, None)


def _moved_by(lawful: Lawful, index: int, name: str, striker: str) -> tuple[str, ...]:
    """A body and all that it touches, or what it touched touches, after a contact; not what hit it."""
    moved = [name]
    touched = {motion.body.name: motion.touched for motion in lawful.simulated.motions}
    bodies = {name for name in touched if not is_led(lawful.scene, name)}
    before = math.floor(lawful.simulated.contacts[index].time_s * lawful.simulated.fps - 1e-6)
    # What leans on it or stands on it has touched it before, and is touched still.
    standing = [
        contact
        for contact in lawful.simulated.contacts[:index]
        if {contact.first, contact.second} <= bodies
        and touched[contact.first][before]
        and touched[contact.second][before]
    ]
    for contact in (*standing, *standing[::-1], *lawful.simulated.contacts[index + 1 :]):
        pair = {contact.first, contact.second}
        for new in pair - set(moved) - {striker}:
            if pair & set(moved) and new in bodies:
                moved.append(new)
    return tuple(moved)
