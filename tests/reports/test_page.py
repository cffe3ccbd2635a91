"""The page: what it holds, what it escapes, what it embeds."""

import base64
import hashlib
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from lawful.judge.exhibits import save_exhibits
from lawful.judge.records import EvidenceFrame
from lawful.reports import page
from lawful.reports.head import ReportHead
from lawful.reports.templating import source
from lawful.reports.write import stream_report
from lawful.video.frames import PointTracks


class Tree(HTMLParser):
    """Tags with their attributes, and whether every tag is closed."""

    VOID = frozenset({"meta", "link", "input", "img", "br", "rect", "path", "circle", "line"})

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
        if tag in self.VOID:
            return
        assert self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.words.append(data)

    def all(self, tag, css_class=""):
        return [a for t, a in self.tags if t == tag and css_class in ["", *(a.get("class") or "").split()]]

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def html_of(clips, run=None, folder=Path("/runs/one/report"), facts=()):
    stream = io.StringIO()
    stream_report(clips, ReportHead("run <1>", run, facts), "html", stream, folder)
    return stream.getvalue()


@pytest.fixture
def shown(clip, verdict, unscored, evidence, tmp_path):
    """A clip whose evidence has saved frames and tracks, in a run folder."""
    frames = tuple(EvidenceFrame(t, np.full((36, 64, 3), 90, np.uint8)) for t in (0.9, 1.0, 1.1))
    xy = np.array(
        [[[0.1, 0.2], [0.2, 0.3], [np.nan, np.nan]], [[0.5, 0.5], [0.5, 0.6], [0.5, 0.7]]], np.float32
    )
    tracks = PointTracks(np.arange(2), np.array([0.9, 1.0, 1.1]), xy, np.isfinite(xy[..., 0]))
    seen = evidence(frames=frames, tracks=tracks)
    outcomes = save_exhibits((verdict(score=0.05, evidence=[seen]), unscored()), tmp_path)
    return clip(repeats=(outcomes,))


def test_every_clip_is_there_and_the_document_is_well_formed(some_clips):
    tree = Tree(html_of(some_clips, facts=(("made by", "lawful score"),)))
    assert [a["data-name"] for a in tree.all("li", "item")] == [
        "clips/gone.mp4", some_clips[-1].video, "clips/mirror.mp4", "=1+2.mp4", "clips/fine.mp4",
    ]  # fmt: skip
    assert len(tree.all("li", "card")) == 5
    assert "Failed inputs (1)" in tree.text
    assert "clips/broken.mp4: no video stream" in tree.text
    assert "made by lawful score" in tree.text
    assert "coverage: 3 of 6 answered" in tree.text
    assert "± 0.07" in tree.text


def test_answers_means_and_coverage_are_explained(some_clips):
    text = Tree(html_of(some_clips)).text
    assert "It is neither a pass nor a violation" in text
    assert "It is not a probability" in text
    assert "NaN n = 0" in text
    assert "no mirror was found abstained" in text


def test_untrusted_text_stays_text(some_clips, hostile_name):
    html = html_of(some_clips)
    tree = Tree(html)
    assert len(tree.all("script")) == 1
    assert len(tree.all("style")) == 1
    assert tree.all("img") == tree.all("b", "look") == []
    assert "onerror" not in {name for _, attributes in tree.tags for name in attributes}
    script = html[html.index("<script>") + 8 : html.index("</script>")]
    assert script == source("report.js")
    assert any(a.get("data-name") == hostile_name for a in tree.all("li"))


def test_links_never_have_a_scheme(clip):
    hostile = clip("javascript:alert(1)", path="/runs/one/report/javascript:alert(1)")
    (link,) = Tree(html_of([hostile])).all("a", "name")
    assert link["href"] == "./javascript%3Aalert%281%29"


def test_control_characters_and_broken_names_are_shown_as_such(clip):
    html = html_of([clip("a\x00b\x1b[31m\udce9.mp4", path="/v/a\udce9.mp4")])
    assert html.encode("utf-8")
    assert "a\ufffdb\ufffd[31m\ufffd.mp4" in html
    assert "a%E9.mp4" in html


def test_the_page_asks_for_nothing_from_outside(some_clips):
    html = html_of(some_clips)
    assert not re.search(r'(src|href)="(https?:|//)', html)
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest", html)
    script = html[html.index("<script>") + 8 : html.index("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in html
    )


def test_evidence_is_embedded_with_boxes_and_tracks(shown, tmp_path):
    tree = Tree(html_of([shown], tmp_path, tmp_path / "report"))
    images = tree.all("img")
    assert len(images) == 3
    assert all(a["src"].startswith("data:image/webp;base64,UklGR") for a in images)
    groups = [a["class"] for a in tree.all("g", "boxes")]
    assert groups == ["boxes elsewhen", "boxes here", "boxes elsewhen"]
    assert tree.all("rect", "under")[0] == {
        "class": "under", "x": "250.0", "y": "281.0", "width": "125.0", "height": "140.5",
    }  # fmt: skip
    assert tree.all("path")[0]["d"] == "M100 112L200 169"
    assert [a["class"] for a in tree.all("circle")] == ["seen", "seen", "seen", "seen", "lost", "seen"]


def test_evidence_that_is_no_violation_says_so(clip, verdict, unscored, evidence):
    outcomes = (
        verdict("permanence", 0.1, [evidence(text="first")]),
        verdict("energy", 0.9, [evidence(text="second"), evidence(text="first")]),
        unscored(evidence=(evidence(text="third"),)),
    )
    tree = Tree(html_of([clip(repeats=(outcomes,))]))
    assert [a["class"] for a in tree.all("rect", "span")] == [
        "span violation",
        "span weak",
        "span not_judged",
    ]
    assert tree.text.count("weak") == tree.text.count("not judged") == 1
    assert len(tree.all("details", "finding")) == 3


def test_missing_files_are_said(shown, tmp_path):
    for path in tmp_path.glob("evidence/*/*"):
        path.unlink()
    tree = Tree(html_of([shown], tmp_path, tmp_path / "report"))
    assert tree.all("img") == []
    assert tree.text.count("No such file or directory") == 4


def test_what_is_no_webp_is_not_embedded(shown, tmp_path):
    for path in tmp_path.glob("evidence/*/*.webp"):
        path.write_bytes(b"<svg onload=alert(1)>")
    tree = Tree(html_of([shown], tmp_path, tmp_path / "report"))
    assert tree.all("img") == []
    assert "is no webp picture" in tree.text


@pytest.mark.parametrize("file", ["../secret.webp", "/etc/passwd", "link/secret.webp"])
def test_nothing_outside_the_run_folder_is_read(clip, verdict, evidence, tmp_path, file):
    run = tmp_path / "run"
    run.mkdir()
    (tmp_path / "secret.webp").write_bytes(b"RIFF....WEBPsecret")
    (run / "link").symlink_to(tmp_path)
    seen = evidence(frames=(EvidenceFrame(1.0, None, file),))
    tree = Tree(html_of([clip(repeats=((verdict(score=0.1, evidence=[seen]),),))], run, run))
    assert tree.all("img") == []
    assert "lies outside the run folder" in tree.text


def test_no_frames_were_saved(clip, verdict, evidence):
    text = Tree(html_of([clip(repeats=((verdict(score=0.1, evidence=[evidence()]),),))])).text
    assert "no frames were saved with this evidence" in text


def test_only_the_worst_get_a_card(clip, verdict):
    scores = [(7 * k % 100) / 100 for k in range(100)]
    clips = [clip(f"{k}.mp4", ((verdict(score=score),),)) for k, score in enumerate(scores)]
    tree = Tree(html_of(clips))
    cards = {a["data-name"] for a in tree.all("li", "card")}
    answered_worse = sorted(range(100), key=lambda k: (0.3 < scores[k] < 0.7, scores[k] >= 0.7, scores[k]))
    ranks = {"violation": 0, "not_sure": 1, "none_found": 2}
    items = [(ranks[a["data-answer"]], float(a["data-score"])) for a in tree.all("li", "item")]
    assert items == sorted(items)
    assert len(cards) == page.MAX_CARDS
    assert len(tree.all("li", "row")) == 40
    assert cards == {a["data-name"] for a in tree.all("li", "item")[:60]}
    assert "the other 40 are rows" in tree.text
    assert f"{answered_worse[0]}.mp4" in cards


def test_pictures_have_a_budget(clip, verdict, evidence, tmp_path, monkeypatch):
    file = tmp_path / "evidence" / "frame.webp"
    file.parent.mkdir()
    file.write_bytes(b"RIFF....WEBP" + bytes(988))
    monkeypatch.setattr(page, "EMBED_BYTES", 2500)
    seen = evidence(frames=tuple(EvidenceFrame(t, None, "evidence/frame.webp") for t in (0.9, 1.0, 1.1)))
    tree = Tree(
        html_of([clip(repeats=((verdict(score=0.1, evidence=[seen]),),))], tmp_path, tmp_path / "report")
    )
    assert len(tree.all("img")) == 2
    assert [a["href"] for a in tree.all("a", "linked")] == ["./../evidence/frame.webp"]


def test_rows_link_to_their_evidence(clip, verdict, evidence, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "MAX_CARDS", 1)
    seen = evidence(frames=(EvidenceFrame(1.0, None, "evidence/frame.webp"),))
    worst = clip("worst.mp4", ((verdict(score=0.0),),))
    one = clip("a b.mp4", ((verdict(score=0.1, evidence=[seen]),),), path=str(tmp_path / "a b.mp4"))
    tree = Tree(html_of([one, worst], tmp_path / "run", tmp_path / "run" / "report"))
    hrefs = [a["href"] for a in tree.all("a")]
    assert hrefs[2:] == ["./../../a%20b.mp4", "./../evidence/frame.webp"]


def _palette(css):
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", css))


def _luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_themes_can_be_read(theme):
    css = source("report.css")
    at = css.index("@media (prefers-color-scheme: dark)")
    colours = _palette(css[:at] if theme == "light" else css[at : css.index("* {", at)])
    for paper in ("paper", "sheet"):
        for ink in ("ink", "quiet", "link", "violation", "none_found", "not_sure"):
            assert _contrast(colours[paper], colours[ink]) >= 4.5, (paper, ink)
    for answer in ("violation", "none_found", "not_sure"):
        assert _contrast(colours[f"{answer}-soft"], colours[answer]) >= 4.5, answer
    assert _contrast(colours["sunk"], colours["ink"]) >= 4.5
