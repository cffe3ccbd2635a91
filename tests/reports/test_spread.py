"""How far scores and labels hang on how the judge looked."""

import itertools
import math
import random
import statistics

import pytest

from lawful.judge.stored import Way
from lawful.judge.summary import SummaryRule
from lawful.reports.rows import contract_line, judged
from lawful.reports.scores import Measure, scored
from lawful.reports.spread import NO_SPREAD, spread_of
from lawful.reports.tally import Tally, spread_sentences

RULE = SummaryRule("min", "min", 0.3, 0.7)
RATES = (2.0, 4.0, 8.0)


@pytest.fixture
def look(verdict):
    """Makes one look with one question of a score."""
    return lambda score: (verdict(score=score),)


@pytest.fixture
def full(look):
    """Looks at every rate with every wording, twice: the score is a sum of what each of them adds."""

    def make(by_rate, by_wording, by_rerun):
        ways = [Way(fps, w, r) for fps in RATES for w in range(len(by_wording)) for r in range(len(by_rerun))]
        rate = dict(zip(RATES, by_rate, strict=True))
        return [look(0.5 + rate[w.fps] + by_wording[w.wording] + by_rerun[w.rerun]) for w in ways], ways

    return make


def test_in_all_it_is_the_sample_deviation(look, unscored):
    looks = [look(score) for score in (0.1, 0.4, 0.6)]
    spread = spread_of(looks, (), RULE)
    assert spread.total == spread.rerun == pytest.approx(statistics.stdev([0.1, 0.4, 0.6]))
    assert math.isnan(spread.wording)
    assert math.isnan(spread.rate)
    assert spread_of(looks[:1], (), RULE) == NO_SPREAD
    assert math.isnan(spread_of([looks[0], (unscored("permanence"),)], (), RULE).total)


@pytest.mark.parametrize(
    ("by_rate", "by_wording", "by_rerun"),
    [
        ((0.0, 0.1, 0.3), (0.0, 0.0), (0.0, 0.0)),
        ((0.0, 0.0, 0.0), (0.0, 0.2), (0.0, 0.0)),
        ((0.0, 0.0, 0.0), (0.0, 0.0), (0.0, -0.1)),
        ((0.0, 0.1, -0.3), (0.1, 0.0), (0.02, 0.0)),
    ],
)
def test_each_part_is_that_of_what_varied_alone(by_rate, by_wording, by_rerun, full):
    spread = spread_of(*full(by_rate, by_wording, by_rerun), RULE)
    assert spread.rate == pytest.approx(statistics.stdev(by_rate))
    assert spread.wording == pytest.approx(statistics.stdev(by_wording))
    assert spread.rerun == pytest.approx(statistics.stdev(by_rerun))
    assert (spread.n_compared, spread.n_flipped) == (1, int(min(by_rate) < 0 or by_rate[2] < 0))


def test_the_order_of_the_looks_does_not_matter(full):
    looks, ways = full((0.0, 0.1, -0.3), (0.1, 0.0), (0.02, 0.0))
    wanted = spread_of(looks, ways, RULE)
    pairs = list(zip(looks, ways, strict=True))
    random.Random(3).shuffle(pairs)
    found = spread_of([one for one, _ in pairs], [way for _, way in pairs], RULE)
    for name in ("total", "rerun", "wording", "rate"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name))


def test_a_label_flips_where_rates_disagree_and_is_not_compared_where_one_is_unscored(verdict, unscored):
    looks = [
        (verdict("permanence", 0.9), verdict("energy", 0.9), unscored("reflection")),
        (verdict("permanence", 0.2), verdict("energy", 0.6), verdict("reflection", 0.1)),
    ]
    ways = [Way(2.0), Way(4.0)]
    spread = spread_of(looks, ways, RULE)
    assert (spread.n_compared, spread.n_flipped) == (2, 1)
    # At one rate nothing can flip with the rate.
    assert spread_of(looks, [Way(2.0), Way(2.0, 0, 1)], RULE).n_compared == 0


def test_the_label_at_a_rate_is_that_of_all_its_looks(verdict):
    scores = {(2.0, 0): 0.1, (2.0, 1): 0.8, (4.0, 0): 0.3, (4.0, 1): 0.4}
    looks = [(verdict(score=score),) for score in scores.values()]
    spread = spread_of(looks, [Way(fps, 0, rerun) for fps, rerun in scores], RULE)
    assert (spread.n_compared, spread.n_flipped) == (1, 0)


def test_the_line_of_a_clip_tells_it(clip, verdict):
    looks = ((verdict(score=0.9),), (verdict(score=0.1),))
    line = contract_line(judged(clip(repeats=looks, ways=(Way(2.0), Way(8.0)))))
    sd = statistics.stdev([0.1, 0.9])
    assert (line["repeats"], line["score"], line["fps"]) == (2, 0.5, [2.0, 8.0])
    assert line["score_sd"] == line["score_sd_rate"] == pytest.approx(sd)
    assert (line["score_sd_rerun"], line["score_sd_wording"]) == (None, None)
    assert (line["n_rate_compared"], line["n_rate_flips"]) == (1, 1)


def test_clips_are_pooled_into_a_sentence(clip, verdict):
    tally = Tally()
    for score in (0.9, 0.5):
        looks = ((verdict(score=score),), (verdict(score=0.1),))
        tally.add(judged(clip(repeats=looks, ways=(Way(2.0), Way(8.0)))))
    sd = math.sqrt((statistics.variance([0.9, 0.1]) + statistics.variance([0.5, 0.1])) / 2)
    assert spread_sentences(tally) == [
        (
            "physics, kinematic",
            f"standard deviation of a clip's score: {sd:.3f} over frame rates (2 clips); "
            "2 of 2 questions change their label with the frame rate",
        )
    ]
    plain = Tally()
    plain.add(judged(clip()))
    assert spread_sentences(plain) == []


def test_comparisons_take_a_clip_once_with_the_mean_over_rates(clip, verdict):
    pairs = list(itertools.product(RATES, (0, 1)))
    looks = tuple((verdict(score=0.1 * place),) for place in range(6))
    found = scored(clip(repeats=looks, ways=tuple(Way(fps, 0, rerun) for fps, rerun in pairs)), "run")
    assert Measure("question", "permanence").of(found) == pytest.approx(0.25)
    assert len(found.answers) == 1
    # Looks at another rate are no retest.
    assert [one[0].score for one in found.repeats] == pytest.approx([0.0, 0.1])


def test_scores_keep_the_gate_of_the_suite(clip):
    assert [scored(clip(gate_at=gate), "run").gate_at for gate in (None, 0.7)] == [None, 0.7]
