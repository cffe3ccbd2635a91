"""What a judge is told beside the pixels: the part of a verdict's key that is not the video or the judge."""

from collections.abc import Mapping, Sequence
from typing import Any

from lawful.checklists.suite import Question
from lawful.core.errors import InputError


def request_of(question: Question, questions: Sequence[Question]) -> dict[str, Any]:
    """All of a question that a judge may go by, as JSON: a change of any of it asks anew.

    The ids of question and scale, and the tier, are names for people and are left out: the same question under
    another name, or in another suite, has the same verdict. Labels keep their order, for a judge may show
    them in it. Premises stand for themselves, with their own premises.

    Args:
        question: The question.
        questions: All that are asked together, the premises among them.

    Raises:
        InputError: A premise is not among the questions, or a question is its own premise.
    """
    return _request(question, {other.id: other for other in questions}, ())


def with_premises(wanted: Sequence[Question], questions: Sequence[Question]) -> tuple[Question, ...]:
    """The wanted questions and all that they depend on, in the order of `questions`."""
    by_id = {question.id: question for question in questions}
    needed: set[str] = set()
    open_ids = [question.id for question in wanted]
    while open_ids:
        name = open_ids.pop()
        if name not in needed:
            needed.add(name)
            open_ids.extend(by_id[name].depends_on)
    return tuple(question for question in questions if question.id in needed)


def _request(question: Question, by_id: Mapping[str, Question], above: tuple[str, ...]) -> dict[str, Any]:
    if question.id in above:
        raise InputError(f"question {question.id!r} depends on itself: {' -> '.join((*above, question.id))}")
    missing = [name for name in question.depends_on if name not in by_id]
    if missing:
        raise InputError(f"question {question.id!r} depends on {missing[0]!r}, which is not asked")
    return {
        "text": question.text,
        "axis": question.axis,
        "law": question.law,
        "families": list(question.families),
        "scale": [list(pair) for pair in question.scale.values.items()],
        "premise": [_request(by_id[name], by_id, (*above, question.id)) for name in question.depends_on],
    }
