"""The protocol of RULER-Bench's judge: what it is told and shown, in which order, and its three labels.

Source: He et al., arXiv 2512.02622 (2025), and the order of fields in its repository (eval/eval.py), MIT. The order, the
labels and their values, and the rule on premises are theirs; the words are ours.
"""

from collections.abc import Sequence
from typing import Literal

from lawful.checklists.importers.scales import GOOD_MEDIUM_POOR
from lawful.checklists.suite import Question
from lawful.core.errors import InputError
from lawful.judge.messages import Message, Part, Sight, Text

Saying = Literal["labels", "reasons", "json", "json_reasons"]
"""How the answer is given: as labels alone, or after reasons, as published; or either as a JSON object, for models that
are kept to a schema."""

_TASK = """\
You judge how good a generated video is, by a checklist. You get, in this order and as far as there is such a thing:
- Input image: the picture that the video had to begin with.
- Input prompt: the words that the video was made for.
- Ground truth image: how the video should end, or the path that something in it should take.
- Implicit explanation: what should happen in the video, which the prompt does not say.
- Input video: the video that this one was made from.
- Video to evaluate: the video that is judged, as frames in order.
- Checklist questions: what is asked of it, with numbers.

Answer each question with one label:
- Good: the video fully does what the question asks for.
- Medium: it does so in part, or with small faults.
- Poor: it does not, or with grave faults.

Judge each question for itself, whatever you answer to the others. If something that a question takes for granted is not
so in the video, the label is Poor.
"""
ANSWERS: dict[Saying, str] = {
    "labels": "Give a JSON list of the labels in the order of the questions, as many as there are questions, and nothing else.",
    "json": """\
Give a JSON object with one key. "labels": a list of the labels in the order of the questions, as many as there are \
questions.""",
    "json_reasons": """\
Give a JSON object with two keys, in this order. "why": what the task of the video is, then what the video shows, without \
judging it, then one or two sentences on each question that give your reasons. "labels": a list of the labels in the order \
of the questions, as many as there are questions.""",
    "reasons": """\
First write, between <think> and </think>, what the task of the video is, then what the video shows, without judging it,
then one or two sentences on each question that give your reasons. Then write, between <answer> and </answer>, a JSON list
of the labels in the order of the questions, as many as there are questions.""",
}
"""What is said of the answer's form."""


def is_ruler_question(question: Question) -> bool:
    """Whether a question has the protocol's labels: Good (1), Medium (0.5) and Poor (0)."""
    return question.scale.values == GOOD_MEDIUM_POOR.values


def ruler_messages(
    questions: Sequence[Question],
    prompt: str | None,
    expected: str | None = None,
    pictures: Sequence[Literal["first_frame", "expected_frame", "input_video"]] = (),
    saying: Saying = "labels",
) -> tuple[Message, ...]:
    r"""What a judge is told and shown of one video under RULER-Bench's protocol.

    Of a question it gets the text; its id, its metric (the axis) and its law are kept from it.

    >>> from lawful.checklists.importers.scales import GOOD_MEDIUM_POOR
    >>> asked = Question("q1", "Does the ball fall?", "Rule Coherence", GOOD_MEDIUM_POOR)
    >>> for part in ruler_messages([asked], "A ball is let go.", "It falls.")[1].parts:
    ...     print(part)
    Text(text='Input prompt: A ball is let go.')
    Text(text='Implicit explanation: It falls.')
    Text(text='Video to evaluate:')
    Sight(of='video')
    Text(text='Checklist questions:\n1. Does the ball fall?')

    Args:
        questions: The checklist, or one question of it.
        prompt: What the video was made for; None where it is not to be told.
        expected: What should happen; None where it is not known, or not to be told.
        pictures: What else is shown, where there is such a thing; in any order.
        saying: How the answer is to be given.

    Raises:
        InputError: There is no question, or one has other labels.
    """
    if not questions:
        raise InputError("RULER-Bench's protocol asks one question or more, got none")
    for question in questions:
        if not is_ruler_question(question):
            labels = ", ".join(f"{label} {value:g}" for label, value in question.scale.values.items())
            raise InputError(
                f"RULER-Bench's protocol has the labels Good 1, Medium 0.5 and Poor 0; question {question.id!r} has {labels}"
            )
    parts: list[Part] = []
    if "first_frame" in pictures:
        parts += [Text("Input image:"), Sight("first_frame")]
    if prompt is not None:
        parts.append(Text(f"Input prompt: {prompt}"))
    if "expected_frame" in pictures:
        parts += [Text("Ground truth image:"), Sight("expected_frame")]
    if expected is not None:
        parts.append(Text(f"Implicit explanation: {expected}"))
    if "input_video" in pictures:
        parts += [Text("Input video:"), Sight("input_video")]
    numbered = [f"{number}. {question.text}" for number, question in enumerate(questions, start=1)]
    parts += [
        Text("Video to evaluate:"),
        Sight("video"),
        Text("\n".join(["Checklist questions:", *numbered])),
    ]
    return Message("system", (Text(f"{_TASK}\n{ANSWERS[saying]}"),)), Message("user", tuple(parts))
