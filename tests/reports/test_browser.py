"""The page in a real browser: no errors on its console, and its list can be ordered and filtered."""

import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lawful.reports.head import ReportHead
from lawful.reports.write import stream_report

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (see make system)")

ACTIONS = """
const said = {};
const names = () => Array.from(document.querySelectorAll(".item:not([hidden])"), (n) => n.dataset.name);
const set = (id, value, kind) => {
  const control = document.getElementById(id);
  control.value = value;
  control.dispatchEvent(new Event(kind));
};
said.start = names();
set("order", "name", "change"); said.by_name = names();
set("order", "score-down", "change"); said.best = names();
set("order", "score", "change"); said.lowest = names();
set("order", "rank", "change"); said.rank = names();
set("search", "BOUNCES ball", "input"); said.search = names();
set("search", "nothing like it", "input"); said.nothing = names();
said.nothing_shown = !document.getElementById("nothing").hidden;
set("search", "", "input");
set("judge", "mean-motion", "change"); said.judge = names();
set("judge", "", "change");
set("law", "permanence", "change"); said.law = names();
set("law", "", "change");
document.querySelector("input[value=violation]").click(); said.no_violations = names();
said.count = document.getElementById("shown").textContent;
document.getElementById("show-boxes").click(); said.classes = document.body.className;
const result = document.createElement("pre");
result.id = "result";
result.textContent = JSON.stringify(said);
document.body.append(result);
"""


def browse(page: Path, profile: Path) -> tuple[str, list[str]]:
    """The document after its script ran, and the lines of its console."""
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--enable-logging=stderr", f"--user-data-dir={profile}", "--dump-dom", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.fixture
def html(some_clips, clip, verdict, evidence):
    some_clips.append(clip("z.mp4", ((verdict("energy", 0.25, [evidence(law="energy")]),),)))
    stream = io.StringIO()
    stream_report(some_clips, ReportHead("run"), "html", stream, Path("/runs/one/report"))
    return stream.getvalue()


def test_nothing_is_said_on_the_console(html, tmp_path):
    page = tmp_path / "index.html"
    page.write_text(html, encoding="utf-8")
    document, console = browse(page, tmp_path / "profile")
    assert console == []
    assert "6 of 6 shown" in document
    assert '<form class="tools" id="tools">' in document


def test_the_list_can_be_ordered_and_filtered(html, tmp_path, hostile_name):
    html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    page = tmp_path / "index.html"
    page.write_text(html.replace("</body>", f"<script>{ACTIONS}</script></body>"), encoding="utf-8")
    document, console = browse(page, tmp_path / "profile")
    assert console == []
    found = re.search(r'<pre id="result">(.*?)</pre>', document, re.DOTALL)
    assert found is not None
    text = found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    said = json.loads(text)
    gone, fine, mirror = "clips/gone.mp4", "clips/fine.mp4", "clips/mirror.mp4"
    formula, z = "=1+2.mp4", "z.mp4"
    assert said["start"] == said["rank"] == [gone, hostile_name, z, mirror, formula, fine]
    assert said["by_name"] == [formula, hostile_name, fine, gone, mirror, z]
    assert said["lowest"] == [gone, hostile_name, z, fine, mirror, formula]
    assert said["best"] == [mirror, fine, z, hostile_name, gone, formula]
    assert said["search"] == [gone]
    assert (said["nothing"], said["nothing_shown"]) == ([], True)
    assert said["judge"] == [formula]
    assert said["law"] == [gone, hostile_name]
    assert said["no_violations"] == [mirror, formula, fine]
    assert said["count"] == "3 of 6 shown"
    assert said["classes"] == "no-boxes"
