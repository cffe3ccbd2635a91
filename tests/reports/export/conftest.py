"""Results made by hand: all kinds of cells and plots, and names that every format would like to misread."""

import math

import pytest

from lawful.reports.results import Plot, Point, ResultDocument, ResultSection, ResultTable, Series
from lawful.reports.stats.result import Estimate, undefined

HOSTILE = (
    '<script>alert("x")</script> & 100 % of `a_b` | $5 #1 ~ ^ \\ {y}',
    "=1+2\ttab\nline",
    "Ünïcodé naïve 日本語 → é — “quoted”",
    "مولد الفيديو 3",
)
LONG = "a-generator-with-a-very-long-name-that-nobody-would-abbreviate-v2.1-preview"


def estimate(value, half=0.045, n=40, **changes):
    values = {"low": value - half, "high": value + half, "level": 0.95, "method": "cluster bootstrap"}
    return Estimate(value, n, **{**values, **changes})


def leaderboard(names, start):
    rows = [
        (place, name, estimate(start - 0.061 * place, 0.04 + 0.01 * place), 40, 0.5**place, "ab"[place % 2])
        for place, name in enumerate(names, 1)
    ]
    rows.append((None, "nobody", undefined("no video was scored", 0, 40), 0, math.nan, None))
    return ResultTable(
        "leaderboard",
        "Mean score by generator",
        ("rank", "generator", "score", "videos", "p", "group"),
        tuple(rows),
        ("Generators of one group cannot be separated.",),
    )


def forest(names, start):
    points = [Point(0.0, estimate(start - 0.06 * place), name) for place, name in enumerate(names)]
    points.append(Point(0.0, undefined("no video was scored", 0), "nobody"))
    return Plot("forest", "Scores", "intervals", "mean score", "", (Series("physics", tuple(points)),))


def curves(count):
    series = tuple(
        Series(
            f"generator {number}",
            tuple(
                Point(float(second), estimate(0.9 - 0.07 * number - 0.05 * second, 0.01 * (second + 1)))
                for second in range(6)
            ),
        )
        for number in range(count)
    )
    return Plot("over-time", "Score over rollout time", "lines", "time [s]", "mean score", series)


def scatter(names):
    points = [
        Point(0.1 + 0.8 * place / len(names), estimate(0.15 + 0.72 * place / len(names), 0.05), name)
        for place, name in enumerate(names)
    ]
    points.append(Point(math.nan, estimate(0.5), "not placed"))
    series = (Series("systems", tuple(points)),)
    return Plot("systems", "People and judge", "points", "judge", "people", series, diagonal=True)


def document_of(*sections):
    facts = (("runs", f"{HOSTILE[0]}, runs/two"), ("resamples", "2000"), ("seed", "0"))
    notes = ("Scores count 0 to 1; 1 is best.",)
    return ResultDocument("lawful.compare/1", "Comparison of 6 generators", facts, tuple(sections), notes)


def physics_section():
    names = [*HOSTILE, LONG, "wan"]
    empty = ResultTable("pairs", "Pairs of generators", ("one", "other", "difference"), ())
    return ResultSection(
        "physics judged by kinematic",
        (("suite", "physics"), ("judge", "kinematic")),
        (leaderboard(names, 0.8), empty),
        (forest(names, 0.8), curves(3), scatter(names)),
        ("40 prompts of 1 & the same suite.",),
    )


def prompt_section():
    pairs = ResultTable(
        "pairs",
        "Pairs of generators",
        ("one", "other", "difference"),
        (("wan", "sora", estimate(-0.0123, 0.0151, 38)), ("wan", HOSTILE[0], estimate(12.5, 3.7, 38))),
    )
    return ResultSection(
        "prompt judged by motion",
        (("suite", "prompt"), ("judge", "mean-motion")),
        (leaderboard(["wan", "sora"], 0.7), pairs),
        (forest(["wan", "sora"], 0.7), curves(10)),
    )


@pytest.fixture
def hostile():
    return HOSTILE


@pytest.fixture
def document():
    return document_of(physics_section(), prompt_section())


@pytest.fixture
def make_document():
    return document_of


@pytest.fixture
def sections():
    return physics_section(), prompt_section()
