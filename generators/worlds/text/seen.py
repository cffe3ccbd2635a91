"""What can be seen of a clip, as far as its truth says without doubt."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool

from lawful.generators.worlds.motion import Contact, Simulated
from lawful.generators.worlds.records import ObjectTruth, WorldClip
from lawful.generators.worlds.scene import Body, Scene
from lawful.generators.worlds.simulate import simulate
from lawful.generators.worlds.text.words import described, noun_of
from lawful.generators.worlds.truth import object_truths

IN_VIEW = 0.6
"""Least visible share of what is said to be in view."""
_HARDLY = 0.02
_LEAST_SHARE, _LEAST_PX = 0.04, 7.0
_MOST_OF_A_KIND = 8


@dataclass(frozen=True, eq=False)
class Seen:
    """A clip's truth, without its pictures."""

    scene: Scene
    """What it started from."""
    simulated: Simulated
    """States, contacts, camera."""
    truths: tuple[ObjectTruth, ...]
    """What is known of every object."""
    width_px: int
    """Width of the picture."""
    height_px: int
    """Height of the picture."""
    violation: str | None
    """Id of the violation family; None for a lawful clip."""
    subject: str | None
    """Name of the object that breaks the law, if one does."""

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self.simulated.fps

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.simulated)

    @property
    def last(self) -> int:
        """Index of the last frame."""
        return self.n_frames - 1

    def actors(self) -> Iterator[tuple[Body, ObjectTruth]]:
        """The objects that have a part in what happens, not those that only hang in the background."""
        for motion, truth in zip(self.simulated.motions, self.truths, strict=True):
            if motion.body.touches:
                yield motion.body, truth

    @cached_property
    def named(self) -> Mapping[str, ObjectTruth]:
        """Objects that their colour and kind name without doubt, such as "red ball", in the order of these names.

        Colour and shape never change, nothing else of the clip looks like it, and it is large enough when seen.
        """
        found = {}
        for body, truth in self.actors():
            marks = _marks(truth)
            alike = sum(bool(marks & _marks(other)) for other in self.truths)
            seen = truth.visible >= IN_VIEW
            if len(marks) == 1 and alike == 1 and seen.any() and self.large(truth)[seen].all():
                found[described(body.name, body.look, self.scene.caption)] = truth
        return {name: found[name] for name in sorted(found)}

    @cached_property
    def nouns(self) -> tuple[str, ...]:
        """Kinds of the actors, in the order of the alphabet; a hand is none."""
        return tuple(sorted({noun_of(body.name) for body, truth in self.actors() if not truth.driven}))

    def all_named(self, *names: str) -> list[ObjectTruth] | None:
        """The objects of some names; None where one of them names none without doubt."""
        if not all(name in self.named for name in names):
            return None
        return [self.named[name] for name in names]

    def of_kind(self, noun: str) -> list[ObjectTruth] | None:
        """All actors of a kind; None where something else of the clip might be taken for one, or they are many."""
        members = [truth for body, truth in self.actors() if noun_of(body.name) == noun]
        shapes = {shape for truth in members for shape in _shapes(truth)}
        others = [truth for truth in self.truths if noun_of(truth.name) != noun]
        doubtful = any(shapes & _shapes(truth) for truth in others)
        if len(shapes) != 1 or doubtful or not 1 <= len(members) <= _MOST_OF_A_KIND:
            return None
        return members

    def in_view(self, truth: ObjectTruth, frame: int) -> bool:
        """True where an object is well seen."""
        return bool(self._well_seen[truth.name][frame])

    @cached_property
    def _well_seen(self) -> Mapping[str, np.ndarray]:
        return {truth.name: (truth.visible >= IN_VIEW) & self.large(truth) for truth in self.truths}

    def out_of_view(self, truth: ObjectTruth) -> Bool[np.ndarray, " frames"]:
        """True where nothing of an object is seen: it does not exist, is outside, or is wholly behind something."""
        covered = np.isnan(truth.box[:, 0]) | (truth.behind >= 1 - _HARDLY)
        return (truth.visible <= _HARDLY) & covered

    def large(self, truth: ObjectTruth) -> Bool[np.ndarray, " frames"]:
        """True where the box around what is seen of an object is large enough to make it out."""
        sides = (truth.box[:, 2:] - truth.box[:, :2]) * (self.width_px, self.height_px)
        with np.errstate(invalid="ignore"):
            return np.sqrt(sides.prod(axis=1)) >= max(
                _LEAST_PX, _LEAST_SHARE * min(self.width_px, self.height_px)
            )

    def frame_at(self, time_s: float) -> int:
        """The frame that shows a time."""
        return min(self.last, max(0, round(time_s * self.fps)))

    def contacts_of(self, one: str, other: str) -> list[Contact]:
        """First touches of two things."""
        return [
            contact for contact in self.simulated.contacts if {contact.first, contact.second} == {one, other}
        ]


def seen_of(clip: WorldClip) -> Seen:
    """What can be seen of a clip."""
    return _seen(clip, clip.simulated, clip.objects, clip.violation, clip.subject)


def seen_lawful(clip: WorldClip) -> Seen:
    """What can be seen of a clip's lawful twin: it is simulated anew, but not drawn."""
    if clip.violation is None:
        return seen_of(clip)
    simulated = simulate(clip.world, clip.fps, len(clip.simulated))
    return _seen(clip, simulated, object_truths(clip.world, simulated), None, None)


def seen_at_start(clip: WorldClip) -> Seen:
    """What can be seen of the first frame of a clip and of its twins."""
    simulated = simulate(clip.world, clip.fps, 1)
    return _seen(clip, simulated, object_truths(clip.world, simulated), None, None)


def _seen(
    clip: WorldClip,
    simulated: Simulated,
    truths: tuple[ObjectTruth, ...],
    violation: str | None,
    subject: str | None,
) -> Seen:
    return Seen(
        scene=clip.world,
        simulated=simulated,
        truths=truths,
        width_px=clip.frames.rgb.shape[2],
        height_px=clip.frames.rgb.shape[1],
        violation=violation,
        subject=subject,
    )


def _marks(truth: ObjectTruth) -> set[tuple[str, bool]]:
    """Every colour it has, with whether the outline has corners."""
    return {(look.colour, shape == "box") for look in truth.looks for shape in truth.shapes}


def _shapes(truth: ObjectTruth) -> set[bool]:
    return {shape == "box" for shape in truth.shapes}
