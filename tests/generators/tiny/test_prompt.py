from itertools import product

import pytest

from lawful.core.errors import InputError
from lawful.generators.tiny.prompt import COLOURS, FAMILIES, N_WORDS, SIDES, WAYS, Prompt, read_prompt


def every_prompt():
    for family, side, way in product((None, *FAMILIES), (None, *SIDES), (None, *WAYS)):
        for colour in (None, *COLOURS):
            yield Prompt(family, 1, colour, None, side, way)
            for other in (None, *COLOURS):
                if other is None or other != colour:
                    yield Prompt(family, 2, colour, other, side, way)


def test_every_caption_is_read_as_what_it_was_written_from():
    for prompt in every_prompt():
        assert read_prompt(prompt.text) == prompt, prompt.text


def test_no_two_values_share_a_row_of_the_table():
    rows = {}
    for prompt in every_prompt():
        for slot, row in zip(vars(prompt).items(), prompt.tokens, strict=True):
            assert 0 <= row < N_WORDS
            assert rows.setdefault(row, slot) == slot


def test_nothing_said_is_nothing_read():
    assert read_prompt("") == Prompt()
    assert Prompt().text == ""


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("Two red and blue balls collide", Prompt("slide", 2, "red", "blue")),
        ("a PURPLE disc collides with another disc", Prompt("slide", 2, "purple", None)),
        ("The ball is thrown, falls and bounces", Prompt("throw", 1)),
        ("a green ball falls and hits the floor", Prompt("fall", 1, "green")),
        ("a ball in the middle swings to the left", Prompt("swing", 1, side="middle", way="left")),
    ],
)
def test_other_wordings(text, prompt):
    assert read_prompt(text) == prompt


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a red cat falls", r"words that the embedded generator was never told: cat\. It knows: a, "),
        ("a red ball slides and swings", r"more than one thing can show: families \['slide', 'swing'\]"),
        ("a red, a blue and a green ball fall", r"colours \['red', 'blue', 'green'\]"),
        ("one red blue ball", r"gives one thing two colours, red and blue"),
    ],
)
def test_what_is_not_understood_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        read_prompt(text)
