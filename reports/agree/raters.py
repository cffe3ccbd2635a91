"""Ratings as tables: one row a video or a pair, one column a rater."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

MOST_COLUMNS = 50
"""With more raters than this, columns are seats: the first rater of each video, the second, and so on."""


@dataclass(frozen=True, eq=False)
class RatingRows:
    """The ratings of one axis by video."""

    ratings: Float64[np.ndarray, "videos raters"]
    """One column a rater or a seat; NaN is no rating."""
    n_raters: int
    """How many people gave one of these ratings."""
    n_cannot: Int64[np.ndarray, " videos"]
    """Answers that it cannot be judged."""
    conflicts: int
    """Pairs of a rater and a row with two different answers, of which none is used."""


def rating_rows(answers: Iterable[tuple[int, str, float]], n_rows: int) -> RatingRows:
    """Answers as a table.

    Columns are sorted by what stands in them, so that the names of raters decide nothing.

    Args:
        answers: Row, rater and value; NaN says that it cannot be judged. Equal answers count once.
        n_rows: Rows of the table.
    """
    held: dict[tuple[int, str], set[float | None]] = defaultdict(set)
    for row, rater, value in answers:
        held[row, rater].add(None if np.isnan(value) else value)
    cannot = np.zeros(n_rows, dtype=np.int64)
    conflicts = 0
    by_rater: dict[str, dict[int, float]] = defaultdict(dict)
    for (row, rater), values in held.items():
        (value, *others) = values
        if others:
            conflicts += 1
        elif value is None:
            cannot[row] += 1
        else:
            by_rater[rater][row] = value
    table = _persons(by_rater, n_rows) if len(by_rater) <= MOST_COLUMNS else _seats(by_rater, n_rows)
    return RatingRows(table, len(by_rater), cannot, conflicts)


def _persons(
    by_rater: Mapping[str, Mapping[int, float]], n_rows: int
) -> Float64[np.ndarray, "videos raters"]:
    table = np.full((n_rows, len(by_rater)), np.nan)
    for column, answers in enumerate(by_rater.values()):
        table[list(answers), column] = list(answers.values())
    # NaN sorts last; the first row that differs decides.
    return table[:, np.lexsort(table[::-1])] if table.size else table


def _seats(by_rater: Mapping[str, Mapping[int, float]], n_rows: int) -> Float64[np.ndarray, "videos raters"]:
    rows: list[list[float]] = [[] for _ in range(n_rows)]
    for rater in sorted(by_rater):
        for row, value in by_rater[rater].items():
            rows[row].append(value)
    table = np.full((n_rows, max(map(len, rows), default=0)), np.nan)
    for number, values in enumerate(rows):
        table[number, : len(values)] = values
    return table
