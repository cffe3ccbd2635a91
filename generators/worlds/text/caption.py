"""What a generator is told: a clip's caption and the facts of its scene, the same for a clip and its twins."""

from collections import Counter
from itertools import pairwise

import numpy as np

from lawful.generators.worlds.records import WorldClip
from lawful.generators.worlds.scene import Body, Scene
from lawful.generators.worlds.text.seen import Seen, seen_at_start
from lawful.generators.worlds.text.setting import setting_of
from lawful.generators.worlds.text.words import (
    counted,
    described,
    gathered,
    listed,
    noun_of,
    sentence,
    with_right_articles,
)

_MOST_LISTED = 6
_LARGE, _SMALL, _UNEQUAL = 0.87, 1.15, 1.3
_APART = 0.03
_SHOWN = 0.3
_SIDES = ("on the left", "in the middle", "on the right")


def prompt_of(clip: WorldClip) -> str:
    """The caption, then sizes and places at the start, surfaces, camera and light, in plain sentences.

    Nothing in it depends on whether or how a law is broken.
    """
    return described_scene(seen_at_start(clip))


def described_scene(start: Seen) -> str:
    """The same from what can be seen of the first frame."""
    return " ".join([caption_of(start.scene), *_arrangement(start), *setting_of(start.scene)])


def caption_of(scene: Scene) -> str:
    """What is to be seen when nothing goes wrong, in one sentence."""
    return with_right_articles(scene.caption)


def _arrangement(start: Seen) -> list[str]:
    """Which things there are at the start, how large, and where."""
    actors = list(start.actors())
    shown = [(body, truth.centre[0]) for body, truth in actors if truth.visible[0] >= _SHOWN]
    hidden = [body for body, truth in actors if truth.visible[0] < _SHOWN]
    if len(actors) > _MOST_LISTED:
        return [_by_kind([body for body, _ in actors])]
    said = []
    if len(shown) == 1:
        (body, centre), side = shown[0], _SIDES[min(2, int(3 * max(0.0, shown[0][1][0])))]
        high = ", high up" if centre[1] < 1 / 3 else ""
        said.append(
            sentence(
                f"at the start the {described(body.name, body.look, start.scene.caption)} is {side}{high}"
            )
        )
    elif shown:
        said.append(_in_order(shown, start.scene.caption))
    if hidden:
        kinds = Counter(described(body.name, body.look, start.scene.caption) for body in hidden)
        names = [f"the {kind}" if count == 1 else counted(count, kind) for kind, count in kinds.items()]
        said.append(sentence(f"{listed(names)} {'is' if len(hidden) == 1 else 'are'} out of sight at first"))
    return said


def _in_order(shown: list[tuple[Body, np.ndarray]], caption: str) -> str:
    """The things from side to side or from top to bottom, whichever tells them apart better."""
    gaps = []
    for axis in (0, 1):
        places = sorted(float(centre[axis]) for _, centre in shown)
        gaps.append(min(two - one for one, two in pairwise(places)))
    sizes = {body.name: body.reach_m for body, _ in shown}
    if max(gaps) < _APART:
        names = gathered(sorted(_sized(body, sizes, caption) for body, _ in shown))
        return sentence(f"at the start there are {listed(names)}")
    axis = 0 if gaps[0] >= min(_APART, gaps[1]) else 1
    shown = sorted(shown, key=lambda pair: float(pair[1][axis]))
    names = gathered([_sized(body, sizes, caption) for body, _ in shown])
    way = "from left to right" if axis == 0 else "from top to bottom"
    return sentence(f"at the start there are, {way}, {listed(names)}")


def _sized(body: Body, sizes: dict[str, float], caption: str) -> str:
    """A thing with its size, where things differ in size."""
    largest, smallest = max(sizes.values()), min(sizes.values())
    word = ""
    if largest > _UNEQUAL * smallest:
        word = "large " if sizes[body.name] >= _LARGE * largest else ""
        word = "small " if sizes[body.name] <= _SMALL * smallest else word
    return word + described(body.name, body.look, caption)


def _by_kind(bodies: list[Body]) -> str:
    kinds = Counter(noun_of(body.name) for body in bodies)
    most_first = sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))
    return sentence(f"there are {listed([counted(count, noun) for noun, count in most_first])}")
