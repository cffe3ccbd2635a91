"""The page on importing names every format, and its example prints what it shows."""

import re
from pathlib import Path

from lawful.checklists.importers.formats import FORMATS

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
