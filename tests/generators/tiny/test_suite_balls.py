"""The suite that ships for small generators is in words that the embedded one knows."""

from lawful.checklists.load import load_suite
from lawful.generators.tiny.prompt import read_prompt


def test_every_prompt_of_the_suite_balls_is_understood():
    read = {case.id: read_prompt(case.prompt) for case in load_suite("balls").cases.values()}
    assert all(prompt.family and prompt.count and prompt.colour for prompt in read.values())
    assert {prompt.family for prompt in read.values()} == {"fall", "throw", "swing", "slide"}
    assert {prompt.count for prompt in read.values()} == {1, 2}
    assert (read["throw_left"].side, read["throw_left"].way) == ("right", "left")
    assert (read["slide_two"].colour, read["slide_two"].other_colour) == ("red", "blue")
