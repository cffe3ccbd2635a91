"""What is said to a model that reads and looks, as plain data: messages of parts, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["system", "user"]
Shown = Literal["first_frame", "expected_frame", "input_video", "video"]
"""What may be shown: the picture that the video began from, one of how it should end, a video that it was made from,
and the frames of the video that is judged."""


@dataclass(frozen=True)
class Text:
    """Words."""

    text: str
    """The words, without a line break at either end."""


@dataclass(frozen=True)
class Sight:
    """A picture or the frames of a video, put in by whoever sends the messages."""

    of: Shown
    """Which."""


Part = Text | Sight


@dataclass(frozen=True)
class Message:
    """What one side says."""

    role: Role
    """Who speaks."""
    parts: tuple[Part, ...]
    """What is said and shown, in order."""


def as_json(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages as JSON: a list of role and parts, each part its text or what it shows."""
    return [
        {
            "role": message.role,
            "parts": [
                {"text": one.text} if isinstance(one, Text) else {"shows": one.of} for one in message.parts
            ],
        }
        for message in messages
    ]
