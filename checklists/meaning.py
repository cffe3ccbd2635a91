"""What a suite's schema cannot say: whether its parts fit each other and the list of laws."""

from collections import ChainMap, Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from lawful.checklists.json_file import Problem, pointer, shown_text
from lawful.checklists.laws import families, laws
from lawful.checklists.premises import Place, premise_counts, premise_problems


def meaning_problems(document: Mapping[str, Any], folder: Path) -> Iterator[Problem]:
    """All that is wrong with a suite that fits its schema.

    Args:
        document: The suite's JSON value.
        folder: The folder that its file lies in; first frames must lie in it too.
    """
    for name, scale in document["scales"].items():
        yield from _scale(scale["labels"], ("scales", name, "labels"))
    general = document.get("questions", [])
    cases = document.get("cases", [])
    yield from _twice([case["id"] for case in cases], "case", ("cases",))
    held: dict[str, Place] = {}
    yield from _questions(general, ("questions",), document["scales"], held)
    yield from premise_problems(general, ("questions",), {})
    scale_of = {question["id"]: question["scale"] for question in general}
    counts = dict.fromkeys((question["id"] for question in general), 0) | premise_counts(general, {})[0]
    for number, case in enumerate(cases):
        place = ("cases", number)
        own = case.get("questions", [])
        yield from _questions(own, (*place, "questions"), document["scales"], held)
        yield from premise_problems(own, (*place, "questions"), counts)
        asked = ChainMap({question["id"]: question["scale"] for question in own}, scale_of)
        yield from _answers(case.get("answers", {}), (*place, "answers"), asked, document["scales"])
        yield from _repeated(case.get("seeds", ()), (*place, "seeds"))
        if "first_frame" in case:
            yield from _first_frame(case["first_frame"], (*place, "first_frame"), folder)
    if "gate_at" in document:
        yield from _gate([*general, *(one for case in cases for one in case.get("questions", ()))])
    if not general and not any(case.get("questions") for case in cases):
        yield Problem("", "asks nothing. Needed: a question, for every video or in a case.")


def _gate(questions: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    tiers = sorted({question["tier"] for question in questions if "tier" in question})
    if len(tiers) < 2:
        found = f"tier {tiers[0]} alone" if tiers else "no tier"
        yield Problem(
            pointer(("gate_at",)), f"gates tiers, and the questions have {found}. Needed: two tiers or more."
        )


def _scale(labels: Mapping[str, float], place: Place) -> Iterator[Problem]:
    if max(labels.values()) != 1 or min(labels.values()) != 0:
        values = ", ".join(f"{shown_text(label)} {value:g}" for label, value in list(labels.items())[:5])
        yield Problem(pointer(place), f"has {values}. Needed: the best label has 1 and the worst 0.")
    best = [label for label, value in labels.items() if value == 1]
    if len(best) > 1:
        names = ", ".join(map(shown_text, best[:5]))
        yield Problem(pointer(place), f"has more than one label of value 1: {names}. Needed: one.")


def _twice(ids: Sequence[str], what: str, place: Place) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for number, name in enumerate(ids):
        if name in first:
            earlier = pointer((*place, first[name]))
            yield Problem(pointer((*place, number, "id")), f"the {what} {name} is already at {earlier}")
        first.setdefault(name, number)


def _repeated(items: Sequence[str | int], place: Place) -> Iterator[Problem]:
    for item, count in Counter(items).items():
        if count > 1:
            yield Problem(pointer(place), f"holds {shown_text(item)} {count} times. Allowed: once.")


def _questions(
    questions: Sequence[Mapping[str, Any]],
    place: Place,
    scales: Mapping[str, Any],
    held: dict[str, Place],
) -> Iterator[Problem]:
    for number, question in enumerate(questions):
        here = (*place, number)
        if question["id"] in held:
            earlier = pointer(held[question["id"]])
            yield Problem(pointer((*here, "id")), f"the question {question['id']} is already at {earlier}")
        held.setdefault(question["id"], here)
        if question["scale"] not in scales:
            known = ", ".join(list(scales)[:20])
            text = f"the suite has no scale {question['scale']}. Known: {known}."
            yield Problem(pointer((*here, "scale")), text)
        yield from _law(question, here)
        for key in ("families", "depends_on"):
            yield from _repeated(question.get(key, ()), (*here, key))


def _law(question: Mapping[str, Any], place: Place) -> Iterator[Problem]:
    law = question.get("law")
    if law is not None and law not in laws():
        yield Problem(
            pointer((*place, "law")), f"there is no law {shown_text(law)}. Known: {', '.join(laws())}."
        )
        return
    for number, name in enumerate(question.get("families", ())):
        here = pointer((*place, "families", number))
        family = families().get(name)
        if family is None:
            yield Problem(
                here, f"there is no violation family {shown_text(name)}. Known: {', '.join(families())}."
            )
        elif law is None:
            yield Problem(here, f"the question names no law. Needed for {name}: {' or '.join(family.laws)}.")
        elif law not in family.laws:
            yield Problem(here, f"{name} does not break {law}. It breaks {' or '.join(family.laws)}.")


def _answers(
    answers: Mapping[str, str], place: Place, asked: Mapping[str, str], scales: Mapping[str, Any]
) -> Iterator[Problem]:
    for name, label in answers.items():
        here = pointer((*place, name))
        if name not in asked:
            known = ", ".join(islice(asked, 20)) or "none"
            yield Problem(here, f"no question {name} is asked of this case. Asked: {known}.")
        elif asked[name] in scales and label not in scales[asked[name]]["labels"]:
            labels = ", ".join(map(shown_text, islice(scales[asked[name]]["labels"], 20)))
            text = f"the scale {asked[name]} has no label {shown_text(label)}. Allowed: {labels}."
            yield Problem(here, text)


def _first_frame(text: str, place: Place, folder: Path) -> Iterator[Problem]:
    path = PurePosixPath(text)
    windows = PureWindowsPath(text)
    leaves = path.is_absolute() or windows.drive or windows.root or ".." in windows.parts
    if not leaves:
        try:
            leaves = not (folder / path).resolve().is_relative_to(folder.resolve())
        except (OSError, RuntimeError):
            leaves = True
    if leaves:
        text = f"{shown_text(text)} leaves the suite's folder. Allowed: a path within it."
        yield Problem(pointer(place), text)
