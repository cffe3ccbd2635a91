import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.reports.export.numbers import decimals, shown_column, shown_number, shown_table
from lawful.reports.results import ResultTable
from lawful.reports.stats.result import Estimate, undefined


def one(cell):
    (shown,) = shown_column([cell], {})
    return shown.text


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Estimate(0.7123, 40, low=0.664, high=0.7531), "0.712 [0.664, 0.753]"),  # half-width 0.045
        (Estimate(0.7123, 40, low=0.51, high=0.91), "0.71 [0.51, 0.91]"),  # half-width 0.2
        (Estimate(34.2, 40, low=20.0, high=50.0), "34 [20, 50]"),  # half-width 15
        (Estimate(-0.0012, 40, low=-0.0104, high=0.0093), "-0.0012 [-0.0104, 0.0093]"),  # 0.00985
        (Estimate(1.0, 40, low=1.0, high=1.0), "1.000 [1.000, 1.000]"),  # no width: three decimals
        (
            Estimate(1 - 1e-13, 40, low=1 - 2e-13, high=1.0),
            "1.000 [1.000, 1.000]",
        ),  # nor what rounding leaves
        (Estimate(-2e-13, 40, low=-8e-13, high=3e-13), "0.000 [0.000, 0.000]"),
        (Estimate(4e-9, 40, low=3e-9, high=5e-9), "4.00e-09 [3.00e-09, 5.00e-09]"),
        (Estimate(0.5, 40), "0.500"),
        (Estimate(math.nan, 1, low=0.1, high=0.2), "NaN [1.00e-01, 2.00e-01]"),
        (math.nan, "NaN"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (0.0, "0.000"),
        (0.05, "0.050"),
        (0.0042, "0.0042"),
        (0.00042, "0.00042"),
        (0.00000042, "4.20e-07"),
        (9.9, "9.900"),
        (52.38, "52.38"),
        (523.8, "523.8"),
        (52380.0, "52380"),
        (12, "12"),
        ("a", "a"),
        (None, ""),
    ],
)
def test_digits(cell, text):
    assert one(cell) == text


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_a_value_within_its_interval_is_shown_within_it(value, below, above):
    text = one(Estimate(value, 9, low=value - below, high=value + above))
    shown, low, high = (float(part.strip("[],")) for part in text.split())
    assert low <= shown <= high
    half = (below + above) / 2
    assert abs(low - (value - below)) <= 0.06 * half  # two digits of the half-width are kept
    assert abs(high - (value + above)) <= 0.06 * half


def test_cells_that_differ_by_a_digit_agree_on_the_finer_one():
    assert [cell.value for cell in shown_column([0.5, 0.0042, math.nan], {})] == ["0.5000", "0.0042", "NaN"]
    assert [cell.value for cell in shown_column([0.5, 120.0], {})] == ["0.500", "120.0"]


def test_numbers_without_intervals_end_where_their_column_ends():
    cells = shown_column([0.5, 120.0, 7, math.nan, None], {})
    assert [cell.value + "." * cell.lacking for cell in cells] == ["0.500", "120.0..", "7....", "NaN", ""]


def test_what_is_not_defined_says_why():
    table = ResultTable(
        "t", "T", ("name", "a", "b"),
        (
            ("x", undefined("one item", 1), Estimate(0.5, 9, reason="no interval: all values are equal")),
            ("y", undefined("one item", 1), Estimate(0.5, 9, low=0.4, high=0.6, level=0.9)),
        ),
        ("Read with care.",),
    )  # fmt: skip
    shown = shown_table(table)
    assert [[cell.text for cell in row] for row in shown.rows] == [
        ["x", "NaN (a)", "0.500 (b)"],
        ["y", "NaN (a)", "0.500 [0.400, 0.600]"],
    ]
    assert shown.notes == (
        "Read with care.", "In brackets: 90 % intervals.", "(a) one item", "(b) no interval: all values are equal",
    )  # fmt: skip
    assert shown.numeric == (False, True, True)


def test_there_are_more_reasons_than_letters():
    rows = tuple((undefined(f"reason {number}", 0),) for number in range(30))
    notes = shown_table(ResultTable("t", "T", ("a",), rows)).notes
    assert notes[0] == "(a) reason 0"
    assert notes[25:28] == ("(z) reason 25", "(aa) reason 26", "(ab) reason 27")


def test_powers_of_ten_where_decimals_would_be_many():
    assert decimals(1e-12) is None
    assert shown_number(1e-12, None) == "1.00e-12"


def test_an_empty_table_has_no_numeric_columns():
    shown = shown_table(ResultTable("t", "T", ("a", "b"), ()))
    assert (shown.numeric, shown.rows, shown.notes) == ((False, False), (), ())
