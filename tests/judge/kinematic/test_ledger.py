"""What is scored low is shown: when, where and which law, whoever saw it."""

import math

import pytest

from lawful.judge.kinematic.combine import Weigher
from lawful.judge.kinematic.findings import Finding, Said
from lawful.judge.kinematic.ledger import Ledger, enter, evidence_of, strengths_of
from lawful.judge.kinematic.overall import Overall
from lawful.judge.kinematic.settings import TAILS
from lawful.judge.kinematic.tails import Conditions, Tail
from lawful.video.frames import Box

SEEN = Conditions(10.0, 24.0, 3.0)
RARE = Tail((0.0, 1.0), (math.log(0.1), math.log(0.0005)), 0.2)
COMMON = Tail((0.0,), (math.log(0.2),), 1.0)
WEIGHER = Weigher(
    {name: COMMON if name == "shape_change/bodies" else RARE for name in TAILS},
    Overall((0.0, 6.0), (0.0, -6.0)),
)


def said(family: str, strength: float, *, net: bool = False, echo: bool = False, at_s: float = 1.0) -> Said:
    bodies = () if net else (3,)
    box = Box(0.1, 0.1, 0.2, 0.2)
    found = Finding(family, at_s, at_s, box, strength, 2.0, "px", f"{family} at {at_s}", (), bodies, net)
    return Said(found, (), None, echo)


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("family", ["hover", "shape_change"])
def test_what_an_echo_makes_clear_is_told_and_shown(family: str, later: bool) -> None:
    ledger = Ledger()
    told, echo = said(family, 0.2), said(family, 1.5, net=True, echo=True)
    enter(ledger, [told] if later else [told, echo], WEIGHER, SEEN, 1.5)
    if later:
        assert ledger.events == []
        enter(ledger, [echo], WEIGHER, SEEN, 2.0)
    chance = WEIGHER.question_chance([family], strengths_of(ledger), SEEN)
    assert chance < 0.05
    (event,) = ledger.events
    (evidence,) = evidence_of(ledger, [family], WEIGHER, SEEN)
    assert event.text == evidence.text == f"{family} at 1.0"
    assert event.probability == evidence.probability == pytest.approx(1 - chance)
    assert event.said_s == (2.0 if later else 1.5)


def test_an_event_is_told_of_once() -> None:
    ledger = Ledger()
    enter(ledger, [said("hover", 1.2), said("hover", 2.0, net=True, echo=True)], WEIGHER, SEEN, 1.5)
    enter(ledger, [said("hover", 2.5, net=True, echo=True)], WEIGHER, SEEN, 2.0)
    assert len(ledger.events) == 1


def test_what_is_scored_low_is_shown_however_many_echoes_there_are() -> None:
    ledger = Ledger()
    enter(ledger, [said("hover", 0.2)], WEIGHER, SEEN, 1.0)
    for k in range(5):
        enter(ledger, [said("hover", 1.0 + k, echo=True)], WEIGHER, SEEN, 2.0 + k)
    assert WEIGHER.question_chance(["hover"], strengths_of(ledger), SEEN) < 0.05
    assert [evidence.text for evidence in evidence_of(ledger, ["hover"], WEIGHER, SEEN)] == ["hover at 1.0"]


def test_what_lawful_clips_show_is_neither_told_nor_shown() -> None:
    ledger = Ledger()
    enter(ledger, [said("shape_change", 0.9)], WEIGHER, SEEN, 1.0)
    assert ledger.events == []
    assert evidence_of(ledger, ["shape_change"], WEIGHER, SEEN) == ()


def test_three_of_a_kind_are_shown_the_strongest_first_and_other_families_are_not() -> None:
    ledger = Ledger()
    for at, strength in enumerate((1.0, 2.0, 0.8, 1.5)):
        enter(ledger, [said("hover", strength, at_s=float(at))], WEIGHER, SEEN, at + 0.5)
    enter(ledger, [said("kink", 2.0)], WEIGHER, SEEN, 5.0)
    shown = evidence_of(ledger, ["hover"], WEIGHER, SEEN)
    assert [evidence.start_s for evidence in shown] == [1.0, 3.0, 0.0]
    assert len(ledger.events) == 5
