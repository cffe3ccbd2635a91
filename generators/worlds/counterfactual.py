"""What would have happened if: a lawful clip run again with one change, from a frame on."""

from dataclasses import dataclass

import numpy as np

from lawful.core.errors import InputError
from lawful.generators.worlds.interventions import Move, Remove, SetVelocity
from lawful.generators.worlds.make import Course, drawn, unknown
from lawful.generators.worlds.motion import Motion, Simulated
from lawful.generators.worlds.records import ObjectTruth, WorldClip
from lawful.generators.worlds.scene import Scene
from lawful.generators.worlds.simulate import simulate
from lawful.generators.worlds.truth import object_truths
from lawful.video.frames import Frames

Change = Remove | Move | SetVelocity
"""What may be otherwise."""

_MOVED = 0.1
"""A body has moved when it gets farther from where it was than this share of its reach."""


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """What would have happened."""

    simulated: Simulated
    """The motions and contacts."""
    objects: tuple[ObjectTruth, ...]
    """The truth of every object."""
    frames: Frames | None
    """The pictures, where they were asked for; those before the change are bit-equal to the clip's."""


@dataclass(frozen=True)
class Dependence:
    """Whether a body's moving hangs on another's being there; true where it does."""

    moved: bool
    """True where the body moved."""
    would_move: bool
    """True where it would have without the other."""
    apart_m: float
    """How far apart what happened and what would have happened are at most."""

    def __bool__(self) -> bool:
        """True where the body moved and would not have."""
        return self.moved and not self.would_move


def counterfactual(clip: WorldClip, change: Change, *, pictures: bool = False) -> Counterfactual:
    """Run a lawful clip again with one change.

    Until the change the result is bit-equal to the clip.

    Args:
        clip: What happened.
        change: What is to be otherwise, and from which frame on.
        pictures: True to have it drawn, as the clip was.

    Returns:
        What would have happened.

    Raises:
        InputError: The clip breaks a law, no body of it is called so, or the frame is not within it; the message
            names what there is.
    """
    if clip.violation is not None:
        raise InputError(
            f"a counterfactual was asked of a clip with {clip.violation}; it is that of a lawful clip. "
            "Make the lawful twin, with the same seed and without a violation."
        )
    _named(clip, change.body)
    # A velocity is changed just after a frame, and the first has none before it.
    first, last = int(isinstance(change, SetVelocity)), len(clip.simulated) - 1
    if not first <= change.frame <= last:
        raise InputError(f"frame was asked to be {change.frame}; it may be {first} to {last}.")
    simulated = run_again(clip.world, clip.simulated, change)
    objects = object_truths(clip.world, simulated)
    if not pictures:
        return Counterfactual(simulated, objects, None)
    height, width = clip.frames.rgb.shape[1:3]
    course = Course(
        world=clip.world,
        simulated=simulated,
        objects=objects,
        lawful_objects=clip.objects,
        plan=None,
        width_px=width,
        height_px=height,
        noise=clip.noise,
        renderer=clip.renderer,
        degradations=clip.degradations,
    )
    return Counterfactual(simulated, objects, drawn(course, clip.scene, clip.seed))


def run_again(scene: Scene, simulated: Simulated, change: Change) -> Simulated:
    """What would have happened in a scene with one change, with nothing asked of the change.

    Args:
        scene: What the simulation started from.
        simulated: What happened.
        change: What is to be otherwise.
    """
    return simulate(scene, simulated.fps, len(simulated), [change])


def depends_on(clip: WorldClip, effect: str, cause: str, *, frame: int = 0) -> Dependence:
    """Would a body have moved if another had not been there?

    Args:
        clip: What happened; lawful.
        effect: Name of the body that may have moved.
        cause: Name of the body that is taken away.
        frame: From which frame on; what had happened until then is kept.

    Returns:
        Whether it moved from that frame on, whether it would have, and by how much the two differ.

    Raises:
        InputError: As `counterfactual`, or both are the same body.
    """
    _named(clip, effect)
    if effect == cause:
        raise InputError(f"effect and cause were both asked to be {cause!r}; they must be two bodies.")
    other = counterfactual(clip, Remove(frame, cause)).simulated.motion(effect)
    factual = clip.simulated.motion(effect)
    apart = np.linalg.norm(factual.position_m - other.position_m, axis=1).max()
    return Dependence(_moved(factual, frame), _moved(other, frame), float(apart))


def _named(clip: WorldClip, name: str) -> None:
    known = [truth.name for truth in clip.objects]
    if name not in known:
        raise unknown("body", name, known)


def _moved(motion: Motion, frame: int) -> bool:
    way = np.linalg.norm(motion.position_m[frame:] - motion.position_m[frame], axis=1)
    return bool(way.max() > _MOVED * motion.body.reach_m)
