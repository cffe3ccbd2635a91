"""Premises of questions: whether they are there, free of circles and few enough to be spelled out."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lawful.checklists.json_file import Problem, pointer

MAX_PREMISES = 100
"""A question is stored with its premises spelled out, and theirs, so that their number must be bounded."""

Place = tuple[str | int, ...]


def premise_counts(
    questions: Sequence[Mapping[str, Any]], before: Mapping[str, int]
) -> tuple[dict[str, int], set[str]]:
    """How many premises each question has, its own and theirs, and which questions lie in a circle.

    Args:
        questions: Questions of a suite's JSON value.
        before: The counts of questions outside that these may depend on.

    Returns:
        Counts up to `MAX_PREMISES` + 1 by question id, without those that rest on a circle; and the ids of
        the questions in circles.
    """
    wanted = {question["id"]: question.get("depends_on", ()) for question in questions}
    inner = {
        name: {premise for premise in premises if premise in wanted} for name, premises in wanted.items()
    }
    order, left = _from_the_ground(inner)
    counts = {}
    for name in order:
        known = (1 + counts.get(premise, before.get(premise, 0)) for premise in wanted[name])
        counts[name] = min(sum(known), MAX_PREMISES + 1)
    _, circles = _from_the_ground(_turned(left))
    return counts, set(circles)


def premise_problems(
    questions: Sequence[Mapping[str, Any]], place: Place, before: Mapping[str, int]
) -> Iterator[Problem]:
    """What is wrong with the premises of some questions; arguments as for `premise_counts`."""
    counts, circles = premise_counts(questions, before)
    own = {question["id"] for question in questions}
    for number, question in enumerate(questions):
        here = (*place, number, "depends_on")
        name = question["id"]
        for position, premise in enumerate(question.get("depends_on", ())):
            if premise not in own and premise not in before:
                text = f"no question {premise} is asked together with this one"
                yield Problem(pointer((*here, position)), text)
        if name in circles:
            yield Problem(pointer(here), f"{name} is its own premise, directly or through others")
        if counts.get(name, 0) > MAX_PREMISES:
            text = f"more than {MAX_PREMISES} premises with theirs. Allowed: {MAX_PREMISES}."
            yield Problem(pointer(here), text)


def _from_the_ground(premises: Mapping[str, set[str]]) -> tuple[list[str], dict[str, set[str]]]:
    """The names in an order in which premises come first, and what rests on a circle and has no place in it."""
    needed_by = _turned(premises)
    left = {name: set(others) for name, others in premises.items()}
    ready = deque(name for name, others in left.items() if not others)
    order = []
    while ready:
        name = ready.popleft()
        order.append(name)
        del left[name]
        for user in needed_by[name]:
            left[user].discard(name)
            if not left[user]:
                ready.append(user)
    return order, left


def _turned(premises: Mapping[str, set[str]]) -> dict[str, set[str]]:
    turned: dict[str, set[str]] = {name: set() for name in premises}
    for name, others in premises.items():
        for other in others:
            turned[other].add(name)
    return turned
