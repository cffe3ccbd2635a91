"""From what the net says of each frame to findings: one for each peak, whatever the shot's length."""

import numpy as np
import pytest

from lawful.judge.kinematic.findings import Finding
from lawful.judge.kinematic.spine import watch
from lawful.judge.kinematic.spine.eye import CELLS, CHANGE, LOOK_AHEAD, Eye, Layer, Past, View, blank
from lawful.judge.kinematic.spine.watch import AROUND, LEAST, SpineState, close_spine, push_spine, seen_of
from lawful.judge.kinematic.tails import NET_SPAN
from lawful.judge.kinematic.window import KEPT

NONE = Layer(np.zeros((1, 1), np.float32), np.zeros(1, np.float32))
EYE = Eye((), (), NONE, ("vanish", "freeze", "reversal"), "nothing", "0" * 64)
QUIET = -12.0


def test_the_frames_before_a_peak_are_still_there_to_be_shown() -> None:
    back = LOOK_AHEAD + AROUND
    assert KEPT - 1 - back >= 2


def said(
    monkeypatch: pytest.MonkeyPatch,
    log_odds: list[float],
    family: int = 0,
    moves: bool = True,
    unreliable: int | None = None,
) -> list[Finding]:
    """Findings in a shot of which a net says this, in the cell of row 2 and column 5."""
    script = [QUIET] * LOOK_AHEAD + log_odds
    calls = iter(script)

    def spoken(eye: Eye, past: Past, view: View) -> np.ndarray:
        logits = np.full((CELLS, CELLS, 4), -30.0, np.float32)
        logits[2, 5, 0] = next(calls)
        logits[2, 5, 1 + family] = 0.0
        return logits

    monkeypatch.setattr(watch, "look", spoken)
    state = SpineState()
    found: list[Finding] = []
    view = blank()
    view[CHANGE, 0, 0] = moves
    for number in range(len(log_odds)):
        found += push_spine(state, EYE, view, number / 10, number != unreliable)
    found += close_spine(state, EYE)
    assert next(calls, None) is None
    return found


@pytest.mark.parametrize("at", [0, 1, 2, 7, 18, 19])
def test_one_peak_is_one_finding_at_its_time(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    log_odds = [QUIET] * 20
    log_odds[at] = 1.0
    (found,) = said(monkeypatch, log_odds, family=1)
    assert found.start_s == pytest.approx(at / 10)
    assert found.end_s == pytest.approx(at / 10 + (0.1 if at else 0.0))
    assert found.family == "freeze"
    assert found.tail == "freeze/net"
    assert found.magnitude == pytest.approx(1.0, abs=1e-3)
    assert found.strength == pytest.approx((1.0 - LEAST) / NET_SPAN, abs=1e-3)
    assert found.box is not None
    assert (found.box.x0, found.box.y0, found.box.x1, found.box.y1) == (5 / 8, 2 / 8, 6 / 8, 3 / 8)
    assert "most like freeze" in found.text


@pytest.mark.parametrize("frames", [1, 3, LOOK_AHEAD, LOOK_AHEAD + 1])
def test_short_shots_are_spoken_of_too(monkeypatch: pytest.MonkeyPatch, frames: int) -> None:
    (found,) = said(monkeypatch, [QUIET] * (frames - 1) + [0.5])
    assert found.start_s == pytest.approx((frames - 1) / 10)


def test_a_plateau_is_one_finding_and_two_bumps_are_two(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(said(monkeypatch, [QUIET, 0.0, 0.0, QUIET, QUIET, QUIET])) == 1
    assert len(said(monkeypatch, [0.0, QUIET, QUIET, QUIET, 1.0, QUIET])) == 2
    assert len(said(monkeypatch, [0.0, QUIET, 1.0, QUIET, QUIET, QUIET])) == 1


def test_what_is_hardly_amiss_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(monkeypatch, [QUIET, LEAST - 0.1, QUIET]) == []


def test_where_nothing_changes_nothing_is_amiss(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(monkeypatch, [QUIET, 2.0, QUIET], moves=False) == []


@pytest.mark.parametrize("flash", range(5, 16))
def test_beside_a_flash_nothing_is_said(monkeypatch: pytest.MonkeyPatch, flash: int) -> None:
    log_odds = [QUIET] * 20
    log_odds[10] = 2.0
    found = said(monkeypatch, log_odds, unreliable=flash)
    assert bool(found) == (abs(flash - 10) > AROUND)


def test_that_time_runs_back_is_shown_by_no_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    log_odds = [QUIET, 2.0, QUIET]
    assert said(monkeypatch, log_odds, family=2) == []
    assert said(monkeypatch, log_odds, family=1) != []


def test_all_cells_have_a_say_in_what_it_is_by_how_much_each_is_amiss() -> None:
    logits = np.full((CELLS, CELLS, 4), -30.0, np.float32)
    logits[2, 5] = (1.0, 0.0, -9.0, -9.0)
    logits[2, 6] = (0.9, -9.0, 0.0, -9.0)
    logits[3, 5] = (0.8, -9.0, 0.0, -9.0)
    logits[6, 1] = (-0.5, 0.0, -9.0, -9.0)
    seen = seen_of(EYE, logits, 1.0, True, True)
    assert seen.family == "freeze"
    assert seen.log_odds == pytest.approx(np.log(np.exp([1.0, 0.9, 0.8, -0.5]).sum()), abs=1e-5)
    assert (seen.box.x0, seen.box.y0, seen.box.x1, seen.box.y1) == (5 / 8, 2 / 8, 7 / 8, 4 / 8)
