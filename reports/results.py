"""Results for people and programs: tables and plots, before anyone decides how they are written."""

from dataclasses import dataclass
from typing import Literal

from lawful.reports.stats.result import Estimate

Cell = str | int | float | Estimate | None
"""What a table holds: numbers unrounded, NaN for a number that is not defined, None for nothing to say."""
PlotKind = Literal["intervals", "lines", "points"]


@dataclass(frozen=True)
class ResultTable:
    """A table."""

    id: str
    """Its name for programs, such as "leaderboard"; unique within its section. Tables of one id have the same columns
    in all sections, so that programs get them as one."""
    title: str
    """One line for people."""
    columns: tuple[str, ...]
    """Names of the columns, lower case; unique."""
    rows: tuple[tuple[Cell, ...], ...]
    """One cell a column."""
    notes: tuple[str, ...] = ()
    """What people must know to read it, a sentence each."""


@dataclass(frozen=True)
class Point:
    """A point of a plot."""

    x: float
    """Across, in the unit of the plot."""
    y: Estimate
    """Up, with its interval where it has one."""
    label: str = ""
    """What it is, for people."""


@dataclass(frozen=True)
class Series:
    """Points that belong together."""

    name: str
    """What they are."""
    points: tuple[Point, ...]
    """In the order of x."""


@dataclass(frozen=True)
class Plot:
    """A picture of numbers.

    `intervals`: one row a point, its label at the left, `y` across with its interval; `lines`: `y` over `x`, one
    line a series, with a band; `points`: one dot a point, with its label.
    """

    id: str
    """Its name; unique within its section."""
    title: str
    """One line for people."""
    kind: PlotKind
    """What is drawn."""
    x_name: str
    """What goes across, with its unit; for `intervals` what the values are."""
    y_name: str
    """What goes up, with its unit; empty for `intervals`."""
    series: tuple[Series, ...]
    """What is drawn."""
    diagonal: bool = False
    """Whether the line of x = y is drawn, as in a reliability diagram."""


@dataclass(frozen=True)
class ResultSection:
    """One part of a document, such as one suite under one judge."""

    title: str
    """One line for people."""
    keys: tuple[tuple[str, str], ...]
    """What tells it from the others, such as ("suite", "physics"), ("judge", "kinematic"): the first columns of its
    rows where sections are put together. The names are the same in all sections."""
    tables: tuple[ResultTable, ...]
    """Its tables."""
    plots: tuple[Plot, ...] = ()
    """Its plots."""
    notes: tuple[str, ...] = ()
    """What people must know, a sentence each."""


@dataclass(frozen=True)
class ResultDocument:
    """All that a command found."""

    schema: str
    """What it is for programs, such as "lawful.compare/1"."""
    title: str
    """One line for people."""
    facts: tuple[tuple[str, str], ...]
    """What it was made from and how, as (what, value): runs, resamples, level, seed."""
    sections: tuple[ResultSection, ...]
    """Its parts."""
    notes: tuple[str, ...] = ()
    """What people must know, a sentence each."""
