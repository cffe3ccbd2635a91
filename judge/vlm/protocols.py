"""Published protocols of judges, put to a model that answers with label probabilities.

The words up to the video stand before its frames and are read once; the checklist follows them. What a protocol has its
system say opens the turn of the user, for not every chat template has a place for a system. Frames are all that is shown.
The answer is begun for the model, as far as the label that is looked for: a JSON list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lawful.checklists.suite import Question
from lawful.core.errors import InputError
from lawful.judge.messages import Message, Sight
from lawful.judge.protocol import Given
from lawful.judge.ruler import ruler_messages

Protocol = Literal["own", "one_key", "ruler", "ruler_each"]
"""own: one question at a time in the words of the settings; one_key: likewise, answered by a JSON object with one key, as
PhyJudge is (PhyGround, arXiv 2605.10806), in words of our own; ruler: RULER-Bench's, all questions of a clip at once, as
published; ruler_each: the same with one question at a time."""
ONE_KEY = '{"score": "'
"""What begins the JSON object with one key."""
ONE_KEY_WORDING = """\
{question}
Answer with a JSON object with one key, "score", whose value is {labels} in quotation marks, and with nothing else."""
"""How a question is put that is answered so."""
OPEN, BETWEEN, CLOSE = '["', '", "', '"'
"""What begins the list, stands between two labels, and ends a label."""


@dataclass(frozen=True)
class Framing:
    """Messages as texts around the frames of the video."""

    before: str
    """Up to the frames."""
    after: str
    """After them."""


def framing(messages: Sequence[Message]) -> Framing:
    """The texts before and after the video of some messages, in order, with blank lines between messages.

    Raises:
        InputError: Something else than the video is shown, or it is not shown once.
    """
    sights = [part.of for message in messages for part in message.parts if isinstance(part, Sight)]
    if sights != ["video"]:
        raise InputError(
            f"a model of vlm: is shown the frames of one video and nothing else; these messages show {', '.join(sights) or 'nothing'}"
        )
    before: list[str] = []
    after: list[str] = []
    now = before
    for number, message in enumerate(messages):
        for place, part in enumerate(message.parts):
            if isinstance(part, Sight):
                now = after
            else:
                now.append(part.text if place or not number else f"\n{part.text}")
    return Framing("\n".join(before), "\n".join(after))


def ruler_framing(questions: Sequence[Question], given: Mapping[Given, str]) -> Framing:
    """RULER-Bench's messages about a video of which so much is known, as texts around its frames."""
    return framing(ruler_messages(questions, given.get("prompt"), given.get("expected")))


def begun(labels: Sequence[str]) -> str:
    """The start of an answer, up to where the label after these begins.

    >>> begun([]), begun(["Good", "Poor"])
    ('["', '["Good", "Poor", "')
    """
    return OPEN + "".join(f"{label}{BETWEEN}" for label in labels)
