import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.reports.export.axes import axis, tick_step
from lawful.reports.export.labels import place_labels
from lawful.reports.export.plots import HUES, picture, series_look
from lawful.reports.results import Plot, Point, Series
from lawful.reports.stats.result import Estimate

NUMBER = st.floats(-1e6, 1e6)


def plot_of(kind, *series, **changes):
    return Plot(
        "p",
        "P",
        kind,
        "x",
        "y",
        tuple(Series(f"s{n}", tuple(one)) for n, one in enumerate(series)),
        **changes,
    )


@given(st.lists(NUMBER, max_size=6), st.integers(4, 9))
def test_an_axis_holds_its_numbers_and_a_few_round_ticks(values, most):
    made = axis(values, most)
    assert all(0 < made.place(value) < 100 for value in values)
    assert 1 <= len(made.ticks) <= most
    assert all(0 <= tick.place <= 100 for tick in made.ticks)
    assert len({tick.label for tick in made.ticks}) == len(made.ticks)
    assert [tick.place for tick in made.ticks] == sorted(tick.place for tick in made.ticks)


@given(st.floats(1e-9, 1e9), st.integers(3, 9))
def test_steps_are_one_two_or_five(length, most):
    step = tick_step(length, most)
    digits = f"{step:.0e}"
    assert digits[0] in "125"
    assert math.isclose(step, float(digits))
    assert length / step <= most


def test_ticks_of_a_known_range():
    # 0 to 1 with 4 % free at each end: steps of 0.2 fit, of 0.1 do not.
    assert [(tick.place, tick.label) for tick in axis([0.0, 1.0], 7).ticks] == [
        (3.7, "0.0"), (22.22, "0.2"), (40.74, "0.4"), (59.26, "0.6"), (77.78, "0.8"), (96.3, "1.0"),
    ]  # fmt: skip
    assert [tick.label for tick in axis([-20.0, 20.0], 6).ticks] == ["−20", "−10", "0", "10", "20"]
    assert [tick.label for tick in axis([math.nan], 6).ticks] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]


def test_dots_and_whiskers_of_intervals():
    points = [
        Point(0.0, Estimate(0.0, 4, low=-1.0, high=1.0), "a"), Point(0.0, Estimate(1.0, 4), "b"),
        Point(0.0, Estimate(math.nan, 0), "c"),
    ]  # fmt: skip
    made = picture(plot_of("intervals", points))
    a, b = made.series[0].marks
    assert (a.label, a.value, a.x) == ("a", "0.0 [-1.0, 1.0]", 50.0)
    assert (a.low, a.high) == (3.7, 96.3)
    assert (b.x, b.low, b.high) == (96.3, None, None)
    assert made.zero == 50.0
    assert made.left_out == "Not drawn, because the number is not defined: c (1)."
    assert made.spoken == "P. Values with their intervals, 2 drawn. The numbers are in the tables."


def test_lines_break_where_a_number_is_missing():
    values = [0.0, 1.0, math.nan, 1.0, 0.0]
    points = [Point(float(n), Estimate(value, 3, low=value, high=value)) for n, value in enumerate(values)]
    (drawn,) = picture(plot_of("lines", points)).series
    assert re.findall("[A-Z]", drawn.line) == list("MLML")
    assert drawn.line == "M37 963L268 37M732 37L963 963"
    assert len(drawn.bands) == 2
    assert all(band.endswith("Z") for band in drawn.bands)


def test_the_diagonal_has_one_axis_for_both():
    points = [Point(0.25, Estimate(0.75, 3)), Point(5.0, Estimate(1.0, 3))]
    made = picture(plot_of("points", points, diagonal=True))
    assert made.across is made.up


def test_series_beyond_the_colours_are_dashed():
    looks = [series_look("s", number) for number in range(20)]
    assert [look.dash for look in looks[:8]] == [""] * 8
    assert looks[8].hue == looks[0].hue == HUES[0]
    assert len({(look.hue, look.dash) for look in looks}) == 20


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.floats(0, 100), st.sampled_from(["wan", "a longer name"])),
        max_size=25,
    )
)
def test_labels_do_not_overlap(dots):
    boxes = []
    for (x, y, _), label in zip(dots, place_labels(dots, 460, 320), strict=True):
        if label is not None:
            width = 6.3 * len(label.text)
            left = 4.6 * x + label.dx - {"start": 0, "middle": width / 2, "end": width}[label.anchor]
            boxes.append((left, 3.2 * y + label.dy - 11, left + width, 3.2 * y + label.dy + 3))
    for n, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[:n]:
            assert not (
                left < other[2] - 1e-6 and other[0] < right - 1e-6 and top < other[3] and other[1] < bottom
            )


def test_labels_without_room_are_counted():
    points = [Point(0.5, Estimate(0.5, 3), f"generator {n}") for n in range(30)]
    made = picture(plot_of("points", points))
    shown = sum(mark.beside is not None for mark in made.series[0].marks)
    assert 0 < shown < 30
    assert made.left_out == f"No room for the labels of {30 - shown} dots; point at one to read it."


@pytest.mark.parametrize("kind", ["intervals", "lines", "points"])
def test_nothing_to_draw(kind):
    assert picture(plot_of(kind)).series == ()
    made = picture(plot_of(kind, [Point(0.0, Estimate(math.nan, 0))]))
    assert made.series[0].marks == ()
    assert made.left_out == "Not drawn, because the number is not defined: s0 (1)."
