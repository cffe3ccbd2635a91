"""Results as a page: escaped, well formed, accessible, without network; and within the report's page."""

import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lawful.reports.export.write import result_text
from lawful.reports.head import ReportHead
from lawful.reports.results import ResultDocument, ResultSection
from lawful.reports.templating import source
from lawful.reports.write import FORMATS, stream_report

GOLDEN = Path(__file__).parent / "golden"


class Tree(HTMLParser):
    """Tags with their attributes, and whether every tag is closed."""

    VOID = frozenset({"meta", "link", "input"})

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.words = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.words.append(data)

    def all(self, tag):
        return [attributes for found, attributes in self.tags if found == tag]


def test_golden(sections, make_document):
    """The page without its style, which other pages share."""
    text = result_text(make_document(sections[1]), "html").replace(source("report.css"), "")
    path = GOLDEN / "results.html"
    if os.environ.get("LAWFUL_GOLDEN") == "write":
        path.write_bytes(text.encode())
    assert text.encode() == path.read_bytes()


def test_golden_tex(sections, make_document):
    text = result_text(make_document(*sections), "tex")
    path = GOLDEN / "results.tex"
    if os.environ.get("LAWFUL_GOLDEN") == "write":
        path.write_bytes(text.encode())
    assert text.encode() == path.read_bytes()


def test_the_page_is_well_formed_and_names_are_shown_as_they_are(document, hostile):
    text = result_text(document, "html")
    tree = Tree(text)
    words = " ".join(" ".join(tree.words).split())
    for name in hostile:
        assert " ".join(name.split()) in words
    assert tree.all("script") == tree.all("img") == []
    ids = [attributes["id"] for _, attributes in tree.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {a["href"].removeprefix("#") for a in tree.all("a")}
    assert links <= set(ids)
    assert not re.search(r"(?:src|href)=.(?!#|data:,)", text)
    (policy,) = [a["content"] for a in tree.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy


def test_tables_and_plots_speak(document):
    tree = Tree(result_text(document, "html"))
    assert len(tree.all("caption")) == len(tree.all("table")) == 3
    assert {a["scope"] for a in tree.all("th")} == {"col", "row"}
    spoken = [a["aria-label"] for _, a in tree.tags if a.get("role") == "img"]
    assert spoken == [
        "Scores. Values with their intervals, 6 drawn. The numbers are in the tables.",
        "Score over rollout time. Lines, 18 drawn. The numbers are in the tables.",
        "People and judge. Dots, 6 drawn. The numbers are in the tables.",
        "Scores. Values with their intervals, 2 drawn. The numbers are in the tables.",
        "Score over rollout time. Lines, 60 drawn. The numbers are in the tables.",
    ]
    hints = [a["title"] for a in tree.all("td") if "title" in a]
    assert hints[0] == "n = 40, 95 % interval, cluster bootstrap"
    assert hints[6] == "n = 0, 40 missing"


def test_empty_documents():
    for sections in [(), (ResultSection("S", (), ()),)]:
        Tree(result_text(ResultDocument("s/1", "T", (), sections), "html"))


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (see make system)")
def test_nothing_is_said_on_the_console(document, tmp_path):
    page = tmp_path / "index.html"
    page.write_text(result_text(document, "html"), encoding="utf-8")
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--enable-logging=stderr", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "CONSOLE" not in done.stderr
    assert done.stdout.count("<figure") == 5


@pytest.fixture(scope="module")
def clips():
    """Clips of a report."""
    spec = importlib.util.spec_from_file_location("made_clips", Path(__file__).parent.parent / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [module.make_clip()]


def report_of(clips, name, sections):
    stream = io.StringIO(newline="")
    stream_report(clips, ReportHead("run", sections=sections), name, stream, Path("/runs/one/report"))
    return stream.getvalue()


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_shows_sections_before_its_clips(clips, sections, document, name):
    bare, text = report_of(clips, name, ()), report_of(clips, name, sections)
    if name in ("csv", "jsonl"):
        assert text == bare
    elif name == "json":
        whole = json.loads(text)
        assert list(whole) == ["schema", "run", "sections", "clips", "counts", "summary"]
        assert whole["sections"] == json.loads(result_text(document, "json"))["sections"]
        assert "sections" not in json.loads(bare)
    elif name == "md":
        start = text.index("## physics judged by kinematic")
        assert start < text.index("## prompt judged by motion") < text.index("## Clips")
        assert text[:start] == bare[:start]
        assert text[text.index("## Clips") :] == bare[bare.index("## Clips") :]
    else:
        Tree(text.partition("<script>")[0] + text.partition("</script>")[2])
        assert text.index('id="results-1"') < text.index('id="results-2"') < text.index('<h2 id="clips">')
        assert "results-1" not in bare


def test_a_report_refuses_sections_that_it_could_not_write(clips, sections):
    with pytest.raises(ValueError, match="two sections have the keys"):
        report_of(clips, "md", (sections[0], sections[0]))
