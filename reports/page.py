"""The report as one page that needs no network: cards for the worst clips, rows for the rest."""

import base64
import hashlib
import heapq
from pathlib import Path
from typing import Any, TextIO

from lawful.reports import wording
from lawful.reports.cards import Card, Row, make_card, make_row
from lawful.reports.exhibits import Exhibits
from lawful.reports.export.page import PLOT_SIZES, section_views
from lawful.reports.figures import UNITS
from lawful.reports.head import ReportHead
from lawful.reports.rows import JudgedClip
from lawful.reports.tally import Counts, GroupKey, Tally, spread_sentences
from lawful.reports.templating import environment, markup, source

MAX_CARDS = 60
"""The worst clips get a card with their evidence in it."""
EMBED_BYTES = 9_000_000
"""Pictures in a page, before base64 makes them a third larger."""
EMBED_CARD_BYTES = 600_000
"""Pictures on one card, where there are few cards."""


class PageWriter:
    """Collects rows and the worst clips, and writes the page at the end."""

    def __init__(self, stream: TextIO, head: ReportHead, links_from: Path) -> None:
        self._stream = stream
        self._head = head
        self._exhibits = Exhibits(head.run, links_from)
        self._rows: list[Row] = []
        self._failed: list[tuple[str, str]] = []
        self._worst: list[tuple[_Worse, JudgedClip]] = []

    def add(self, clip: JudgedClip) -> None:
        """Take one more clip; only the worst so far are kept whole."""
        if clip.result is None:
            self._failed.append((clip.clip.video, clip.error or ""))
            return
        row = make_row(clip, len(self._rows) + 1, self._exhibits)
        self._rows.append(row)
        entry = (_Worse(row), clip)
        if len(self._worst) < MAX_CARDS:
            heapq.heappush(self._worst, entry)
        elif self._worst[0][0] < entry[0]:
            heapq.heapreplace(self._worst, entry)

    def finish(self, tally: Tally) -> None:
        """Write the page."""
        room = min(EMBED_CARD_BYTES, EMBED_BYTES // max(1, len(self._worst)))
        kept = {worse.row.number: clip for worse, clip in self._worst}
        rows = sorted(self._rows, key=lambda row: row.rank)

        def items() -> Any:
            for row in rows:
                clip = kept.get(row.number)
                card: Card | None = None if clip is None else make_card(clip, row, self._exhibits, room)
                yield row, card

        script = source("report.js")
        values = {
            "head": self._head,
            "total": tally.total,
            "groups": _summary(tally),
            "generators": bool(tally.generators),
            "spreads": spread_sentences(tally),
            "judges": sorted({key.judge for key in tally.groups}),
            "suites": sorted({key.suite for key in tally.groups}),
            "generator_names": sorted({key.generator or "" for key in tally.generators}),
            "law_ids": sorted({law for row in rows for law in row.law_ids}),
            "failed": self._failed,
            "n_rows": len(rows),
            "n_cards": len(kept),
            "items": items,
            "sections": section_views(self._head.sections),
            **PLOT_SIZES,
            "wording": wording,
            "units": UNITS,
            "style": markup(source("report.css")),
            "script": markup(script),
            "script_sha256": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
        }
        for piece in environment().get_template("page.html").generate(values):
            self._stream.write(piece)


class _Worse:
    """Orders rows so that the least bad is the smallest, as a heap of the worst wants it."""

    def __init__(self, row: Row) -> None:
        self.row = row

    def __lt__(self, other: "_Worse") -> bool:
        return self.row.rank > other.row.rank


def _summary(tally: Tally) -> list[tuple[GroupKey, Counts, list[tuple[GroupKey, Counts]]]]:
    """The counts of every suite and judge, and under them those of the generators."""
    return [
        (
            key,
            counts,
            [
                (part, tally.generators[part])
                for part in sorted(tally.generators, key=GroupKey.names)
                if (part.suite, part.judge) == (key.suite, key.judge)
            ],
        )
        for key, counts in sorted(tally.groups.items(), key=lambda item: item[0].names())
    ]
