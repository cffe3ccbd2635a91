"""Agreement on generators: their order, how sure it is, and whom the judge favours."""

import math
import re

import numpy as np

from lawful.reports.agree.align import align
from lawful.reports.agree.names import UNNAMED
from lawful.reports.agree.records import AgreeRules, Compared, JudgeJoin, columns_of, row_of
from lawful.reports.agree.sides import rated_videos
from lawful.reports.agree.streams import Streams
from lawful.reports.results import Cell, Plot, Point, ResultTable, Series
from lawful.reports.stats.categorical import system_bias
from lawful.reports.stats.clusters import clustered_mean
from lawful.reports.stats.correlation import Correlation, Method, correlate_by_group, correlation_interval
from lawful.reports.stats.pairwise import soft_pairwise_accuracy
from lawful.reports.stats.result import Estimate, undefined

_METHODS: tuple[tuple[Method, str], ...] = (
    ("spearman", "spearman"),
    ("kendall_b", "kendall tau-b"),
    ("pearson", "pearson"),
)
_NO_NAMES = "the generators of the videos are not named"
NO_ENDS = "the scale has no ends: give one with --scale or --mapping"


def systems_table(join: JudgeJoin, rules: AgreeRules, streams: Streams) -> ResultTable:
    """Correlations over generators and within them, and soft pairwise accuracy."""
    rows: list[tuple[Cell, ...]] = []
    for one in join.compared:
        rng = streams.at("systems", join.suite, join.judge, one.axis)
        rows += [row_of(one, *row) for row in _rows(one, rules, rng)]
    notes = (
        "“between” correlates the generators' means over videos that have both, “within” is the mean of the "
        "generators' own correlations, and “pooled”, over all videos, mixes the two.",
        "With up to nine generators p is exact, from all permutations. The intervals of “between” are Fisher's; "
        "they show how little so few generators say.",
        "“soft pairwise accuracy” is 1 less the mean distance of the judge's and people's p-values that one "
        "generator beats another, over all pairs of generators and the prompts that both share.",
    )
    columns = columns_of("figure", "value", "n", "p", "p by")
    return ResultTable("systems", "Agreement on generators", columns, tuple(rows), notes)


def bias_table(join: JudgeJoin, rules: AgreeRules) -> ResultTable:
    """What the judge gives each generator beyond what people give it."""
    rows: list[tuple[Cell, ...]] = []
    for one in join.compared:
        which = rated_videos(one) & ~np.isnan(one.score)
        found = system_bias(one.human[which], one.said[which], one.generator[which]) if which.any() else ()
        for each in found:
            own = which & (one.generator == each.system)
            if one.scale.bounded:
                bias = clustered_mean(one.said[own] - one.human[own], one.subject[own], rules.level)
                relative = each.relative
            else:
                bias, relative = undefined(NO_ENDS, each.n), math.nan
            people, judge = (float(side[own].mean()) for side in (one.human, one.said))
            rows.append(row_of(one, each.system, each.n, people, judge, bias, relative))
    notes = (
        "On the scale of the ratings: “bias” is the judge's mean less people's on the same videos; “relative” is "
        "that less the mean bias of all generators. Only the relative part changes who is ranked first.",
        "Intervals are of Student's t with prompts as clusters.",
    )
    columns = columns_of("generator", "n", "people mean", "judge mean", "bias", "relative")
    return ResultTable("bias", "Whom the judge favours", columns, tuple(rows), notes)


def systems_plot(number: int, one: Compared, rules: AgreeRules) -> Plot:
    """The generators' means: people across, the judge up."""
    which = rated_videos(one) & ~np.isnan(one.score)
    points = []
    for generator in sorted(set(one.generator[which].tolist())):
        own = which & (one.generator == generator)
        mean = clustered_mean(one.said[own], one.subject[own], rules.level)
        points.append(Point(float(one.human[own].mean()), mean, generator))
    points.sort(key=lambda point: point.x)
    return Plot(
        id=plot_id("systems", number, one.axis),
        title=f"{one.axis}: the generators' means",
        kind="points",
        x_name="people's mean rating",
        y_name=f"judge's mean ({one.measure})" + ("" if one.scale.bounded else ", 0-1"),
        series=(Series("generators", tuple(points)),),
        diagonal=one.scale.bounded,
    )


def plot_id(what: str, number: int, axis: str) -> str:
    """An id of small letters and digits; the number tells axes apart that would be alike."""
    return "-".join([what, str(number), *re.findall("[a-z0-9]+", axis.lower())])


def _rows(one: Compared, rules: AgreeRules, rng: np.random.Generator) -> list[tuple[Cell, ...]]:
    which = rated_videos(one) & ~np.isnan(one.score)
    human, said, generator = one.human[which], one.said[which], one.generator[which]
    named = set(generator.tolist()) != {UNNAMED}
    rows: list[tuple[Cell, ...]] = []
    for method, name in _METHODS:
        found = correlate_by_group(human, said, generator, method)
        between = correlation_interval(found.between, rules.level)
        if not named:
            between = undefined(_NO_NAMES, 0)
        rows.append((f"{name} between", between, between.n, found.between.p, _words(found.between)))
        if method == "spearman":
            within = found.within if named else undefined(_NO_NAMES, 0)
            rows.append((f"{name} within", within, within.n, None, None))
            pooled = _plain(found.pooled)
            rows.append((f"{name} pooled", pooled, pooled.n, None, None))
    soft = _soft(one, rules, rng)
    rows.append(("soft pairwise accuracy", soft, soft.n, None, None))
    return rows


def _soft(one: Compared, rules: AgreeRules, rng: np.random.Generator) -> Estimate:
    generators = [name for name in one.generators if name != UNNAMED]
    aligned = align(one, generators)
    # Rounded as the means of people are, so that differences that are equal are.
    human, said = aligned.values(one.human), aligned.values(np.round(one.said, 9))
    missing = np.isnan(human) | np.isnan(said)
    human, said = (np.where(missing, math.nan, side) for side in (human, said))
    if len(generators) < 2:
        return undefined("fewer than two generators", 0, method="soft pairwise accuracy")
    return soft_pairwise_accuracy(human, said, rng, clusters=aligned.subject, n_resamples=rules.n_resamples)


def _plain(found: Correlation) -> Estimate:
    return Estimate(found.value, found.n, method=found.method, n_missing=found.n_missing, reason=found.reason)


def _words(found: Correlation) -> str:
    words = {
        "permutations": "all permutations",
        "exact": "exact distribution",
        "approximation": "approximation",
    }
    return words.get(found.p_method, "")
