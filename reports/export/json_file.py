"""Results as JSON: everything that a document holds, every number with all its digits."""

import json
from typing import Any

from lawful.reports.lines import one_line
from lawful.reports.results import Cell, Plot, ResultDocument, ResultSection, ResultTable
from lawful.reports.rows import clean_text, finite
from lawful.reports.stats.result import Estimate


def json_document(document: ResultDocument) -> str:
    """The JSON text of a document, one value a line."""
    values = {
        "schema": document.schema,
        "title": document.title,
        "facts": [{"name": name, "value": value} for name, value in document.facts],
        "notes": list(document.notes),
        "sections": section_values(document.sections),
    }
    return one_line(json.dumps(_clean(values), ensure_ascii=False, allow_nan=False, indent=1)) + "\n"


def section_values(sections: tuple[ResultSection, ...]) -> list[dict[str, Any]]:
    """The sections as JSON values that can be encoded; NaN and infinities are None."""
    values = [
        {
            "title": section.title,
            "keys": dict(section.keys),
            "notes": list(section.notes),
            "tables": [_table(table) for table in section.tables],
            "plots": [_plot(plot) for plot in section.plots],
        }
        for section in sections
    ]
    return [_clean(section) for section in values]


def _table(table: ResultTable) -> dict[str, Any]:
    return {
        "id": table.id,
        "title": table.title,
        "notes": list(table.notes),
        "columns": list(table.columns),
        "rows": [dict(zip(table.columns, map(_cell, row), strict=True)) for row in table.rows],
    }


def _plot(plot: Plot) -> dict[str, Any]:
    return {
        "id": plot.id,
        "title": plot.title,
        "kind": plot.kind,
        "x_name": plot.x_name,
        "y_name": plot.y_name,
        "diagonal": plot.diagonal,
        "series": [
            {
                "name": series.name,
                "points": [
                    {"x": finite(point.x), "y": _estimate(point.y), "label": point.label}
                    for point in series.points
                ],
            }
            for series in plot.series
        ],
    }


def _cell(cell: Cell) -> Any:
    if isinstance(cell, Estimate):
        return _estimate(cell)
    return finite(cell) if isinstance(cell, float) else cell


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "value": finite(estimate.value),
        "low": finite(estimate.low),
        "high": finite(estimate.high),
        "level": finite(estimate.level),
        "n": estimate.n,
        "n_missing": estimate.n_missing,
        "n_clusters": estimate.n_clusters,
        "method": estimate.method,
        "reason": estimate.reason,
    }


def _clean(value: Any) -> Any:
    """The value with lone surrogates in its texts replaced, so that it can be encoded."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(name): _clean(part) for name, part in value.items()}
    return [_clean(part) for part in value] if isinstance(value, list) else value
