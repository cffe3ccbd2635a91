"""Results as one page that needs no network: tables with captions, plots, the look of the report."""

from collections.abc import Sequence
from dataclasses import dataclass

from lawful.reports.export import plots
from lawful.reports.export.numbers import ShownTable, shown_table
from lawful.reports.results import ResultDocument, ResultSection
from lawful.reports.templating import environment, markup, source


@dataclass(frozen=True)
class TableView:
    """A table on the page."""

    title: str
    """Its caption."""
    shown: ShownTable
    """Its cells."""
    heading: int
    """The column whose cells name their rows: the first of text."""


@dataclass(frozen=True)
class SectionView:
    """A section on the page."""

    anchor: str
    """Its id on the page."""
    title: str
    """Its heading."""
    notes: tuple[str, ...]
    """What people must know."""
    tables: tuple[TableView, ...]
    """Its tables."""
    pictures: tuple[plots.Picture, ...]
    """Its plots."""


def page_document(document: ResultDocument) -> str:
    """The whole page."""
    values = {
        "document": document,
        "sections": section_views(document.sections),
        "style": markup(source("report.css")),
        **PLOT_SIZES,
    }
    return environment().get_template("results.html").render(values)


PLOT_SIZES = {"stretch": plots.UNITS, "least_px": plots.LEAST_WIDTH_PX, "height_px": plots.HEIGHT_PX}
"""What the template of plots needs beside the plots."""


def section_views(sections: Sequence[ResultSection]) -> list[SectionView]:
    """Sections as the template `section.html` shows them."""
    return [
        SectionView(
            f"results-{number}",
            section.title,
            section.notes,
            tuple(_table(shown_table(table), table.title) for table in section.tables),
            tuple(plots.picture(plot) for plot in section.plots),
        )
        for number, section in enumerate(sections, 1)
    ]


def _table(shown: ShownTable, title: str) -> TableView:
    texts = [place for place, numeric in enumerate(shown.numeric) if not numeric]
    return TableView(title, shown, texts[0] if texts else 0)
