"""The scales of imported questions. They are shared: a scale of one case could tell what is right there."""

from lawful.checklists.suite import Scale

FACTS = "facts"
"""The axis of questions whose right answer is known and says nothing on whether a clip is lawful."""
YES_NO = Scale("yes_no", {"yes": 1.0, "no": 0.0})
GOOD_MEDIUM_POOR = Scale("good_medium_poor", {"Good": 1.0, "Medium": 0.5, "Poor": 0.0})
ONE_TO_FIVE = Scale("one_to_five", {str(rating): (rating - 1) / 4 for rating in range(1, 6)})
ZERO_TO_FOUR = Scale("zero_to_four", {str(rating): rating / 4 for rating in range(5)})
ZERO_TO_THREE = Scale("zero_to_three", {str(rating): rating / 3 for rating in range(4)})
RULE = Scale("rule", {"followed": 1.0, "not groundable": 0.5, "violated": 0.0})


def choice(name: str, labels: tuple[str, ...]) -> Scale:
    """Labels of which none is better than another: values are places, the first 1, and mean nothing.

    >>> choice("choice_3", ("A", "B", "C")).values
    {'A': 1.0, 'B': 0.5, 'C': 0.0}
    """
    return Scale(name, {label: 1 - place / (len(labels) - 1) for place, label in enumerate(labels)})


def letters(n: int) -> Scale:
    """The scale of n options, A and on; 2 to 26."""
    return choice(f"choice_{n}", tuple(chr(ord("A") + place) for place in range(n)))


def options_text(question: str, options: list[str]) -> str:
    """A question and its options, one a line."""
    lines = [f"{chr(ord('A') + place)}. {option}" for place, option in enumerate(options)]
    return "\n".join([question, *lines])
