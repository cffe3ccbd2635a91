"""All that the truth of a clip has to say against it."""

from collections.abc import Sequence
from itertools import chain

from lawful.generators.worlds.check.breach import Breach, first_of_each
from lawful.generators.worlds.check.energies import energy_breaches
from lawful.generators.worlds.check.groups import group_breaches
from lawful.generators.worlds.check.hits import hit_breaches
from lawful.generators.worlds.check.limits import limits
from lawful.generators.worlds.check.overlaps import overlap_breaches
from lawful.generators.worlds.check.pushes import push_breaches
from lawful.generators.worlds.check.sameness import sameness_breaches
from lawful.generators.worlds.check.starts import start_breaches
from lawful.generators.worlds.check.timeline import timeline
from lawful.generators.worlds.check.times import freeze_breaches, reversal_breach
from lawful.generators.worlds.check.touches import find_groups, find_touches
from lawful.generators.worlds.interventions import Reverse
from lawful.generators.worlds.motion import Simulated, retimed
from lawful.generators.worlds.records import ObjectTruth, WorldClip
from lawful.generators.worlds.scene import Scene


def check(scene: Scene, simulated: Simulated, truths: Sequence[ObjectTruth]) -> tuple[Breach, ...]:
    """Every law that the truth of a clip breaks, where it first does.

    Nothing is simulated again: velocities, places, energies and contacts are held against each other and against
    what the scene started from. A clip that is lawful backwards and not forwards is called reversed.

    Args:
        scene: What the simulation started from.
        simulated: States and contacts.
        truths: The truth of every object; tells what was to be seen.

    Returns:
        Breaches in order of time; none for a lawful clip.
    """
    if not simulated.motions:
        return ()
    found = _breaches(scene, simulated, truths)
    if not found:
        return ()
    turned = retimed(simulated, (Reverse(),), len(simulated))
    # The turned clip of a reversed one is in the scene's own time.
    if _breaches(scene, turned, truths):
        return found
    return first_of_each([reversal_breach(found[0]), *found])


def check_clip(clip: WorldClip) -> tuple[Breach, ...]:
    """`check` for a drawn clip; its pictures, and what is said of how it was made, are not looked at."""
    return check(clip.world, clip.simulated, clip.objects)


def _breaches(scene: Scene, simulated: Simulated, truths: Sequence[ObjectTruth]) -> tuple[Breach, ...]:
    line = timeline(scene, simulated, limits(scene, simulated.fps))
    touches, pairs = find_touches(line)
    groups = find_groups(line, touches)
    found = chain(
        push_breaches(line, touches),
        hit_breaches(line, touches, groups),
        energy_breaches(line, touches, groups),
        group_breaches(line, touches, groups),
        start_breaches(line, touches, groups),
        overlap_breaches(line, pairs),
        sameness_breaches(line, touches, simulated, truths),
        freeze_breaches(line),
    )
    return first_of_each(found)
