"""What docs/report.md says of the contract is what the schema says."""

import re
from pathlib import Path

import pytest

from lawful.reports.page import EMBED_BYTES, EMBED_CARD_BYTES, MAX_CARDS
from lawful.reports.rows import SCHEMA, line_schema
from lawful.reports.tables import CSV_COLUMNS

TEXT = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")


def keys_of(heading):
    """The keys in the first column of the table after some words."""
    table = TEXT[TEXT.index(heading) :].split("|---|---|\n", 1)[1].split("\n\n", 1)[0]
    return [key for row in table.splitlines() for key in re.findall(r"`(\w+)`", row.split("|")[1])]


@pytest.mark.parametrize(
    ("heading", "place"),
    [
        ("Every line is", ()),
        ("A verdict:", ("$defs", "verdict")),
        ("A piece of evidence:", ("$defs", "evidence")),
    ],
)
def test_every_key_is_documented_in_order(heading, place):
    schema = line_schema()
    for key in place:
        schema = schema[key]
    assert keys_of(heading) == schema["required"] == list(schema["properties"])


def test_names_and_numbers_are_those_of_the_code():
    assert f"`{SCHEMA}`" in TEXT
    assert f"The {MAX_CARDS} worst clips" in TEXT
    assert f"{EMBED_CARD_BYTES // 1000} kB a card and {EMBED_BYTES // 10**6} MB a page" in TEXT
    for column in CSV_COLUMNS[-7:]:
        assert f"`{column}`" in TEXT
    kinds = re.match(r"\^\((.*?)\)", line_schema()["$defs"]["verdict"]["properties"]["unscored"]["pattern"])
    assert kinds is not None
    for kind in kinds[1].split("|"):
        assert f"`{kind}`" in TEXT
