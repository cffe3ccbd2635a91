"""Results in every format of text. LAWFUL_GOLDEN=write writes the golden files anew; they are reviewed by eye."""

import csv
import io
import json
import math
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawful.core.errors import LawfulError
from lawful.reports.cells import spreadsheet_safe
from lawful.reports.export.csv_files import csv_files
from lawful.reports.export.write import RESULT_FORMATS, result_text, stream_results, write_results
from lawful.reports.results import ResultDocument, ResultSection, ResultTable
from lawful.reports.stats.result import Estimate

GOLDEN = Path(__file__).parent / "golden"
NUMBER = st.floats(allow_nan=True, allow_infinity=False)
TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
ESTIMATE = st.builds(
    Estimate, NUMBER, st.integers(0, 10**9), NUMBER, NUMBER, NUMBER, TEXT, st.integers(0, 99)
)


def golden(name, text):
    path = GOLDEN / name
    if os.environ.get("LAWFUL_GOLDEN") == "write":
        path.write_bytes(text.encode())
    assert text.encode() == path.read_bytes()


def table_document(rows, columns=("name", "plain", "score")):
    section = ResultSection("S", (("suite", "s"),), (ResultTable("t", "T", columns, tuple(rows)),))
    return ResultDocument("lawful.test/1", "D", (), (section,))


@pytest.mark.parametrize("name", ["md", "json"])
def test_golden(document, name):
    golden(f"results.{name}", result_text(document, name))


def test_golden_csv(document):
    texts = csv_files(document)
    assert list(texts) == ["leaderboard.csv", "pairs.csv"]
    for name, text in texts.items():
        golden(name, text)


STEERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""All controls of ASCII and Latin-1 but tabs and line ends."""


@given(st.lists(st.tuples(TEXT, NUMBER, ESTIMATE), max_size=4))
def test_json_gives_every_number_back(rows):
    text = result_text(table_document(rows), "json")
    (table,) = json.loads(text)["sections"][0]["tables"]
    for (name, plain, estimate), row in zip(rows, table["rows"], strict=True):
        assert list(row) == ["name", "plain", "score"]
        assert row["name"] == name
        for value, back in [
            (plain, row["plain"]), (estimate.value, row["score"]["value"]), (estimate.low, row["score"]["low"]),
            (estimate.high, row["score"]["high"]), (estimate.level, row["score"]["level"]),
        ]:  # fmt: skip
            assert back is None if math.isnan(value) else back == value
        assert (row["score"]["n"], row["score"]["n_missing"]) == (estimate.n, estimate.n_missing)
        assert (row["score"]["method"], row["score"]["reason"]) == (estimate.method, estimate.reason)
        assert row["score"]["n_clusters"] is None


@given(st.lists(st.tuples(TEXT, NUMBER, ESTIMATE), min_size=1, max_size=4))
def test_csv_read_back_equals_the_table(rows):
    text = result_text(table_document(rows), "csv")
    back = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(back) == len(rows)
    for (name, plain, estimate), row in zip(rows, back, strict=True):
        assert row["suite"] == "s"
        assert row["name"] == spreadsheet_safe(STEERS.sub("\ufffd", name))
        numbers = {
            "plain": plain, "score": estimate.value, "score_low": estimate.low, "score_high": estimate.high,
        }  # fmt: skip
        for column, value in numbers.items():
            assert row[column] == "" if math.isnan(value) else float(row[column]) == value
        assert int(row["score_n"]) == estimate.n


def test_csv_of_mixed_cells_and_nothing():
    document = table_document([("a", None, 0.5), ("b", math.nan, Estimate(0.25, 4)), ("c", 3, None)])
    assert result_text(document, "csv").splitlines() == [
        "suite,name,plain,score,score_low,score_high,score_n", "s,a,,0.5,,,", "s,b,,0.25,,,4", "s,c,3,,,,",
    ]  # fmt: skip
    assert result_text(table_document([]), "csv") == "suite,name,plain,score\r\n"
    assert csv_files(ResultDocument("lawful.test/1", "D", (), ())) == {}


def test_permuted_sections_permute_what_is_written(sections, make_document):
    one, two = make_document(*sections), make_document(*reversed(sections))
    assert (
        json.loads(result_text(two, "json"))["sections"]
        == json.loads(result_text(one, "json"))["sections"][::-1]
    )
    for name, text in csv_files(one).items():
        rows = list(csv.reader(io.StringIO(text, newline="")))
        other = list(csv.reader(io.StringIO(csv_files(two)[name], newline="")))
        assert other[0] == rows[0]
        assert sorted(other[1:]) == sorted(rows[1:])
        assert [row[0] for row in other[1:]] == sorted((row[0] for row in rows[1:]), reverse=True)
    parts = [re.split(r"(?m)^## ", result_text(made, "md")) for made in (one, two)]
    assert parts[0][0] == parts[1][0]
    assert [part.strip() for part in parts[1][1:]] == [part.strip() for part in parts[0][:0:-1]]


def test_markdown_keeps_its_tables_whatever_the_names(document):
    lines = result_text(document, "md").splitlines()
    rows = [line.replace("\\|", "").count("|") for line in lines if line.startswith("|")]
    assert set(rows) == {7, 4}
    assert len(rows) == 9 + 5 + 4
    assert not any("<" in line for line in lines)


def test_half_surrogate_pairs_do_not_stop_a_format():
    document = table_document([("a\udce9b", 0.5, Estimate(0.5, 1, reason="c\udce9"))])
    for name in RESULT_FORMATS:
        assert "\ufffd" in result_text(document, name).encode().decode() or name == "tex"


def test_files_and_folders(tmp_path, document):
    targets = {name: tmp_path / "new" / name for name in RESULT_FORMATS}
    written = write_results(document, targets)
    assert [path.relative_to(tmp_path / "new").as_posix() for path in written] == [
        "html", "md", "csv/leaderboard.csv", "csv/pairs.csv", "json", "tex",
    ]  # fmt: skip
    before = {path: path.read_bytes() for path in written}
    write_results(document, targets)
    assert {path: path.read_bytes() for path in written} == before
    assert (tmp_path / "new" / "md").read_text(encoding="utf-8") == result_text(document, "md")


def test_a_refused_document_leaves_the_files_as_they_were(tmp_path, document):
    target = tmp_path / "results.json"
    write_results(document, {"json": target})
    before = target.read_bytes()
    section = document.sections[0]
    with pytest.raises(ValueError, match="two sections have the keys"):
        write_results(replace(document, sections=(section, section)), {"json": target})
    with pytest.raises(LawfulError, match="has 2"):
        write_results(document, {"json": target, "csv": tmp_path / "all.csv"})
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]
    assert target.read_bytes() == before


def test_one_table_can_be_streamed(tmp_path, document):
    stream = io.StringIO(newline="")
    stream_results(document, "csv", stream, "pairs")
    assert stream.getvalue() == csv_files(document)["pairs.csv"]
    known = r"this document has 2 \(leaderboard, pairs\)\. Write a folder instead: it gets a file a table\."
    with pytest.raises(LawfulError, match=known):
        stream_results(document, "csv", stream)
    with pytest.raises(LawfulError, match=r"no table 'x' in this document\. It has: leaderboard, pairs\."):
        stream_results(document, "csv", stream, "x")
    single = table_document([("a", 1, 2)])
    (path,) = write_results(single, {"csv": tmp_path / "one.csv"})
    assert path.read_bytes() == b"suite,name,plain,score\r\ns,a,1,2\r\n"


def test_no_name_steers_a_terminal(document):
    hostile = "\x1b]0;owned\x07\x9b31m, and\na line"
    table = ResultTable("names", hostile, ("name",), ((hostile,),), (hostile,))
    section = ResultSection(hostile, (("suite", hostile),), (table,), (), (hostile,))
    made = ResultDocument("s/1", hostile, (("runs", hostile),), (section,), (hostile,))
    for name in ("md", "csv", "json", "tex", "html"):
        assert not set(result_text(made, name)) & {"\x1b", "\x07", "\x9b"}, name
    assert '"\ufffd]0;owned\ufffd\ufffd31m, and\na line"' in result_text(made, "csv")
