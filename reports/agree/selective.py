"""What a judge's abstaining and its confidence are worth: how often it is wrong on the videos that it is surest of."""

import numpy as np
from jaxtyping import Float64

from lawful.reports.agree.records import AgreeRules, Compared, JudgeJoin, columns_of, row_of
from lawful.reports.agree.sides import rated_videos
from lawful.reports.agree.streams import Streams
from lawful.reports.agree.systems import plot_id
from lawful.reports.results import Cell, Plot, Point, ResultTable, Series
from lawful.reports.stats.categorical import proportion
from lawful.reports.stats.result import undefined
from lawful.reports.stats.selective import best_aurc, risk_coverage, weighted_aurc
from lawful.reports.stats.weighted import weighted_mean

MOST_POINTS = 20
"""Points of the curve that are drawn."""
_Values = Float64[np.ndarray, " videos"]


def selective_parts(
    join: JudgeJoin, rules: AgreeRules, streams: Streams
) -> tuple[ResultTable, tuple[Plot, ...]]:
    """The table of risks, and a risk-coverage curve for each axis that has one."""
    rows: list[tuple[Cell, ...]] = []
    plots: list[Plot] = []
    for number, one in enumerate(join.compared, 1):
        sure, wrong = confidence_and_loss(one, join)
        answered = ~np.isnan(sure) & ~np.isnan(wrong)
        n = int(np.count_nonzero(~np.isnan(wrong) | np.isnan(sure)))
        if one.scale.no_yes or not answered.any():
            missing = undefined(one.scale.no_yes or "no video has an answer and a yes or no of people", 0)
            rows.append(row_of(one, n, missing, missing, missing, float("nan")))
            continue
        coverage = proportion(~np.isnan(sure[~np.isnan(wrong) | np.isnan(sure)]), rules.level)
        subject = one.subject[rated_videos(one)]
        risk, area = (
            rules.estimate(
                statistic, streams.at(name, join.suite, join.judge, one.axis, str(one.measure)), subject
            )
            for name, statistic in (
                ("risk", weighted_mean(np.where(answered, wrong, np.nan))),
                ("aurc", weighted_aurc(sure, wrong)),
            )
        )
        rows.append(row_of(one, n, coverage, risk, area, best_aurc(risk.value)))
        plots.append(_plot(number, one, sure, wrong, rules))
    notes = (
        "An answer is wrong where the judge's yes or no is not people's. Coverage is the share of videos with people's "
        "yes or no, or without the judge's, that the judge answers; risk is the share of wrong answers among them.",
        "AURC is the mean risk while coverage grows from the surest answers to all of them: about the risk where "
        "confidence is worth nothing, and never below “best”, where all wrong answers are the least sure.",
        "Confidence is how far the score is from what divides yes from no; for “no violation” it is the clip's score, "
        "or one less it where a violation was found.",
    )
    columns = columns_of("n", "coverage", "risk", "aurc", "best aurc")
    table = ResultTable("selective", "What abstaining and confidence are worth", columns, tuple(rows), notes)
    return table, tuple(plots)


def confidence_and_loss(one: Compared, join: JudgeJoin) -> tuple[_Values, _Values]:
    """How sure the judge is of its yes or no on the rated videos, and 1 where it is wrong; NaN is missing."""
    which = rated_videos(one)
    yes, human = one.scale.to_yes(one.said)[which], one.scale.to_yes(one.human)[which]
    # Rounded as the means of people are, so that what is equal on the scale is.
    sure = np.round(np.abs(one.said - one.scale.threshold)[which], 9)
    if one.measure.kind == "answer":
        score = next(
            (
                other.score
                for other in join.compared
                if other.measure.kind == "clip" and other.axis == one.axis
            ),
            None,
        )
        if score is not None:
            sure = np.where(yes == 1, score[which], 1 - score[which])
    sure = np.where(np.isnan(yes), np.nan, sure)
    wrong = np.where(np.isnan(human) | np.isnan(yes), np.nan, (yes != human) * 1.0)
    # Videos on which people do not say yes or no have a confidence and no loss, so that they count nowhere.
    return np.where(np.isnan(human), 0.0, sure), wrong


def _plot(number: int, one: Compared, sure: _Values, wrong: _Values, rules: AgreeRules) -> Plot:
    curve = risk_coverage(sure, wrong)
    chosen = np.unique(np.linspace(0, len(curve.coverage) - 1, MOST_POINTS).round().astype(int))
    points = []
    for at in chosen:
        kept = wrong[~np.isnan(wrong) & (sure >= curve.confidence[at])] == 1
        points.append(Point(float(curve.coverage[at]), proportion(kept, rules.level)))
    return Plot(
        id=plot_id("selective", number, one.axis),
        title=f"{one.axis}: share of wrong answers among the surest",
        kind="lines",
        x_name="coverage: share of videos that are answered, the surest first",
        y_name="risk: share of wrong answers",
        series=(Series(str(one.measure), tuple(points)),),
    )
