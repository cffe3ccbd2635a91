"""A question of fact about a clip: a text, and whether what it asks holds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lawful.generators.worlds.text.seen import Seen


@dataclass(frozen=True)
class Fact:
    """A question of fact that may be asked of a clip and of its twin."""

    kind: str
    """Which question it is, such as "count_end"."""
    text: str
    """The question, to be answered by yes or no."""
    holds: Callable[[Seen], bool | None]
    """Whether yes is right for a clip; None where the truth leaves a doubt."""


Maker = Callable[[Seen], Iterator[Fact]]
"""Takes what can be seen of a lawful clip and makes facts about it, true and false ones, in no order."""


def opposite(answer: bool | None) -> bool | None:
    """Whether the contrary holds."""
    return None if answer is None else not answer
