"""What left and what came, told by the trails of bodies alone: from pictures no source tells it outright."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lawful.judge.kinematic.bodies import Glimpse
from lawful.judge.kinematic.findings import Finding

Drawn = Callable[..., list[Glimpse]]
Found = Callable[[Sequence[Glimpse]], list[Finding]]
GREEN: Mapping[str, Any] = {"rgb": (40.0, 200.0, 60.0)}


def untold(glimpses: Sequence[Glimpse]) -> list[Glimpse]:
    return [replace(glimpse, gone=(), new=(), passings_told=False) for glimpse in glimpses]


def named(said: Sequence[Finding]) -> list[tuple[str, float]]:
    return [(finding.family, round(finding.start_s, 2)) for finding in said if finding.strength > 0.5]


def rolls(t: float) -> tuple[float, float]:
    return 60 + 80 * t, 120.0


def test_a_body_that_is_lost_in_plain_view_has_vanished(drawn: Drawn, found: Found) -> None:
    said = found(untold(drawn(lambda t: rolls(t) if t < 0.7 else None)))
    assert named(said) == [("vanish", 0.71)]
    assert said[0].bodies == (0,)


def test_one_that_comes_as_a_like_one_is_lost_has_jumped(drawn: Drawn, found: Found) -> None:
    before, after = (
        (lambda t: rolls(t) if t < 0.7 else None),
        (lambda t: (rolls(t)[0] + 120, 120.0) if t >= 0.7 else None),
    )
    assert named(found(untold(drawn(before, after)))) == [("teleport", 0.71)]
    # Of another colour it is another body.
    other = untold(drawn(before, after, looks={1: lambda t: {**GREEN, "fresh": 1.5}}))
    assert sorted(named(found(other))) == [("appear", 0.71), ("vanish", 0.71)]


def test_one_that_is_found_again_where_it_can_have_gone_was_merely_lost(drawn: Drawn, found: Found) -> None:
    before, after = (lambda t: rolls(t) if t < 0.7 else None), (lambda t: rolls(t) if t >= 0.75 else None)
    assert named(found(untold(drawn(before, after, looks={1: lambda t: {"fresh": 1.5}})))) == []


@pytest.mark.parametrize(
    ("look", "path"),
    [
        # It hides a piece at a time.
        (lambda t: {"area_px": 707.0 * min(1.0, max(0.05, (0.7 - t) / 0.3))}, rolls),
        # It leaves by the edge.
        (lambda t: {}, lambda t: (300 + 30 * t, 120.0)),
        # It is so fast that it can have gone behind anything.
        (lambda t: {}, lambda t: (20 + 400 * t, 120.0)),
    ],
)
def test_what_can_have_hidden_or_left_has_not_vanished(
    drawn: Drawn,
    found: Found,
    look: Callable[[float], Mapping[str, Any]],
    path: Callable[[float], tuple[float, float]],
) -> None:
    glimpses = untold(drawn(lambda t: path(t) if t < 0.7 else None, looks={0: look}))
    assert named(found(glimpses)) == []


def test_what_has_come_to_rest_and_is_taken_for_scene_has_not_vanished(drawn: Drawn, found: Found) -> None:
    glimpses = untold(drawn(lambda t: rolls(t) if t < 0.7 else None))
    lost = next(k for k, glimpse in enumerate(glimpses) if not glimpse.bodies)
    glimpses[lost] = replace(glimpses[lost], settled=(0,))
    assert named(found(glimpses)) == []


def test_frames_that_cannot_be_read_tell_nothing(drawn: Drawn, found: Found) -> None:
    glimpses = untold(drawn(lambda t: rolls(t) if t < 0.7 else None))
    poor = [replace(g, reliable=abs(g.time_s - 0.66) > 0.1) for g in glimpses]
    assert named(found(poor)) == []


def test_what_comes_out_of_nothing_appears_and_beside_a_like_one_is_a_second(
    drawn: Drawn, found: Found
) -> None:
    late = lambda t: (200.0, 60 + 20 * t) if t >= 0.5 else None  # noqa: E731
    fresh = {1: lambda t: {**GREEN, "fresh": 1.2}}
    assert named(found(untold(drawn(rolls, late, looks=fresh)))) == [("appear", 0.5)]
    second = lambda t: (rolls(t)[0], 165.0) if t >= 0.5 else None  # noqa: E731
    assert named(found(untold(drawn(rolls, second, looks={1: lambda t: {"fresh": 1.2}})))) == [
        ("duplicate", 0.5)
    ]


def test_several_that_come_or_go_at_once_are_of_the_picture(drawn: Drawn, found: Found) -> None:
    def comes(y: float) -> Callable[[float], tuple[float, float] | None]:
        return lambda t: (200.0, y + 20 * t) if t >= 0.5 else None

    def goes(t: float) -> tuple[float, float] | None:
        return (40 + 100 * t, 200.0) if t < 0.7 else None

    looks = {number: lambda t: {**GREEN, "fresh": 1.2} for number in (1, 2)}
    assert named(found(untold(drawn(rolls, comes(60.0), comes(190.0), looks=looks)))) == []
    assert named(found(untold(drawn(lambda t: rolls(t) if t < 0.7 else None, goes)))) == []
    # Each is said where it comes alone, and so are one that comes and one that goes: two happenings.
    assert named(found(untold(drawn(rolls, comes(190.0), looks=looks)))) == [("appear", 0.5)]
    going = lambda t: goes(t) if t < 0.5 else None  # noqa: E731
    both = named(found(untold(drawn(going, comes(60.0), looks=looks))))
    assert sorted(both) == [("appear", 0.5), ("vanish", 0.5)]


def test_what_begins_to_move_did_not_appear(drawn: Drawn, found: Found) -> None:
    late = lambda t: (200.0, 60 + 20 * t) if t >= 0.5 else None  # noqa: E731
    for fresh in (-0.4, float("nan")):
        look = {1: lambda t, fresh=fresh: {**GREEN, "fresh": fresh}}
        assert named(found(untold(drawn(rolls, late, looks=look)))) == []


def test_a_source_that_tells_outright_is_believed(drawn: Drawn, found: Found) -> None:
    told = drawn(lambda t: rolls(t) if t < 0.7 else None)
    without = [replace(glimpse, gone=()) for glimpse in told]
    assert named(found(told)) == [("vanish", 0.71)]
    assert named(found(without)) == []


def test_mirrored_and_sooner_or_later_it_is_the_same(drawn: Drawn, found: Found) -> None:
    once = found(untold(drawn(lambda t: rolls(t) if t < 0.7 else None)))
    mirrored = found(untold(drawn(lambda t: (320 - rolls(t)[0], 120.0) if t < 0.7 else None)))
    assert named(once) == named(mirrored)
    later = found(untold(drawn(lambda t: rolls(t) if t < 0.7 else None, start_s=3.0)))
    assert np.isclose(later[0].start_s - once[0].start_s, 3.0)
    assert later[0].strength == pytest.approx(once[0].strength)
