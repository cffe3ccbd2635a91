"""Who is taken for a hidden body that came back."""

import numpy as np
import pytest

from lawful.judge.kinematic.objects.colours import Colours, colours_of
from lawful.judge.kinematic.objects.member import Member
from lawful.judge.kinematic.objects.recognise import recognised


def colours(place: int) -> Colours:
    return colours_of(np.full(50, place, np.uint16))


RED, BLUE = colours(7 << 6), colours(7)


def body(number: int, x: float, looks: Colours, speed: float = 50.0) -> Member:
    at = np.array([x, 90.0])
    whole = np.full((20, 20), 255, np.uint8)
    return Member(
        number, at, at.copy(), np.array([speed, 0.0]), 5.0, whole, np.array([9.5, 9.5]), 400.0, looks, age=5
    )


def hidden(x: float) -> Member:
    member = body(0, x, RED)
    member.sight, member.sure, member.seen_s, member.angle_rad = "hidden", True, 1.0, 0.5
    return member


def young(x: float, looks: Colours = RED, speed: float = 50.0) -> Member:
    member = body(7, x, looks, speed)
    member.crop, member.born_s, member.seen_s = member.whole, 2.0, 2.2
    return member


def test_a_young_body_like_the_hidden_one_where_it_should_be_takes_its_name() -> None:
    (back,) = recognised([hidden(100.0), young(115.0)])
    assert back.id == 0
    assert back.sure
    assert back.angle_rad == 0.5
    assert back.xy[0] == 115.0


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(young(115.0, BLUE), id="of another colour"),
        pytest.param(young(200.0), id="too far"),
        pytest.param(young(115.0, speed=-50.0), id="going the other way"),
    ],
)
def test_another_body_keeps_its_own_name(other: Member) -> None:
    kept = recognised([hidden(100.0), other])
    assert [member.id for member in kept] == [0, 7]
    assert kept[0].sight == "hidden"


def test_what_was_there_before_the_other_hid_is_another_body() -> None:
    other = young(115.0)
    other.born_s = 0.5
    assert [member.id for member in recognised([hidden(100.0), other])] == [0, 7]


def test_of_two_that_fit_the_nearer_one_takes_the_name() -> None:
    near, far = young(108.0), young(120.0)
    far.id = 8
    kept = recognised([hidden(100.0), far, near])
    assert [(member.id, float(member.xy[0])) for member in kept] == [(0, 108.0), (8, 120.0)]
