import json
import math

import numpy as np
import pytest
from scipy import stats

from lawful.core.errors import InputError
from lawful.judge.kinematic.fit_tails import fit_tails
from lawful.judge.kinematic.fit_trust import Looked
from lawful.judge.kinematic.overall import Overall
from lawful.judge.kinematic.settings import TAILS, Level
from lawful.judge.kinematic.tails import (
    Conditions,
    Tail,
    Tails,
    as_json,
    by_fitted_name,
    rarities_in,
    read_tails,
    shipped_tails,
)

OVERALL = Overall((0.0, 2.0), (-0.5, -3.0))
USUAL = Conditions(10.0, 24.0, 3.0)


def drawn(rng: np.random.Generator, n: int, rate: float, by_fps: float = 0.0) -> list[Looked]:
    """Clips whose findings come at a rate, with strengths from 0 up, exponential of mean 0.1."""
    clips = []
    for _ in range(n):
        conditions = Conditions(float(rng.uniform(3, 20)), float(rng.choice([8, 12, 24, 30])), 3.0)
        mean = rate * conditions.exposure_s * (conditions.fps / 24) ** by_fps
        strengths = rng.exponential(0.1, rng.poisson(mean))
        clips.append(Looked(conditions, {"vanish": float(strengths.max())} if len(strengths) else {}))
    return clips


@pytest.mark.parametrize("strength", [-0.5, 0.0, 0.2, 0.5, 0.9, 1.5])
def test_the_chance_rises_with_exposure_and_falls_with_strength(strength: float) -> None:
    tail = Tail((0.0, 0.4, 0.8), (-2.0, -4.0, -7.0), 0.2, by_fps=-0.5, by_motion=0.3)
    chances = [tail.chance(strength, Conditions(s, 24.0, 3.0)) for s in (1.0, 5.0, 50.0, 5000.0)]
    assert chances == sorted(chances)
    assert tail.chance(strength + 0.1, USUAL) <= tail.chance(strength, USUAL)
    assert 0 < chances[0] < chances[-1] <= 1


def test_twice_the_exposure_is_twice_the_looks() -> None:
    tail = Tail((0.0, 1.0), (-3.0, -6.0), 0.2)
    once, twice = (tail.chance(0.3, Conditions(s, 24.0, 3.0)) for s in (4.0, 8.0))
    assert 1 - twice == pytest.approx((1 - once) ** 2)


def test_strengths_beyond_what_was_seen_are_told_apart() -> None:
    tail = Tail((0.0, 0.5), (-2.0, -6.0), 0.1)
    assert tail.chance(0.6, USUAL) == pytest.approx(tail.chance(0.5, USUAL) / math.e, rel=0.02)


def test_the_fit_finds_the_rate_and_what_it_depends_on() -> None:
    rng = np.random.default_rng(3)
    tail = fit_tails(drawn(rng, 4000, 0.02, by_fps=-0.8), ["vanish"])["vanish"]
    assert tail.by_fps == pytest.approx(-0.8, abs=0.15)
    assert abs(tail.by_motion) < 0.15
    for strength in (0.0, 0.1, 0.2):
        rate = 0.02 * math.exp(-strength / 0.1)
        assert tail.chance(strength, Conditions(1.0, 24.0, 3.0)) == pytest.approx(rate, rel=0.25)


def test_chances_of_lawful_clips_are_as_rare_as_they_say() -> None:
    rng = np.random.default_rng(5)
    tail = fit_tails(drawn(rng, 800, 0.03), ["vanish"])["vanish"]
    fresh = drawn(rng, 4000, 0.03)
    chances = [tail.chance(c.strongest["vanish"], c.conditions) if c.strongest else 1.0 for c in fresh]
    for rate in (0.01, 0.05, 0.1):
        measured = int((np.array(chances) <= rate).sum())
        # No more than chance allows at the 0.1 % level, a fitted rate being off by a tenth.
        assert measured <= stats.binom.isf(1e-3, len(fresh), 1.1 * rate)
        assert measured >= 0.4 * rate * len(fresh)


def test_a_family_that_no_lawful_clip_shows_is_not_claimed_to_be_impossible() -> None:
    clips = [Looked(Conditions(10.0, 24.0, 3.0), {}) for _ in range(99)]
    tail = fit_tails(clips, ["vanish"])["vanish"]
    assert tail.chance(0.0, USUAL) == pytest.approx(1 / 100, rel=0.02)
    assert tail.chance(1.0, USUAL) == pytest.approx(math.exp(-4) / 100, rel=0.02)


def test_a_family_that_all_lawful_clips_show_says_nothing() -> None:
    clips = [Looked(Conditions(10.0, 24.0, 3.0), {"vanish": 0.1 + 1e-4 * k}) for k in range(99)]
    assert fit_tails(clips, ["vanish"])["vanish"].chance(0.1, USUAL) > 0.95


def test_without_clips_there_is_no_fit() -> None:
    with pytest.raises(InputError, match="there is no lawful clip to fit the tails on"):
        fit_tails([], ["vanish"])
    with pytest.raises(InputError, match="a lawful clip without exposure cannot be fitted on"):
        fit_tails([Looked(Conditions(0.0, 24.0, 3.0), {})], ["vanish"])


def test_tails_survive_their_file() -> None:
    tails = Tails("three clips", {"vanish": Tail((0.0, 0.5), (-1.0, -2.0), 0.3, 0.1, -0.2)}, OVERALL)
    assert read_tails(json.loads(json.dumps(as_json(tails)))) == tails


def test_unsound_tails_are_refused() -> None:
    sound = as_json(Tails("", {"vanish": Tail((0.0, 0.5), (-1.0, -2.0), 0.3)}, OVERALL))
    with pytest.raises(InputError, match=r"have the schema lawful\.kinematic\.tails/3, got 'tails/9'"):
        read_tails({**sound, "schema": "tails/9"})
    for change in (
        {"log_rates": [-2.0, -1.0]},
        {"scale": 0.0},
        {"strengths": [0.5, 0.5]},
        {"by_fps": math.nan},
        {"trust": -0.1},
        {"trust": 1.1},
        {"trust": math.nan},
    ):
        row = {**sound["tails"]["vanish"], **change}
        with pytest.raises(
            InputError, match="the tail of 'vanish' must have rising strengths, falling rates"
        ):
            read_tails({**sound, "tails": {"vanish": row}})


@pytest.mark.parametrize("missing", ["tails", "overall", "made_on"])
def test_tails_that_lack_something_are_refused(missing: str) -> None:
    sound = as_json(Tails("", {"vanish": Tail((0.0, 0.5), (-1.0, -2.0), 0.3)}, OVERALL))
    with pytest.raises(
        InputError, match=rf"not as lawful\.kinematic\.tails/3 has them: KeyError '{missing}'"
    ):
        read_tails({name: part for name, part in sound.items() if name != missing})
    row = {name: part for name, part in sound["tails"]["vanish"].items() if name != "trust"}
    with pytest.raises(InputError, match="KeyError 'trust'"):
        read_tails({**sound, "tails": {"vanish": row}})


def test_an_unsound_weight_of_all_together_is_refused() -> None:
    sound = as_json(Tails("", {"vanish": Tail((0.0, 0.5), (-1.0, -2.0), 0.3)}, OVERALL))
    for change in (
        {"rarities": [1.0, 1.0]},
        {"log_chances": [-3.0, -1.0]},
        {"rarities": [0.0]},
        {"rarities": [0.0, math.inf]},
    ):
        with pytest.raises(InputError, match="must have rising rarities and falling chances"):
            read_tails({**sound, "overall": {**sound["overall"], **change}})


def test_a_level_is_a_tail_of_a_given_shape() -> None:
    level = Level(0.3, 0.1)
    tail = level.tail(8.0)
    for strength in (0.0, 0.3, 0.55, 2.0):
        clear = 1 / (1 + math.exp(-(strength - 0.3) / 0.1))
        assert 1 - tail.chance(strength, Conditions(8.0, 24.0, 3.0)) == pytest.approx(clear, abs=1e-3)


def test_a_level_set_by_hand_is_trusted_as_much_as_what_ships() -> None:
    from lawful.judge.kinematic.judge import make_kinematic

    config = {"levels": {"shape_change": {"threshold": 0.5, "scale": 0.1}}}
    name = "shape_change/bodies"
    plain, set_by_hand = (make_kinematic(each).settings.tail(name) for each in ({}, config))
    assert set_by_hand.trust == plain.trust < 1
    assert set_by_hand.strengths != plain.strengths


def test_every_tail_ships() -> None:
    from lawful.judge.kinematic.judge import make_kinematic

    settings = make_kinematic({}).settings
    for name in TAILS:
        assert 0 <= settings.tail(name).chance(1.0, USUAL) <= 1
    assert "lawful clips" in shipped_tails().made_on


def test_what_the_net_points_at_has_one_tail_whatever_it_is_called() -> None:
    strongest = {"vanish": 0.2, "appear/net": 0.5, "freeze/net": 0.9}
    assert by_fitted_name(strongest) == {"vanish": 0.2, "/net": 0.9}
    tails = {"vanish": Tail((0.0,), (-3.0,), 0.3), "/net": Tail((0.0, 1.0), (-1.0, -4.0), 0.3)}
    shown = rarities_in(tails, strongest, USUAL)
    assert set(shown) == {"vanish", "appear", "freeze"}
    assert shown["freeze"] == rarities_in(tails, {"hover/net": 0.9}, USUAL)["hover"] > shown["appear"]


def test_what_witness_and_net_show_of_one_family_adds_up() -> None:
    tails = {"vanish": Tail((0.0,), (-3.0,), 0.3, trust=0.5), "/net": Tail((0.0, 1.0), (-1.0, -4.0), 0.3)}
    both = {"vanish": 0.2, "vanish/net": 0.5}
    alone = [rarities_in(tails, {name: best}, USUAL)["vanish"] for name, best in both.items()]
    assert rarities_in(tails, both, USUAL)["vanish"] == pytest.approx(sum(alone))


def test_the_tail_of_the_net_is_fitted_on_its_strongest_finding() -> None:
    clips = [Looked(USUAL, {"appear/net": k / 40, "freeze/net": 0.5}) for k in range(40)]
    same = [Looked(USUAL, {"hover/net": max(k / 40, 0.5)}) for k in range(40)]
    assert fit_tails(clips, ["/net"]) == fit_tails(same, ["/net"])
