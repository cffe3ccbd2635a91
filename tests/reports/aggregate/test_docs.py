"""The examples of the document print what it shows, and it names every aggregation and table."""

import re
from pathlib import Path

from lawful.reports.aggregate.registry import AGGREGATIONS, aggregate

PAGE = (Path(__file__).parents[3] / "docs" / "aggregations.md").read_text(encoding="utf-8")


def test_the_examples_print_what_the_page_shows(capsys) -> None:
    examples = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(examples) == PAGE.count("```python") == 2
    for code, shown in examples:
        exec(compile(code, "aggregations.md", "exec"), {"__name__": "aggregations"})
        assert capsys.readouterr().out == shown


def test_the_page_names_all_aggregations_and_their_further_tables(rng) -> None:
    for name in AGGREGATIONS:
        assert f"\n## `{name}`: " in PAGE
        tables = aggregate(name, [], rng)
        for table in tables if len(tables) > 1 else ():
            assert table.id == name or f"`{table.id}`" in PAGE
