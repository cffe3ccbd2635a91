"""Puts ratings and runs together: which rating axis is which measure, and which rating is of which video."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from lawful.core.errors import InputError
from lawful.reports.agree.names import UNNAMED, Miss, Names, Video, videos_of
from lawful.reports.agree.raters import RatingRows, rating_rows
from lawful.reports.agree.records import (
    KINDS,
    AgreeRules,
    Compared,
    ComparedPairs,
    JudgeJoin,
    LeftOut,
    some,
)
from lawful.reports.agree.scale import AxisScale, axis_scale
from lawful.reports.agree.seen import Seen, seen_by
from lawful.reports.ratings.record import Pair, Rating, RatingTable
from lawful.reports.scores import Measure, ScoredClip, measures

MISSES: Mapping[Miss, str] = {
    "unknown_generator": "rated videos of a generator that is not in the runs",
    "unknown_video": "rated videos that are not in the runs",
    "ambiguous": "rated names that fit several videos of the runs",
}
_Places = dict[tuple[str, str | None, str | None], int | Miss]
_SHARED = "rated names of several generators that fit one video whose generator is not named"


def join(clips: Sequence[ScoredClip], table: RatingTable, rules: AgreeRules) -> tuple[JudgeJoin, ...]:
    """Every judge under every suite beside the ratings.

    The order of clips and ratings decides nothing.

    Args:
        clips: The scores of runs.
        table: The ratings.
        rules: What is compared.

    Returns:
        One for each suite and judge, sorted.

    Raises:
        InputError: There is no clip or no rating; a rule names what there is not; nothing matches at all; two
            videos have one name.
    """
    if not clips:
        raise InputError("the runs hold no clip: there is nothing to compare ratings with")
    if not table.ratings:
        raise InputError(
            f"there is no usable rating ({len(table.problems):,} rows are not usable; "
            "`lawful ratings check` says why)"
        )
    _check_rules(clips, table, rules)
    scales = _scales(table, rules)
    by_suite: dict[str, list[ScoredClip]] = defaultdict(list)
    for clip in clips:
        by_suite[clip.suite].append(clip)
    found = [
        one for suite in sorted(by_suite) for one in _suite(suite, by_suite[suite], table, rules, scales)
    ]
    if not any(one.compared or one.pairs for one in found):
        raise _nothing(clips, table, rules)
    return tuple(found)


def measure_of(axis: str, known: Sequence[Measure], match: Mapping[str, str]) -> Measure | None:
    """The measure of a rating axis: the first of its name, or that which the match names; None for none.

    >>> measure_of("pc", [Measure("axis", "physics"), Measure("clip")], {"pc": "physics"})
    Measure(kind='axis', name='physics')
    """
    wanted = match.get(axis, axis)
    for measure in known:
        name = measure.name or measure.kind
        if wanted in (name, f"{measure.kind}:{name}"):
            return measure
    return None


@dataclass(frozen=True, eq=False)
class _Rated:
    """The ratings on the videos of a suite."""

    single: Mapping[str, RatingRows]
    pairs: Mapping[str, tuple[list[tuple[int, int]], RatingRows]]
    left_out: tuple[LeftOut, ...]


def _suite(
    suite: str,
    clips: Sequence[ScoredClip],
    table: RatingTable,
    rules: AgreeRules,
    scales: Mapping[str, AxisScale],
) -> Iterable[JudgeJoin]:
    videos, place = videos_of(clips)
    rated = _rated(table.ratings, videos)
    by_judge: dict[tuple[str, str], list[ScoredClip]] = defaultdict(list)
    for clip in clips:
        by_judge[clip.judge, clip.fingerprint].append(clip)
    alike = Counter(judge for judge, _ in by_judge)
    for judge, fingerprint in sorted(by_judge):
        own = by_judge[judge, fingerprint]
        known = sorted(measures(own, rules.kinds), key=lambda one: (KINDS.index(one.kind), one.name))
        compared, pairs, left_out = [], [], list(rated.left_out)
        for axis in table.axes:
            measure = measure_of(axis, known, rules.match)
            if measure is None:
                left_out.append(
                    LeftOut("a rating axis that is no measure of the judge", axis, axis, len(table.on(axis)))
                )
                continue
            seen = seen_by(own, measure, place)
            if axis in rated.single:
                rows = rated.single[axis]
                compared.append(_compared(axis, measure, scales[axis], videos, seen, rows))
                left_out += _uncompared(compared[-1], rows)
            if axis in rated.pairs:
                pairs.append(_compared_pairs(axis, measure, seen.score, videos, *rated.pairs[axis]))
                left_out += _uncompared_pairs(pairs[-1], rated.pairs[axis][1])
        name = judge if alike[judge] == 1 else f"{judge} ({fingerprint[:8]})"
        yield JudgeJoin(suite, name, tuple(compared), tuple(pairs), (*left_out, *_unread(table)))


def _rated(ratings: Sequence[Rating], videos: Sequence[Video]) -> _Rated:
    names = Names(videos)
    single: dict[str, list[tuple[int, str, float]]] = defaultdict(list)
    pairs: dict[str, dict[tuple[int, int], list[tuple[str, float]]]] = defaultdict(lambda: defaultdict(list))
    missed: dict[str, set[str]] = defaultdict(set)
    places: _Places = {_asked(one): names.find(*_asked(one)) for one in ratings if one.pair is None}
    shared = _shared(places)
    for rating in ratings:
        if rating.pair is not None:
            _add_pair(rating, rating.pair, names, pairs, missed)
            continue
        place = places[_asked(rating)]
        if not isinstance(place, int) or place in shared:
            what = _SHARED if isinstance(place, int) else MISSES[place]
            missed[what].add("/".join(filter(None, rating.key)))
        else:
            single[rating.axis].append((place, rating.rater, rating.code))
    n = len(videos)
    left_out = tuple(
        LeftOut(what, "", some(sorted(missed[what])), len(missed[what])) for what in sorted(missed)
    )
    return _Rated(
        {axis: rating_rows(answers, n) for axis, answers in single.items()},
        {axis: _pair_rows(found) for axis, found in pairs.items()},
        left_out,
    )


def _asked(rating: Rating) -> tuple[str, str | None, str | None]:
    return rating.item, rating.generator, rating.case


def _shared(places: _Places) -> set[int]:
    """Videos that ratings of several generators found: only one of them can be meant."""
    generators: dict[int | str, set[str]] = defaultdict(set)
    for (_, generator, _), place in places.items():
        if generator is not None:
            generators[place].add(generator)
    return {place for place, several in generators.items() if isinstance(place, int) and len(several) > 1}


def _add_pair(
    rating: Rating,
    pair: Pair,
    names: Names,
    pairs: dict[str, dict[tuple[int, int], list[tuple[str, float]]]],
    missed: dict[str, set[str]],
) -> None:
    if pair.left is None or pair.right is None:
        missed["pairs whose videos are not named"].add(rating.item)
        return
    # The code of a rating is that of the pair with its names in order; ours has the videos in order.
    one, other = sorted((pair.left, pair.right))
    first, second = names.find(one, rating.generator), names.find(other, rating.generator)
    if not isinstance(first, int):
        missed[f"pairs with {MISSES[first]}"].add(rating.item)
    elif not isinstance(second, int):
        missed[f"pairs with {MISSES[second]}"].add(rating.item)
    elif first == second:
        missed["pairs of a video with itself"].add(rating.item)
    else:
        code = rating.code if first < second else -rating.code
        pairs[rating.axis][min(first, second), max(first, second)].append((rating.rater, code))


def _pair_rows(
    found: Mapping[tuple[int, int], list[tuple[str, float]]],
) -> tuple[list[tuple[int, int]], RatingRows]:
    order = sorted(found)
    answers = [(row, rater, code) for row, pair in enumerate(order) for rater, code in found[pair]]
    return order, rating_rows(answers, len(order))


def _compared(
    axis: str, measure: Measure, scale: AxisScale, videos: tuple[Video, ...], seen: Seen, rows: RatingRows
) -> Compared:
    return Compared(
        axis=axis,
        measure=measure,
        scale=scale,
        videos=videos,
        seen=seen.given,
        score=seen.score,
        label=seen.label,
        looks=seen.looks,
        ratings=rows.ratings,
        n_raters=rows.n_raters,
        n_cannot=rows.n_cannot,
    )


def _compared_pairs(
    axis: str,
    measure: Measure,
    score: Float64[np.ndarray, " videos"],
    videos: Sequence[Video],
    order: list[tuple[int, int]],
    rows: RatingRows,
) -> ComparedPairs:
    index = np.array(order, dtype=np.int64).reshape(-1, 2)
    subject = np.array([videos[first].subject for first, _ in order], dtype=np.str_)
    first, second = score[index[:, 0]], score[index[:, 1]]
    names = [(videos[one].generator, videos[two].generator) for one, two in order]
    generators = np.array(names, dtype=np.str_).reshape(-1, 2)
    return ComparedPairs(axis, measure, first, second, rows.ratings, subject, generators, rows.n_raters)


def _uncompared(one: Compared, rows: RatingRows) -> list[LeftOut]:
    rated = ~np.isnan(one.human)
    yes = one.scale.to_yes(one.human)
    told = (
        ("videos that the judge was given and nobody rated", one.seen & ~rated),
        ("rated videos that the judge was not given", ~one.seen & rated),
        ("rated videos that the judge did not score", one.seen & np.isnan(one.score) & rated),
        ("videos of which all raters said that they cannot be judged", (one.n_cannot > 0) & ~rated),
    )
    found = [LeftOut(what, one.axis, _named(one, which), int(which.sum())) for what, which in told]
    middle = rated & np.isnan(yes) & ~np.isnan(one.scale.threshold)
    what = "videos on the threshold between yes and no"
    found.append(LeftOut(what, one.axis, _named(one, middle), int(middle.sum())))
    found.append(LeftOut("answers that it cannot be judged", one.axis, "", int(rows.n_cannot.sum())))
    found.append(
        LeftOut("raters with different answers under two names of a video", one.axis, "", rows.conflicts)
    )
    return [one for one in found if one.n]


def _uncompared_pairs(one: ComparedPairs, rows: RatingRows) -> list[LeftOut]:
    unscored = int(np.count_nonzero(np.isnan(one.first - one.second)))
    told = (
        ("pairs with a video that the judge did not score", unscored),
        ("answers that a pair cannot be judged", int(rows.n_cannot.sum())),
        ("raters with different answers on a pair", rows.conflicts),
    )
    return [LeftOut(what, one.axis, "", n) for what, n in told if n]


def _named(one: Compared, which: np.ndarray) -> str:
    return some([one.videos[number].name for number in np.flatnonzero(which)])


def _unread(table: RatingTable) -> list[LeftOut]:
    kinds = [
        LeftOut(f"rows of ratings that are not usable ({k})", "", "", n) for k, n in table.counts().items()
    ]
    return [*kinds, *(LeftOut(text, "", "", n) for text, n in table.notes)]


def _scales(table: RatingTable, rules: AgreeRules) -> dict[str, AxisScale]:
    default = rules.thresholds.get("")
    return {
        axis: axis_scale(
            axis, [r for r in table.on(axis) if r.pair is None], rules.thresholds.get(axis, default)
        )
        for axis in table.axes
    }


def _check_rules(clips: Sequence[ScoredClip], table: RatingTable, rules: AgreeRules) -> None:
    every = measures(clips, KINDS)
    for axis, wanted in rules.match.items():
        if axis not in table.axes:
            raise InputError(
                f"match {axis}={wanted}: no rating is on {axis}. Rated: {', '.join(table.axes)}."
            )
        if measure_of(axis, every, rules.match) is None:
            raise InputError(f"match {axis}={wanted}: no judge has such a measure. {_known(every)}")
    for axis in rules.thresholds:
        if axis and axis not in table.axes:
            raise InputError(f"threshold of {axis}: no rating is on it. Rated: {', '.join(table.axes)}.")


def _nothing(clips: Sequence[ScoredClip], table: RatingTable, rules: AgreeRules) -> InputError:
    every = measures(clips, rules.kinds)
    if not any(measure_of(axis, every, rules.match) for axis in table.axes):
        return InputError(
            f"no rating axis is a measure of the judges. Rated: {', '.join(table.axes)}. {_known(every)} "
            "Say which is which: --match RATING=MEASURE."
        )
    rated = sorted({"/".join(filter(None, rating.key)) for rating in table.ratings})
    videos = sorted({clip.video for clip in clips})
    generators = sorted({clip.generator or UNNAMED for clip in clips})
    return InputError(
        f"no rated video is in the runs. Rated: {some(rated)}. In the runs: {some(videos)}, by "
        f"{some(generators)}. Names are compared "
        "whole, without ending, or as the end of a path; a generator that bears two names: --rename OLD=NEW."
    )


def _known(every: Sequence[Measure]) -> str:
    """The measures by kind."""
    plural = {"axis": "axes", "law": "laws", "question": "questions"}
    told = [
        f"{plural[kind]} {some([one.name for one in every if one.kind == kind], 12)}"
        for kind in ("axis", "law", "question")
        if any(one.kind == kind for one in every)
    ]
    told += [kind for kind in ("clip", "answer") if any(one.kind == kind for one in every)]
    return f"Measures: {'; '.join(told)}."
