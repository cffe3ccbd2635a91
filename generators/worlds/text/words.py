"""Words for things, places, numbers and times."""

import re
from itertools import groupby

import numpy as np

from lawful.generators.worlds.scene import Look

_NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_PLURALS = {"domino": "dominoes"}
_HAND = "hand"


def noun_of(name: str) -> str:
    """What kind of thing a body of this name is.

    >>> noun_of("ball 12")
    'ball'
    """
    return re.sub(r"\s*\d+$", "", name)


def plural(phrase: str) -> str:
    """Several of a kind.

    >>> plural("box"), plural("red ball"), plural("blue domino")
    ('boxes', 'red balls', 'blue dominoes')
    """
    *before, noun = phrase.split()
    several = _PLURALS.get(noun, noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s"))
    return " ".join([*before, several])


def number_word(count: int) -> str:
    """A number in words, as far as twelve.

    >>> number_word(3), number_word(40)
    ('three', '40')
    """
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def counted(count: int, noun: str) -> str:
    """Some things of a kind.

    >>> counted(1, "ball"), counted(2, "box")
    ('one ball', 'two boxes')
    """
    return f"{number_word(count)} {noun if count == 1 else plural(noun)}"


def with_article(phrase: str) -> str:
    """One of a kind.

    >>> with_article("orange ball")
    'an orange ball'
    """
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def with_right_articles(text: str) -> str:
    """A text with "an" before vowels.

    >>> with_right_articles("A orange ball hits a box.")
    'An orange ball hits a box.'
    """
    return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)


def gathered(phrases: list[str]) -> list[str]:
    """Phrases with articles; such as follow each other and are the same become one.

    >>> gathered(["orange ball", "red box", "red box"])
    ['an orange ball', 'two red boxes']
    """
    runs = [(phrase, len(list(run))) for phrase, run in groupby(phrases)]
    return [with_article(phrase) if count == 1 else counted(count, phrase) for phrase, count in runs]


def listed(phrases: list[str]) -> str:
    """Several phrases as one.

    >>> listed(["a red ball", "a box", "a disc"])
    'a red ball, a box and a disc'
    """
    return phrases[0] if len(phrases) == 1 else ", ".join(phrases[:-1]) + " and " + phrases[-1]


def sentence(text: str) -> str:
    """A text as a sentence.

    >>> sentence("the camera stands still")
    'The camera stands still.'
    """
    return text[0].upper() + text[1:] + "."


def described(name: str, look: Look, caption: str) -> str:
    """A body by its colour and kind; a hand is called what the caption calls it.

    >>> described("hand", Look("red", "spots", 0), "A red arm lifts a blue box.")
    'red arm'
    """
    noun = noun_of(name)
    if noun == _HAND and (found := re.search(rf"\b{look.colour} (\w+)", caption)):
        noun = found[1]
    return f"{look.colour} {noun}"


def seconds(time_s: float) -> str:
    """A length of time.

    >>> seconds(1.0), seconds(1.5)
    ('one second', '1.5 seconds')
    """
    if np.isclose(time_s, round(time_s)):
        count = round(time_s)
        return f"{number_word(count)} second{'' if count == 1 else 's'}"
    return f"{time_s:g} seconds"
