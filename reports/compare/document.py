"""What `lawful compare` says, as tables and plots."""

import math
from collections.abc import Callable, Iterator, Sequence

from lawful.reports.compare.changes import Comparison
from lawful.reports.compare.field import Field
from lawful.reports.compare.leaderboard import Leaderboard, Settings, Standing, leaderboard
from lawful.reports.results import Cell, Plot, Point, ResultSection, ResultTable, Series
from lawful.reports.scores import WHOLE, Measure, MeasureKind, measures
from lawful.reports.stats.permutation import EXACT_UP_TO

_UNEVEN = 0.1
_FEW_PROMPTS = 20
"""Percentile intervals of fewer clusters are too narrow: a bootstrap of n draws has the spread of n - 1."""
_SHOWN_MOVES = 30
_MEANS = (
    "Means are over the videos with a value; the rest was abstained from, not asked or failed. Intervals are of "
    "standard errors clustered by prompt; those of shares are Wilson's."
)
_GROUPS = (
    "Generators that share a letter are not told apart: paired permutation test by prompts on the videos that both "
    "made, Holm's correction over all pairs of a row's measure, not over measures."
)

Progress = Callable[[int, int], None]
"""Called with how many measures are done, and of how many."""


def field_measures(field: Field, kinds: Sequence[MeasureKind]) -> tuple[Measure, ...]:
    """The measures of a field: the whole clip, then those of the kinds asked for that any clip has a value for."""
    wanted = (*WHOLE, *measures(field.all_clips, kinds, facts=False))
    return tuple(
        measure for measure in wanted if any(not math.isnan(measure.of(clip)) for clip in field.all_clips)
    )


def field_section(
    field: Field, kinds: Sequence[MeasureKind], settings: Settings, progress: Progress
) -> ResultSection:
    """The section of one suite and judge: leaderboard, pairs, strengths and plots of the means."""
    wanted = field_measures(field, kinds)
    boards = []
    for number, measure in enumerate(wanted):
        progress(number, len(wanted))
        boards.append(leaderboard(field, measure, settings))
    progress(len(wanted), len(wanted))
    several = len(field.systems) > 1
    notes = [*field.notes, *_field_notes(field, boards)]
    tables = [_leaderboard_table(boards)]
    if several:
        tables += [_pairs_table(boards), _strengths_table(boards)]
    return ResultSection(
        title=f"Suite {field.suite}, judge {field.judge}",
        keys=field.keys,
        tables=tuple(tables),
        plots=tuple(_means_plot(board) for board in boards) if several else (),
        notes=tuple(notes),
    )


def _field_notes(field: Field, boards: Sequence[Leaderboard]) -> Iterator[str]:
    if not boards:
        yield "No video has a value: every question is unscored. `lawful report` says why, video by video."
        return
    if len(field.systems) < 2:
        yield "There is one generator: nothing to compare it with."
        return
    shared = sum(
        all(clips[column] is not None for clips in field.clips) for column in range(len(field.items))
    )
    n_subjects = len(set(field.subjects.tolist()))
    yield f"{len(field.systems)} generators, {n_subjects} prompts, {len(field.items)} videos each at most; {shared} made by all."
    if not shared:
        yield "No prompt and seed is shared by all generators; pairs without shared videos are not compared."
    yield from _few_prompts(boards)
    yield from _uneven(boards)
    for board in boards:
        yield from _turned_round(board)


def _few_prompts(boards: Sequence[Leaderboard]) -> Iterator[str]:
    tests = [pair.test for board in boards for _, _, pair in board.pairs if pair.test.n_clusters]
    if not tests:
        return
    prompts = max(test.n_clusters or 0 for test in tests)
    n_pairs, alpha = len(boards[0].pairs), 1 - boards[0].pairs[0][2].difference.level
    least_p = min(1.0, n_pairs * 2 / 2 ** min(prompts, EXACT_UP_TO))
    if prompts <= EXACT_UP_TO and least_p > alpha:
        yield (
            f"No two generators can be told apart here, however different they are: with {prompts} shared prompts the "
            f"least p (Holm) that there can be is {least_p:.2g}. It takes more prompts."
        )
    elif prompts < _FEW_PROMPTS:
        yield (
            f"{prompts} shared prompts are few for a bootstrap: the intervals of differences and strengths are too "
            "narrow. Go by p."
        )


def _uneven(boards: Sequence[Leaderboard]) -> Iterator[str]:
    """The measure that the judge answers most unevenly, and how many others are like it."""
    gaps = []
    for board in boards:
        shares = [standing.coverage for standing in board.standings]
        if max(shares) - min(shares) > _UNEVEN:
            gaps.append((min(shares) - max(shares), min(shares), max(shares), str(board.measure)))
    if gaps:
        _, least, most, name = min(gaps, key=lambda gap: gap[0])
        others = f" ({len(gaps) - 1} more measures are uneven too)" if len(gaps) > 1 else ""
        yield (
            f"{name.capitalize()}: the judge answers {least:.0%} to {most:.0%} of the videos, depending on the "
            f"generator{others}. A mean over answered videos may favour who is answered least."
        )


def _turned_round(board: Leaderboard) -> Iterator[str]:
    """Pairs that are told apart the other way round than their means say."""
    means = {standing.system: standing.mean.value for standing in board.standings}
    for first, second, pair in board.pairs:
        gap, difference = means[first] - means[second], pair.difference
        if pair.adjusted_p < 1 - difference.level and gap * difference.value < 0:
            better, worse = (first, second) if difference.value > 0 else (second, first)
            yield (
                f"{str(board.measure).capitalize()}: {worse} has the higher mean, but on the videos that both have a "
                f"value for {better} is better. Their means are over different videos: go by the pair."
            )


def _leaderboard_table(boards: Sequence[Leaderboard]) -> ResultTable:
    rows: list[tuple[Cell, ...]] = []
    for board in boards:
        for standing in board.standings:
            rows.append(
                (str(board.measure), standing.system, *_counts(standing), standing.mean, standing.letters)
            )
    return ResultTable(
        "leaderboard",
        "Leaderboard",
        ("measure", "generator", "videos", "with a value", "mean", "group"),
        tuple(rows),
        (_MEANS, _GROUPS),
    )


def _counts(standing: Standing) -> tuple[Cell, Cell]:
    return standing.n_clips, standing.mean.n


def _pairs_table(boards: Sequence[Leaderboard]) -> ResultTable:
    rows = tuple(
        (
            str(board.measure),
            first,
            second,
            pair.difference.n,
            pair.difference,
            pair.test.p,
            pair.adjusted_p,
            pair.dz,
            pair.superiority,
        )
        for board in boards
        for first, second, pair in board.pairs
    )
    return ResultTable(
        "pairs",
        "Pair by pair",
        ("measure", "first", "second", "shared", "difference", "p", "p (Holm)", "dz", "superiority"),
        rows,
        (
            "Difference: mean of first less second over shared videos, bootstrap by prompts. dz: that mean over the "
            "standard deviation of the differences. Superiority: share of shared videos on which the first is "
            "better, ties half.",
        ),
    )


def _strengths_table(boards: Sequence[Leaderboard]) -> ResultTable:
    rows: list[tuple[Cell, ...]] = []
    for board in boards:
        found = board.strengths
        if found is None:
            continue
        strengths = found.strengths
        order = sorted(range(len(strengths)), key=lambda k: _highest_first(strengths[k].value))
        for k in order:
            least, greatest = found.ranks[k] or (None, None)
            rows.append(
                (
                    str(board.measure),
                    found.systems[k],
                    strengths[k],
                    least,
                    greatest,
                    strengths[k].n,
                )
            )
    return ResultTable(
        "strengths",
        "Strengths from wins",
        ("measure", "generator", "strength", "best rank", "worst rank", "comparisons"),
        tuple(rows),
        (
            "Bradley-Terry with ties (Davidson) on who is better, video by video: a difference of 1 is odds of e. One "
            "vote is added to every pair, half to each side. Ranks: those within the interval.",
        ),
    )


def _highest_first(value: float) -> tuple[bool, float]:
    return math.isnan(value), -value


def _means_plot(board: Leaderboard) -> Plot:
    points = tuple(
        Point(float(place), standing.mean, f"{standing.system}  {standing.letters}")
        for place, standing in enumerate(board.standings)
    )
    return Plot(
        id=f"means_{board.measure.kind}_{board.measure.name}".rstrip("_"),
        title=f"{str(board.measure).capitalize()}: mean and interval, with groups",
        kind="intervals",
        x_name=str(board.measure),
        y_name="",
        series=(Series("mean", points),),
    )


def changes_section(found: Comparison, names: tuple[str, str]) -> ResultSection:
    """The section of one suite and judge of two runs: what changed."""
    answers = found.answers()
    moved = found.moved()
    notes = [
        f"{len(found.pairs)} videos are in both runs, {found.n_same_bytes} of them with the same bytes; "
        f"{len(found.only_before)} are in {names[0]} only, {len(found.only_after)} in {names[1]} only.",
        "Both were judged by the same version of the judge."
        if found.same_judge
        else "The two runs were judged by different versions of the judge: what changed may be the judge.",
    ]
    if len(moved) > _SHOWN_MOVES:
        notes.append(
            f"{len(moved)} videos have another answer or score; the first {_SHOWN_MOVES} are listed."
        )
    changed = ResultTable(
        "changes",
        f"From {names[0]} to {names[1]}",
        ("measure", "videos", "before", "after", "difference", "p", "p (Holm)"),
        tuple(
            (str(one.measure), one.difference.n, one.before, one.after, one.difference, one.p, one.adjusted_p)
            for one in found.changes
        ),
        (
            "Means and difference (after less before) over videos with both values, bootstrap and permutation by "
            "prompts, Holm over the measures.",
        ),
    )
    turned = ResultTable(
        "answers",
        "Answers before and after",
        ("before", "after", "videos"),
        tuple(
            (one, two, n) for (one, two), n in sorted(answers.items(), key=lambda item: (-item[1], item[0]))
        ),
    )
    listed = ResultTable(
        "moved",
        "Videos that moved most",
        ("video", "answer before", "answer after", "score before", "score after"),
        tuple(
            (one.video, one.answer or "failed", two.answer or "failed", one.score, two.score)
            for one, two in moved[:_SHOWN_MOVES]
        ),
    )
    return ResultSection(
        title=f"Suite {found.suite}, judge {found.judge}",
        keys=(("suite", found.suite), ("judge", found.judge)),
        tables=(changed, turned, listed),
        plots=(_changes_plot(found, names),) if found.changes else (),
        notes=tuple(notes),
    )


def _changes_plot(found: Comparison, names: tuple[str, str]) -> Plot:
    points = tuple(
        Point(float(place), one.difference, str(one.measure)) for place, one in enumerate(found.changes)
    )
    title = f"Difference, {names[1]} less {names[0]}"
    return Plot("differences", title, "intervals", "difference", "", (Series("difference", points),))
