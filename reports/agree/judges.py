"""Judges beside each other and beside people, and whether one is better than another."""

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from lawful.reports.agree.ceiling import figure_ceiling
from lawful.reports.agree.figures import SPEARMAN
from lawful.reports.agree.records import AgreeRules, Compared, JudgeJoin, columns_of, row_of
from lawful.reports.agree.sides import rated_videos, sides_of
from lawful.reports.agree.streams import Streams
from lawful.reports.results import Cell, ResultTable
from lawful.reports.stats.compare import permute_judges, williams
from lawful.reports.stats.correlation import correlate
from lawful.reports.stats.permutation import holm
from lawful.reports.stats.result import Estimate, SignificanceTest, undefined
from lawful.reports.stats.weighted import difference_of, weighted_spearman


@dataclass(frozen=True)
class Contest:
    """Two judges against the same people."""

    difference: Estimate
    """Spearman of the first less that of the second, on videos that both scored."""
    exchange: SignificanceTest
    """Test by exchanging their scores prompt by prompt."""
    adjusted_p: float
    """Its p after Holm's correction for all pairs of judges on the axis."""
    williams: SignificanceTest
    """Williams' test, which takes videos as independent."""

    def reversed(self) -> "Contest":
        """The same for the second against the first."""
        d, t = self.difference, self.williams
        return replace(
            self,
            difference=replace(d, value=-d.value, low=-d.high, high=-d.low),
            williams=replace(t, statistic=-t.statistic),
        )


Contests = dict[tuple[str, str, str, str], Contest]
"""By suite, axis, and the two judges."""


def contests(
    joins: Sequence[JudgeJoin], rules: AgreeRules, streams: Streams, step: Callable[[], None]
) -> Contests:
    """Every two judges of a suite on every axis, both ways round; `step` is called after each pair."""
    by_axis: dict[tuple[str, str], list[tuple[str, Compared]]] = defaultdict(list)
    for join in joins:
        for one in join.compared:
            by_axis[join.suite, one.axis].append((join.judge, one))
    found: Contests = {}
    for (suite, axis), judged in by_axis.items():
        pairs = list(itertools.combinations(sorted(judged, key=lambda each: each[0]), 2))
        each = []
        for (name_a, a), (name_b, b) in pairs:
            each.append(_contest(a, b, rules, streams.at("contest", suite, axis, name_a, name_b)))
            step()
        adjusted = holm([one.exchange.p for one in each])
        for ((name_a, _), (name_b, _)), one, p in zip(pairs, each, adjusted, strict=True):
            contest = replace(one, adjusted_p=float(p))
            found[suite, axis, name_a, name_b] = contest
            found[suite, axis, name_b, name_a] = contest.reversed()
    return found


def judges_table(
    join: JudgeJoin, joins: Sequence[JudgeJoin], rules: AgreeRules, streams: Streams
) -> ResultTable:
    """The judge's Spearman with itself, with people and with every other judge, and people's with each other."""
    rows: list[tuple[Cell, ...]] = []
    for one in join.compared:
        which = rated_videos(one)
        sides = sides_of(one, which)
        rng = streams.at("agreement", join.suite, join.judge, one.axis, "all", SPEARMAN.name)
        people = SPEARMAN.full(sides, rules, rng)
        again = retest(one)
        top = figure_ceiling(SPEARMAN, sides, one.ratings[which]).raters
        rows.append(row_of(one, "judge again", "retest", again, again.n))
        rows.append(row_of(one, "people", "judge and people", people, people.n))
        rows.append(row_of(one, "another rater", "people and people", top, top.n))
        for other in joins:
            for its in other.compared:
                if (other.suite, its.axis) == (join.suite, one.axis) and other.judge != join.judge:
                    names = sorted((join.judge, other.judge))
                    rng = streams.at("judges", join.suite, one.axis, *names)
                    both = _between(one, its, rules, rng)
                    rows.append(row_of(one, other.judge, "judge and judge", both, both.n))
    notes = (
        "All are Spearman's correlations over videos. “retest” is the mean over pairs of repeated looks; "
        "“people and people” is each rater against the mean of the others.",
        "Judge and judge are compared on all videos that both scored, rated or not.",
    )
    columns = columns_of("with", "what", "spearman", "n")
    return ResultTable(
        "judges", "The judge beside itself, people and other judges", columns, tuple(rows), notes
    )


def better_table(join: JudgeJoin, found: Contests) -> ResultTable:
    """Whether the judge agrees better with people than each other judge."""
    rows: list[tuple[Cell, ...]] = []
    for one in join.compared:
        for (suite, axis, judge, other), contest in found.items():
            if (suite, axis, judge) == (join.suite, one.axis, join.judge):
                swap, t = contest.exchange, contest.williams
                rows.append(
                    row_of(
                        one,
                        other,
                        contest.difference,
                        swap.n,
                        swap.p,
                        contest.adjusted_p,
                        t.statistic,
                        t.p,
                    )
                )
    notes = (
        "“difference” is this judge's Spearman with people less the other judge's, on the rated videos that both "
        "scored; its interval is by bootstrap of prompts.",
        "“p” is of exchanging the two judges' ranks prompt by prompt (Deutsch et al. 2021), “p, holm” the same "
        "corrected for all pairs of judges on the axis. “williams t” takes the videos as independent of each "
        "other, which videos of one prompt are not: where the two differ, believe the exchange.",
    )
    columns = columns_of("other", "difference", "n", "p", "p, holm", "williams t", "williams p")
    return ResultTable("better", "Is it better than other judges", columns, tuple(rows), notes)


def retest(one: Compared) -> Estimate:
    """Spearman of repeated looks, the mean over pairs of looks; n counts videos with two or more."""
    n = int(np.count_nonzero(np.count_nonzero(~np.isnan(one.looks), axis=1) >= 2))
    if one.measure.kind in ("clip", "answer"):
        return undefined("a single look has no score of the whole clip", 0, method="retest, spearman")
    if n == 0:
        return undefined("no video was looked at twice", 0, method="retest, spearman")
    each = [correlate(a, b, "spearman", exact_up_to=0) for a, b in itertools.combinations(one.looks.T, 2)]
    known = [found.value for found in each if not math.isnan(found.value)]
    if not known:
        return undefined(each[0].reason, n, method="retest, spearman")
    return Estimate(math.fsum(known) / len(known), n, method="retest, spearman")


def _between(a: Compared, b: Compared, rules: AgreeRules, rng: np.random.Generator) -> Estimate:
    found = correlate(a.score, b.score, "spearman", exact_up_to=0)
    if math.isnan(found.value):
        return undefined(found.reason, found.n, method="spearman")
    drawn = rules.estimate(weighted_spearman(a.score, b.score), rng, a.subject)
    return replace(drawn, value=found.value, n_missing=0)


def _contest(a: Compared, b: Compared, rules: AgreeRules, rng: np.random.Generator) -> Contest:
    which = ~np.isnan(a.human) & ~np.isnan(a.score) & ~np.isnan(b.score)
    human, first, second, subject = a.human[which], a.score[which], b.score[which], a.subject[which]
    draws, swaps = rng.spawn(2)
    exchange = permute_judges(
        human, first, second, _spearman_with(human), swaps, clusters=subject, n_resamples=rules.n_resamples
    )
    if math.isnan(exchange.p):
        difference = undefined(exchange.reason, exchange.n)
    else:
        statistic = difference_of(weighted_spearman(human, first), weighted_spearman(human, second))
        difference = rules.estimate(statistic, draws, subject)
    return Contest(difference, exchange, math.nan, williams(human, first, second, "spearman"))


def _spearman_with(human: np.ndarray) -> Callable[[np.ndarray, np.ndarray], float]:
    """Spearman's correlation with people, whose ranks are taken once; NaN for a constant."""
    target = _unit_ranks(human)
    return lambda _, judge: float(target @ _unit_ranks(judge))


def _unit_ranks(values: np.ndarray) -> np.ndarray:
    """Midranks, centred, of length 1; NaN for a constant."""
    ranks = stats.rankdata(values)
    centred = ranks - ranks.mean() if len(ranks) else ranks
    length = math.sqrt(float(centred @ centred))
    return centred / length if length > 0 else np.full(len(values), math.nan)
