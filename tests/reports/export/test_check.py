from dataclasses import replace

import pytest

from lawful.reports.export.check import check_document
from lawful.reports.results import Plot, ResultDocument, ResultSection, ResultTable
from lawful.reports.stats.result import Estimate

TABLE = ResultTable("t", "T", ("name", "score"), (("a", Estimate(0.5, 3)),))
PLOT = Plot("p", "P", "points", "x", "y", ())
SECTION = ResultSection("S", (("suite", "physics"),), (TABLE,), (PLOT,))


def document_of(*sections):
    return ResultDocument("lawful.test/1", "D", (), sections)


def test_a_sound_document_passes(document):
    check_document(document)
    check_document(document_of())
    check_document(document_of(SECTION, replace(SECTION, keys=(("suite", "prompt"),))))


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ((replace(SECTION, tables=(replace(TABLE, id="../t"),)),), r"table '\.\./t': an id has lower-case letters"),
        ((replace(SECTION, plots=(replace(PLOT, id="P"),)),), "plot 'P': an id has lower-case letters"),
        ((replace(SECTION, tables=(TABLE, TABLE)),), "section 'S' has two tables 't'"),
        ((replace(SECTION, plots=(PLOT, PLOT)),), "section 'S' has two plots 'p'"),
        ((SECTION, SECTION), r"two sections have the keys \{'suite': 'physics'\}"),
        (
            (SECTION, replace(SECTION, title="Z", keys=(("judge", "x"),))),
            r"section 'Z' has the keys \['judge'\], the first section has \['suite'\]",
        ),
        (
            (replace(SECTION, tables=(replace(TABLE, rows=(("a",),)),)),),
            "row 1 of table 't' has 1 cells, the table has 2 columns",
        ),
        (
            (
                SECTION,
                replace(
                    SECTION, title="Z", keys=(("suite", "z"),),
                    tables=(replace(TABLE, columns=("name", "p")),),
                ),
            ),
            "table 't' has other columns in section 'Z' than before",
        ),
        (
            (replace(SECTION, keys=(("name", "x"),)),),
            r"table 't' would have two columns 'name', counting keys and parts of estimates \(low, high, n\)",
        ),
        (
            (replace(SECTION, keys=(("score_n", "x"),)),),
            "table 't' would have two columns 'score_n'",
        ),
    ],
)  # fmt: skip
def test_what_no_format_could_write_is_refused(sections, message):
    with pytest.raises(ValueError, match=message):
        check_document(document_of(*sections))
