"""The whole of it: one section for each suite and judge."""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from lawful.reports.agree.agreement import (
    agreement_table,
    ceiling_table,
    coverage_table,
    generators_of,
    pairs_table,
)
from lawful.reports.agree.calibrated import calibration_parts
from lawful.reports.agree.join import join
from lawful.reports.agree.judges import Contests, better_table, contests, judges_table
from lawful.reports.agree.labels import differences_table, labels_table, rates_table
from lawful.reports.agree.power import power_table
from lawful.reports.agree.records import AgreeRules, JudgeJoin
from lawful.reports.agree.selective import selective_parts
from lawful.reports.agree.streams import Streams
from lawful.reports.agree.strengths import strengths_table
from lawful.reports.agree.systems import bias_table, systems_plot, systems_table
from lawful.reports.ratings.record import RatingTable
from lawful.reports.results import ResultDocument, ResultSection, ResultTable
from lawful.reports.scores import ScoredClip

SCHEMA = "lawful.agree/1"
"""Name and version of the document."""
Tell = Callable[[int, int], None]
"""Told how many of how many parts are done."""


def agree(
    clips: Sequence[ScoredClip],
    table: RatingTable,
    rng: np.random.Generator,
    rules: AgreeRules | None = None,
    facts: Sequence[tuple[str, str]] = (),
    tell: Tell = lambda done, total: None,
) -> ResultDocument:
    """How far judges agree with people, beside how far people agree with each other.

    The order of clips and ratings decides nothing, and neither do the names of raters.

    Args:
        clips: The scores of runs.
        table: The ratings; the generators' second names are already renamed.
        rng: Source of randomness: the same state gives the same document.
        rules: What is compared and how.
        facts: What more the document says of how it was made.
        tell: Told how far it is.

    Returns:
        One section for each suite and judge, all with the same tables.

    Raises:
        InputError: There is no clip or no rating; a rule names what there is not; nothing matches at all; two
            videos have one name.
    """
    rule = rules or AgreeRules()
    streams = Streams.of(rng)
    joins = join(clips, table, rule)
    step = _counter(joins, rule, tell)
    found = contests(joins, rule, streams, step)
    sections = [_section(one, joins, rule, streams, found, step) for one in joins]
    return ResultDocument(
        schema=SCHEMA,
        title="Agreement with people",
        facts=(*_facts(clips, table, rule), *facts),
        sections=tuple(sections),
        notes=_notes(table),
    )


def _section(
    one: JudgeJoin,
    joins: Sequence[JudgeJoin],
    rules: AgreeRules,
    streams: Streams,
    found: Contests,
    step: Callable[[], None],
) -> ResultSection:
    calibration, diagrams = calibration_parts(one, rules, streams)
    selective, curves = selective_parts(one, rules, streams)
    return ResultSection(
        title=f"{one.suite} by {one.judge}",
        keys=(("suite", one.suite), ("judge", one.judge)),
        tables=(
            coverage_table(one, rules),
            agreement_table(one, rules, streams, step),
            pairs_table(one, rules, streams),
            strengths_table(one, rules, streams),
            ceiling_table(one, rules, streams),
            systems_table(one, rules, streams),
            bias_table(one, rules),
            judges_table(one, joins, rules, streams),
            better_table(one, found),
            labels_table(one, rules),
            differences_table(one, rules),
            rates_table(one, rules),
            power_table(one, rules),
            calibration,
            selective,
            _left_out_table(one),
        ),
        plots=(
            *(systems_plot(number, each, rules) for number, each in enumerate(one.compared, 1)),
            *diagrams,
            *curves,
        ),
    )


def _counter(joins: Sequence[JudgeJoin], rules: AgreeRules, tell: Tell) -> Callable[[], None]:
    """Tells how many of all parts are done, once more at each call."""
    axes = [(join.suite, one.axis) for join in joins for one in join.compared]
    rows = sum(len(generators_of(one, rules)) for join in joins for one in join.compared)
    total = rows + sum(k * (k - 1) // 2 for k in Counter(axes).values())
    done = itertools.count(1)
    tell(0, total)
    return lambda: tell(next(done), total)


def _left_out_table(one: JudgeJoin) -> ResultTable:
    rows = tuple((each.what, each.axis, each.names, each.n) for each in one.left_out)
    notes = ("Everything that is in the ratings or the runs and in no figure above.",)
    return ResultTable("left_out", "What is not compared", ("what", "axis", "names", "n"), rows, notes)


def _facts(clips: Sequence[ScoredClip], table: RatingTable, rules: AgreeRules) -> tuple[tuple[str, str], ...]:
    runs = sorted({clip.run for clip in clips})
    sources = sorted({rating.source for rating in table.ratings if rating.source})
    facts = [("runs", ", ".join(runs)), ("ratings", ", ".join(sources)), ("by", ", ".join(rules.by))]
    facts += [("match", f"{axis} = {measure}") for axis, measure in sorted(rules.match.items())]
    facts += [
        ("threshold", f"{axis} = {value:g}" if axis else f"{value:g}")
        for axis, value in sorted(rules.thresholds.items())
    ]
    return (*facts, ("level", f"{rules.level:g}"), ("resamples", f"{rules.n_resamples:,}"))


def _notes(table: RatingTable) -> tuple[str, ...]:
    if not table.problems:
        return ()
    counts = ", ".join(f"{n:,} {kind}" for kind, n in table.counts().items())
    return (f"Rows of ratings that are not usable: {counts}; `lawful ratings check` names them.",)
