"""The tables of RULER-Bench's scores."""

from collections.abc import Sequence

from lawful.reports.aggregate import ruler
from lawful.reports.aggregate.clips import axes_problem, by_generator, cases_problem
from lawful.reports.aggregate.ruler import CATEGORIES, METRICS, OVERALL, RulerScores
from lawful.reports.results import Cell, ResultTable
from lawful.reports.scores import ScoredClip

SCORES = (*(metric.lower() for metric in METRICS), ruler.AVERAGE)


def ruler_applies(clips: Sequence[ScoredClip]) -> str | None:
    """What the clips lack for RULER-Bench's scores; None for nothing."""
    has_all = {ruler.category_of(clip) for clip in clips} - {"vision rule"}
    axes = METRICS if has_all else METRICS[1:]
    return cases_problem(clips, ruler.CASE_FORM, CATEGORIES) or axes_problem(clips, axes, ruler.SCALE)


def aggregate_ruler(clips: Sequence[ScoredClip], level: float = 0.95) -> tuple[ResultTable, ...]:
    """RULER-Bench's scores as published, repaired in three weightings, by category, and what they rest on.

    Args:
        clips: Clips of one suite under one judge.
        level: Coverage of the intervals.

    Returns:
        Tables `ruler_compat`, `ruler_repaired`, `ruler_categories` and `ruler_coverage`.
    """
    generators = by_generator(clips)
    there = {ruler.category_of(clip) for clip in clips}
    absent = [category for category in CATEGORIES if category not in there]
    partial = () if not absent else (_partial(absent),)
    return (
        _compat(generators, partial),
        _repaired(generators, partial, level),
        _categories(generators, level),
        _coverage(generators, clips),
    )


def _compat(generators: dict[str, tuple[ScoredClip, ...]], partial: tuple[str, ...]) -> ResultTable:
    rows: list[tuple[Cell, ...]] = []
    for name, members in generators.items():
        found = ruler.compat(members)
        for part, line in ((OVERALL, found.overall), *found.categories.items()):
            rows.append((name, part, *_scores(line), line.n_clips, found.n_dropped[part]))
    return ResultTable(
        "ruler_compat",
        "RULER-Bench as published, 0-100",
        ("generator", "category", *SCORES, "clips", "dropped"),
        tuple(rows),
        (
            "As published: labels alone, a metric without a question is 0, clips with an answer that could not "
            "be parsed are dropped, an unmet premise is Poor, no intervals.",
            "Overall metrics are means of categories; the overall average is the mean of those.",
            *partial,
        ),
    )


def _repaired(
    generators: dict[str, tuple[ScoredClip, ...]], partial: tuple[str, ...], level: float
) -> ResultTable:
    rows: list[tuple[Cell, ...]] = []
    for name, members in generators.items():
        for weighting in ruler.WEIGHTINGS:
            line = ruler.repaired(members, weighting, level)
            rows.append((name, weighting, *_scores(line), line.n_clips))
    return ResultTable(
        "ruler_repaired",
        "RULER-Bench repaired, 0-100",
        ("generator", "weighting", *SCORES, "clips"),
        tuple(rows),
        (
            "Expected values of the answers; what was not answered is missing and counted under coverage; an "
            "unmet premise is Poor.",
            "Weighting: what counts the same, every category (as published), every task or every instance.",
            "Intervals are those of other instances of the same tasks.",
            *partial,
        ),
    )


def _categories(generators: dict[str, tuple[ScoredClip, ...]], level: float) -> ResultTable:
    rows: list[tuple[Cell, ...]] = []
    for name, members in generators.items():
        there = {ruler.category_of(clip) for clip in members}
        for category in (one for one in CATEGORIES if one in there):
            line = ruler.repaired_category(members, category, level)
            rows.append((name, category, *_scores(line), line.n_clips))
    return ResultTable(
        "ruler_categories",
        "RULER-Bench repaired, by category, 0-100",
        ("generator", "category", *SCORES, "clips"),
        tuple(rows),
        ("Every instance of a category counts the same; vision rule has no Instruction Following.",),
    )


def _coverage(generators: dict[str, tuple[ScoredClip, ...]], clips: Sequence[ScoredClip]) -> ResultTable:
    of_case = ruler.questions_of_cases(clips)
    rows: list[tuple[Cell, ...]] = []
    for name, members in generators.items():
        found = ruler.coverage(members, of_case)
        counts = (found.n_clips, found.n_failed, found.n_questions, found.n_scored, found.n_premise_not_met)
        rows.append((name, *counts, found.n_unparsed, found.n_other, found.share, found.n_without_question))
    counted = (
        "clips",
        "failed clips",
        "questions",
        "scored",
        "premise not met",
        "unparsed",
        "other unscored",
    )
    return ResultTable(
        "ruler_coverage",
        "What the scores of RULER-Bench rest on",
        ("generator", *counted, "coverage", "metrics without a question"),
        tuple(rows),
        (
            "Questions of a failed clip count as unscored where another clip of its case tells their number.",
            "Coverage is the share of questions that are scored or whose premise is not met.",
        ),
    )


def _scores(line: RulerScores) -> tuple[Cell, ...]:
    return (*(line.metrics.get(metric) for metric in METRICS), line.average)


def _partial(absent: Sequence[str]) -> str:
    return (
        f"No clip of {', '.join(absent)}: overall figures are of the other categories and do not compare with "
        "published ones."
    )
