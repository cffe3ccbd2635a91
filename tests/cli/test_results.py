"""Results on the terminal."""

import importlib.util
import io
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from lawful.cli.results import print_document
from lawful.reports.results import ResultDocument, ResultSection, ResultTable
from lawful.reports.stats.result import Estimate

MADE = Path(__file__).parent.parent / "reports" / "export" / "conftest.py"


@pytest.fixture(scope="module")
def made():
    """The documents that the formats are tested with."""
    spec = importlib.util.spec_from_file_location("made_results", MADE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def document(made):
    return made.document_of(made.physics_section(), made.prompt_section())


def printed(document, width=None):
    """What is printed in a terminal of that width; None: in a pipe."""
    stream = io.StringIO()
    print_document(
        document, Console(file=stream, width=width, force_terminal=width is not None, no_color=True)
    )
    return stream.getvalue()


def plain(text):
    return "".join(
        part.partition("m")[2] if number else part for number, part in enumerate(text.split("\x1b["))
    )


@pytest.mark.parametrize("width", [24, 40, 80, 120, 300])
def test_nothing_is_cut_off_in_a_terminal(document, made, width):
    text = plain(printed(document, width))
    assert all(cell_len(line) <= width for line in text.splitlines())
    assert "…" not in text
    if width >= 40:
        assert "0.739 [0.689, 0.789]" in text
        assert "12.5 [8.8, 16.2]" in text
    if width >= 300:
        assert made.LONG in text


@pytest.mark.parametrize("width", [40, 80])
def test_folded_names_are_whole(width):
    name = "x" * 30 + "y" * 30
    row = (name, Estimate(0.5, 9, low=0.4, high=0.6), 0.25, "z" * 40)
    table = ResultTable("t", "T", ("name", "score", "p", "more"), (row,))
    text = plain(printed(ResultDocument("s/1", "D", (), (ResultSection("S", (), (table,)),)), width))
    assert text.count("x") == text.count("y") == 30 * text.count("name")
    assert text.count("z") == 40


def test_each_piece_of_a_wide_table_begins_with_its_names():
    columns = ("one", "other", *(f"measure {number}" for number in range(8)))
    row = ("a", "b", *(Estimate(0.5, 9, low=0.4, high=0.6) for _ in range(8)))
    table = ResultTable("t", "T", columns, (row,))
    text = plain(printed(ResultDocument("s/1", "D", (), (ResultSection("S", (), (table,)),)), 60))
    heads = [line for line in text.splitlines() if line.startswith("one")]
    assert len(heads) == 4
    assert all(line.split()[:2] == ["one", "other"] for line in heads)
    assert sum(line.count("measure") for line in heads) == 8


def test_a_pipe_gets_aligned_text(document, made):
    text = printed(document)
    lines = text.splitlines()
    assert "\x1b" not in text
    assert lines[0] == "Comparison of 6 generators"
    assert "resamples: 2000" in lines
    start = lines.index("Mean score by generator")
    assert lines[start + 1].split() == ["rank", "generator", "score", "videos", "p", "group"]
    assert lines[start + 6].split()[:2] == ["5", made.LONG]
    assert lines[start + 8].split() == ["nobody", "NaN", "(a)", "0", "NaN"]
    assert lines[start + 9 : start + 12] == [
        "Generators of one group cannot be separated.", "In brackets: 95 % intervals.", "(a) no video was scored",
    ]  # fmt: skip
    assert lines[lines.index("Pairs of generators") + 1] == "Nothing to show."


def test_names_do_not_steer_the_terminal():
    table = ResultTable("t", "T\x1b[2J", ("na\x1bme",), (("a\x1b[31mb [red]c[/red] \udce9",),))
    document = ResultDocument("s/1", "D\x1b", (("f", "v\x1b"),), (ResultSection("S\x1b", (), (table,)),))
    for width in (None, 80):
        text = plain(printed(document, width))
        assert "\x1b" not in text
        assert "a\ufffd[31mb [red]c[/red] \ufffd" in text


@pytest.mark.parametrize("width", [None, 80])
def test_a_table_without_rows_has_no_notes_on_its_columns(width):
    tables = (
        ResultTable("none", "Nobody", ("a",), (), ("What a is.",)),
        ResultTable("some", "Somebody", ("b",), ((1,),), ("What b is.",)),
    )
    text = printed(ResultDocument("s/1", "D", (), (ResultSection("S", (), tables),)), width)
    assert "Nothing to show." in text
    assert "What a is." not in text
    assert "What b is." in text
