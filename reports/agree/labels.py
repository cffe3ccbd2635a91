"""What few human labels and many scores of a judge come to: means, differences and rates that stay honest."""

import itertools
import math

import numpy as np

from lawful.reports.agree.agreement import ALL
from lawful.reports.agree.align import align
from lawful.reports.agree.names import UNNAMED
from lawful.reports.agree.records import AgreeRules, Compared, JudgeJoin, columns_of, row_of
from lawful.reports.agree.systems import NO_ENDS
from lawful.reports.results import Cell, ResultTable
from lawful.reports.stats.clusters import clustered_mean, clustered_share
from lawful.reports.stats.labels import PoweredEstimate, ppi_difference, ppi_mean, rogan_gladen
from lawful.reports.stats.result import Estimate, undefined

_POWERED = ("labels", "judged", "judge alone", "people alone", "both", "weight", "effective", "gained")
_PPI = (
    "“people alone” is from the human labels, “both” from labels and judge together (PPI++): without bias "
    "whatever the judge is worth, if the rated videos were drawn at random; “weight” is how far the judge is "
    "trusted, and “effective” how many labels would do as well without it."
)


def labels_table(join: JudgeJoin, rules: AgreeRules) -> ResultTable:
    """The mean rating of each generator: by the judge alone, by people alone, and by both."""
    rows: list[tuple[Cell, ...]] = []
    for one in join.compared:
        for generator in (ALL, *one.generators):
            own = one.seen & ((one.generator == generator) | (generator == ALL))
            subject, said = one.subject[own], one.said[own]
            found = ppi_mean(one.human[own], said, clusters=subject, level=rules.level)
            alone = clustered_mean(said, subject, rules.level)
            if not one.scale.bounded:
                alone = undefined(NO_ENDS, alone.n)
            n = (found.estimate.n, found.n_judged)
            rows.append(row_of(one, generator, *n, alone, *_powered(found)))
    notes = (
        "On the scale of the ratings. “labels” are videos that people rated and the judge scored, “judged” those "
        "that only the judge scored; “judge alone” is its own mean over both, its bias included.",
        _PPI,
        "Intervals are of Student's t with prompts as clusters.",
    )
    columns = columns_of("generator", *_POWERED)
    return ResultTable("labels", "From few labels: means", columns, tuple(rows), notes)


def differences_table(join: JudgeJoin, rules: AgreeRules) -> ResultTable:
    """The difference of every two generators on the same prompts and seeds, by people alone and by both."""
    rows: list[tuple[Cell, ...]] = []
    for one in join.compared:
        aligned = align(one, named(one))
        people, judge = aligned.values(one.human), aligned.values(one.said)
        for (a, first), (b, second) in itertools.combinations(enumerate(aligned.generators), 2):
            found = ppi_difference(
                people[a], people[b], judge[a], judge[b], clusters=aligned.subject, level=rules.level
            )
            alone = found.judge_only if one.scale.bounded else math.nan
            n = (found.estimate.n, found.n_judged)
            rows.append(row_of(one, first, second, *n, alone, *_powered(found)))
    notes = (
        "Mean rating of the first generator less that of the second, on prompts and seeds that both have; "
        "a video without a known seed goes with that of the same number.",
        _PPI,
    )
    columns = columns_of("first", "second", *_POWERED)
    return ResultTable("differences", "From few labels: differences", columns, tuple(rows), notes)


def rates_table(join: JudgeJoin, rules: AgreeRules) -> ResultTable:
    """The rate of violations among videos that only the judge saw, corrected for its mistakes (Rogan-Gladen)."""
    rows: list[tuple[Cell, ...]] = []
    for one in join.compared:
        for generator in one.generators:
            rows.append(row_of(one, generator, *_rate(one, generator, rules)))
    notes = (
        "A violation is a no: below the threshold of the scale. “judge rate” is the judge's among videos that "
        "nobody rated, “corrected” that rate after what it mistakes on the generator's own rated videos "
        "(“calibrated on”), “people rate” the rate among those.",
        "“youden” is sensitivity + specificity - 1 of the judge: near 0 nothing can be corrected. “raw” is the corrected "
        "rate before it was cut to 0-1: far outside, the rated videos are not like the others, or too few.",
        "The interval of “corrected” takes videos as independent of each other: with several seeds a prompt it is too "
        "narrow. That of “people rate” is Wilson's by prompts.",
    )
    columns = columns_of(
        *("generator", "judged", "judge rate", "calibrated on", "youden", "raw", "corrected", "people rate")
    )
    return ResultTable("rates", "From few labels: rates of violations", columns, tuple(rows), notes)


def named(one: Compared) -> tuple[str, ...]:
    """The generators that have names."""
    return tuple(name for name in one.generators if name != UNNAMED)


def _powered(found: PoweredEstimate) -> tuple[Cell, ...]:
    return found.human_only, found.estimate, found.weight, found.effective_labels, found.labels_gained


def _rate(one: Compared, generator: str, rules: AgreeRules) -> tuple[Cell, ...]:
    own = one.seen & (one.generator == generator)
    human, said = 1 - one.scale.to_yes(one.human[own]), 1 - one.scale.to_yes(one.said[own])
    rated = ~np.isnan(one.human[own])
    found = rogan_gladen(said[~rated], human[rated], said[rated], rules.level)
    estimate: Estimate = found.estimate
    if one.scale.no_yes:
        estimate = undefined(one.scale.no_yes, 0)
    elif rated.all():
        estimate = undefined("every video is rated: there is no rate to correct", 0)
    known = human[~np.isnan(human)]
    people = clustered_share(human, one.subject[own], rules.level)
    if not len(known):
        people = undefined(one.scale.no_yes or "no rated video", 0)
    return estimate.n, found.judge_rate, found.n_calibration, found.youden, found.raw, estimate, people
