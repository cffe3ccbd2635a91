"""What comes out from behind something under another name than what went in, on drawn bodies."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from lawful.judge.kinematic.bodies import Glimpse
from lawful.judge.kinematic.findings import Finding

Place = tuple[float, float]
Drawn = Callable[..., list[Glimpse]]
Found = Callable[[Sequence[Glimpse]], list[Finding]]

RED, BLUE = (200.0, 60.0, 40.0), (40.0, 70.0, 220.0)
HIDES_S, OUT_S, WHOLE_S = 0.5, 0.8, 1.1
AREA = math.pi * 15.0**2


def went_in(t: float) -> Place:
    return 60 + 120 * t, 120.0


def hidden(t: float, at_once: bool = False, out_s: float = math.inf) -> dict[str, object]:
    """Less and less of it from 0.3 s on, nothing from 0.5 s to some time."""
    nothing = (math.nan,) * 4
    if HIDES_S <= t < out_s:
        return {"sight": "hidden", "box_px": nothing, "area_px": 0.0, "axes_px": nothing[:2]}
    if t < 0.3 or t >= out_s or at_once:
        return {}
    return {"sight": "partly", "area_px": AREA * (1 - (t - 0.28) / 0.25)}


def comes_out(t: float, out_s: float, **changed: object) -> dict[str, object]:
    """A little of it at first, all of it 0.3 s later."""
    share = min(1.0, 0.2 + 0.8 * (t - out_s) / (WHOLE_S - OUT_S))
    return {"area_px": share * AREA, "rgb": BLUE, **changed}


@pytest.fixture
def passed(drawn: Drawn, found: Found) -> Callable[..., list[Finding]]:
    """What is said of a body that goes behind something, and of one that comes out from there under another name."""

    def told(
        path: Callable[[float], Place] = went_in,
        also: object = None,
        out_s: float = OUT_S,
        old: Callable[[float], dict[str, object]] = hidden,
        fps: float = 24.0,
        **changed: object,
    ) -> list[Finding]:
        def second(t: float) -> Place | None:
            return path(t) if t >= out_s else None

        def third(t: float) -> Place | None:
            return (60.0, 60.0) if also is not None and t < HIDES_S else None

        looks = {0: old, 1: lambda t: comes_out(t, out_s, **changed), 2: lambda t: {"rgb": also}}
        seen = drawn(went_in, second, third, looks=looks, seconds=1.9, fps=fps)
        # As bodies are that are estimated from pictures: who came and went is not told, nor touches of what is hidden.
        bare = [replace(each, new=(), gone=(), passings_told=False, touches=()) for each in seen]
        return [said for said in found(bare) if said.family == "changed_behind"]

    return told


def test_another_colour_in_its_place_is_said_from_when_it_comes_to_light(
    passed: Callable[..., list[Finding]],
) -> None:
    (said,) = passed()
    assert said.start_s == pytest.approx(OUT_S, abs=0.05)
    assert said.strength > 1
    assert said.magnitude == pytest.approx(198, abs=5)
    assert set(said.bodies) == {0, 1}
    assert said.text == "comes out from behind something at 0.83 s in another colour: 198 levels of 255"


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        (went_in, {"rgb": RED}),
        (went_in, {"rgb": (100.0, 30.0, 20.0)}),
        (lambda t: (went_in(t)[0] + 60, 120.0), {}),
        (lambda t: (went_in(t)[0] + 30, 120.0), {}),
        (lambda t: (went_in(t)[0], 180.0), {}),
        (lambda t: (60 + 120 * 0.95 - 120 * (t - 0.95), 120.0), {}),
        (lambda t: (60 + 120 * 0.95 + 500 * (t - 0.95), 120.0), {}),
        (went_in, {"area_px": 0.45 * AREA}),
        (went_in, {"axes_px": (27.0, 8.0)}),
    ],
    ids=[
        "same colour",
        "in shadow",
        "too far on",
        "hit and sent ahead",
        "lower",
        "comes back",
        "faster",
        "half as large",
        "longer",
    ],
)
def test_what_may_be_the_same_or_comes_another_way_is_not_said(
    path: Callable[[float], Place], changed: dict[str, object], passed: Callable[..., list[Finding]]
) -> None:
    assert passed(path, **changed) == []


def test_one_that_looks_like_another_that_is_out_of_sight_is_that_one(
    passed: Callable[..., list[Finding]],
) -> None:
    assert passed(also=BLUE) == []
    assert passed(also=(60.0, 200.0, 60.0)) != []


def test_what_gets_slower_behind_something_comes_out_later_and_is_known(
    passed: Callable[..., list[Finding]],
) -> None:
    # From 120 px/s down to 80 px/s, evenly.
    def slower(t: float) -> Place:
        x, speed = went_in(HIDES_S)[0], 120.0 - 40.0 * min(1.0, (t - HIDES_S) / 0.6)
        x += (120.0 + speed) / 2 * min(t - HIDES_S, 0.6) + speed * max(0.0, t - HIDES_S - 0.6)
        return x, 120.0

    assert [said.family for said in passed(slower)] == ["changed_behind"]


def test_what_was_lost_at_once_or_hidden_for_a_frame_is_not_said(
    passed: Callable[..., list[Finding]],
) -> None:
    assert passed(old=lambda t: hidden(t, at_once=True)) == []
    assert passed(out_s=HIDES_S + 1 / 24) == []
    assert passed(out_s=HIDES_S + 4 / 24) != []
    # Whole from its first frame on: nothing hid it.
    assert passed(area_px=AREA) == []


def test_what_was_seen_before_the_other_hid_is_no_newcomer(passed: Callable[..., list[Finding]]) -> None:
    assert passed(out_s=0.2) == []


def test_where_the_hidden_one_is_seen_again_none_came_in_its_place(
    passed: Callable[..., list[Finding]],
) -> None:
    assert passed(old=lambda t: hidden(t, out_s=1.0)) == []


@pytest.mark.parametrize("fps", [12.0, 60.0])
def test_at_other_frame_rates(fps: float, passed: Callable[..., list[Finding]]) -> None:
    assert [said.start_s for said in passed(fps=fps)] == [pytest.approx(OUT_S, abs=1 / fps)]
