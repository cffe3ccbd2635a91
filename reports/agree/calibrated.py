"""Whether a judge's scores mean what they say, as they are and calibrated on other prompts."""

import numpy as np
from jaxtyping import Float64

from lawful.reports.agree.records import AgreeRules, Compared, JudgeJoin, columns_of, row_of
from lawful.reports.agree.sides import rated_videos
from lawful.reports.agree.streams import Streams
from lawful.reports.agree.systems import plot_id
from lawful.reports.results import Cell, Plot, Point, ResultTable, Series
from lawful.reports.stats.calibration import calibrate_held_out, expected_calibration_error, reliability_bins
from lawful.reports.stats.result import Estimate, undefined

FOLDS = 5
"""Parts of the prompts that are held out in turn; fewer where there are fewer prompts."""
WAYS = ("as scored", "isotonic", "temperature")
"""What is done to the scores."""


def calibrated_scores(
    one: Compared, streams: Streams, suite: str, judge: str
) -> dict[str, tuple[Float64[np.ndarray, " videos"], Float64[np.ndarray, " videos"], np.ndarray] | str]:
    """Scores, people's yes or no, and prompts, for each way; or why there are none."""
    yes = one.scale.to_yes(one.human)
    which = rated_videos(one) & ~np.isnan(one.score) & ~np.isnan(yes)
    if one.scale.no_yes or not which.any():
        reason = one.scale.no_yes or "no video has a score and a yes or no of people"
        return dict.fromkeys(WAYS, reason)
    score, target, subject = one.score[which], yes[which], one.subject[which]
    folds = min(FOLDS, len(set(subject.tolist())))
    found: dict = {WAYS[0]: (score, target, subject)}
    for way in WAYS[1:]:
        if folds < 2:
            found[way] = "one prompt: there is no other to calibrate on"
            continue
        rng = streams.at("folds", suite, judge, one.axis)
        method = "isotonic" if way == "isotonic" else "temperature"
        fitted = calibrate_held_out(score, target, subject, method, rng, folds)
        found[way] = (fitted, target, subject)
    return found


def calibration_parts(
    join: JudgeJoin, rules: AgreeRules, streams: Streams
) -> tuple[ResultTable, tuple[Plot, ...]]:
    """The table of calibration errors, and a reliability diagram for each axis."""
    rows: list[tuple[Cell, ...]] = []
    plots: list[Plot] = []
    for number, one in enumerate(join.compared, 1):
        series = []
        for way, found in calibrated_scores(one, streams, join.suite, join.judge).items():
            error: Estimate
            share = float("nan")
            if isinstance(found, str):
                error = undefined(found, 0)
            else:
                score, target, subject = found
                rng = streams.at("calibration", join.suite, join.judge, one.axis, way)
                error = expected_calibration_error(
                    score, target, rng, clusters=subject, n_resamples=rules.n_resamples, level=rules.level
                )
                share = float(target.mean())
                bins = reliability_bins(score, target, level=rules.level)
                series.append(Series(way, tuple([Point(one.predicted, one.observed) for one in bins])))
            rows.append(row_of(one, way, error, error.n, share))
        plots.append(_diagram(number, one, tuple(series)))
    notes = (
        "People's yes is a mean rating above the threshold. The error is the mean distance of score and share of "
        "yes over ten bins of equal numbers of videos; noise alone makes it positive.",
        f"“isotonic” and “temperature” are fitted on other prompts than those they are tried on, in {FOLDS} parts "
        "or as many as there are prompts.",
    )
    columns = columns_of("calibration", "error", "n", "people's yes")
    return ResultTable("calibration", "Do the scores mean what they say", columns, tuple(rows), notes), tuple(
        plots
    )


def _diagram(number: int, one: Compared, series: tuple[Series, ...]) -> Plot:
    return Plot(
        id=plot_id("reliability", number, one.axis),
        title=f"{one.axis}: share of yes by the judge's score",
        kind="lines",
        x_name=f"judge's score ({one.measure}), 0-1",
        y_name="share of videos that people call yes",
        series=series,
        diagonal=True,
    )
