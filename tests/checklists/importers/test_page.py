"""The page on importing names every format, and its example prints what it shows."""

import re
from pathlib import Path

import lawful.reports.aggregate.registry  # which imports all of them
from lawful.checklists.importers import implausibench, mme_cof, phyground, ruler
from lawful.checklists.importers.formats import FORMATS
from lawful.checklists.importers.scales import FACTS
from lawful.judge.summary import AXES_WITHOUT_SAY

aggregate = lawful.reports.aggregate

PAGE = (Path(__file__).parents[3] / "docs" / "importing.md").read_text(encoding="utf-8")


def test_every_format_has_a_line_and_a_word() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE, re.MULTILINE)
    assert rows == list(FORMATS)
    for name in FORMATS:
        assert f"**`{name}`**" in PAGE


def test_the_example_prints_what_the_page_shows(capsys) -> None:
    ((code, shown),) = re.findall(
        r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL
    )
    exec(compile(code, "importing.md", "exec"), {"__name__": "importing"})
    assert capsys.readouterr().out == shown


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (Path(__file__).parents[3] / "docs" / target).exists(), target


def test_importers_and_aggregations_know_the_same_names() -> None:
    assert (ruler.METRICS, ruler.CATEGORIES) == (aggregate.ruler.METRICS, aggregate.ruler.CATEGORIES)
    assert mme_cof.CATEGORIES == aggregate.mme_cof.CATEGORIES
    assert (phyground.GENERAL, phyground.LAWS) == (aggregate.phyground.GENERAL, aggregate.phyground.LAWS)
    assert implausibench.AXIS == aggregate.implausibench.AXIS
    assert FACTS in AXES_WITHOUT_SAY
