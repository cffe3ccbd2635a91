"""What users write about seeds, lengths and settings."""

import re
from pathlib import Path

import pytest

from lawful.core.errors import InputError
from lawful.generators.generate.asked import GenerateRequest, parse_seeds
from lawful.generators.generate.plan import named_safely
from lawful.generators.protocol import Capabilities


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("0:4", (0, 1, 2, 3)), ("7", (7,)), ("3, 1:3", (3, 1, 2)), (f"{2**63 - 1}", (2**63 - 1,))],
)
def test_seeds_are_numbers_and_ranges(text, seeds):
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "seeds '': '' is no seed and no range; write 0:4 or 0,1,7"),
        ("0-4", "'0-4' is no seed and no range"),
        ("-1", "'-1' is no seed"),
        ("1,,2", "'' is no seed"),
        ("4:4", "the range 4:4 is empty; 0:4 stands for 0, 1, 2, 3"),
        ("4:1", "the range 4:1 is empty"),
        ("0:3,2", "a seed is named twice"),
        ("0:1000000", "more than 100,000 seeds"),
        (f"{2**63}", "a seed is at most 2**63 - 1"),
    ],
)
def test_what_are_no_seeds_is_refused(text, message):
    with pytest.raises(InputError, match=re.escape(message)):
        parse_seeds(text)


def request(**changes):
    return GenerateRequest(**{"suite": "s", "generators": ("a", "b"), "out": Path("o")} | changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"generators": ()}, "no generator is named"),
        ({"seeds": ()}, "no seed is named"),
        ({"n_frames": 4, "duration_s": 1.0}, "the length is given twice"),
        ({"n_frames": 0}, "frames must be 1 or more, got 0"),
        ({"fps": 0.0}, "fps must be above 0, got 0.0"),
        ({"duration_s": float("inf")}, "duration must be above 0, got inf"),
        ({"config": {"c": {}}}, "settings for the generator 'c', which is not asked; asked: a, b"),
    ],
)
def test_a_request_that_contradicts_itself_is_refused(changes, message):
    with pytest.raises(InputError, match=re.escape(message)):
        request(**changes)


@pytest.mark.parametrize(
    ("changes", "can", "n_frames"),
    [
        ({"n_frames": 5}, {"trained_frames": 81}, 5),
        ({}, {"trained_frames": 81, "max_frames": 200}, 81),
        ({}, {"max_frames": 200}, 200),
        ({}, {}, 48),
        ({"fps": 10.0}, {}, 20),
        ({"duration_s": 5.0}, {"trained_frames": 81}, 120),
        ({"duration_s": 0.001}, {}, 1),
    ],
)
def test_the_length_is_as_asked_as_trained_or_two_seconds(changes, can, n_frames):
    assert request(**changes).frames(Capabilities(frozenset(), 8, 8, 24.0, **can)) == n_frames


def test_device_and_dtype_go_to_every_generator_and_settings_to_their_own():
    asked = request(device="cpu", config={"a": {"steps": 2}})
    assert asked.settings("a") == {"steps": 2, "device": "cpu"}
    assert asked.settings("b") == {"device": "cpu"}
    assert request(dtype="float16").settings("a") == {"dtype": "float16"}


@pytest.mark.parametrize(
    "name", ["../x", "/etc", ".hidden", "a b", "a:b/c", "", "..", "é" * 300, "字" * 300, "con\n"]
)
def test_no_name_leads_out_of_the_folder_or_hides(name):
    safe = named_safely(name)
    assert re.fullmatch(r"[\w-][\w.-]*", safe)
    assert len(safe.encode()) <= 100
